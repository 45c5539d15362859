//! The end of a cache under threads that do to it all that there is.

use super::*;
use shardmap_core::{
    cache::{Ask, Fetched, Listener, Party},
    Code, Result,
};
use std::thread;

const LEN: usize = 40;

/// On the heap, and of one byte throughout.
fn long(byte: u32) -> Value {
    Value::payload(Kind::Bytes, &[byte as u8; LEN]).unwrap()
}

fn assert_whole(value: &Value) {
    let (_, bytes) = value.as_payload().unwrap();
    assert!(bytes.len() == LEN && bytes.iter().all(|&byte| byte == bytes[0]), "{bytes:?}");
}

fn use_everything(cache: &Cache, hand: &Hand, holder: u64, round: u32) -> Result<()> {
    let keys = [key(round % 3), key(round / 3 % 3)];
    let [here, there] = keys.each_ref().map(|key| KeyRef::new(key.as_bytes()));
    let terms = || Terms { ttl: Some(Ttl::Ms(u64::from(round) % 5 + 1)), grace: u64::from(round) % 2, tags: vec!["tag".into()] };
    cache.set(here, long(round), &terms())?;
    cache.get(there)?.value.iter().for_each(assert_whole);
    let party = Party::new(holder, round.into(), terms(), Arc::new(|_, _| ()));
    match cache.fetch(there, party, Ask::default())? {
        Fetched::Lead { flight, .. } if round.is_multiple_of(2) => drop(cache.settle(there, flight, long(round))?),
        Fetched::Lead { flight, .. } => cache.abandon(there, flight)?,
        _ => {}
    }
    hand.advance(1);
    cache.sweep();
    cache.set_all(keys.iter().map(|key| (key.clone(), long(round))).collect(), &terms())?;
    cache.page(0)?.rows.iter().for_each(|(_, value)| assert_whole(value));
    cache.take_events(holder);
    match round % 3 {
        0 => drop(cache.delete(here)?),
        1 => drop(cache.invalidate("tag")?),
        _ => cache.clear()?,
    }
    Ok(())
}

#[test]
fn a_cache_that_ends_under_its_users_tells_each_and_gives_only_whole_values_until_then() {
    const ROUNDS: usize = if cfg!(miri) { 1 } else { 100 };
    for policy in [Policy::Lru, Policy::TinyLfu].repeat(ROUNDS) {
        let (cache, hand) = timed(Options { max: Some(2), policy: Some(policy), ..Options::default() });
        thread::scope(|scope| {
            for holder in 1..=3 {
                let (cache, hand) = (&cache, &hand);
                cache.listen(Listener { holder, kinds: 15, ring: Arc::new(|| ()) });
                scope.spawn(move || {
                    let ended = (0..u32::MAX).find_map(|round| use_everything(cache, hand, holder, round).err());
                    assert_eq!(ended.unwrap().code(), Code::Closed);
                });
            }
            while cache.stats().unwrap().gone.iter().sum::<u64>() < 10 {
                thread::yield_now();
            }
            cache.destroy();
        });
    }
}

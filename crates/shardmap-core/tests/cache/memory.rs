//! What entries are charged, against what the allocator gives.

use super::*;
use crate::counting::live;

/// Bytes of the allocator for each byte charged, when so many entries have come and as many as fit have stayed.
fn taken(options: Options, come: u32, value: impl Fn(u32) -> Value, terms: &Terms) -> f64 {
    let cache = cache(options);
    with(0, |key| cache.set(key, Value::NULL, terms)).unwrap();
    let before = live();
    for at in 0..come {
        with(at, |key| cache.set(key, value(at), terms)).unwrap();
    }
    (live() - before) as f64 / cache.stats().unwrap().bytes as f64
}

fn of(max: u64, policy: Policy) -> Options {
    Options { max: Some(max), policy: Some(policy), ..Options::default() }
}

#[test]
fn what_entries_are_charged_is_what_they_take() {
    for policy in [Policy::Lru, Policy::TinyLfu] {
        for max in [1_000, 12_000] {
            let come = max as u32 * 3 / 2;
            let timed = Terms { ttl: Some(Ttl::Ms(1 << 30)), ..Terms::default() };
            for (name, share) in [
                ("small", taken(of(max, policy), come, number, &Terms::default())),
                ("large", taken(of(max, policy), come, |_| bytes(300), &Terms::default())),
                ("timed", taken(of(max, policy), come, number, &timed)),
            ] {
                assert!((0.7..=1.1).contains(&share), "{policy:?}, {max} {name} ones take {share:.2} of what they are charged");
            }
            let tagged = Terms { tags: vec!["one".into(), "two".into()], ..Terms::default() };
            let share = taken(of(max, policy), come, number, &tagged);
            assert!((0.3..=1.1).contains(&share), "{policy:?}, {max} tagged ones take {share:.2}: a tag is charged as one of its own");
        }
    }
}

#[test]
fn tags_of_their_own_are_charged_what_they_take() {
    let cache = cache(of(10_000, Policy::TinyLfu));
    put(&cache, 0, 0);
    let before = live();
    for at in 0..10_000 {
        with(at, |key| cache.set(key, number(at), &Terms { tags: vec![format!("a tag for one entry {at}").into()], ..Terms::default() }))
            .unwrap();
    }
    let share = (live() - before) as f64 / cache.stats().unwrap().bytes as f64;
    assert!((0.7..=1.1).contains(&share), "they take {share:.2} of what they are charged");
}

#[test]
fn a_cache_that_is_emptied_gives_back_what_its_entries_took() {
    for end in [
        |cache: &Cache, _: &Hand| cache.clear().unwrap(),
        |cache: &Cache, hand: &Hand| {
            hand.advance(1 << 20);
            cache.sweep();
        },
        |cache: &Cache, _: &Hand| (0..50_000).for_each(|at| drop(with(at, |key| cache.delete(key)))),
        |cache: &Cache, _: &Hand| drop(cache.invalidate("tag")),
        |cache: &Cache, _: &Hand| cache.destroy(),
    ] {
        let (cache, hand) = timed(of(50_000, Policy::TinyLfu));
        let terms = Terms { ttl: Some(Ttl::Ms(1_000)), tags: vec!["tag".into()], ..Terms::default() };
        let before = live();
        (0..50_000).for_each(|at| with(at, |key| cache.set(key, bytes(100), &terms)).unwrap());
        let full = live() - before;
        end(&cache, &hand);
        let left = live() - before;
        assert!(left * 20 < full, "{left} of {full} bytes are left");
    }
}

//! The map, over configurations that make shards, tables and limits tight.

mod model;

use shardmap_core::{
    key::{Key, KeyBuf},
    Code, Error, Kind, Options, ShardedMap, Value, Write,
};
use std::{
    collections::HashMap,
    sync::{
        atomic::{AtomicBool, Ordering},
        Arc, Mutex,
    },
    thread,
};

fn key(number: u32) -> KeyBuf {
    let mut key = KeyBuf::new();
    key.number(f64::from(number));
    key
}

fn map(options: Options) -> Arc<ShardedMap> {
    ShardedMap::new(options).unwrap()
}

fn two_shards() -> Options {
    Options { shards: Some(2), ..Options::default() }
}

fn number(value: Option<Value>) -> Option<f64> {
    value.map(|value| value.as_number().unwrap_or_else(|| panic!("{value:?} is no number")))
}

fn get(map: &ShardedMap, at: u32) -> Option<f64> {
    number(map.get(key(at).finish().unwrap()).unwrap().value)
}

fn set(map: &ShardedMap, at: u32, value: f64) -> Result<Option<f64>, Error> {
    map.set(key(at).finish().unwrap(), Value::number(value)).map(number)
}

#[test]
fn writers_of_one_hot_shard_lose_nothing_against_a_mutex_twin() {
    const ROUNDS: u32 = if cfg!(miri) { 10 } else { 2_000 };
    let map = map(two_shards());
    let twin = Arc::new(Mutex::new(HashMap::new()));
    let threads: Vec<_> = (0..4u32)
        .map(|thread| {
            let (map, twin) = (map.clone(), twin.clone());
            thread::spawn(move || {
                for round in 0..ROUNDS {
                    let at = (thread * 7 + round) % 16;
                    map.increment(key(at).finish().unwrap(), None).unwrap();
                    *twin.lock().unwrap().entry(at).or_insert(0.0) += 1.0;
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    for (&at, &sum) in &*twin.lock().unwrap() {
        assert_eq!(get(&map, at), Some(sum));
    }
}

#[test]
fn many_keys_of_one_prefix_keep_their_values() {
    let map = map(two_shards());
    for at in 0..20_000 {
        set(&map, at, f64::from(at)).unwrap();
    }
    assert!((0..20_000).all(|at| get(&map, at) == Some(f64::from(at))));
}

#[test]
fn no_growth_moves_more_than_a_thousandth_of_the_entries() {
    let map = map(Options::default());
    for at in 0..300_000 {
        set(&map, at, 0.0).unwrap();
        if at % 10_000 == 0 {
            map.grow();
        }
        let stats = map.stats().unwrap();
        assert!(stats.largest_move <= 1_000.max(stats.entries / 1_000), "{stats:?}");
    }
    assert!(map.stats().unwrap().growths > 0);
}

#[test]
fn a_failing_many_write_changes_nothing() {
    let map = map(Options { max_entries: Some(3), ..two_shards() });
    set(&map, 0, 1.0).unwrap();
    let write = |at: u32| (Key::new(key(at).as_bytes()), Write::Put(Value::number(9.0)));
    assert_eq!(map.apply_all((0..5).map(write).collect()).unwrap_err().code(), Code::Full);
    assert_eq!((get(&map, 0), map.entries().unwrap()), (Some(1.0), 1));
    assert_eq!(map.apply_all((0..3).map(write).collect()).unwrap(), 1);
    assert_eq!((get(&map, 0), get(&map, 2)), (Some(9.0), Some(9.0)));
}

/// A thread that writes keys in order, round after round, each time the round's number.
struct Rounds {
    stop: Arc<AtomicBool>,
    thread: thread::JoinHandle<()>,
}

impl Rounds {
    fn write(map: &Arc<ShardedMap>, keys: u32) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (map, stopped) = (map.clone(), stop.clone());
        let thread = thread::spawn(move || {
            let mut round = 0.0;
            while !stopped.load(Ordering::Relaxed) {
                round += 1.0;
                (0..keys).for_each(|at| drop(set(&map, at, round)));
            }
        });
        Self { stop, thread }
    }

    fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
    }
}

#[test]
fn a_snapshot_is_one_point_in_time_while_writers_go_on() {
    const KEYS: u32 = if cfg!(miri) { 4 } else { 64 };
    const ROUNDS: u32 = if cfg!(miri) { 4 } else { 200 };
    let map = map(two_shards());
    let writer = Rounds::write(&map, KEYS);
    for _ in 0..ROUNDS {
        let snapshot = map.snapshot().unwrap();
        let then: Vec<_> = (0..KEYS).map(|at| number(snapshot.get(key(at).finish().unwrap())).unwrap_or(0.0)).collect();
        // The writer goes through the keys in order, so a cut has at most one step down, by one.
        assert!(then.windows(2).all(|pair| pair[0] >= pair[1]), "{then:?}");
        assert!(then[0] - then[KEYS as usize - 1] <= 1.0, "{then:?}");
        let again: Vec<_> = (0..KEYS).map(|at| number(snapshot.get(key(at).finish().unwrap())).unwrap_or(0.0)).collect();
        assert_eq!(then, again);
        let page = snapshot.page(0);
        assert_eq!((page.rows.len() as u64, page.next), (snapshot.entries(), None));
    }
    writer.end();
}

#[test]
fn a_snapshot_outlives_clear_and_destroy() {
    let map = map(two_shards());
    set(&map, 1, 1.0).unwrap();
    let snapshot = map.snapshot().unwrap();
    map.clear().unwrap();
    map.destroy();
    assert_eq!(number(snapshot.get(key(1).finish().unwrap())), Some(1.0));
    assert_eq!(map.get(key(1).finish().unwrap()).unwrap_err().code(), Code::Closed);
    assert_eq!(map.snapshot().err().unwrap().code(), Code::Closed);
}

/// On the heap, and of one byte throughout.
fn long(byte: u8) -> Value {
    Value::payload(Kind::Bytes, &[byte; 40]).unwrap()
}

fn assert_whole(value: &Value) {
    let (_, bytes) = value.as_payload().unwrap();
    assert!(bytes.len() == 40 && bytes.iter().all(|&byte| byte == bytes[0]), "{bytes:?}");
}

/// All that is done to a map, on three keys.
fn use_everything(map: &Arc<ShardedMap>, round: u8) -> Result<(), Error> {
    let (here, there) = (key(u32::from(round) % 3), key(u32::from(round / 3) % 3));
    let (here, there) = (here.finish()?, there.finish()?);
    map.set(here, long(round))?.iter().for_each(assert_whole);
    let seen = map.get(there)?;
    seen.value.iter().for_each(assert_whole);
    map.replace_if(there, seen.version, Write::Put(long(round)))?;
    map.compare_and_set(here, seen.value.as_ref(), Write::Remove)?;
    let snapshot = map.snapshot()?;
    map.get_or_insert(here, long(round))?.iter().for_each(assert_whole);
    map.apply_all(vec![(Key::new(here.bytes), Write::Put(long(round))), (Key::new(there.bytes), Write::Remove)])?;
    map.get_consistent(&[here, there])?.iter().flatten().for_each(assert_whole);
    snapshot.page(0).rows.iter().chain(&map.page(0, &[])?.rows).for_each(|(_, value)| assert_whole(value));
    map.clear()
}

#[test]
fn a_map_that_ends_under_its_users_tells_each_and_gives_only_whole_values_until_then() {
    const ROUNDS: u32 = if cfg!(miri) { 1 } else { 100 };
    for _ in 0..ROUNDS {
        let map = map(two_shards());
        thread::scope(|scope| {
            for thread in 0..3 {
                let map = &map;
                scope.spawn(move || {
                    let ended = (thread..=u8::MAX).cycle().find_map(|round| use_everything(map, round).err());
                    assert_eq!(ended.unwrap().code(), Code::Closed);
                });
            }
            while map.stats().unwrap().sets < 10 {
                thread::yield_now();
            }
            map.destroy();
        });
    }
}

#[test]
fn a_consistent_read_is_never_torn() {
    const ROUNDS: u32 = if cfg!(miri) { 8 } else { 2_000 };
    let map = map(Options { shards: Some(64), ..Options::default() });
    let writer = Rounds::write(&map, 8);
    let keys: Vec<_> = (0..8).map(key).collect();
    let keys: Vec<_> = keys.iter().map(|key| key.finish().unwrap()).collect();
    for _ in 0..ROUNDS {
        let read: Vec<_> = map.get_consistent(&keys).unwrap().into_iter().map(|value| number(value).unwrap_or(0.0)).collect();
        assert!(read.windows(2).all(|pair| pair[0] >= pair[1]) && read[0] - read[7] <= 1.0, "{read:?}");
    }
    writer.end();
}

#[test]
fn pages_give_a_stable_entry_exactly_once_and_scans_only_their_prefix() {
    let map = map(Options { shards: Some(64), ..Options::default() });
    for at in 0..5_000 {
        let mut key = KeyBuf::new();
        key.tuple();
        key.number(f64::from(at % 10));
        key.number(f64::from(at));
        map.set(key.finish().unwrap(), Value::NULL).unwrap();
    }
    let mut prefix = KeyBuf::new();
    prefix.tuple();
    prefix.number(3.0);
    for (prefix, expected) in [(&[][..], 5_000), (prefix.as_bytes(), 500)] {
        let (mut seen, mut from) = (std::collections::HashSet::new(), Some(0));
        while let Some(cursor) = from {
            let page = map.page(cursor, prefix).unwrap();
            for (key, _) in &page.rows {
                assert!(key.as_bytes().starts_with(prefix));
                assert!(seen.insert(key.as_bytes().to_vec()), "an entry came twice");
            }
            from = page.next;
        }
        assert_eq!(seen.len(), expected);
    }
}

#[test]
fn replace_if_refuses_once_the_key_was_written() {
    let map = map(two_shards());
    let lookup = map.get(key(1).finish().unwrap()).unwrap();
    assert!(map.replace_if(key(1).finish().unwrap(), lookup.version, Write::Put(Value::NULL)).unwrap());
    assert!(!map.replace_if(key(1).finish().unwrap(), lookup.version, Write::Put(Value::NULL)).unwrap());
}

#[test]
fn increment_keeps_the_kind_and_leaves_wide_integers_to_the_caller() {
    let map = map(two_shards());
    let at = key(1);
    let at = at.finish().unwrap();
    let wide = Value::bigint(false, &[255; 15]).unwrap();
    map.set(at, wide.clone()).unwrap();
    assert!(map.increment(at, None).unwrap().is_none());
    assert!(map.get(at).unwrap().value.unwrap().same(&wide));
    assert_eq!(map.increment(at, Some(&Value::number(1.0))).unwrap_err().code(), Code::Value);
    map.set(at, Value::bigint(true, &[5]).unwrap()).unwrap();
    assert_eq!(map.increment(at, Some(&Value::bigint(false, &[7]).unwrap())).unwrap().unwrap().as_i128(), Some(2));
    map.set(at, Value::payload(Kind::Latin1, b"1").unwrap()).unwrap();
    assert_eq!(map.increment(at, None).unwrap_err().code(), Code::Value);
}

#[test]
fn options_out_of_range_and_options_that_differ_are_refused() {
    for shards in [0, 1, 3, 1 << 17] {
        assert_eq!(ShardedMap::new(Options { shards: Some(shards), ..Options::default() }).err().unwrap().code(), Code::Option);
    }
    let name = "options_that_differ";
    shardmap_core::registry::open::<ShardedMap>(name, Options { max_entries: Some(5), ..Options::default() }).unwrap();
    assert!(shardmap_core::registry::open::<ShardedMap>(name, Options::default()).is_ok());
    let other = shardmap_core::registry::open::<ShardedMap>(name, Options { max_entries: Some(6), ..Options::default() }).err().unwrap();
    assert_eq!(other.code(), Code::Mismatch);
    assert!(other.message().contains('5') && other.message().contains('6'));
    let destroy = || shardmap_core::registry::destroy::<ShardedMap>(name).unwrap();
    assert!(destroy() && !destroy());
}

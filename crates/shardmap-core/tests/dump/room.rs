//! What is loaded where there is little room, and into which order of use.

use super::{cache, disks::Dir, lru, over, peek, present, put, with};
use shardmap_core::{
    cache::{Cause, Listener, Options, Terms, ENTRY_BYTES},
    value::Kind,
    Value,
};
use std::sync::{
    atomic::{AtomicU64, Ordering},
    Arc,
};

#[test]
fn the_order_of_use_comes_back() {
    let dir = Dir::new();
    let (from, _) = cache(lru(5));
    (0..5).for_each(|at| put(&from, at, at, &Terms::default()));
    with(0, |key| from.get(key)).unwrap();
    let (to, _) = cache(lru(5));
    over(&from, &dir.file("cache"), &to);
    put(&to, 5, 5, &Terms::default());
    assert_eq!(present(&to, 6), [0, 2, 3, 4, 5]);
    put(&to, 6, 6, &Terms::default());
    assert_eq!(present(&to, 7), [0, 3, 4, 5, 6]);
}

#[test]
fn the_order_of_use_comes_back_over_shards_that_part_the_keys_otherwise() {
    let dir = Dir::new();
    let all = 32_768;
    let (from, _) = cache(lru(u64::from(all)));
    (0..all).for_each(|at| put(&from, at, at, &Terms::default()));
    // Another cache parts its keys in the same way, so it has fewer shards.
    let (to, _) = cache(lru(u64::from(all) / 4));
    over(&from, &dir.file("cache"), &to);
    let coldest = present(&to, all)[0];
    assert!(coldest > all / 4 * 3 - all / 32, "the hottest quarter begins at {coldest}");
    (all..all + 3_000).for_each(|at| put(&to, at, at, &Terms::default()));
    let kept = present(&to, all);
    assert!(kept.iter().filter(|&&at| at > all - all / 8).count() > all as usize / 8 * 9 / 10, "the hottest half of them stays");
}

#[test]
fn the_hottest_are_loaded_as_far_as_there_is_room_and_nothing_is_evicted_for_them() {
    let dir = Dir::new();
    let (from, _) = cache(lru(100));
    (0..100).for_each(|at| put(&from, at, at, &Terms::default()));
    let (to, _) = cache(lru(10));
    let rung = Arc::new(AtomicU64::new(0));
    let count = rung.clone();
    let ring = Arc::new(move || {
        count.fetch_add(1, Ordering::Relaxed);
    });
    to.listen(Listener { holder: 1, kinds: 0b1111, ring });
    put(&to, 1_000, 1, &Terms::default());
    put(&to, 1_001, 1, &Terms::default());
    assert_eq!(over(&from, &dir.file("cache"), &to), 8);
    assert_eq!(present(&to, 100), (92..100).collect::<Vec<_>>());
    assert_eq!((peek(&to, 1_000), peek(&to, 1_001)), (Some(1), Some(1)));
    let stats = to.stats().unwrap();
    assert_eq!((stats.entries, stats.gone, rung.load(Ordering::Relaxed)), (10, [0; Cause::ALL.len()], 0));
    assert_eq!(over(&from, &dir.file("cache"), &to), 0, "it is full");
}

fn put_bytes(cache: &shardmap_core::cache::Cache, at: u32, len: usize) {
    with(at, |key| cache.set(key, Value::payload(Kind::Bytes, &vec![7; len]).unwrap(), &Terms::default())).unwrap();
}

#[test]
fn the_bound_of_bytes_holds_and_is_used_up() {
    let dir = Dir::new();
    let (from, _) = cache(lru(1_000));
    (0..1_000).for_each(|at| put_bytes(&from, at, 1_000));
    let max_bytes = 100 * (ENTRY_BYTES + 1_100);
    let (to, _) = cache(Options { max_bytes: Some(max_bytes), ..Options::default() });
    let loaded = over(&from, &dir.file("cache"), &to);
    let stats = to.stats().unwrap();
    assert_eq!((stats.entries, stats.gone), (loaded, [0; Cause::ALL.len()]));
    assert!((100..115).contains(&loaded) && stats.bytes <= max_bytes, "{loaded} with {} bytes", stats.bytes);
    assert!(with(999, |key| to.has(key)).unwrap() && !with(0, |key| to.has(key)).unwrap());
}

#[test]
fn an_entry_that_is_too_large_stays_away_and_takes_no_room() {
    let dir = Dir::new();
    let (from, _) = cache(lru(10));
    (0..4).for_each(|at| put_bytes(&from, at, [100, 2_000][at as usize % 2]));
    let (to, _) = cache(Options { max_entry_bytes: Some(1_000), ..lru(2) });
    assert_eq!(over(&from, &dir.file("cache"), &to), 2);
    assert!([0, 2].map(|at| with(at, |key| to.has(key)).unwrap()) == [true, true]);
}

#[test]
fn keys_that_are_present_stay_as_they_are() {
    let dir = Dir::new();
    let (from, _) = cache(lru(10));
    (0..4).for_each(|at| put(&from, at, at, &Terms::default()));
    let (to, _) = cache(lru(10));
    put(&to, 1, 100, &Terms::default());
    put(&to, 3, 300, &Terms::default());
    assert_eq!(over(&from, &dir.file("cache"), &to), 2);
    assert_eq!([0, 1, 2, 3].map(|at| peek(&to, at)), [Some(0), Some(100), Some(2), Some(300)]);
}

#[test]
fn a_dump_has_whatever_is_present_throughout_while_others_write() {
    let dir = Dir::new();
    let (from, _) = cache(lru(100_000));
    (0..20_000).for_each(|at| put(&from, at, 0, &Terms::default()));
    let stop = AtomicU64::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 1.. {
                (0..20_000).step_by(2).for_each(|at| put(&from, at, round, &Terms::default()));
                for at in 20_000..30_000 {
                    with(at, |key| from.delete(key)).unwrap();
                    put(&from, at + 10_000, round, &Terms::default());
                    with(at + 10_000, |key| from.delete(key)).unwrap();
                    put(&from, at, round, &Terms::default());
                }
                if stop.load(Ordering::Relaxed) > 0 {
                    break;
                }
            }
        });
        for _ in 0..5 {
            let (to, _) = cache(lru(100_000));
            over(&from, &dir.file("cache"), &to);
            assert_eq!(present(&to, 20_000).len(), 20_000);
            assert!((1..20_000).step_by(2).all(|at| peek(&to, at) == Some(0)));
        }
        stop.store(1, Ordering::Relaxed);
    });
}

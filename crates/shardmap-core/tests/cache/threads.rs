//! Bounds, sums and counts while threads write what they want.

use super::*;
use shardmap_core::cache::ENTRY_BYTES;
use std::{
    collections::HashSet,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

const THREADS: u32 = 4;

/// The same numbers in each run, others in each thread.
fn numbers(seed: u32) -> impl FnMut() -> u32 {
    let mut state = u64::from(seed) * 2 + 1;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u32
    }
}

/// Runs `work` in some threads while another one looks at the statistics.
fn sampled(cache: &Cache, look: impl Fn(Stats) + Sync, work: impl Fn(u32) + Sync) {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                look(cache.stats().unwrap());
            }
        });
        thread::scope(|inner| {
            (0..THREADS).for_each(|thread| {
                drop(inner.spawn({
                    let work = &work;
                    move || work(thread)
                }))
            })
        });
        done.store(true, Ordering::Relaxed);
    });
}

/// What the entries are charged, from what a reader sees of them.
fn charged(cache: &Cache) -> (u64, u64) {
    let (mut entries, mut bytes, mut from) = (0, 0, Some(0));
    while let Some(cursor) = from {
        let page = cache.page(cursor).unwrap();
        for (_, value) in &page.rows {
            entries += 1;
            let heap = value
                .as_payload()
                .map_or(0, |(_, bytes)| if bytes.len() > 14 { (bytes.len() as u64 + 16).next_multiple_of(16) } else { 0 });
            bytes += ENTRY_BYTES + heap;
        }
        from = page.next;
    }
    (entries, bytes)
}

fn the_bounds_hold(options: Options, keys: u32, largest: u32, rounds: u32) {
    let cache = cache(options);
    let (max, max_bytes) = (options.max.unwrap_or(u64::MAX), options.max_bytes.unwrap_or(u64::MAX));
    let look = |stats: Stats| {
        assert!(stats.entries <= max && stats.bytes <= max_bytes, "{stats:?}");
    };
    sampled(&cache, look, |thread| {
        let mut next = numbers(thread);
        for _ in 0..rounds {
            let at = next() % keys;
            match next() % 10 {
                0 => drop(with(at, |key| cache.delete(key)).unwrap()),
                1 => drop(with(at + keys, |key| cache.increment(key, 1.0, &Terms::default())).unwrap()),
                2 => drop(with(at, |key| cache.get(key)).unwrap()),
                _ => with(at, |key| cache.set(key, bytes((next() % largest) as usize), &Terms::default())).unwrap(),
            }
        }
    });
    let stats = cache.stats().unwrap();
    assert_eq!(charged(&cache), (stats.entries, stats.bytes));
    assert!(gone(&stats, Cause::Size) > 0 && gone(&stats, Cause::Expired) == 0, "{stats:?}");
}

#[test]
fn neither_bound_is_ever_exceeded_by_values_of_any_size() {
    for policy in [Policy::Lru, Policy::TinyLfu] {
        let some = Options { policy: Some(policy), ..Options::default() };
        the_bounds_hold(Options { max: Some(50), ..some }, 200, 100, 20_000);
        the_bounds_hold(Options { max_bytes: Some(100_000), ..some }, 1_000, 4_000, 20_000);
        the_bounds_hold(Options { max: Some(60), max_bytes: Some(50_000), ..some }, 200, 3_000, 20_000);
        the_bounds_hold(Options { max_bytes: Some(64 << 20), ..some }, 2_000, 200_000, 2_000);
        the_bounds_hold(Options { max: Some(70_000), ..some }, 100_000, 30, 60_000);
    }
}

#[test]
fn values_that_take_half_the_cache_find_room_while_all_threads_store_such() {
    let max_bytes = 16 << 20;
    let cache = cache(Options { max_bytes: Some(max_bytes), ..Options::default() });
    sampled(
        &cache,
        |stats| assert!(stats.bytes <= max_bytes),
        |thread| {
            for round in 0..150 {
                with(thread * 1_000 + round, |key| cache.set(key, bytes(9 << 20), &Terms::default())).unwrap();
                (0..50).for_each(|at| put(&cache, at, at));
            }
        },
    );
    assert!(cache.entries().unwrap() > 0);
}

#[test]
fn as_many_keys_as_the_bound_says_always_fit_whatever_their_shards() {
    for max in [1, 7, 4_000, 9_000, 80_000] {
        let cache = cache(Options { max: Some(u64::from(max)), ..Options::default() });
        thread::scope(|scope| {
            (0..THREADS).for_each(|thread| {
                let cache = &cache;
                scope.spawn(move || (0..max).filter(|at| at % THREADS == thread).for_each(|at| put(cache, at, at)));
            });
        });
        let stats = cache.stats().unwrap();
        assert_eq!((stats.entries, stats.gone), (u64::from(max), [0; 5]));
        assert!((0..max).all(|at| peek(&cache, at) == Some(at)));
        put(&cache, max, max);
        assert_eq!((cache.entries().unwrap(), gone(&cache.stats().unwrap(), Cause::Size)), (u64::from(max), 1));
    }
}

#[test]
fn every_value_that_was_stored_is_there_or_has_gone_by_one_cause() {
    let (cache, hand) = timed(Options { max: Some(300), ..Options::default() });
    let stored = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let (cache, hand) = (&cache, &hand);
                scope.spawn(move || {
                    let (mut next, mut stored) = (numbers(thread), 0);
                    for _ in 0..20_000 {
                        let at = next() % 500;
                        let terms = Terms {
                            ttl: Some(Ttl::Ms(u64::from(next() % 50) + 1)),
                            grace: u64::from(next() % 2) * 20,
                            tags: vec![format!("{}", at % 7).into()],
                        };
                        match next() % 20 {
                            0 => drop(with(at, |key| cache.delete(key)).unwrap()),
                            1 => drop(get(cache, at)),
                            2 if next() % 100 == 0 => cache.clear().unwrap(),
                            3 if next() % 20 == 0 => drop(cache.invalidate(&format!("{}", next() % 7)).unwrap()),
                            4 => hand.advance(1),
                            5 => drop(cache.sweep()),
                            6 => {
                                with(at + 500, |key| cache.increment(key, 1.0, &terms)).unwrap();
                                stored += 1;
                            }
                            _ => {
                                with(at, |key| cache.set(key, number(at), &terms)).unwrap();
                                stored += 1;
                            }
                        }
                    }
                    stored
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum::<u64>()
    });
    let stats = cache.stats().unwrap();
    assert_eq!(stored, stats.entries + stats.gone.iter().sum::<u64>());
    assert!(stats.gone.iter().all(|&gone| gone > 0), "{stats:?}");
}

#[test]
fn increments_of_all_threads_add_up() {
    const EACH: u32 = if cfg!(miri) { 6 } else { 10_000 };
    let cache = cache(lru(10));
    thread::scope(|scope| {
        (0..THREADS).for_each(|_| {
            drop(scope.spawn(|| (0..EACH).for_each(|at| drop(with(at % 3, |key| cache.increment(key, 1.0, &Terms::default()))))))
        });
    });
    assert_eq!((0..3).map(|at| peek(&cache, at).unwrap()).sum::<u32>(), THREADS * EACH);
}

#[test]
fn an_entry_that_stays_comes_exactly_once_while_others_come_and_go() {
    let max = 40_000;
    let cache = cache(Options { max: Some(max), ..Options::default() });
    let stable: HashSet<Key> = (0..5_000).map(key).collect();
    // Side by side with those that go, whose places come free.
    (0..5_000).for_each(|at| [at, 10_000 + at].into_iter().for_each(|at| put(&cache, at, at)));
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for thread in 1..THREADS {
            let (cache, done) = (&cache, &done);
            scope.spawn(move || {
                let mut next = numbers(thread);
                while !done.load(Ordering::Relaxed) {
                    let at = 10_000 + next() % 8_000;
                    match next() % 4 {
                        0 => drop(with(at, |key| cache.delete(key)).unwrap()),
                        // What stays is written too, with values of other sizes.
                        1 => with(next() % 5_000, |key| cache.set(key, bytes((next() % 60) as usize), &Terms::default())).unwrap(),
                        _ => put(cache, at, at),
                    }
                }
            });
        }
        for _ in 0..20 {
            let found = keys(&cache);
            let once: HashSet<&Key> = found.iter().collect();
            let doubled = found.iter().filter(|key| stable.contains(key)).count();
            let missing = stable.iter().filter(|key| !once.contains(key)).count();
            done.store(missing > 0 || doubled != stable.len(), Ordering::Relaxed);
            assert_eq!((missing, doubled), (0, stable.len()));
        }
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn an_entry_that_is_written_at_the_bound_stays_at_its_place_in_the_pages() {
    let cache = cache(Options { max_bytes: Some(2_000 * ENTRY_BYTES), ..Options::default() });
    (0..1_990).for_each(|at| put(&cache, at, at));
    let mut grow = 20;
    let mut next = || {
        // Each write of this key is larger than the one before, so that others must go for it.
        grow += 100;
        with(7, |key| cache.set(key, bytes(grow), &Terms::default())).unwrap();
        assert!(with(7, |key| cache.has(key)).unwrap());
    };
    (0..100).for_each(|_| next());
    for _ in 0..100 {
        let (mut found, mut from) = (0, Some(0));
        while let Some(cursor) = from {
            let page = cache.page(cursor).unwrap();
            found += page.rows.iter().filter(|(found, _)| *found == key(7)).count();
            next();
            from = page.next;
        }
        assert_eq!(found, 1);
    }
    assert!(gone(&cache.stats().unwrap(), Cause::Size) > 0);
}

//! Deadlines, by a clock that the test turns, and once by the real one.

use super::*;
use shardmap_core::{
    cache::{Remaining, GUARD, NO_TICKET},
    slots::Slots,
};
use std::time::{Duration, Instant};

fn remaining(cache: &Cache, at: u32) -> Remaining {
    with(at, |key| cache.remaining(key)).unwrap()
}

#[test]
fn an_entry_is_absent_from_its_deadline_on_and_not_before() {
    let (cache, hand) = timed(Options { ttl: Some(100), ..lru(10) });
    put(&cache, 1, 1);
    put_for(&cache, 2, 2, 250);
    with(3, |key| cache.set(key, number(3), &Terms { ttl: Some(Ttl::Never), ..Terms::default() })).unwrap();
    assert_eq!([1, 2, 3].map(|at| remaining(&cache, at)), [Remaining::Ms(100), Remaining::Ms(250), Remaining::Never]);
    hand.advance(99);
    assert_eq!((get(&cache, 1), remaining(&cache, 1)), (Some(1), Remaining::Ms(1)));
    hand.advance(1);
    assert_eq!((remaining(&cache, 1), get(&cache, 1), peek(&cache, 1)), (Remaining::Absent, None, None));
    assert!(!with(1, |key| cache.has(key)).unwrap());
    assert!(!with(1, |key| cache.delete(key)).unwrap());
    hand.advance(1 << 40);
    assert_eq!([2, 3].map(|at| get(&cache, at)), [None, Some(3)]);
    let stats = cache.stats().unwrap();
    assert_eq!((stats.entries, gone(&stats, Cause::Expired), gone(&stats, Cause::Deleted)), (1, 2, 0));
}

#[test]
fn the_memory_of_expired_entries_comes_back_by_the_sweep_alone() {
    let (cache, hand) = timed(lru(100_000));
    (0..20_000).for_each(|at| put_for(&cache, at, at, 1_000 + u64::from(at)));
    assert!(cache.sweep());
    assert_eq!(cache.entries().unwrap(), 20_000);
    hand.advance(1_000 + 9_999);
    assert!(cache.sweep());
    assert_eq!(cache.entries().unwrap(), 10_000);
    assert_eq!((peek(&cache, 9_999), peek(&cache, 10_000)), (None, Some(10_000)));
    hand.advance(1 << 36);
    assert!(!cache.sweep());
    let stats = cache.stats().unwrap();
    assert_eq!((stats.entries, stats.bytes, gone(&stats, Cause::Expired)), (0, 0, 20_000));
}

#[test]
fn pages_give_fresh_entries_only() {
    let (cache, hand) = timed(lru(10));
    (0..4).for_each(|at| put_for(&cache, at, at, 100 * u64::from(at + 1)));
    hand.advance(200);
    let mut found = keys(&cache);
    found.sort_unstable_by(|one, other| one.as_bytes().cmp(other.as_bytes()));
    assert_eq!(found, [key(2), key(3)]);
}

#[test]
fn a_stale_value_is_given_for_as_long_again_where_that_is_allowed() {
    let (cache, hand) = timed(Options { ttl: Some(100), allow_stale: Some(true), ..lru(10) });
    put(&cache, 1, 1);
    hand.advance(199);
    let lookup = with(1, |key| cache.get(key)).unwrap();
    assert_eq!((number_of(lookup.value), lookup.ticket, (lookup.slot, lookup.version)), (Some(1), NO_TICKET, Slots::process().never()));
    assert_eq!((peek(&cache, 1), remaining(&cache, 1)), (Some(1), Remaining::Absent));
    assert!(!with(1, |key| cache.has(key)).unwrap());
    cache.sweep();
    assert_eq!((get(&cache, 1), cache.entries().unwrap(), keys(&cache).len()), (Some(1), 1, 0));
    hand.advance(1);
    cache.sweep();
    assert_eq!((cache.entries().unwrap(), get(&cache, 1)), (0, None));
}

#[test]
fn a_grace_keeps_what_nobody_sees_and_a_write_replaces_it() {
    let (cache, hand) = timed(lru(10));
    let set = |at| with(at, |key| cache.set(key, number(at), &Terms { ttl: Some(Ttl::Ms(100)), grace: 50, tags: vec![] })).unwrap();
    set(1);
    set(2);
    hand.advance(149);
    cache.sweep();
    assert_eq!((get(&cache, 1), cache.entries().unwrap()), (None, 2));
    set(1);
    hand.advance(1);
    cache.sweep();
    let stats = cache.stats().unwrap();
    assert_eq!((stats.entries, gone(&stats, Cause::Replaced), gone(&stats, Cause::Expired)), (1, 1, 1));
}

#[test]
fn a_get_lets_the_ttl_of_the_entry_begin_anew_where_that_is_asked_for() {
    let (cache, hand) = timed(Options { ttl: Some(100), update_age_on_get: Some(true), ..lru(10) });
    put(&cache, 1, 1);
    put_for(&cache, 2, 2, 300);
    for _ in 0..5 {
        hand.advance(99);
        cache.sweep();
        let lookup = with(1, |key| cache.get(key)).unwrap();
        assert_eq!((number_of(lookup.value), (lookup.slot, lookup.version)), (Some(1), Slots::process().never()));
        assert_eq!(get(&cache, 2), Some(2));
    }
    assert_eq!([1, 2].map(|at| remaining(&cache, at)), [Remaining::Ms(100), Remaining::Ms(300)]);
    hand.advance(99);
    assert_eq!(peek(&cache, 1), Some(1));
    hand.advance(1);
    assert_eq!([1, 2].map(|at| get(&cache, at)), [None, Some(2)]);
}

#[test]
fn jitter_makes_a_ttl_shorter_by_up_to_its_part_and_never_longer() {
    let (cache, _hand) = timed(Options { ttl: Some(1_000), ttl_jitter: Some(0.3), ..lru(10_000) });
    let all: Vec<u64> = (0..2_000)
        .map(|at| {
            put(&cache, at, at);
            match remaining(&cache, at) {
                Remaining::Ms(ms) => ms,
                other => panic!("{other:?}"),
            }
        })
        .collect();
    assert!(all.iter().all(|ms| (700..=1_000).contains(ms)));
    assert!(all.iter().any(|&ms| ms < 750) && all.iter().any(|&ms| ms > 950));
}

#[test]
fn a_look_up_says_until_when_it_may_be_trusted_and_nothing_near_its_end() {
    let (cache, hand) = timed(lru(10));
    let never = Slots::process().never();
    hand.advance((1 << 32) - 1_000);
    put_for(&cache, 1, 1, GUARD + 500);
    let lookup = |at| with(at, |key| cache.get(key)).unwrap();
    let found = lookup(1);
    assert_eq!(found.deadline, ((1_u64 << 32) - 1_000 + GUARD + 500) as u32);
    assert_ne!((found.slot, found.version), never);
    hand.advance(499);
    assert_ne!((lookup(1).slot, lookup(1).version), never);
    hand.advance(1);
    assert_eq!((lookup(1).slot, lookup(1).version), never);
    put_for(&cache, 2, 2, 1 << 40);
    assert_eq!(lookup(2).deadline, ((1_u64 << 32) - 500 + (1 << 30)) as u32);
    let absent = lookup(3);
    assert_eq!(((absent.slot, absent.version), absent.ticket), (never, NO_TICKET));
}

#[test]
fn by_the_real_clock_entries_go_and_the_clock_word_moves_although_nobody_asks() {
    let cache = cache(lru(10));
    let shown = || Slots::process().shown_time();
    put_for(&cache, 1, 1, 30);
    put_for(&cache, 2, 2, 600_000);
    let (begin, deadline) = (shown(), Instant::now() + Duration::from_secs(60));
    while cache.entries().unwrap() > 1 || shown() == begin {
        assert!(Instant::now() < deadline, "nothing has happened for a minute");
        std::thread::yield_now();
    }
    let stats = cache.stats().unwrap();
    assert_eq!((stats.entries, gone(&stats, Cause::Expired), peek(&cache, 2)), (1, 1, Some(2)));
}

#[test]
fn entries_go_although_threads_are_never_out_of_their_shard() {
    let cache = cache(lru(1_000));
    put(&cache, 0, 0);
    (1..500).for_each(|at| put_for(&cache, at, at, 30));
    let deadline = Instant::now() + Duration::from_secs(60);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while cache.entries().unwrap() > 1 {
                    assert!(Instant::now() < deadline, "nothing has happened for a minute");
                    (0..100).for_each(|_| assert_eq!(get(&cache, 0), Some(0)));
                }
            });
        }
    });
}

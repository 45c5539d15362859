//! The clock word under every interleaving: who remembers an entry with a deadline can rely on somebody who moves the word.

use super::{beside, explore, key, value};
use shardmap_core::{
    cache::{Cache, Options, Terms, Ttl, GUARD},
    clock,
    slots::Slots,
    thread,
};
use std::sync::Arc;

const TTL: u64 = 1_000;

fn cache() -> Arc<Cache> {
    Cache::new(Options { max: Some(2), ..Options::default() }).unwrap()
}

fn set(cache: &Cache, at: u8) {
    cache.set(key(at), value(1), &Terms { ttl: Some(Ttl::Ms(TTL)), ..Terms::default() }).unwrap();
}

/// Whether a thread would answer key 1 from its own cache, had it remembered it now, after all but the guard of its time has passed and a tick came.
fn is_trusted_for_too_long(cache: &Cache) -> bool {
    let found = cache.get(key(1)).unwrap();
    if found.slot == Slots::process().never().0 {
        return false;
    }
    clock::pass(TTL - GUARD);
    thread::pass();
    let left = found.deadline.wrapping_sub(Slots::process().shown_time()) as i32;
    Slots::process().version(found.slot) == found.version && left > GUARD as i32
}

#[test]
fn an_entry_that_comes_while_the_ticks_are_about_to_end_is_not_trusted_for_too_long() {
    explore(|| {
        let cache = cache();
        set(&cache, 2);
        cache.delete(key(2)).unwrap();
        // The tick that finds no entry with a deadline.
        let ticks = beside(&cache, |_| thread::pass());
        set(&cache, 1);
        ticks.join().unwrap();
        assert!(!is_trusted_for_too_long(&cache), "the clock word stands");
    });
}

#[test]
fn an_entry_that_comes_while_another_cache_ends_is_not_trusted_for_too_long() {
    explore(|| {
        let (cache, other) = (cache(), cache());
        set(&other, 2);
        let ends = beside(&other, |other| {
            other.destroy();
            thread::pass();
        });
        set(&cache, 1);
        ends.join().unwrap();
        assert!(!is_trusted_for_too_long(&cache), "the clock word stands");
    });
}

#[test]
fn the_clock_word_goes_back_for_nobody() {
    explore(|| {
        let slots = std::sync::Arc::new(Slots::new(1));
        let other = beside(&slots, |slots| slots.show_time(7));
        slots.show_time(5);
        let first = slots.shown_time();
        assert!(first >= 5 && slots.shown_time() >= first);
        other.join().unwrap();
        assert_eq!(slots.shown_time(), 7);
    });
}

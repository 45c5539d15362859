//! Striped counters under every interleaving: exact when nobody writes, however many threads there were.

use super::{beside, explore, key, value};
use loom::sync::{
    atomic::{AtomicU64, Ordering},
    Mutex,
};
use shardmap_core::{Options, ShardedMap};

/// In a model there are two stripes for threads of their own and one that others share.
fn counts_of(threads: usize) {
    explore(move || {
        let map = ShardedMap::new(Options { shards: Some(2), ..Options::default() }).unwrap();
        let write = |at: u8| beside(&map, move |map| drop(map.set(key(at), value(1)).unwrap()));
        let others: Vec<_> = (1..threads as u8).map(write).collect();
        map.set(key(0), value(1)).unwrap();
        others.into_iter().for_each(|other| other.join().unwrap());
        let stats = map.stats().unwrap();
        assert_eq!((stats.entries, stats.sets), (threads as u64, threads as u64));
    });
}

#[test]
fn threads_that_count_at_once_lose_nothing() {
    counts_of(3);
}

#[test]
fn threads_that_share_a_stripe_lose_nothing() {
    counts_of(4);
}

/// A thread counts with plain stores in its stripe and gives that back; the next one takes it and goes on. Neither is joined.
fn handed_over(give_back: fn(&Mutex<bool>, &AtomicU64)) {
    explore(move || {
        let stripe = std::sync::Arc::new((Mutex::new(false), AtomicU64::new(0), AtomicU64::new(0)));
        let count = |word: &AtomicU64| word.store(word.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        let first = beside(&stripe, move |stripe| {
            count(&stripe.1);
            give_back(&stripe.0, &stripe.2);
        });
        let is_free = *stripe.0.lock().unwrap() || stripe.2.load(Ordering::Relaxed) == 1;
        if is_free {
            count(&stripe.1);
        }
        first.join().unwrap();
        assert_eq!(stripe.1.load(Ordering::Relaxed), 1 + u64::from(is_free), "a count is lost");
    });
}

#[test]
fn a_stripe_that_is_given_back_under_the_lock_keeps_what_was_counted() {
    handed_over(|lock, _| *lock.lock().unwrap() = true);
}

/// The planted fault: a word that carries no order says that the stripe is free.
#[test]
#[should_panic(expected = "a count is lost")]
fn a_stripe_that_is_given_back_without_order_is_caught() {
    handed_over(|_, word| word.store(1, Ordering::Relaxed));
}

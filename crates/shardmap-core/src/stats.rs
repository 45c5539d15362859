//! Counters striped by thread: a thread writes its own line with plain stores, a reader sums them all.

use crate::sync::{local, lock, process, AtomicU64, Mutex, Ordering};
use crossbeam_utils::CachePadded;
use std::{cell::Cell, marker::PhantomData};

const STRIPES: usize = if cfg!(shardmap_model) { 3 } else { 64 };
/// The stripe of the threads that found no other; they add atomically.
const SHARED: usize = STRIPES - 1;

/// Words of a stripe, which is as much as stays clear of its neighbours.
const WORDS: usize = 16;

/// What is counted: one of at most 16, by its number.
pub(crate) trait Count: Copy {
    fn word(self) -> usize;
}

/// What a map counts.
#[derive(Clone, Copy)]
pub(crate) enum Counter {
    Gets,
    Hits,
    NearHits,
    Sets,
    Deletes,
    Entries,
    Bytes,
}

impl Count for Counter {
    #[inline]
    fn word(self) -> usize {
        self as usize
    }
}

/// Counters of one map or cache. Sums are exact when nobody writes.
pub(crate) struct Striped<C> {
    stripes: Box<[CachePadded<[AtomicU64; WORDS]>]>,
    of: PhantomData<fn(C)>,
}

impl Striped<Counter> {
    /// Counts a read.
    #[inline]
    pub fn read(&self, hit: bool) {
        let index = index();
        self.add_at(index, Counter::Gets, 1);
        self.add_at(index, Counter::Hits, i64::from(hit));
    }
}

impl<C: Count> Striped<C> {
    pub fn new() -> Self {
        Self { stripes: (0..STRIPES).map(|_| CachePadded::new(Default::default())).collect(), of: PhantomData }
    }

    /// Adds to this thread's stripe; negative amounts wrap and come right in the sum.
    #[inline]
    pub fn add(&self, counter: C, amount: i64) {
        let index = index();
        self.add_at(index, counter, amount);
    }

    #[inline]
    fn add_at(&self, index: usize, counter: C, amount: i64) {
        let word = &self.stripes[index][counter.word()];
        if index == SHARED {
            word.fetch_add(amount as u64, Ordering::Relaxed);
        } else {
            word.store(word.load(Ordering::Relaxed).wrapping_add(amount as u64), Ordering::Relaxed);
        }
    }

    pub fn sum(&self, counter: C) -> u64 {
        let total = self.stripes.iter().fold(0u64, |sum, stripe| sum.wrapping_add(stripe[counter.word()].load(Ordering::Relaxed)));
        // Stripes are read one after the other, so a sum taken during writes may fall below zero.
        if (total as i64) < 0 {
            0
        } else {
            total
        }
    }
}

/// A stripe that no other living thread has; given back when the thread ends.
struct Stripe(usize);

local! {
    static STRIPE: Stripe = Stripe(take());
}
local! {
    /// The index of `STRIPE`, readable without the check for its life.
    static INDEX: Cell<usize> = const { Cell::new(UNKNOWN) };
}
const UNKNOWN: usize = usize::MAX;

#[inline]
fn index() -> usize {
    let index = INDEX.with(Cell::get);
    if index == UNKNOWN {
        first()
    } else {
        index
    }
}

#[cold]
fn first() -> usize {
    let index = STRIPE.try_with(|stripe| stripe.0).unwrap_or(SHARED);
    INDEX.with(|own| own.set(index));
    index
}

process! {
    FREE: Mutex<u64> = Mutex::new((1 << SHARED) - 1);
}

fn take() -> usize {
    let mut free = lock(&FREE);
    let index = free.trailing_zeros() as usize;
    if index >= SHARED {
        return SHARED;
    }
    *free &= !(1 << index);
    index
}

// The threads of a model may end after the state of its process.
#[cfg(not(shardmap_model))]
impl Drop for Stripe {
    fn drop(&mut self) {
        // What other destructors of this thread still count must not meet the stripe's next owner.
        let _ = INDEX.try_with(|own| own.set(SHARED));
        if self.0 != SHARED {
            // The lock orders this thread's plain stores before those of the stripe's next owner.
            *lock(&FREE) |= 1 << self.0;
        }
    }
}

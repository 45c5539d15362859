//! Version words that tell a thread whether what it has cached is still true.
//!
//! One table for the process, never freed, so that a view of it held by an isolate cannot dangle. The invariant: a writer that holds a shard's
//! exclusive lock advances the slot of the key **before** it changes the entry; a reader takes value and version together under the shared
//! lock. A remembered pair is then true whenever the slot still has the remembered version, and whoever was told of a write sees another one.
//!
//! Two keys on one slot only cost a miss. A word that returns to the very same value gives a false hit: exactly 4,294,967,296 advances of one
//! slot with no read of that key by that thread in between.
//!
//! After the slots come two words of another kind: one that stays 0, and the clock word, the low half of the process's milliseconds. It is kept
//! up to date while any cache holds an entry with a deadline, so that a thread can tell from memory that a deadline is still far.

use crate::{
    prefetch::prefetch,
    sync::{process, AtomicU32, OnceLock, Ordering},
};

/// Slots of the process-wide table; fewer under Miri and in models, where each costs.
pub const COUNT: usize = if cfg!(shardmap_model) {
    4
} else if cfg!(miri) {
    1 << 6
} else {
    1 << 16
};

/// Words of the process-wide table: the slots, the one that stays 0, the clock.
pub const WORDS: usize = COUNT + 2;

/// A table of version words, after them one that stays 0, for entries of a cache that must never hold, and the clock word.
pub struct Slots {
    words: Box<[AtomicU32]>,
}

process! {
    SLOTS: OnceLock<Slots> = OnceLock::new();
}

impl Slots {
    /// A table of `count` words, a power of two.
    pub fn new(count: usize) -> Self {
        debug_assert!(count.is_power_of_two());
        Self { words: (0..count + 2).map(|_| AtomicU32::new(0)).collect() }
    }

    /// The table of this process.
    pub fn process() -> &'static Self {
        SLOTS.get_or_init(|| Self::new(COUNT))
    }

    /// The number of slots less one.
    #[inline]
    pub fn mask(&self) -> usize {
        self.words.len() - 3
    }

    /// Starts to fetch the slot's word, so that it comes while the lock is waited for.
    #[inline(always)]
    pub fn prefetch(&self, slot: usize) {
        prefetch(&self.words[slot]);
    }

    /// Makes every cached copy of the slot's keys stale. The caller holds the exclusive lock of the key's shard and has not yet stored.
    #[inline]
    pub fn advance(&self, slot: usize) {
        self.words[slot].fetch_add(1, Ordering::AcqRel);
    }

    /// Makes every cached copy in the process stale; for the end of a map, whose absent keys have slots too.
    pub fn advance_all(&self) {
        for word in &self.words[..=self.mask()] {
            word.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// The version to remember with a value (under the shard's lock), or to compare with a remembered one (under none).
    #[inline]
    pub fn version(&self, slot: usize) -> u32 {
        self.words[slot].load(Ordering::Acquire)
    }

    /// What to remember of a value that must be read again: a slot that stays 0, with another version.
    #[inline]
    pub fn never(&self) -> (usize, u32) {
        (self.words.len() - 2, 1)
    }

    fn clock(&self) -> &AtomicU32 {
        &self.words[self.words.len() - 1]
    }

    /// Lets the clock word show this time of the process's clock, whatever it showed: it may have rested for longer than it can tell.
    pub fn start_time(&self, ms: u64) {
        self.clock().store(ms as u32, Ordering::Release);
    }

    /// Lets the clock word go on to this time, unless it shows a later one.
    #[inline]
    pub fn show_time(&self, ms: u64) {
        let time = ms as u32;
        let mut shown = self.clock().load(Ordering::Relaxed);
        while (time.wrapping_sub(shown) as i32) > 0 {
            match self.clock().compare_exchange_weak(shown, time, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => shown = now,
            }
        }
    }

    /// What the clock word shows.
    #[inline]
    pub fn shown_time(&self) -> u32 {
        self.clock().load(Ordering::Acquire)
    }

    /// The [`WORDS`] themselves, for views from isolates, which only load them.
    #[cfg(not(shardmap_model))]
    pub fn as_ptr(&self) -> *const u32 {
        self.words.as_ptr().cast()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_word_only_goes_forward_also_around_its_end_until_it_starts_anew() {
        let slots = Slots::new(4);
        let show = |ms: u64| {
            slots.show_time(ms);
            slots.shown_time()
        };
        assert_eq!(show(1_000), 1_000);
        assert_eq!(show(990), 1_000);
        slots.start_time((1 << 32) - 5);
        assert_eq!(show((1 << 32) + 7), 7);
        assert_eq!(show((1 << 32) - 1), 7);
        slots.start_time((1 << 32) + 2_160_000_000);
        assert_eq!(slots.shown_time(), 2_160_000_000);
    }

    #[test]
    fn the_dead_word_and_the_clock_lie_behind_the_slots_and_no_end_of_a_map_touches_them() {
        let slots = Slots::new(4);
        slots.show_time(9);
        slots.advance_all();
        let (dead, version) = slots.never();
        assert_eq!((slots.mask(), dead, slots.version(dead), slots.shown_time()), (3, 4, 0, 9));
        assert_ne!(slots.version(dead), version);
    }
}

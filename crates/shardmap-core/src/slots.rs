//! Version words that tell a thread whether what it has cached is still true.
//!
//! One table for the process, never freed, so that a view of it held by an isolate cannot dangle. The invariant: a writer that holds a shard's
//! exclusive lock advances the slot of the key **before** it changes the entry; a reader takes value and version together under the shared
//! lock. A remembered pair is then true whenever the slot still has the remembered version, and whoever was told of a write sees another one.
//!
//! Two keys on one slot only cost a miss. A word that returns to the very same value gives a false hit: exactly 4,294,967,296 advances of one
//! slot with no read of that key by that thread in between.

use crate::sync::{AtomicU32, Ordering};

/// Slots of the process-wide table.
pub const COUNT: usize = 1 << 16;
/// Its words: the slots, the one that stays 0, the clock word.
pub const WORDS: usize = COUNT + 2;

/// A table of version words. After them comes one that stays 0, for what must never hold, and one for the
/// time.
pub struct Slots {
    words: Box<[AtomicU32]>,
}

impl Slots {
    /// A table of `count` words, a power of two.
    pub fn new(count: usize) -> Self {
        debug_assert!(count.is_power_of_two());
        Self { words: (0..count + 2).map(|_| AtomicU32::new(0)).collect() }
    }

    /// The table of this process.
    #[cfg(not(shardmap_loom))]
    pub fn process() -> &'static Self {
        static SLOTS: crate::sync::OnceLock<Slots> = crate::sync::OnceLock::new();
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
        #[cfg(all(target_arch = "x86_64", not(shardmap_loom)))]
        {
            use core::arch::x86_64::{_mm_prefetch, _MM_HINT_T0};
            let word = std::ptr::from_ref(&self.words[slot]);
            // SAFETY: SSE is part of x86-64, and a prefetch reads nothing.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(word.cast()) };
        }
        #[cfg(not(all(target_arch = "x86_64", not(shardmap_loom))))]
        let _ = slot;
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

    /// The words themselves, [`WORDS`] of them, for views from isolates, which only load them.
    #[cfg(not(shardmap_loom))]
    pub fn as_ptr(&self) -> *const u32 {
        self.words.as_ptr().cast()
    }
}

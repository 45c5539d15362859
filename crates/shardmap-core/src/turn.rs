//! Whether a publication is going on: what a reader must know before it may remember a value.
//!
//! The invariant: the writer takes its turn, advances the slots of the changed keys, swaps the root, ends its turn. A reader that saw the same even
//! number before it read slot and root and after it has met no publication in between; so the slot's version that it remembers covers no change
//! that its root lacks. Whoever has seen one key of a commit misses on all the others, and so sees all of it.

use crate::sync::{AtomicU64, Ordering};

/// A counter, odd while a publication is going on. One writer at a time.
#[derive(Default)]
pub struct Turn(AtomicU64);

impl Turn {
    /// Begins a publication. The slots advanced after it carry this to whoever sees them.
    #[inline]
    pub fn begin(&self) {
        self.0.store(self.0.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// Ends it, after the root was swapped.
    #[inline]
    pub fn end(&self) {
        self.0.store(self.0.load(Ordering::Relaxed) + 1, Ordering::Release);
    }

    /// To be asked before slot and root are read, and again after.
    #[inline]
    pub fn number(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// Whether nothing was published since `before`.
    #[inline]
    pub fn is_still(&self, before: u64) -> bool {
        before.is_multiple_of(2) && self.number() == before
    }
}

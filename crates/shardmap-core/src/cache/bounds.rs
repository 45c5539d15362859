//! Bounds of the whole cache, held exactly: who stores has reserved before, and who removes releases after.

use crate::sync::{AtomicU64, Ordering};

/// What is used, and how much may be.
pub(super) struct Bounds {
    max: u64,
    max_bytes: u64,
    entries: AtomicU64,
    bytes: AtomicU64,
}

/// What one writer has reserved and not yet stored; given back when dropped. What it evicts comes to it, so that no other writer can take
/// the room that it has made.
pub(super) struct Claim<'a> {
    bounds: &'a Bounds,
    entries: u64,
    bytes: u64,
}

fn reserve(used: &AtomicU64, amount: u64, max: u64) -> bool {
    let more = |used: u64| used.checked_add(amount).filter(|&sum| sum <= max);
    amount == 0 || used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
}

fn release(used: &AtomicU64, amount: u64) {
    if amount > 0 {
        used.fetch_sub(amount, Ordering::Relaxed);
    }
}

impl Bounds {
    /// `u64::MAX` is no bound.
    pub fn new(max: u64, max_bytes: u64) -> Self {
        Self { max, max_bytes, entries: AtomicU64::new(0), bytes: AtomicU64::new(0) }
    }

    /// Entries that are stored or reserved.
    pub fn entries(&self) -> u64 {
        self.entries.load(Ordering::Relaxed)
    }

    /// The same in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Entries and bytes that may still come.
    pub fn room(&self) -> (u64, u64) {
        (self.max.saturating_sub(self.entries()), self.max_bytes.saturating_sub(self.bytes()))
    }

    pub fn release(&self, entries: u64, bytes: u64) {
        release(&self.entries, entries);
        release(&self.bytes, bytes);
    }

    /// Both or neither.
    fn reserve(&self, entries: u64, bytes: u64) -> bool {
        if !reserve(&self.entries, entries, self.max) {
            return false;
        }
        let done = reserve(&self.bytes, bytes, self.max_bytes);
        if !done {
            release(&self.entries, entries);
        }
        done
    }
}

impl<'a> Claim<'a> {
    pub fn new(bounds: &'a Bounds) -> Self {
        Self { bounds, entries: 0, bytes: 0 }
    }

    /// Takes over what an entry had that was removed.
    pub fn gain(&mut self, bytes: u64) {
        self.entries += 1;
        self.bytes += bytes;
    }

    /// Whether so much is reserved, if need be now.
    #[inline]
    pub fn covers(&mut self, entries: u64, bytes: u64) -> bool {
        let missing = (entries.saturating_sub(self.entries), bytes.saturating_sub(self.bytes));
        if missing != (0, 0) {
            if !self.bounds.reserve(missing.0, missing.1) {
                return false;
            }
            self.entries += missing.0;
            self.bytes += missing.1;
        }
        true
    }

    /// So much, which is covered, is now stored.
    pub fn spend(&mut self, entries: u64, bytes: u64) {
        self.entries -= entries;
        self.bytes -= bytes;
    }

    /// Gives back what is reserved: two writers that wait for what the other one holds would wait for ever.
    pub fn give_back(&mut self) {
        self.bounds.release(std::mem::take(&mut self.entries), std::mem::take(&mut self.bytes));
    }
}

impl Drop for Claim<'_> {
    #[inline]
    fn drop(&mut self) {
        self.give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_both_or_neither_and_what_is_not_spent_comes_back() {
        let bounds = Bounds::new(2, 100);
        let used = || (bounds.entries(), bounds.bytes());
        let mut one = Claim::new(&bounds);
        assert!(one.covers(1, 60) && one.covers(1, 60));
        one.spend(1, 60);
        let mut other = Claim::new(&bounds);
        assert!(!other.covers(1, 41));
        assert_eq!(used(), (1, 60));
        assert!(other.covers(1, 40));
        assert!(!one.covers(1, 0));
        drop((one, other));
        assert_eq!(used(), (1, 60));
    }

    #[test]
    fn what_an_eviction_made_free_is_the_evictors_own() {
        let bounds = Bounds::new(1, u64::MAX);
        let mut one = Claim::new(&bounds);
        assert!(one.covers(1, 50));
        one.spend(1, 50);
        one.gain(50);
        assert!(!Claim::new(&bounds).covers(1, 1));
        assert!(one.covers(1, 70));
        one.spend(1, 70);
        drop(one);
        assert_eq!((bounds.entries(), bounds.bytes()), (1, 70));
    }
}

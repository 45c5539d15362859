//! W-TinyLFU (Einziger, Friedman and Manes, 2017): newcomers pass through a window, and stay only if they are used more often than what would
//! have to go for them. A scan fills the window and displaces nothing.
//!
//! Three lists: the window; probation, for what has left it; protected, for what was used again in probation, at most four fifths of both when
//! something has to go. Until then it may be more, so that no use has to move another entry.
//! What leaves the window finds room in probation while there is some. When there is none, the next newcomer will take its place in the window,
//! so before that comes the window's coldest contests against probation's coldest, and one of the two is the victim.

use super::{links::Links, policy::Eviction, sketch::Sketch, window::Window};
use crate::hash;

const WINDOW: usize = 0;
const PROBATION: usize = 1;
const PROTECTED: usize = 2;

/// Uses for each entry after which all frequencies are halved.
const PERIOD: usize = 8;
/// How much more often a candidate must have been used. Its last use is counted already, the next one of a resident that is as frequent is
/// still to come; with a lead of one, keys of a loop would drive out each other.
const LEAD: u32 = 2;
/// Somebody who asks for one entry very often could keep out all others for whose sake it ought to go. So a candidate this frequent is now and
/// then let in although it lost, as in Caffeine.
const FREQUENT: u32 = 6;
const LET_IN: u64 = 128;
/// Entries that one operation moves between lists at most, so that none has to make up for a window that has changed.
const MOVES: usize = 16;

const LIST_SHIFT: u32 = 30;
const KEY: u32 = (1 << LIST_SHIFT) - 1;

/// 30 bits of the key's hash, above them the list; and the weight.
#[derive(Clone, Copy, Default)]
struct Entry {
    key_and_list: u32,
    weight: u32,
}

impl Entry {
    #[inline]
    fn key(self) -> u32 {
        self.key_and_list & KEY
    }

    #[inline]
    fn list(self) -> usize {
        (self.key_and_list >> LIST_SHIFT) as usize
    }
}

/// Entries in their lists, the frequencies of keys here and not here, and the size of the window.
pub struct TinyLfu {
    entries: Links<Entry, 3>,
    weights: [u64; 3],
    len: usize,
    sketch: Sketch,
    window: Window,
    random: u64,
}

impl Default for TinyLfu {
    fn default() -> Self {
        Self::seeded(hash::random())
    }
}

impl TinyLfu {
    /// One whose chances are known.
    fn seeded(seed: u64) -> Self {
        Self { entries: Links::default(), weights: [0; 3], len: 0, sketch: Sketch::default(), window: Window::default(), random: seed | 1 }
    }

    #[inline]
    fn total(&self) -> u64 {
        self.weights.iter().sum()
    }

    /// Moves an entry to the warm end of another list.
    #[inline]
    fn carry(&mut self, place: u32, to: usize) {
        let entry = self.entries.data_mut(place);
        let (from, weight) = (entry.list(), u64::from(entry.weight));
        entry.key_and_list = entry.key() | (to as u32) << LIST_SHIFT;
        self.weights[from] -= weight;
        self.weights[to] += weight;
        self.entries.unlink(place);
        self.entries.link(to, place);
    }

    /// What is too much for a list goes on probation, but never its warmest.
    fn overflow(&mut self, list: usize, most: u64) {
        for _ in 0..MOVES {
            match self.entries.coldest(list) {
                Some(place) if self.weights[list] > most && self.entries.warmest(list) != Some(place) => self.carry(place, PROBATION),
                _ => break,
            }
        }
    }

    /// Whether there is no room in the window for another entry of mean weight.
    fn window_full(&self) -> bool {
        let total = self.total();
        let room = self.window.part(total).saturating_sub(self.weights[WINDOW]);
        u128::from(room) * (self.len as u128) < u128::from(total)
    }

    /// Whether a candidate may stay in place of a resident.
    fn admits(&mut self, candidate: u32, resident: u32) -> bool {
        let uses = |place| self.sketch.estimate(self.entries.data(place).key());
        let (candidate, resident) = (uses(candidate), uses(resident));
        candidate >= resident + LEAD || candidate >= FREQUENT && self.chance().is_multiple_of(LET_IN)
    }

    /// Xorshift (Marsaglia, 2003).
    fn chance(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random >> 32
    }

    #[inline]
    fn count(&mut self, key: u32) {
        self.sketch.count(key, self.len * PERIOD);
    }
}

impl Eviction for TinyLfu {
    fn insert(&mut self, place: u32, hash: u64, weight: u32) {
        // Entries of one shard have hash bits in common; a product's upper bits depend on all others.
        let key = (hash.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - LIST_SHIFT)) as u32;
        self.len += 1;
        self.sketch.fit(self.len);
        self.count(key);
        self.entries.put(place, Entry { key_and_list: key | (WINDOW as u32) << LIST_SHIFT, weight });
        self.entries.link(WINDOW, place);
        self.weights[WINDOW] += u64::from(weight);
        self.overflow(WINDOW, self.window.part(self.total()));
    }

    #[inline]
    fn touch(&mut self, place: u32) {
        let entry = self.entries.data(place);
        self.count(entry.key());
        self.window.observe(true, self.len);
        if entry.list() == PROBATION {
            self.carry(place, PROTECTED);
        } else {
            self.entries.warm(entry.list(), place);
        }
    }

    fn has(&self, place: u32) -> bool {
        self.entries.has(place)
    }

    #[inline]
    fn fetch_ahead(&self, places: &[u32], at: usize) {
        if let Some(entry) = self.entries.fetch_ahead(places, at) {
            self.sketch.fetch_ahead(entry.key());
        }
    }

    fn replace(&mut self, place: u32, weight: u32) {
        let entry = self.entries.data_mut(place);
        let (list, before) = (entry.list(), std::mem::replace(&mut entry.weight, weight));
        self.weights[list] = self.weights[list] - u64::from(before) + u64::from(weight);
        self.touch(place);
    }

    fn remove(&mut self, place: u32) {
        let entry = self.entries.data(place);
        self.weights[entry.list()] -= u64::from(entry.weight);
        self.len -= 1;
        self.entries.free(place);
    }

    fn victim(&mut self) -> Option<u32> {
        let total = self.total();
        self.overflow(PROTECTED, (total - self.window.part(total)) / 5 * 4);
        let resident = self.entries.coldest(PROBATION).or_else(|| self.entries.coldest(PROTECTED));
        let (Some(candidate), Some(resident)) = (self.entries.coldest(WINDOW), resident) else {
            return resident.or_else(|| self.entries.coldest(WINDOW));
        };
        if !self.window_full() {
            return Some(resident);
        }
        if !self.admits(candidate, resident) {
            return Some(candidate);
        }
        self.carry(candidate, PROBATION);
        Some(resident)
    }

    fn miss(&mut self, _hash: u64) {
        // The key itself is counted when it comes.
        self.window.observe(false, self.len);
    }

    fn coldest_first(&self, each: &mut dyn FnMut(u32)) {
        for list in [PROBATION, WINDOW, PROTECTED] {
            self.entries.places(list).for_each(&mut *each);
        }
    }

    fn clear(&mut self) {
        self.entries.clear();
        self.sketch = Sketch::default();
        (self.weights, self.len) = ([0; 3], 0);
    }
}

#[cfg(test)]
mod tests;

//! W-TinyLFU (Einziger, Friedman and Manes, 2017): newcomers pass through a window, and stay only if they are used more often than what would
//! have to go for them. A scan fills the window and displaces nothing.
//!
//! Three lists: the window; probation, for what has left it; protected, for what was used again in probation, at most four fifths of both when
//! something has to go. Until then it may be more, so that no use has to move another entry.
//! What leaves the window finds room in probation while there is some. When there is none, the next newcomer will take its place in the window,
//! so before that comes the window's coldest contests against probation's coldest, and one of the two is the victim.

use super::{
    links::Links,
    policy::Eviction,
    sketch::{Sketch, MOST},
    window::Window,
};
use crate::{error::Result, hash};

const WINDOW: usize = 0;
const PROBATION: usize = 1;
const PROTECTED: usize = 2;

/// Counted uses for each entry after which all frequencies are halved.
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

const KEY_BITS: u32 = 26;
const LIST_SHIFT: u32 = 30;
const KEY: u32 = (1 << KEY_BITS) - 1;
const USE: u32 = 1 << KEY_BITS;
const USES: u32 = MOST * USE;

/// 26 bits of the key's hash, above them how often it was used, and the list; and the weight.
#[derive(Clone, Copy, Default)]
struct Entry {
    word: u32,
    weight: u32,
}

impl Entry {
    #[inline]
    fn key(self) -> u32 {
        self.word & KEY
    }

    #[inline]
    fn uses(self) -> u32 {
        (self.word & USES) / USE
    }

    #[inline]
    fn list(self) -> usize {
        (self.word >> LIST_SHIFT) as usize
    }

    fn put_down(&mut self, list: usize) {
        self.word = self.word & (KEY | USES) | (list as u32) << LIST_SHIFT;
    }

    fn halve(&mut self) {
        let uses = self.uses() / 2;
        self.word = self.word & !USES | (uses * USE);
    }
}

/// Entries in their lists with their frequencies, those of keys that are not here, and the size of the window. What is used most often is here, so a
/// use counts with the entry, and the sketch hears of it when the entry goes.
pub struct TinyLfu {
    entries: Links<Entry, 3>,
    weights: [u64; 3],
    len: usize,
    sketch: Sketch,
    /// Uses that were counted since the last halving, and half of those before.
    uses: usize,
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
        Self {
            entries: Links::default(),
            weights: [0; 3],
            len: 0,
            sketch: Sketch::default(),
            uses: 0,
            window: Window::default(),
            random: seed | 1,
        }
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
        entry.put_down(to);
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
        let (candidate, resident) = (self.entries.data(candidate).uses(), self.entries.data(resident).uses());
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
    fn count(&mut self) {
        self.uses += 1;
        if self.uses >= self.len * PERIOD {
            self.age();
        }
    }

    /// Halves all frequencies, but not before so many uses as there are words to halve: what a use costs is bounded also when few entries are left.
    #[cold]
    fn age(&mut self) {
        let entries = self.entries.all_data_mut();
        if self.uses >= self.sketch.len().max(entries.len()) {
            entries.for_each(Entry::halve);
            self.sketch.halve();
            self.uses /= 2;
        }
    }
}

impl Eviction for TinyLfu {
    fn reserve(&mut self, places: usize) -> Result<()> {
        self.sketch.reserve(places)?;
        self.entries.reserve(places)
    }

    fn insert(&mut self, place: u32, hash: u64, weight: u32) {
        // Entries of one shard have hash bits in common; a product's upper bits depend on all others.
        let key = (hash.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - KEY_BITS)) as u32;
        self.len += 1;
        self.sketch.fit(self.len);
        self.count();
        let uses = (self.sketch.estimate(key) + 1).min(MOST);
        self.entries.put(place, Entry { word: key | (uses * USE) | (WINDOW as u32) << LIST_SHIFT, weight });
        self.entries.link(WINDOW, place);
        self.weights[WINDOW] += u64::from(weight);
        self.overflow(WINDOW, self.window.part(self.total()));
    }

    #[inline]
    fn touch(&mut self, place: u32) {
        let entry = self.entries.data(place);
        if entry.uses() < MOST {
            self.entries.data_mut(place).word += USE;
            self.count();
        }
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
        self.entries.fetch_ahead(places, at);
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
        self.sketch.remember(entry.key(), entry.uses());
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
        (self.weights, self.len, self.uses) = ([0; 3], 0, 0);
    }
}

#[cfg(test)]
mod tests;

//! How often keys were used lately, in four bits each: a count-min sketch whose counters are halved as it fills.
//!
//! As in TinyLFU (Einziger, Friedman and Manes: TinyLFU: A Highly Efficient Cache Admission Policy, 2017) and as laid out by Caffeine: the four
//! counters of a key stand in one block of a cache line, each in a row of its own, so that a use of a key costs one miss.

use crate::prefetch::prefetch;

const ROWS: u32 = 4;
const MOST: u32 = 15;
/// The lower three bits of each counter: what is left of it when it is halved.
const HALVED: u64 = 0x7777_7777_7777_7777;
/// Of a block. A sketch has a word, 16 counters, for each entry it is made for.
const WORDS: usize = 8;

#[derive(Clone, Copy, Default)]
#[repr(align(64))]
struct Block([u64; WORDS]);

/// Estimates that are never less than the number of uses since the counters were last halved, up to 15.
#[derive(Default)]
pub struct Sketch {
    blocks: Vec<Block>,
    /// Uses since the last halving, and half of those before.
    uses: usize,
}

/// Where the counters of a hash stand: word and shift in its block, by row.
#[inline]
fn counters(hash: u32) -> impl Iterator<Item = (usize, u32)> {
    let bits = hash.wrapping_mul(0x9E37_79B1) >> 12;
    (0..ROWS).map(move |row| {
        let five = bits >> (row * 5);
        ((row * 2 + (five & 1)) as usize, (five >> 1 & 15) * 4)
    })
}

impl Sketch {
    /// Makes room for the uses of so many entries. What is counted stays: the block of a hash is known by its lowest bits, so each new block
    /// begins as what its keys had before.
    pub fn fit(&mut self, entries: usize) {
        if self.blocks.is_empty() {
            self.blocks = vec![Block::default()];
        }
        while self.blocks.len() * WORDS < entries {
            self.blocks.extend_from_within(..);
        }
    }

    #[inline]
    fn at(&self, hash: u32) -> usize {
        hash as usize & (self.blocks.len() - 1)
    }

    /// Starts to fetch the counters of a hash that is used soon.
    #[inline]
    pub fn fetch_ahead(&self, hash: u32) {
        prefetch(&self.blocks[self.at(hash)]);
    }

    /// Counts a use; `period` of them halve all counters, but at least as many as it has words, so that what a use costs is bounded also when
    /// few entries are left.
    #[inline]
    pub fn count(&mut self, hash: u32, period: usize) {
        let at = self.at(hash);
        let Block(words) = &mut self.blocks[at];
        let mut counted = 0;
        for (word, shift) in counters(hash) {
            // No branch: nobody could foresee it.
            let one = u64::from((words[word] >> shift) as u32 & MOST < MOST);
            words[word] += one << shift;
            counted |= one;
        }
        self.uses += counted as usize;
        if self.uses >= period.max(self.blocks.len() * WORDS) {
            self.halve();
        }
    }

    /// How often it was used, at most.
    #[inline]
    pub fn estimate(&self, hash: u32) -> u32 {
        let Block(words) = &self.blocks[self.at(hash)];
        counters(hash).map(|(word, shift)| (words[word] >> shift) as u32 & MOST).min().unwrap_or(0)
    }

    #[cold]
    fn halve(&mut self) {
        for Block(words) in &mut self.blocks {
            for word in words {
                *word = *word >> 1 & HALVED;
            }
        }
        self.uses /= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEVER: usize = usize::MAX;

    fn hash(key: u32) -> u32 {
        let mixed = (key ^ key >> 16).wrapping_mul(0x7FEB_352D);
        (mixed ^ mixed >> 15).wrapping_mul(0x846C_A68B)
    }

    fn sketch(entries: usize) -> Sketch {
        let mut sketch = Sketch::default();
        sketch.fit(entries);
        sketch
    }

    #[test]
    fn an_estimate_is_never_too_low_and_seldom_too_high() {
        let mut sketch = sketch(1_000);
        let uses = |key: u32| 1 + key % 7;
        (0..1_000).for_each(|key| (0..uses(key)).for_each(|_| sketch.count(hash(key), NEVER)));
        assert!((0..1_000).all(|key| sketch.estimate(hash(key)) >= uses(key)));
        let wrong = (0..1_000).filter(|&key| sketch.estimate(hash(key)) > uses(key)).count();
        assert!(wrong < 50, "{wrong} of 1,000");
        let strangers = (1_000..2_000).filter(|&key| sketch.estimate(hash(key)) > 0).count();
        assert!(strangers < 100, "{strangers} of 1,000");
    }

    #[test]
    fn counters_stop_at_fifteen() {
        let mut sketch = sketch(8);
        (0..100).for_each(|_| sketch.count(hash(1), NEVER));
        assert_eq!(sketch.estimate(hash(1)), 15);
    }

    #[test]
    fn a_period_of_uses_halves_all() {
        let mut sketch = sketch(8);
        (0..9).for_each(|_| sketch.count(hash(1), 10));
        assert_eq!(sketch.estimate(hash(1)), 9);
        sketch.count(hash(2), 10);
        assert_eq!((sketch.estimate(hash(1)), sketch.estimate(hash(2))), (4, 0));
        (0..5).for_each(|_| sketch.count(hash(1), 10));
        assert_eq!(sketch.estimate(hash(1)), 4, "the uses that are left count half");
    }

    #[test]
    fn a_large_sketch_is_not_halved_for_each_few_uses() {
        let mut sketch = sketch(1_000);
        (0..14).for_each(|_| sketch.count(hash(1), 10));
        assert_eq!(sketch.estimate(hash(1)), 14);
    }

    #[test]
    fn growing_keeps_what_was_counted() {
        let mut sketch = sketch(1);
        (0..5).for_each(|_| sketch.count(hash(1), NEVER));
        sketch.fit(100_000);
        assert!(sketch.estimate(hash(1)) >= 5);
    }
}

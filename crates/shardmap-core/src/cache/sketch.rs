//! How often keys were used lately that are not here, in four bits each: a count-min sketch, halved as uses are counted.
//!
//! As in TinyLFU (Einziger, Friedman and Manes: TinyLFU: A Highly Efficient Cache Admission Policy, 2017) and as laid out by Caffeine: the four
//! counters of a key stand in one block of a cache line, each in a row of its own, so that a look costs one miss.

use crate::error::{Error, Result};

const ROWS: u32 = 4;
/// The most that is counted.
pub const MOST: u32 = 15;
/// The lower three bits of each counter: what is left of it when it is halved.
const HALVED: u64 = 0x7777_7777_7777_7777;
/// Of a block. A sketch has a word, 16 counters, for each entry it is made for.
const WORDS: usize = 8;

#[derive(Clone, Copy, Default)]
#[repr(align(64))]
struct Block([u64; WORDS]);

/// Estimates that are never less than what was remembered, halved as often as there were halvings since, and at most 15.
#[derive(Default)]
pub struct Sketch {
    blocks: Vec<Block>,
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
    /// Makes sure of room for so many entries, so that `fit` asks for no memory.
    pub fn reserve(&mut self, entries: usize) -> Result<()> {
        let blocks = entries.div_ceil(WORDS).next_power_of_two();
        self.blocks.try_reserve_exact(blocks.saturating_sub(self.blocks.len())).map_err(|_| Error::memory())
    }

    /// Makes room for the uses of so many entries. What is counted stays: the block of a hash is known by its lowest bits, so each new block
    /// begins as what its keys had before.
    pub fn fit(&mut self, entries: usize) {
        if self.blocks.is_empty() {
            self.blocks.push(Block::default());
        }
        while self.blocks.len() * WORDS < entries {
            self.blocks.extend_from_within(..);
        }
    }

    #[inline]
    fn at(&self, hash: u32) -> usize {
        hash as usize & (self.blocks.len() - 1)
    }

    /// Keeps how often a key was used, for the time when it is not here.
    pub fn remember(&mut self, hash: u32, uses: u32) {
        let at = self.at(hash);
        let Block(words) = &mut self.blocks[at];
        for (word, shift) in counters(hash) {
            let before = (words[word] >> shift) as u32 & MOST;
            words[word] += u64::from(uses.min(MOST).saturating_sub(before)) << shift;
        }
    }

    /// How often it was used, at most.
    #[inline]
    pub fn estimate(&self, hash: u32) -> u32 {
        let Block(words) = &self.blocks[self.at(hash)];
        counters(hash).map(|(word, shift)| (words[word] >> shift) as u32 & MOST).min().unwrap_or(0)
    }

    /// Halves all.
    pub fn halve(&mut self) {
        for Block(words) in &mut self.blocks {
            for word in words {
                *word = *word >> 1 & HALVED;
            }
        }
    }

    /// Words that are halved.
    pub fn len(&self) -> usize {
        self.blocks.len() * WORDS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        (0..1_000).for_each(|key| sketch.remember(hash(key), uses(key)));
        assert!((0..1_000).all(|key| sketch.estimate(hash(key)) >= uses(key)));
        let wrong = (0..1_000).filter(|&key| sketch.estimate(hash(key)) > uses(key)).count();
        assert!(wrong < 50, "{wrong} of 1,000");
        let strangers = (1_000..2_000).filter(|&key| sketch.estimate(hash(key)) > 0).count();
        assert!(strangers < 100, "{strangers} of 1,000");
    }

    #[test]
    fn what_is_remembered_stops_at_fifteen_and_is_the_most() {
        let mut sketch = sketch(8);
        sketch.remember(hash(1), 100);
        assert_eq!(sketch.estimate(hash(1)), 15);
        sketch.remember(hash(1), 3);
        assert_eq!(sketch.estimate(hash(1)), 15);
    }

    #[test]
    fn halving_halves_all() {
        let mut sketch = sketch(1_000);
        sketch.remember(hash(1), 9);
        sketch.remember(hash(2), 1);
        sketch.halve();
        assert_eq!((sketch.estimate(hash(1)), sketch.estimate(hash(2))), (4, 0));
    }

    #[test]
    fn growing_keeps_what_was_counted() {
        let mut sketch = sketch(1);
        sketch.remember(hash(1), 5);
        sketch.fit(100_000);
        assert!(sketch.estimate(hash(1)) >= 5);
    }
}

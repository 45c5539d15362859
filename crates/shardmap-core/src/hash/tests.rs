//! Keys that somebody has chosen who knows all of the code, and not the seed.

use super::*;
use crate::{key::KeyBuf, slots, table::Table};
use std::collections::HashSet;

const PLACES: usize = 64;
/// Keys of a kind; fewer where each step is interpreted.
const KEYS: usize = if cfg!(miri) { 500 } else { 100_000 };

fn encoded(write: impl FnOnce(&mut KeyBuf)) -> Vec<u8> {
    let mut key = KeyBuf::new();
    write(&mut key);
    key.finish().unwrap().bytes.to_vec()
}

fn text(text: &str) -> Vec<u8> {
    encoded(|key| key.string(&text.encode_utf16().collect::<Vec<_>>()))
}

/// How many of the hashes come to the place that most come to.
fn crowd(hashes: &[u64], place: impl Fn(u64) -> usize) -> usize {
    let mut counts = [0; PLACES];
    hashes.iter().for_each(|&hash| counts[place(hash)] += 1);
    counts.into_iter().max().unwrap_or(0)
}

/// Shard, slot, and place within a shard: each kind of place has about its part of the keys, and no two keys have one hash.
fn spread(keys: &[Vec<u8>]) {
    let hashes: Vec<u64> = keys.iter().map(|key| of(key)).collect();
    let table = Table::new(PLACES);
    let fair = keys.len() / PLACES;
    // Ten standard deviations above the mean, and some where there are few.
    let most = fair + 10 * fair.isqrt() + 10;
    assert!(crowd(&hashes, |hash| table.shard_of(hash)) < most);
    assert!(crowd(&hashes, |hash| slot(hash, salt(1), slots::COUNT - 1) % PLACES) < most);
    assert!(crowd(&hashes, |hash| hash as usize % PLACES) < most);
    assert!(crowd(&hashes, |hash| (hash >> 57) as usize % PLACES) < 2 * most);
    assert_eq!(hashes.iter().collect::<HashSet<_>>().len(), keys.len());
}

#[test]
fn keys_that_crowd_one_shard_under_a_known_seed_spread_under_that_of_the_process() {
    let known = RandomState::with_seeds(1, 2, 3, 4);
    let hash = |key: &[u8]| {
        let mut hasher = known.build_hasher();
        hasher.write(key);
        hasher.finish()
    };
    let table = Table::new(PLACES);
    let keys: Vec<_> = (0..).map(|n| text(&format!("user:{n}"))).filter(|key| table.shard_of(hash(key)) == 0).take(KEYS / 25).collect();
    assert_eq!(crowd(&keys.iter().map(|key| hash(key)).collect::<Vec<_>>(), |hash| table.shard_of(hash)), KEYS / 25);
    spread(&keys);
}

/// FNV-1a, as many tables hash without a key.
fn unkeyed(from: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(from, |hash, &byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[test]
fn a_hundred_thousand_keys_that_collide_in_a_hash_without_a_key_spread() {
    const LOW: u32 = (1 << 16) - 1;
    // Two blocks that lead from one state to one other, again and again: every choice of one of each gives the same hash (Joux, 2004).
    let mut state = 0x811C_9DC5 & LOW;
    let mut keys = vec![Vec::new()];
    for _ in 0..KEYS.ilog2() + 1 {
        let after = |block: u32| unkeyed(state, &block.to_le_bytes()) & LOW;
        let mut seen = std::collections::HashMap::new();
        let (one, other) = (0..).find_map(|block| seen.insert(after(block), block).map(|before| (before, block))).unwrap();
        keys = keys.iter().flat_map(|key| [one, other].map(|block: u32| [&key[..], &block.to_le_bytes()].concat())).collect();
        state = after(one);
    }
    assert_eq!(keys.iter().map(|key| unkeyed(0x811C_9DC5, key) & LOW).collect::<HashSet<_>>().len(), 1);
    assert!(keys.len() > KEYS);
    spread(&keys.iter().map(|key| encoded(|to| to.bytes(key))).collect::<Vec<_>>());
}

/// CVE-2026-21717: V8 hashed strings that read like whole numbers to their numbers.
#[test]
fn strings_and_numbers_that_are_multiples_of_a_power_of_two_spread() {
    spread(&(0..KEYS as u64).map(|n| text(&(n << 20).to_string())).collect::<Vec<_>>());
    spread(&(0..KEYS as u64).map(|n| encoded(|key| key.number((n << 30) as f64))).collect::<Vec<_>>());
}

#[test]
fn numbers_that_are_shown_come_from_other_seeds_each_time() {
    assert_eq!((0..1_000).map(|_| random()).collect::<HashSet<_>>().len(), 1_000);
}

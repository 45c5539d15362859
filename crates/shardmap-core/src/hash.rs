//! One keyed hash per operation; its bits pick the shard, the place in the table and the slot.
//!
//! dashmap takes the shard from the bits below the topmost seven, hashbrown its tag from those seven and the place from the lowest; the slot
//! comes from the middle, so that keys of one shard do not crowd on few slots.

use crate::sync::OnceLock;
use ahash::RandomState;
use std::hash::{BuildHasher, Hasher};

const SLOT_SHIFT: u32 = 22;

/// The hasher of this process: seeded at random at first use, because requests choose keys.
pub fn state() -> &'static RandomState {
    static STATE: OnceLock<RandomState> = OnceLock::new();
    // Models run again and again, and must meet the same hashes.
    STATE.get_or_init(|| if cfg!(shardmap_model) { RandomState::with_seeds(1, 2, 3, 4) } else { RandomState::new() })
}

/// The hash of encoded key bytes.
#[inline]
pub fn of(bytes: &[u8]) -> u64 {
    let mut hasher = state().build_hasher();
    hasher.write(bytes);
    hasher.finish()
}

/// A number that nobody can guess, another one each time. It may be shown to anybody, so it comes from other seeds than the hashes do.
pub(crate) fn random() -> u64 {
    std::hash::RandomState::new().hash_one(0_u8)
}

/// The slot of a hash in a map with this salt; `mask` is the number of slots less one.
#[inline]
pub(crate) fn slot(hash: u64, salt: u64, mask: usize) -> usize {
    ((hash ^ salt) >> SLOT_SHIFT) as usize & mask
}

/// Spreads map ids over the slot bits, so that one key in two maps has two slots.
pub(crate) fn salt(id: u32) -> u64 {
    u64::from(id).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

#[cfg(all(test, not(shardmap_loom)))]
mod tests;

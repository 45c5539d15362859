//! One entry of a version.

use crate::{
    hash,
    key::{Key, KeyRef},
    packed,
    value::Value,
};
use xxhash_rust::xxh3::{xxh3_128_with_seed, xxh3_64_with_seed};

/// A key with its value in one version.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key's hash.
    pub hash: u64,
    /// The encoded key.
    pub key: Key,
    /// Its value.
    pub value: Value,
    /// Which write stored it: no two writes of a map have the same stamp.
    pub stamp: u64,
}

impl Entry {
    /// Hashes the key.
    pub fn new(key: Key, value: Value, stamp: u64) -> Self {
        Self { hash: hash::of(key.as_bytes()), key, value, stamp }
    }

    /// The key, for look-ups.
    #[inline]
    pub fn key_ref(&self) -> KeyRef<'_> {
        KeyRef { bytes: self.key.as_bytes(), hash: self.hash }
    }

    #[inline]
    pub(super) fn is(&self, key: KeyRef<'_>) -> bool {
        self.hash == key.hash && self.key.as_bytes() == key.bytes
    }
}

/// What an entry takes: itself, its part of the nodes, and the heap of its key and value.
pub(super) fn bytes(key: &Key, value: &Value) -> u64 {
    const NODES: u64 = 16;
    size_of::<Entry>() as u64 + NODES + packed::heap(key.as_bytes().len()) + value.heap()
}

/// A fingerprint of an entry. Those of different entries add up to one of their map.
pub(super) fn sum(key: &Key, value: &Value) -> u128 {
    xxh3_128_with_seed(value.bytes(), xxh3_64_with_seed(key.as_bytes(), u64::from(value.tag())))
}

//! One sorted array: read with two cache misses, walked at memory speed, copied whole by every change. For tables that are replaced rather than
//! changed.

use super::entry::Entry;
use crate::key::KeyRef;
use std::ops::ControlFlow;

/// Entries in the order of their hashes, with a directory by the topmost bits.
pub struct Flat {
    entries: Box<[Entry]>,
    /// Where the hashes with these topmost bits begin; one more than there are such bits.
    starts: Box<[u32]>,
    /// How far a hash is shifted to get them.
    shift: u32,
}

impl Flat {
    /// From entries in the order of their hashes, no two of the same key.
    pub fn sorted(entries: Vec<Entry>) -> Self {
        let bits = entries.len().max(2).next_power_of_two().ilog2();
        let shift = u64::BITS - bits;
        let mut starts = Vec::with_capacity((1 << bits) + 1);
        for (index, entry) in entries.iter().enumerate() {
            starts.resize(starts.len().max((entry.hash >> shift) as usize + 1), index as u32);
        }
        starts.resize((1 << bits) + 1, entries.len() as u32);
        Self { entries: entries.into(), starts: starts.into(), shift }
    }

    /// Entries in it.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All of them, in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry of a key.
    pub fn get(&self, key: KeyRef<'_>) -> Option<&Entry> {
        let at = (key.hash >> self.shift) as usize;
        self.entries[self.starts[at] as usize..self.starts[at + 1] as usize].iter().find(|entry| entry.is(key))
    }

    /// Visits the entries from a hash on, in order.
    pub fn walk(&self, from: u64, each: &mut dyn FnMut(&Entry) -> ControlFlow<()>) {
        let first = self.entries.partition_point(|entry| entry.hash < from);
        let _ = self.entries[first..].iter().try_for_each(each);
    }

    /// A copy without the entries that `gone` says, and with others, of which no two have the same key.
    pub fn with(&self, gone: impl Fn(&Entry) -> bool, others: impl Iterator<Item = Entry>) -> Self {
        let mut entries: Vec<Entry> = self.entries.iter().filter(|entry| !gone(entry)).cloned().chain(others).collect();
        entries.sort_by_key(|entry| entry.hash);
        Self::sorted(entries)
    }
}

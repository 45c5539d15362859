//! A persistent hash trie: a change copies the path to one leaf and shares everything else (CHAMP: Steindorfer and Vinju, 2015).
//!
//! A node has 32 places, taken by five bits of the hash each level from the top down, so that walking it gives the order of the hashes. Places
//! that hold an entry and places that lead to a node are packed in an array each. A node other than the root leads to two entries at least.
//! Below the last bits, keys of one and the same hash share a node without places.

use super::entry::Entry;
use crate::{key::KeyRef, sync::Arc};
use std::ops::ControlFlow;

const BITS: u32 = 5;
/// Levels until the bits of a hash are used up.
const LEVELS: u32 = u64::BITS.div_ceil(BITS);

/// A map of entries, cloned in constant time.
#[derive(Clone, Default)]
pub struct Trie {
    root: Arc<Node>,
    len: usize,
}

#[derive(Clone, Default)]
struct Node {
    entry_places: u32,
    node_places: u32,
    entries: Vec<Entry>,
    nodes: Vec<Arc<Node>>,
}

/// The place of a hash whose used bits were shifted out.
#[inline]
fn place(rest: u64) -> u32 {
    1 << (rest >> (u64::BITS - BITS))
}

/// Where a place's element stands in the packed array.
#[inline]
fn rank(places: u32, place: u32) -> usize {
    (places & (place - 1)).count_ones() as usize
}

fn shifted(hash: u64, level: u32) -> u64 {
    hash.checked_shl(level * BITS).unwrap_or(0)
}

fn insert_exact<T>(list: &mut Vec<T>, at: usize, item: T) {
    list.reserve_exact(1);
    list.insert(at, item);
}

impl Trie {
    /// Entries in it.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The entry of a key.
    #[inline]
    pub fn get(&self, key: KeyRef<'_>) -> Option<&Entry> {
        let mut node = &*self.root;
        let mut rest = key.hash;
        for _ in 0..LEVELS {
            let place = place(rest);
            if node.entry_places & place != 0 {
                return Some(&node.entries[rank(node.entry_places, place)]).filter(|entry| entry.is(key));
            }
            if node.node_places & place == 0 {
                return None;
            }
            node = &node.nodes[rank(node.node_places, place)];
            rest <<= BITS;
        }
        node.entries.iter().find(|entry| entry.is(key))
    }

    /// Stores an entry; returns the one of the same key. Nodes that only this trie holds are changed in place.
    pub fn insert(&mut self, entry: Entry) -> Option<Entry> {
        let rest = entry.hash;
        let old = Arc::make_mut(&mut self.root).insert(0, rest, entry);
        self.len += usize::from(old.is_none());
        old
    }

    /// Takes the entry of a key out.
    pub fn remove(&mut self, key: KeyRef<'_>) -> Option<Entry> {
        // Looked for first, because the way down copies.
        self.get(key)?;
        let old = Arc::make_mut(&mut self.root).remove(0, key.hash, key);
        self.len -= usize::from(old.is_some());
        old
    }

    /// Visits the entries from a hash on, in the order of their hashes.
    pub fn walk(&self, from: u64, each: &mut dyn FnMut(&Entry) -> ControlFlow<()>) {
        // A walk that was broken off has nothing more to say.
        let _ = self.root.walk(from, from, each);
    }

    /// The entries in which two tries may differ, in the order of their hashes: everything outside the nodes that both share.
    pub fn unshared<'a>(&'a self, other: &'a Self) -> (Vec<&'a Entry>, Vec<&'a Entry>) {
        let (mut mine, mut theirs) = (Vec::new(), Vec::new());
        if !Arc::ptr_eq(&self.root, &other.root) {
            unshared(&self.root, &other.root, 0, &mut mine, &mut theirs);
        }
        (mine, theirs)
    }
}

impl FromIterator<Entry> for Trie {
    /// Of entries with the same key, the last one stays.
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        let mut trie = Self::default();
        for entry in entries {
            trie.insert(entry);
        }
        trie
    }
}

impl Node {
    fn insert(&mut self, level: u32, rest: u64, entry: Entry) -> Option<Entry> {
        if level == LEVELS {
            if let Some(present) = self.entries.iter_mut().find(|present| present.is(entry.key_ref())) {
                return Some(std::mem::replace(present, entry));
            }
            insert_exact(&mut self.entries, 0, entry);
            return None;
        }
        let place = place(rest);
        if self.node_places & place != 0 {
            let node = &mut self.nodes[rank(self.node_places, place)];
            return Arc::make_mut(node).insert(level + 1, rest << BITS, entry);
        }
        let at = rank(self.entry_places, place);
        if self.entry_places & place == 0 {
            insert_exact(&mut self.entries, at, entry);
            self.entry_places |= place;
            return None;
        }
        if self.entries[at].is(entry.key_ref()) {
            return Some(std::mem::replace(&mut self.entries[at], entry));
        }
        let other = self.entries.remove(at);
        self.entry_places &= !place;
        let mut below = Self::default();
        below.insert(level + 1, shifted(other.hash, level + 1), other);
        below.insert(level + 1, rest << BITS, entry);
        insert_exact(&mut self.nodes, rank(self.node_places, place), Arc::new(below));
        self.node_places |= place;
        None
    }

    fn remove(&mut self, level: u32, rest: u64, key: KeyRef<'_>) -> Option<Entry> {
        if level == LEVELS {
            let at = self.entries.iter().position(|entry| entry.is(key))?;
            return Some(self.entries.remove(at));
        }
        let place = place(rest);
        let at = rank(self.entry_places, place);
        if self.entry_places & place != 0 {
            if !self.entries[at].is(key) {
                return None;
            }
            self.entry_places &= !place;
            return Some(self.entries.remove(at));
        }
        if self.node_places & place == 0 {
            return None;
        }
        let node_at = rank(self.node_places, place);
        let below = Arc::make_mut(&mut self.nodes[node_at]);
        let old = below.remove(level + 1, rest << BITS, key)?;
        if below.nodes.is_empty() && below.entries.len() == 1 {
            insert_exact(&mut self.entries, at, below.entries.remove(0));
            self.entry_places |= place;
            self.nodes.remove(node_at);
            self.node_places &= !place;
        }
        Some(old)
    }

    /// `rest` is what is left of `from` at this level, 0 behind it.
    fn walk(&self, from: u64, rest: u64, each: &mut dyn FnMut(&Entry) -> ControlFlow<()>) -> ControlFlow<()> {
        if self.entry_places | self.node_places == 0 {
            // The root of an empty trie, or keys of one hash.
            return self.entries.iter().filter(|entry| entry.hash >= from).try_for_each(each);
        }
        let first = place(rest);
        let mut places = (self.entry_places | self.node_places) & !(first - 1);
        while places != 0 {
            let place = places & places.wrapping_neg();
            places ^= place;
            if self.entry_places & place != 0 {
                let entry = &self.entries[rank(self.entry_places, place)];
                if entry.hash >= from {
                    each(entry)?;
                }
            } else {
                let rest = if place == first { rest << BITS } else { 0 };
                self.nodes[rank(self.node_places, place)].walk(from, rest, each)?;
            }
        }
        ControlFlow::Continue(())
    }

    fn collect<'a>(&'a self, into: &mut Vec<&'a Entry>) {
        if self.entry_places | self.node_places == 0 {
            into.extend(&self.entries);
            return;
        }
        let mut places = self.entry_places | self.node_places;
        while places != 0 {
            let place = places & places.wrapping_neg();
            places ^= place;
            self.collect_place(place, into);
        }
    }

    fn collect_place<'a>(&'a self, place: u32, into: &mut Vec<&'a Entry>) {
        if self.entry_places & place != 0 {
            into.push(&self.entries[rank(self.entry_places, place)]);
        } else if let Some(node) = self.node_at(place) {
            node.collect(into);
        }
    }

    fn node_at(&self, place: u32) -> Option<&Arc<Self>> {
        (self.node_places & place != 0).then(|| &self.nodes[rank(self.node_places, place)])
    }
}

fn unshared<'a>(mine: &'a Node, theirs: &'a Node, level: u32, into_mine: &mut Vec<&'a Entry>, into_theirs: &mut Vec<&'a Entry>) {
    if level == LEVELS {
        mine.collect(into_mine);
        theirs.collect(into_theirs);
        return;
    }
    let mut places = mine.entry_places | mine.node_places | theirs.entry_places | theirs.node_places;
    while places != 0 {
        let place = places & places.wrapping_neg();
        places ^= place;
        match (mine.node_at(place), theirs.node_at(place)) {
            (Some(a), Some(b)) if Arc::ptr_eq(a, b) => {}
            (Some(a), Some(b)) => unshared(a, b, level + 1, into_mine, into_theirs),
            _ => {
                mine.collect_place(place, into_mine);
                theirs.collect_place(place, into_theirs);
            }
        }
    }
}

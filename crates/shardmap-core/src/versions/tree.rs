//! The entries of one version, in one of two forms.

use super::{
    entry::{self, Entry},
    flat::Flat,
    trie::Trie,
};
use crate::{
    error::{Code, Error, Result},
    hash,
    key::{Key, KeyRef},
    map::Rows,
    sync::Arc,
    value::Value,
};
use std::{collections::HashMap, ops::ControlFlow};

/// How versions are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// A persistent trie: a commit costs what it changes.
    #[default]
    Delta,
    /// A sorted array: the least memory and the fastest walk, and a commit copies it whole.
    Copy,
}

impl Mode {
    /// The one that users call so.
    pub fn named(name: &str) -> Result<Self> {
        by_name("mode", &[("delta", Self::Delta), ("copy", Self::Copy)], name)
    }
}

pub(super) fn by_name<T: Copy>(option: &str, all: &[(&str, T)], given: &str) -> Result<T> {
    all.iter().find(|(name, _)| *name == given).map(|(_, one)| *one).ok_or_else(|| {
        let names: Vec<_> = all.iter().map(|(name, _)| format!("'{name}'")).collect();
        Error::new(Code::Option, format!("{option} is '{given}'; give {}", names.join(" or ")))
    })
}

/// One key and what it shall have: `None` deletes.
#[derive(Clone, Debug)]
pub struct Write {
    /// The encoded key.
    pub key: Key,
    hash: u64,
    /// Its value.
    pub value: Option<Value>,
}

impl Write {
    /// Hashes the key, once for all that is done with it.
    pub fn new(key: Key, value: Option<Value>) -> Self {
        Self { hash: hash::of(key.as_bytes()), key, value }
    }

    /// Of a key that was hashed.
    pub fn of(key: KeyRef<'_>, value: Option<Value>) -> Self {
        Self { key: Key::new(key.bytes), hash: key.hash, value }
    }

    fn entry(&self, stamp: u64) -> Option<Entry> {
        Some(Entry { hash: self.hash, key: self.key.clone(), value: self.value.clone()?, stamp })
    }

    /// The key, for look-ups.
    pub fn key_ref(&self) -> KeyRef<'_> {
        KeyRef { bytes: self.key.as_bytes(), hash: self.hash }
    }
}

/// A key that two versions differ in.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The encoded key.
    pub key: Key,
    /// Its hash.
    pub hash: u64,
    /// The value in the older version.
    pub before: Option<Value>,
    /// The value in the newer one.
    pub after: Option<Value>,
}

impl Difference {
    /// What a write changes, `None` for nothing.
    pub fn of(before: &Tree, write: &Write) -> Option<Self> {
        let before = before.get(write.key_ref()).map(|entry| &entry.value);
        let changes = match (before, &write.value) {
            (Some(before), Some(after)) => !before.identical(after),
            (before, after) => before.is_some() || after.is_some(),
        };
        changes.then(|| Self { key: write.key.clone(), hash: write.hash, before: before.cloned(), after: write.value.clone() })
    }

    /// The write that makes the newer version of the older one.
    pub fn write(&self) -> Write {
        Write { key: self.key.clone(), hash: self.hash, value: self.after.clone() }
    }
}

/// What the entries of a version come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// Bytes that they take.
    pub bytes: u64,
    /// A fingerprint that two versions share if their entries are the same, and otherwise as good as never.
    pub sum: u128,
}

impl Total {
    /// That of a tree, entry by entry.
    pub fn of(tree: &Tree) -> Self {
        let mut total = Self::default();
        tree.walk(0, &mut |entry| {
            total.add(&entry.key, &entry.value);
            ControlFlow::Continue(())
        });
        total
    }

    fn add(&mut self, key: &Key, value: &Value) {
        self.bytes += entry::bytes(key, value);
        self.sum = self.sum.wrapping_add(entry::sum(key, value));
    }

    fn take(&mut self, key: &Key, value: &Value) {
        self.bytes -= entry::bytes(key, value);
        self.sum = self.sum.wrapping_sub(entry::sum(key, value));
    }

    /// That of a version with these differences.
    pub fn after<'a>(mut self, differences: impl IntoIterator<Item = &'a Difference>) -> Self {
        for Difference { key, before, after, .. } in differences {
            // In this order nothing goes below zero.
            after.iter().for_each(|value| self.add(key, value));
            before.iter().for_each(|value| self.take(key, value));
        }
        self
    }
}

/// Immutable entries; a clone shares them.
#[derive(Clone)]
pub enum Tree {
    /// See [`Mode::Delta`].
    Trie(Trie),
    /// See [`Mode::Copy`].
    Flat(Arc<Flat>),
}

/// The bits of a hash that a page's cursor keeps, so that a JavaScript number can hold it.
const CURSOR_SHIFT: u32 = 11;
const PAGE: usize = 512;

impl Tree {
    /// One without entries.
    pub fn empty(mode: Mode) -> Self {
        Self::of(mode, Trie::default())
    }

    /// In the form asked for.
    pub fn of(mode: Mode, entries: Trie) -> Self {
        match mode {
            Mode::Delta => Self::Trie(entries),
            Mode::Copy => {
                let mut sorted = Vec::with_capacity(entries.len());
                entries.walk(0, &mut |entry| {
                    sorted.push(entry.clone());
                    ControlFlow::Continue(())
                });
                Self::Flat(Arc::new(Flat::sorted(sorted)))
            }
        }
    }

    /// Its form.
    pub fn mode(&self) -> Mode {
        match self {
            Self::Trie(_) => Mode::Delta,
            Self::Flat(_) => Mode::Copy,
        }
    }

    /// Entries in it.
    pub fn len(&self) -> usize {
        match self {
            Self::Trie(trie) => trie.len(),
            Self::Flat(flat) => flat.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Trie(trie) => trie.is_empty(),
            Self::Flat(flat) => flat.is_empty(),
        }
    }

    /// The entry of a key.
    #[inline]
    pub fn get(&self, key: KeyRef<'_>) -> Option<&Entry> {
        match self {
            Self::Trie(trie) => trie.get(key),
            Self::Flat(flat) => flat.get(key),
        }
    }

    /// Visits the entries from a hash on, in the order of their hashes.
    pub fn walk(&self, from: u64, each: &mut dyn FnMut(&Entry) -> ControlFlow<()>) {
        match self {
            Self::Trie(trie) => trie.walk(from, each),
            Self::Flat(flat) => flat.walk(from, each),
        }
    }

    /// The next rows from a cursor on, which is 0 or where the last page said.
    pub fn page(&self, cursor: u64) -> Rows {
        let mut rows = Vec::new();
        let (mut next, mut last) = (None, 0);
        self.walk(cursor << CURSOR_SHIFT, &mut |entry| {
            let group = entry.hash >> CURSOR_SHIFT;
            if rows.len() >= PAGE && group != last {
                next = Some(group);
                return ControlFlow::Break(());
            }
            last = group;
            rows.push((entry.key.clone(), entry.value.clone()));
            ControlFlow::Continue(())
        });
        Rows { rows, next }
    }

    /// A tree with these writes, the last of a key counting.
    pub fn with(&self, writes: &[Write], stamp: u64) -> Self {
        match self {
            Self::Trie(trie) => {
                let mut trie = trie.clone();
                for write in writes {
                    match write.entry(stamp) {
                        Some(entry) => trie.insert(entry),
                        None => trie.remove(write.key_ref()),
                    };
                }
                Self::Trie(trie)
            }
            Self::Flat(flat) => {
                let last: HashMap<&[u8], &Write> = writes.iter().map(|write| (write.key.as_bytes(), write)).collect();
                Self::Flat(Arc::new(
                    flat.with(|entry| last.contains_key(entry.key.as_bytes()), last.values().filter_map(|write| write.entry(stamp))),
                ))
            }
        }
    }

    /// The keys whose values differ from those of an older tree. Costs what changed, or with a sorted array the size of both.
    pub fn since(&self, older: &Self) -> Vec<Difference> {
        let (before, after) = match (older, self) {
            (Self::Trie(older), Self::Trie(newer)) => older.unshared(newer),
            (Self::Flat(older), Self::Flat(newer)) => (older.entries().iter().collect(), newer.entries().iter().collect()),
            _ => unreachable!("a map keeps all its versions in one form"),
        };
        differences(&before, &after)
    }
}

/// Merges two lists in the order of their hashes.
fn differences(mut before: &[&Entry], mut after: &[&Entry]) -> Vec<Difference> {
    let mut found = Vec::new();
    while let Some(hash) = [before.first(), after.first()].into_iter().flatten().map(|entry| entry.hash).min() {
        let (old, rest) = before.split_at(before.iter().take_while(|entry| entry.hash == hash).count());
        let (new, others) = after.split_at(after.iter().take_while(|entry| entry.hash == hash).count());
        (before, after) = (rest, others);
        for entry in old {
            let same = new.iter().find(|other| other.key == entry.key);
            if same.is_none_or(|other| other.stamp != entry.stamp && !other.value.identical(&entry.value)) {
                found.push(difference(entry, Some(&entry.value), same.map(|other| &other.value)));
            }
        }
        for entry in new.iter().filter(|entry| old.iter().all(|other| other.key != entry.key)) {
            found.push(difference(entry, None, Some(&entry.value)));
        }
    }
    found
}

fn difference(entry: &Entry, before: Option<&Value>, after: Option<&Value>) -> Difference {
    Difference { key: entry.key.clone(), hash: entry.hash, before: before.cloned(), after: after.cloned() }
}

//! The versions that are kept: the latest and some before it.

use super::{
    root::{Published, Root},
    tree::{Mode, Tree, Write},
};
use crate::{store::Loaded, sync::Arc};
use std::collections::VecDeque;

/// One kept version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its number.
    pub version: u64,
    /// When it was made, in milliseconds since 1970.
    pub at: u64,
    /// Keys that differ from the version before.
    pub changes: u64,
}

/// Kept versions, the oldest first; the last one is the latest.
pub struct History {
    roots: VecDeque<Arc<Root>>,
    /// How many before the latest.
    keep: usize,
}

impl History {
    /// The versions of the past, the latest of which is published.
    pub fn new(published: &Published, past: Past, keep: u64) -> Self {
        let older = past.older.into_iter().map(|(kept, tree)| {
            let bytes = tree.bytes();
            Arc::new(Root::next(published, kept.version, kept.at, tree, bytes, kept.changes))
        });
        let roots = older.chain([published.load()]).collect();
        Self { roots, keep: keep as usize }
    }

    /// Versions kept.
    pub fn len(&self) -> usize {
        self.roots.len()
    }

    /// Adds the latest; returns what is no longer kept, and in how many keys the next version differs from it, which is what it alone may hold.
    pub fn push(&mut self, root: Arc<Root>) -> Option<(Arc<Root>, u64)> {
        self.roots.push_back(root);
        if self.roots.len() <= self.keep + 1 {
            return None;
        }
        let oldest = self.roots.pop_front()?;
        Some((oldest, self.roots.front().map_or(0, |next| next.changes)))
    }

    /// The newest version that is not after this one; `None` when it is no longer kept.
    pub fn at(&self, version: u64) -> Option<&Arc<Root>> {
        self.roots.iter().rev().find(|root| root.version <= version)
    }

    /// A version and the one kept before it.
    pub fn pair(&self, version: u64) -> Option<(&Arc<Root>, &Arc<Root>)> {
        let at = self.roots.iter().position(|root| root.version == version)?;
        Some((self.roots.get(at.checked_sub(1)?)?, &self.roots[at]))
    }

    /// All of them, the oldest first.
    pub fn kept(&self) -> Vec<Kept> {
        self.roots.iter().map(|root| Kept { version: root.version, at: root.at, changes: root.changes }).collect()
    }
}

/// Versions of before the map was opened.
pub struct Past {
    /// The latest.
    pub version: u64,
    /// When it was made.
    pub at: u64,
    /// Its entries.
    pub tree: Tree,
    older: Vec<(Kept, Tree)>,
}

impl Past {
    /// None.
    pub fn new(mode: Mode) -> Self {
        Self { version: 0, at: super::now(), tree: Tree::empty(mode), older: Vec::new() }
    }

    /// From a file: its entries, and older versions by undoing its log. Every write undone gets a stamp of its own, for it is another one.
    pub fn load(mode: Mode, loaded: &Loaded, stamp: impl Fn() -> u64) -> Self {
        let first = stamp();
        let entries = loaded.entries.iter().map(|(key, value)| super::Entry::new(key.clone(), value.clone(), first)).collect();
        let latest = Tree::of(mode, entries);
        let (mut tree, mut older) = (latest.clone(), Vec::new());
        for (index, commit) in loaded.log.iter().enumerate().rev() {
            let undo: Vec<_> =
                commit.changes.iter().map(|change| Write { key: change.key.clone(), value: change.before.clone() }).collect();
            tree = tree.with(&undo, stamp());
            let before = index.checked_sub(1).map(|index| &loaded.log[index]);
            let (version, at, changes) = before.map_or((commit.version - 1, 0, 0), |log| (log.version, log.at, log.changes.len() as u64));
            older.push((Kept { version, at, changes }, tree.clone()));
        }
        older.reverse();
        Self { version: loaded.version, at: loaded.at, tree: latest, older }
    }
}

//! The versions that are kept: the latest and some before it.

use super::{
    root::{Published, Root},
    tree::{Difference, Mode, Total, Tree, Write},
};
use crate::{
    store::{Loaded, Logged},
    sync::Arc,
};
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
    lineage: [u8; 16],
    roots: VecDeque<Arc<Root>>,
    /// How many before the latest.
    keep: usize,
}

impl History {
    /// The versions of the past, the latest of which is published.
    pub fn new(lineage: [u8; 16], published: &Published, past: Past, keep: u64) -> Self {
        let root = |(kept, tree, total): (Kept, _, _)| Root::next(published, kept.version, kept.at, tree, total, kept.changes);
        let older = past.older.into_iter().map(|older| Arc::new(root(older)));
        let roots = older.chain([published.load()]).collect();
        Self { lineage, roots, keep: keep as usize }
    }

    /// What the latest version descends from.
    pub fn lineage(&self) -> [u8; 16] {
        self.lineage
    }

    /// Those to come descend from another map's.
    pub fn adopt(&mut self, lineage: [u8; 16]) {
        self.lineage = lineage;
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

    /// Keeps none any more; returns them.
    pub fn clear(&mut self) -> VecDeque<Arc<Root>> {
        std::mem::take(&mut self.roots)
    }

    /// The newest version that is not after this one; `None` when it is no longer kept.
    pub fn at(&self, version: u64) -> Option<&Arc<Root>> {
        let after = self.roots.partition_point(|root| root.version <= version);
        self.roots.get(after.checked_sub(1)?)
    }

    /// A version and the one kept before it.
    pub fn pair(&self, version: u64) -> Option<(&Arc<Root>, &Arc<Root>)> {
        let at = self.roots.binary_search_by_key(&version, |root| root.version).ok()?;
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
    /// What they come to.
    pub total: Total,
    /// Keys in which it differs from the one before it.
    pub changes: u64,
    older: Vec<(Kept, Tree, Total)>,
}

impl Past {
    /// None.
    pub fn new(mode: Mode) -> Self {
        Self { version: 0, at: super::now(), tree: Tree::empty(mode), total: Total::default(), changes: 0, older: Vec::new() }
    }

    /// From a file: its entries, and `history` older versions by undoing its log, which has one commit more where it can, to say of the oldest version
    /// what it is. Every write undone gets a stamp of its own, for it is another one.
    pub fn load(mode: Mode, loaded: &Loaded, history: u64, stamp: impl Fn() -> u64) -> Self {
        let first = stamp();
        let entries = loaded.entries.iter().map(|(key, value)| super::Entry::new(key.clone(), value.clone(), first)).collect();
        let latest = Tree::of(mode, entries);
        let total = Total::of(&latest);
        let (mut tree, mut then, mut older) = (latest.clone(), total, Vec::new());
        let kept = |commit: &Logged| Kept { version: commit.version, at: commit.at, changes: commit.changes.len() as u64 };
        let undone = loaded.log.len().min(usize::try_from(history).unwrap_or(usize::MAX));
        for (index, commit) in loaded.log.iter().enumerate().rev().take(undone) {
            let before = match index.checked_sub(1) {
                Some(index) => kept(&loaded.log[index]),
                None if commit.version == 1 => Kept { version: 0, at: 0, changes: 0 },
                // The log has been cut here: nothing says what was before.
                None => break,
            };
            let undo: Vec<_> = commit.changes.iter().map(|change| Write::new(change.key.clone(), change.before.clone())).collect();
            let undone: Vec<_> = undo.iter().filter_map(|write| Difference::of(&tree, write)).collect();
            then = then.after(&undone);
            tree = tree.with(&undo, stamp());
            older.push((before, tree.clone(), then));
        }
        older.reverse();
        let changes = loaded.log.last().map_or(0, |commit| commit.changes.len() as u64);
        Self { version: loaded.version, at: loaded.at, tree: latest, total, changes, older }
    }
}

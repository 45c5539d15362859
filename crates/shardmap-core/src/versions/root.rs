//! The published version of a map. Nothing else imports arc-swap.
//!
//! arc-swap's fast path can hand out the value of another instance when addresses are reused (vorner/arc-swap#210), so all instances hold one
//! type, every root names its owner, and a load that met a stranger is counted and made again.

use super::tree::{Total, Tree};
use crate::sync::{process, Arc, AtomicU64, Ordering};
#[cfg(not(shardmap_model))]
use arc_swap::{ArcSwap, Guard};
#[cfg(shardmap_model)]
use model::{ArcSwap, Guard};
use std::borrow::Borrow;

#[cfg(shardmap_model)]
mod model;

/// One whole version.
pub struct Root {
    owner: u64,
    /// Rises by one per commit; 0 is the empty beginning.
    pub version: u64,
    /// When it was made, in milliseconds since 1970.
    pub at: u64,
    /// Its entries.
    pub tree: Tree,
    /// What they come to.
    pub total: Total,
    /// Keys that differ from the version before.
    pub changes: u64,
}

/// Where readers find the latest version; they never wait.
pub struct Published {
    owner: u64,
    root: ArcSwap<Root>,
}

process! {
    MISMATCHES: AtomicU64 = AtomicU64::new(0);
    OWNERS: AtomicU64 = AtomicU64::new(1);
}

impl Root {
    /// A version of the map that `published` belongs to.
    pub fn next(published: &Published, version: u64, at: u64, tree: Tree, total: Total, changes: u64) -> Self {
        Self { owner: published.owner, version, at, tree, total, changes }
    }
}

impl Published {
    /// Publishes a first version.
    pub fn new(version: u64, at: u64, tree: Tree, total: Total, changes: u64) -> Self {
        let owner = OWNERS.fetch_add(1, Ordering::Relaxed);
        Self { owner, root: ArcSwap::from_pointee(Root { owner, version, at, tree, total, changes }) }
    }

    /// Runs `f` on the latest version, without touching its count.
    #[inline]
    pub fn with<R>(&self, f: impl FnOnce(&Root) -> R) -> R {
        f(&checked(self.owner, || Loaded(self.root.load())).0)
    }

    /// The latest version.
    pub fn load(&self) -> Arc<Root> {
        checked(self.owner, || self.root.load_full())
    }

    /// Replaces the latest version; returns the one before it, whose memory may be the caller's to free.
    pub fn store(&self, root: Arc<Root>) -> Arc<Root> {
        debug_assert_eq!(root.owner, self.owner);
        self.root.swap(root)
    }
}

/// How many loads of the process met a stranger's version and were made again.
pub fn mismatches() -> u64 {
    MISMATCHES.load(Ordering::Relaxed)
}

struct Loaded(Guard<Arc<Root>>);

impl Borrow<Arc<Root>> for Loaded {
    fn borrow(&self) -> &Arc<Root> {
        &self.0
    }
}

/// The first load that gave a version of this owner.
#[inline]
fn checked<G: Borrow<Arc<Root>>>(owner: u64, load: impl Fn() -> G) -> G {
    loop {
        let root = load();
        if root.borrow().owner == owner {
            return root;
        }
        MISMATCHES.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::Mode;
    use super::*;
    use std::cell::Cell;

    #[test]
    fn a_load_that_gave_a_stranger_is_counted_and_made_again() {
        let [ours, stranger] = [3, 5].map(|version| Published::new(version, 0, Tree::empty(Mode::Delta), Total::default(), 0));
        let (before, loads) = (mismatches(), Cell::new(0));
        let found = checked(ours.owner, || {
            loads.set(loads.get() + 1);
            if loads.get() < 3 {
                stranger.load()
            } else {
                ours.load()
            }
        });
        assert_eq!((found.version, loads.get()), (3, 3));
        assert!(mismatches() >= before + 2);
    }
}

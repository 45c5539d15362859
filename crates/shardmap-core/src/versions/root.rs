//! The published version of a map. Nothing else imports arc-swap.
//!
//! arc-swap's fast path can hand out the value of another instance when addresses are reused (vorner/arc-swap#210), so all instances hold one
//! type, every root names its owner, and a load that met a stranger is counted and made again.

use super::tree::Tree;
use crate::sync::{Arc, AtomicU64, Ordering};
use arc_swap::ArcSwap;

/// One whole version.
pub struct Root {
    owner: u64,
    /// Rises by one per commit; 0 is the empty beginning.
    pub version: u64,
    /// When it was made, in milliseconds since 1970.
    pub at: u64,
    /// Its entries.
    pub tree: Tree,
    /// What they take.
    pub bytes: u64,
    /// Keys that differ from the version before.
    pub changes: u64,
}

/// Where readers find the latest version; they never wait.
pub struct Published {
    owner: u64,
    root: ArcSwap<Root>,
}

static MISMATCHES: AtomicU64 = AtomicU64::new(0);

impl Root {
    /// A version of the map that `published` belongs to.
    pub fn next(published: &Published, version: u64, at: u64, tree: Tree, bytes: u64, changes: u64) -> Self {
        Self { owner: published.owner, version, at, tree, bytes, changes }
    }
}

impl Published {
    /// Publishes a first version.
    pub fn new(version: u64, at: u64, tree: Tree, bytes: u64, changes: u64) -> Self {
        static OWNERS: AtomicU64 = AtomicU64::new(1);
        let owner = OWNERS.fetch_add(1, Ordering::Relaxed);
        Self { owner, root: ArcSwap::from_pointee(Root { owner, version, at, tree, bytes, changes }) }
    }

    /// Runs `f` on the latest version, without touching its count.
    #[inline]
    pub fn with<R>(&self, f: impl FnOnce(&Root) -> R) -> R {
        loop {
            let root = self.root.load();
            if root.owner == self.owner {
                return f(&root);
            }
            MISMATCHES.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The latest version.
    pub fn load(&self) -> Arc<Root> {
        loop {
            let root = self.root.load_full();
            if root.owner == self.owner {
                return root;
            }
            MISMATCHES.fetch_add(1, Ordering::Relaxed);
        }
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

//! What a commit is, and whether it may be: prepared against the version before it, under the writer's lock.

use super::{
    delta::Delta,
    root::Root,
    tree::{Difference, Tree, Write},
    VersionedMap,
};
use crate::{
    error::{Code, Error, Result},
    key::{Key, KeyRef},
    sync::Arc,
};
use std::collections::HashMap;

/// What a commit does.
pub enum Change {
    /// Changes these keys.
    Writes(Vec<Write>),
    /// Has exactly these entries; made to the side.
    Replace(Replacement),
    /// Has the entries of a version that is kept.
    Rollback(u64),
    /// Applies what another map of the lineage has exported.
    Delta(Delta),
}

/// The entries to come, and in what they differ from the version that was the latest when they were made.
pub struct Replacement {
    tree: Tree,
    against: Arc<Root>,
    differences: Vec<Difference>,
}

/// One request to change the map.
pub struct Commit {
    /// The version that `reads` saw.
    pub base: Option<Arc<Root>>,
    /// Keys that nobody may have written since.
    pub reads: Vec<Key>,
    /// What is to change.
    pub change: Change,
    /// A name under which the commit is done once, however often it is asked for.
    pub tx_id: Option<String>,
    /// The token of a lease that must not have ended.
    pub lease: Option<u64>,
}

impl Commit {
    /// One without conditions.
    pub fn of(change: Change) -> Self {
        Self { base: None, reads: Vec::new(), change, tx_id: None, lease: None }
    }
}

/// A version that is ready to be logged and published.
pub(super) struct Prepared {
    pub root: Arc<Root>,
    pub differences: Vec<Difference>,
    pub tx_id: Option<String>,
    pub lineage: Option<[u8; 16]>,
}

impl VersionedMap {
    /// Builds the entries of a [`Change::Replace`], of which the last of a key counts. Takes as long as there are many; no lock is held.
    pub fn replacement(&self, writes: Vec<Write>) -> Result<Replacement> {
        let against = self.latest()?;
        let tree = Tree::empty(against.tree.mode()).with(&writes, self.counts.stamp());
        let differences = tree.since(&against.tree);
        Ok(Replacement { tree, against, differences })
    }

    /// The version after `before`. Changes nothing.
    pub(super) fn prepare(&self, before: &Arc<Root>, lineage: [u8; 16], commit: Commit) -> Result<Prepared> {
        let Commit { base, reads, change, tx_id, lease } = commit;
        if lease.is_some_and(|token| !self.leases.is_live(token)) {
            return Err(Error::new(Code::Locked, "the lease of this commit has ended; take the locks again and start over"));
        }
        if let Some(base) = base {
            check(&base.tree, &before.tree, reads)?;
        }
        let mut version = before.version + 1;
        let mut adopted = None;
        let (tree, differences) = match change {
            Change::Writes(writes) => {
                let differences = outcome(&before.tree, &writes);
                (before.tree.with(&writes, self.counts.stamp()), differences)
            }
            Change::Replace(Replacement { tree, against, differences }) if Arc::ptr_eq(&against, before) => (tree, differences),
            Change::Replace(Replacement { tree, .. }) => {
                let differences = tree.since(&before.tree);
                (tree, differences)
            }
            Change::Rollback(version) => {
                let tree = self.at(version)?.tree.clone();
                let differences = tree.since(&before.tree);
                (tree, differences)
            }
            Change::Delta(delta) => {
                delta.fits(before.version, lineage)?;
                version = delta.to;
                adopted = Some(delta.lineage);
                let differences = outcome(&before.tree, &delta.writes);
                (before.tree.with(&delta.writes, self.counts.stamp()), differences)
            }
        };
        let grown: i64 = differences.iter().map(|difference| difference.grows()).sum();
        let bytes = before.bytes.saturating_add_signed(grown);
        let root = Root::next(&self.published, version, super::now(), tree, bytes, differences.len() as u64);
        Ok(Prepared { root: Arc::new(root), differences, tx_id, lineage: adopted })
    }
}

/// Whether none of the keys was written between the two versions.
fn check(base: &Tree, latest: &Tree, reads: Vec<Key>) -> Result<()> {
    let stamp = |tree: &Tree, key: &Key| tree.get(KeyRef::new(key.as_bytes())).map(|entry| entry.stamp);
    let lost: Vec<Key> = reads.into_iter().filter(|key| stamp(base, key) != stamp(latest, key)).collect();
    if lost.is_empty() {
        return Ok(());
    }
    let message = format!("{} of the keys read were written meanwhile; read them again and retry", lost.len());
    Err(Error::new(Code::Conflict, message).with_keys(lost))
}

/// In what the writes change the tree.
fn outcome(before: &Tree, writes: &[Write]) -> Vec<Difference> {
    let mut last: HashMap<&[u8], usize> = HashMap::with_capacity(writes.len());
    for (index, write) in writes.iter().enumerate() {
        last.insert(write.key.as_bytes(), index);
    }
    let counts = writes.iter().enumerate().filter(|(index, write)| last[write.key.as_bytes()] == *index);
    counts.filter_map(|(_, write)| Difference::of(before, write)).collect()
}

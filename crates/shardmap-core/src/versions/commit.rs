//! What a commit is, and whether it may be: prepared against the version before it, under the writer's lock.

use super::{
    delta::Delta,
    root::Root,
    tree::{Difference, Tree, Write},
    VersionedMap,
};
use crate::{
    error::{Code, Error, Result},
    hash,
    key::{Key, KeyRef},
    sync::Arc,
};
use std::collections::HashMap;

/// The last version that a JavaScript number tells from its neighbours.
pub(crate) const MAX_VERSION: u64 = (1 << 53) - 1;

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

impl Change {
    /// Whether it takes no longer than its keys are many.
    pub(super) fn is_brief(&self) -> bool {
        matches!(self, Self::Writes(_) | Self::Delta(_))
    }
}

/// The entries to come, and in what they differ from the version that was the latest when they were made.
pub struct Replacement {
    tree: Tree,
    against: Arc<Root>,
    differences: Vec<Difference>,
}

/// The version that a commit was made from.
pub enum Base {
    /// None: it stands for itself.
    Any,
    /// This one.
    Seen(Arc<Root>),
    /// One that is no longer kept.
    Gone(u64),
}

/// One request to change the map.
pub struct Commit {
    /// The version that `reads` saw.
    pub base: Base,
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
        Self { base: Base::Any, reads: Vec::new(), change, tx_id: None, lease: None }
    }
}

/// A version that is ready to be logged and published.
pub(super) struct Prepared {
    pub root: Arc<Root>,
    pub differences: Vec<Difference>,
    pub tx_id: Option<String>,
    pub lineage: [u8; 16],
}

impl VersionedMap {
    /// `ERR_SHARDMAP_LOCKED` if this lease has ended.
    pub fn check_lease(&self, lease: Option<u64>) -> Result<()> {
        if lease.is_some_and(|token| !self.leases.is_live(token)) {
            return Err(Error::new(Code::Locked, "the lease of this commit has ended; take the locks again and start over"));
        }
        Ok(())
    }

    /// A version to commit from, by its number.
    pub fn base(&self, version: u64) -> Base {
        self.at(version).ok().filter(|root| root.version == version).map_or(Base::Gone(version), Base::Seen)
    }

    /// Builds the entries of a [`Change::Replace`], of which the last of a key counts. Takes as long as there are many; no lock is held.
    pub fn replacement(&self, writes: Vec<Write>) -> Result<Replacement> {
        let against = self.latest()?;
        let tree = Tree::empty(against.tree.mode()).with(&writes, self.counts.stamp());
        let differences = tree.since(&against.tree);
        Ok(Replacement { tree, against, differences })
    }

    /// The version after `before`, which is the last one of the batch if there is any; `None` for a delta that leads to where it begins. Changes
    /// nothing.
    pub(super) fn prepare(&self, before: &Arc<Root>, batch: &[Prepared], lineage: [u8; 16], commit: Commit) -> Result<Option<Prepared>> {
        let Commit { base, reads, change, tx_id, lease } = commit;
        self.check_lease(lease)?;
        match base {
            Base::Any => {}
            Base::Seen(base) => check(&base.tree, &before.tree, reads)?,
            Base::Gone(version) => return Err(super::not_kept(version)),
        }
        let mut version = before.version + 1;
        let mut lineage_after = lineage;
        let (tree, differences) = match change {
            Change::Writes(writes) => {
                let differences = outcome(&before.tree, &writes);
                (before.tree.with(&writes, self.counts.stamp()), differences)
            }
            Change::Replace(Replacement { tree, against, differences }) if Arc::ptr_eq(&against, before) => (tree, differences),
            Change::Replace(Replacement { tree, against, differences }) => {
                let differences = moved(differences, &against.tree, &before.tree, &tree);
                (tree, differences)
            }
            Change::Rollback(version) if version > before.version => return Err(super::not_kept(version)),
            Change::Rollback(version) => {
                let prepared = batch.iter().rev().map(|one| &one.root).find(|root| root.version <= version);
                let differences = prepared.cloned().map_or_else(|| self.at(version), Ok)?.tree.since(&before.tree);
                // Written anew, so that who read these keys before finds them changed.
                let back: Vec<Write> = differences.iter().map(Difference::write).collect();
                (before.tree.with(&back, self.counts.stamp()), differences)
            }
            Change::Delta(delta) => {
                delta.fits(before, lineage)?;
                if delta.to == delta.from {
                    return Ok(None);
                }
                version = delta.to;
                lineage_after = delta.lineage;
                let differences = outcome(&before.tree, &delta.writes);
                (before.tree.with(&delta.writes, self.counts.stamp()), differences)
            }
        };
        if version > MAX_VERSION {
            return Err(Error::new(Code::Version, format!("a map has at most {MAX_VERSION} versions")));
        }
        let total = before.total.after(&differences);
        let root = Root::next(&self.published, version, super::now(), tree, total, differences.len() as u64);
        Ok(Some(Prepared { root: Arc::new(root), differences, tx_id, lineage: lineage_after }))
    }
}

/// The differences of a tree from `before`, given those from a version that `before` came from: only what changed in between is looked at again.
fn moved(differences: Vec<Difference>, against: &Tree, before: &Tree, tree: &Tree) -> Vec<Difference> {
    let between: HashMap<Key, u64> = before.since(against).into_iter().map(|difference| (difference.key, difference.hash)).collect();
    let again = between.iter().filter_map(|(key, hash)| {
        let key = KeyRef { bytes: key.as_bytes(), hash: *hash };
        Difference::of(before, &Write::of(key, tree.get(key).map(|entry| entry.value.clone())))
    });
    let again: Vec<Difference> = again.collect();
    differences.into_iter().filter(|difference| !between.contains_key(&difference.key)).chain(again).collect()
}

/// Whether none of the keys was written between the two versions.
fn check(base: &Tree, latest: &Tree, reads: Vec<Key>) -> Result<()> {
    let stamp = |tree: &Tree, key| tree.get(key).map(|entry| entry.stamp);
    let lost = reads.iter().filter(|key| {
        let key = KeyRef::new(key.as_bytes());
        stamp(base, key) != stamp(latest, key)
    });
    let lost: Vec<Box<[u8]>> = lost.map(|key| key.as_bytes().into()).collect();
    if lost.is_empty() {
        return Ok(());
    }
    let message = format!("{} of the keys read were written meanwhile; read them again and retry", lost.len());
    Err(Error::new(Code::Conflict, message).with_keys(lost))
}

/// In what the writes change the tree.
fn outcome(before: &Tree, writes: &[Write]) -> Vec<Difference> {
    let mut last: HashMap<&[u8], usize, _> = HashMap::with_capacity_and_hasher(writes.len(), hash::state().clone());
    for (index, write) in writes.iter().enumerate() {
        last.insert(write.key.as_bytes(), index);
    }
    let counts = writes.iter().enumerate().filter(|(index, write)| last[write.key.as_bytes()] == *index);
    counts.filter_map(|(_, write)| Difference::of(before, write)).collect()
}

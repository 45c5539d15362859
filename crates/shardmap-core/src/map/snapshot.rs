//! Snapshots of one point in time, by copy before write.
//!
//! Taking one holds every shard lock only to announce itself. From then on the first writer that comes to a shard copies it for every live
//! snapshot that has not yet its copy; a shard without a copy has not changed and is read in place.

use super::{Cursor, Rows, ShardedMap};
use crate::{
    error::Result,
    key::KeyRef,
    sync::{lock, Arc, OnceLock, Ordering},
    table::{self, Page},
    value::Value,
};
use std::time::SystemTime;

/// The copied shards of one snapshot. Written under the shard's exclusive lock only.
pub(super) struct Pages(Box<[OnceLock<Arc<Page>>]>);

/// The whole map at one point in time, whatever writers do. Costs nothing until they do; then a shard at a time, shared payloads not copied.
pub struct Snapshot {
    map: Arc<ShardedMap>,
    pages: Arc<Pages>,
    number: u64,
    at: SystemTime,
    entries: u64,
}

impl ShardedMap {
    /// Takes a snapshot. Writers wait for two passes over the shards' locks, which do no work but count.
    pub fn snapshot(self: &Arc<Self>) -> Result<Snapshot> {
        self.alive()?;
        let shards = self.table.shards();
        let pages = Arc::new(Pages((0..shards).map(|_| OnceLock::new()).collect()));
        let order: Vec<usize> = (0..shards).collect();
        let (entries, number, at) = self.table.write_many(&order, |with| {
            let mut entries = 0;
            for position in 0..shards {
                with(position, &mut |rows| entries += rows.view().len() as u64);
            }
            lock(&self.snapshots).push(Arc::downgrade(&pages));
            self.live_snapshots.fetch_add(1, Ordering::Relaxed);
            (entries, self.snapshot_number.fetch_add(1, Ordering::Relaxed) + 1, SystemTime::now())
        });
        // Built first: its drop takes the announcement back.
        let snapshot = Snapshot { map: self.clone(), pages, number, at, entries };
        self.alive()?;
        Ok(snapshot)
    }

    /// Copies a shard for the live snapshots that lack it, before it changes. Called under the shard's exclusive lock.
    #[inline]
    pub(super) fn copy_for_snapshots(&self, shard: usize, rows: &table::Rows<'_>) {
        if self.live_snapshots.load(Ordering::Relaxed) != 0 {
            self.copy_shard(shard, rows);
        }
    }

    #[cold]
    fn copy_shard(&self, shard: usize, rows: &table::Rows<'_>) {
        let mut copy = None;
        for pages in lock(&self.snapshots).iter().filter_map(std::sync::Weak::upgrade) {
            // Snapshots that lack the page saw the same rows: nobody has written since the oldest of them.
            pages.0[shard].get_or_init(|| copy.get_or_insert_with(|| Arc::new(rows.view().page())).clone());
        }
    }
}

impl Snapshot {
    /// How many snapshots of this map were taken up to this one.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// When it was taken.
    pub fn at(&self) -> SystemTime {
        self.at
    }

    /// Its entries.
    pub fn entries(&self) -> u64 {
        self.entries
    }

    fn read<R>(&self, shard: usize, f: impl FnOnce(table::View<'_>) -> R) -> R {
        if let Some(page) = self.pages.0[shard].get() {
            return f(page.view());
        }
        // A writer may have come in between; under the lock nobody does.
        self.map.table.read(shard, |rows| match self.pages.0[shard].get() {
            Some(page) => f(page.view()),
            None => f(rows),
        })
    }

    /// The value of a key then.
    pub fn get(&self, key: KeyRef<'_>) -> Option<Value> {
        self.read(self.map.table.shard_of(key.hash), |rows| rows.get(key).cloned())
    }

    /// The next rows, whole shards at a time, as [`ShardedMap::page`].
    pub fn page(&self, cursor: Cursor) -> Rows {
        Rows::collect(self.pages.0.len(), cursor, &[], |shard, each| self.read(shard, &mut *each))
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        let mut snapshots = lock(&self.map.snapshots);
        snapshots.retain(|pages| !std::ptr::eq(pages.as_ptr(), Arc::as_ptr(&self.pages)));
        self.map.live_snapshots.store(snapshots.len() as u64, Ordering::Relaxed);
    }
}

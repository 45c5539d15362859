//! Weakly consistent iteration: a page is whole shards, each copied under its lock, so an entry that is present throughout comes exactly once.

use super::ShardedMap;
use crate::{
    error::Result,
    key::{self, Key},
    table::View,
    value::Value,
};

/// Where to go on: a shard's index, or part of a hash. A JavaScript number can hold it.
pub type Cursor = u64;

/// Sparse shards are gathered until a page is worth its crossing.
const PAGE: usize = 512;

/// Copied rows and where the next ones begin.
pub struct Rows {
    /// Keys and values, in no order.
    pub rows: Vec<(Key, Value)>,
    /// `None` at the end.
    pub next: Option<Cursor>,
}

impl Rows {
    pub(super) fn collect(shards: usize, from: Cursor, prefix: &[u8], read: impl Fn(usize, &mut dyn FnMut(View<'_>))) -> Self {
        let mut rows = Vec::new();
        let mut shard = usize::try_from(from).unwrap_or(shards);
        while shard < shards && rows.len() < PAGE {
            read(shard, &mut |view| {
                if prefix.is_empty() {
                    rows.reserve(view.len());
                }
                rows.extend(
                    view.iter()
                        .filter(|(key, _)| key::begins_with(key.as_bytes(), prefix))
                        .map(|(key, value)| (key.clone(), value.clone())),
                );
            });
            shard += 1;
        }
        Self { rows, next: (shard < shards).then_some(shard as Cursor) }
    }
}

impl ShardedMap {
    /// The next rows whose key [begins](key::begins_with) with `prefix` (empty: all). Scanning costs a pass over all entries.
    pub fn page(&self, cursor: Cursor, prefix: &[u8]) -> Result<Rows> {
        self.alive()?;
        let rows = Rows::collect(self.table.shards(), cursor, prefix, |shard, each| self.table.read(shard, &mut *each));
        self.alive()?;
        Ok(rows)
    }
}

//! Weakly consistent iteration: entries stay at their places, and a page is the fresh ones of some chunks of a shard, copied under its lock, so
//! an entry that is present throughout comes exactly once.

use super::Cache;
use crate::{
    error::Result,
    map::{Cursor, Rows},
};

/// Sparse chunks are gathered until a page is worth its crossing.
const PAGE: usize = 512;
/// A cursor is a shard above this many bits for a chunk.
const CHUNK_BITS: u32 = 32;

impl Cache {
    /// The next fresh entries, and where to go on. Neither uses nor counted.
    pub fn page(&self, cursor: Cursor) -> Result<Rows> {
        let mut rows = Vec::new();
        let mut shard = usize::try_from(cursor >> CHUNK_BITS).unwrap_or(usize::MAX);
        let mut chunk = cursor as u32 as usize;
        while shard < self.shards() && rows.len() < PAGE {
            let guard = self.lock(shard);
            self.alive()?;
            let now = if guard.entries.are_timed() { self.now() } else { 0 };
            while chunk < guard.entries.slab.chunks() && rows.len() < PAGE {
                let fresh = guard.entries.slab.chunk(chunk).filter(|entry| now < entry.deadline);
                rows.extend(fresh.map(|entry| (entry.key.clone(), entry.value.clone())));
                chunk += 1;
            }
            if chunk >= guard.entries.slab.chunks() {
                (shard, chunk) = (shard + 1, 0);
            }
        }
        self.alive()?;
        Ok(Rows { rows, next: (shard < self.shards()).then_some((shard as Cursor) << CHUNK_BITS | chunk as Cursor) })
    }
}

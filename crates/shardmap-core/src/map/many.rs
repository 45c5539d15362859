//! Operations on many keys.

use super::{change::cost, ShardedMap, Write};
use crate::{
    error::Result,
    hash,
    key::{Key, KeyRef},
    stats::Counter,
    table,
    value::Value,
};
use std::collections::HashMap;

const ROUNDS: usize = 8;

/// Gives the rows of a locked shard, by its position among the locked ones, to a closure.
type With<'a> = dyn FnMut(usize, &mut dyn FnMut(table::Rows<'_>)) + 'a;

/// Changes of distinct keys, with the shards they need in index order.
struct Batch {
    /// Key, its hash, the position of its shard in `shards`, the write.
    changes: Vec<(Key, u64, usize, Write)>,
    shards: Vec<usize>,
}

impl ShardedMap {
    fn shards_of(&self, hashes: impl Iterator<Item = u64>) -> Vec<usize> {
        let mut shards: Vec<usize> = hashes.map(|hash| self.table.shard_of(hash)).collect();
        shards.sort_unstable();
        shards.dedup();
        shards
    }

    /// Reads several keys as of one point in time: samples the slots, reads, samples again; after eight disturbed rounds it takes the locks.
    pub fn get_consistent(&self, keys: &[KeyRef<'_>]) -> Result<Vec<Option<Value>>> {
        let versions = || keys.iter().map(|key| self.slots.version(self.slot(key.hash))).collect::<Vec<_>>();
        for _ in 0..ROUNDS {
            let before = versions();
            let read = |&key: &KeyRef<'_>| self.table.read(self.table.shard_of(key.hash), |rows| rows.get(key).cloned());
            let values: Vec<_> = keys.iter().map(read).collect();
            if before == versions() {
                return self.counted(values);
            }
        }
        let shards = self.shards_of(keys.iter().map(|key| key.hash));
        let values = self.table.write_many(&shards, |with| {
            let mut values = Vec::with_capacity(keys.len());
            for &key in keys {
                let shard = self.table.shard_of(key.hash);
                let position = shards.partition_point(|&other| other < shard);
                with(position, &mut |rows| values.push(rows.view().get(key).cloned()));
            }
            values
        });
        self.counted(values)
    }

    fn counted(&self, values: Vec<Option<Value>>) -> Result<Vec<Option<Value>>> {
        self.alive()?;
        self.counters.add(Counter::Gets, values.len() as i64);
        self.counters.add(Counter::Hits, values.iter().flatten().count() as i64);
        Ok(values)
    }

    /// Applies all changes (the last per key) or, on an error, none; not atomic to readers. Returns how many keys were present. With limits
    /// it holds the locks of all its shards at once; without, one at a time, since then only memory can refuse, and room is made first.
    pub fn apply_all(&self, changes: Vec<(Key, Write)>) -> Result<usize> {
        let batch = self.batch(changes);
        if self.limits.any() {
            return self.apply_locked(batch);
        }
        for position in 0..batch.shards.len() {
            let shard = batch.shards[position];
            self.table.write(shard, |mut rows| self.make_room(&batch, position, &mut rows))?;
        }
        let mut present = 0;
        for (key, hash, _, write) in batch.changes {
            let key = KeyRef { bytes: key.as_bytes(), hash };
            present += usize::from(self.change(key, |old| (write, old.is_some()))?.0);
        }
        Ok(present)
    }

    fn batch(&self, changes: Vec<(Key, Write)>) -> Batch {
        let mut last: HashMap<Key, Write, _> = HashMap::with_capacity_and_hasher(changes.len(), hash::state().clone());
        last.extend(changes);
        let hashed: Vec<_> = last.into_iter().map(|(key, write)| (hash::of(key.as_bytes()), key, write)).collect();
        let shards = self.shards_of(hashed.iter().map(|(hash, ..)| *hash));
        let mut changes: Vec<_> = hashed
            .into_iter()
            .map(|(hash, key, write)| (key, hash, shards.partition_point(|&shard| shard < self.table.shard_of(hash)), write))
            .collect();
        changes.sort_unstable_by_key(|&(_, _, position, _)| position);
        Batch { changes, shards }
    }

    /// Room for the new keys of one shard.
    fn make_room(&self, batch: &Batch, position: usize, rows: &mut table::Rows<'_>) -> Result<()> {
        let from = batch.changes.partition_point(|change| change.2 < position);
        let ours = batch.changes[from..].iter().take_while(|change| change.2 == position);
        let new = ours.filter(|(key, hash, _, write)| {
            matches!(write, Write::Put(_)) && rows.view().get(KeyRef { bytes: key.as_bytes(), hash: *hash }).is_none()
        });
        let new = new.count();
        self.growth.record(rows.reserve(new)?);
        Ok(())
    }

    fn apply_locked(&self, batch: Batch) -> Result<usize> {
        let Batch { changes, shards } = &batch;
        let mut dropped = Vec::with_capacity(changes.len());
        self.table.write_many(shards, |with| {
            self.alive()?;
            let (entries, bytes) = self.net(changes, with);
            self.limits.reserve(entries, bytes)?;
            for position in 0..shards.len() {
                let mut room = Ok(());
                with(position, &mut |mut rows| room = self.make_room(&batch, position, &mut rows));
                if let Err(error) = room {
                    self.limits.release(-entries.max(0), -bytes.max(0));
                    return Err(error);
                }
            }
            let mut present = 0;
            for (key, hash, position, write) in changes {
                let key_ref = KeyRef { bytes: key.as_bytes(), hash: *hash };
                with(*position, &mut |mut rows| {
                    let (old, ..) = self.put(shards[*position], &mut rows, key_ref, write.clone());
                    present += usize::from(old.is_some());
                    dropped.push(old);
                });
            }
            self.limits.release(entries, bytes);
            Ok(present)
        })
    }

    /// What all changes together add, in entries and bytes.
    fn net(&self, changes: &[(Key, u64, usize, Write)], with: &mut With<'_>) -> (i64, i64) {
        let (mut entries, mut bytes) = (0, 0);
        for (key, hash, position, write) in changes {
            with(*position, &mut |rows| {
                let view = rows.view();
                let old = view.get(KeyRef { bytes: key.as_bytes(), hash: *hash }).map(|value| cost(key.as_bytes(), value));
                let new = match write {
                    Write::Put(value) => Some(cost(key.as_bytes(), value)),
                    Write::Remove => None,
                    Write::Keep => old,
                };
                entries += i64::from(new.is_some()) - i64::from(old.is_some());
                bytes += new.unwrap_or(0) - old.unwrap_or(0);
            });
        }
        (entries, bytes)
    }
}

//! Removals: by key, by tag, of everything.

use super::{counts::Counter, entries::Entries, events::Cause, later::Later, Cache};
use crate::{error::Result, key::KeyRef};

impl Cache {
    /// The one way in which a single entry goes. Returns what it was charged, which the caller may spend; under the lock of its shard.
    pub(super) fn take(&self, entries: &mut Entries, place: u32, cause: Cause, later: &mut Later) -> u64 {
        self.slots.advance(self.slot(entries.slab[place].hash));
        let entry = entries.remove(place);
        let charge = entry.charge();
        self.counters.add(Counter::Gone(cause), 1);
        self.tell(cause, &entry.key, later);
        later.free(entry);
        charge
    }

    /// The same, and its room is free for all.
    pub(super) fn remove(&self, entries: &mut Entries, place: u32, cause: Cause, later: &mut Later) {
        let charge = self.take(entries, place, cause, later);
        self.bounds.release(1, charge);
    }

    /// Removes a key. Returns whether [`Cache::get`] would have found it. What is being loaded for it is not stored.
    pub fn delete(&self, key: KeyRef<'_>) -> Result<bool> {
        self.slots.prefetch(self.slot(key.hash));
        self.with(self.shard_of(key.hash), |shard, later| {
            self.alive()?;
            shard.flights.spoil(key);
            let Some((place, now)) = self.kept(&mut shard.entries, key, later) else { return Ok(false) };
            let was_visible = now < shard.entries.slab[place].deadline || self.rules.allow_stale;
            self.remove(&mut shard.entries, place, Cause::Deleted, later);
            Ok(was_visible)
        })
    }

    /// Removes every entry, shard by shard: linearizable key by key, not as one clear. What is being loaded is not stored.
    pub fn clear(&self) -> Result<()> {
        for shard in 0..self.shards() {
            self.with(shard, |shard, later| {
                self.alive()?;
                shard.flights.spoil_all();
                let (entries, bytes) = (shard.entries.len() as u64, shard.entries.charge());
                for entry in shard.entries.slab.iter() {
                    self.slots.advance(self.slot(entry.hash));
                    self.tell(Cause::Deleted, &entry.key, later);
                }
                later.free_all(shard.entries.take());
                self.counters.add(Counter::Gone(Cause::Deleted), entries as i64);
                self.bounds.release(entries, bytes);
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Removes every entry with a tag, shard by shard, and returns how many. What is being loaded under the tag is not stored. Costs as much as
    /// there are entries with the tag.
    pub fn invalidate(&self, tag: &str) -> Result<u64> {
        let (mut removed, now) = (0, self.now());
        for shard in 0..self.shards() {
            self.with(shard, |shard, later| {
                self.alive()?;
                shard.flights.spoil_tag(tag);
                for place in shard.entries.tagged(tag) {
                    let entry = &shard.entries.slab[place];
                    let is_over = now >= entry.end(&self.rules);
                    shard.flights.spoil(KeyRef { bytes: entry.key.as_bytes(), hash: entry.hash });
                    self.remove(&mut shard.entries, place, if is_over { Cause::Expired } else { Cause::Invalidated }, later);
                    removed += u64::from(!is_over);
                }
                Ok(())
            })?;
        }
        Ok(removed)
    }
}

//! Writes by users: one value, several, a counter.

use super::{counts::Counter, entries::Entries, entry::NEVER, events::Cause, later::Later, put::Put, shared::Shard, Cache, Terms};
use crate::{
    error::{Code, Error, Result},
    key::{Key, KeyRef},
    value::Value,
};
use std::mem;

impl Cache {
    /// Tells of a value that was replaced.
    pub(super) fn replaced(&self, entries: &Entries, place: u32, later: &mut Later) {
        self.counters.add(Counter::Gone(Cause::Replaced), 1);
        self.tell(Cause::Replaced, &entries.slab[place].key, later);
    }

    /// Removes the value of a key for which one came that is too large: a cache must not keep the one before.
    pub(super) fn displace(&self, entries: &mut Entries, key: KeyRef<'_>, later: &mut Later) {
        if let Some((place, _)) = self.kept(entries, key, later) {
            self.remove(entries, place, Cause::Replaced, later);
        }
    }

    /// Stores a value on the cache's own terms in place of one that takes as much: the most frequent write, for which there is room already.
    /// Gives the value back if there is more to be done.
    #[inline]
    fn overwrite(&self, key: KeyRef<'_>, value: Value) -> Result<Option<Value>> {
        let mut guard = self.lock(self.shard_of(key.hash));
        self.alive()?;
        let Shard { entries, flights } = &mut *guard;
        let Some(place) = entries.find(key) else { return Ok(Some(value)) };
        let entry = &entries.slab[place];
        let (ttl, is_timed) = (self.rules.ttl, entry.deadline != NEVER);
        let is_plain = entry.rare.is_none() && entry.value.heap() == value.heap() && is_timed == (ttl != NEVER);
        let now = if is_timed { self.now() } else { 0 };
        if !is_plain || now >= entry.deadline || !flights.is_empty() || self.queues.are_listening(Cause::Replaced) {
            return Ok(Some(value));
        }
        self.slots.advance(self.slot(key.hash));
        let old = mem::replace(&mut entries.slab[place].value, value);
        entries.policy.touch(place);
        if is_timed {
            let deadline = entries.deadline(ttl, now, &self.rules);
            entries.set_deadline(place, deadline, &self.rules, now);
        }
        drop(guard);
        self.counters.add(Counter::Gone(Cause::Replaced), 1);
        drop(old);
        Ok(None)
    }

    /// Stores a value. `ERR_SHARDMAP_FULL` if it is too large for the cache; the old value is then removed.
    pub fn set(&self, key: KeyRef<'_>, value: Value, terms: &Terms) -> Result<()> {
        self.slots.prefetch(self.slot(key.hash));
        let value = if terms.are_default() { self.overwrite(key, value)? } else { Some(value) };
        let Some(value) = value else { return Ok(()) };
        self.set_anew(key, value, terms)
    }

    fn set_anew(&self, key: KeyRef<'_>, value: Value, terms: &Terms) -> Result<()> {
        let mut put = Put::new(self, key, value, terms);
        let fits = put.check();
        loop {
            let done = self.with(self.shard_of(key.hash), |Shard { entries, flights }, later| {
                self.alive()?;
                if fits.is_err() {
                    self.displace(entries, key, later);
                } else if !put.store(entries, later)? {
                    return Ok(false);
                }
                flights.spoil(key);
                Ok(true)
            })?;
            if done {
                return fits;
            }
            put.make_room();
        }
    }

    /// Stores several values, one after the other. `ERR_SHARDMAP_FULL` if one of them is too large for the cache; none is then stored.
    pub fn set_all(&self, rows: Vec<(Key, Value)>, terms: &Terms) -> Result<()> {
        self.alive()?;
        for (key, value) in &rows {
            let key_ref = KeyRef { bytes: key.as_bytes(), hash: 0 };
            Put::new(self, key_ref, value.clone(), terms).check().map_err(|error| error.with_keys(vec![key.as_bytes().into()]))?;
        }
        rows.into_iter().try_for_each(|(key, value)| self.set(KeyRef::new(key.as_bytes()), value, terms))
    }

    /// Adds to a number and returns the sum. A fresh one keeps its deadline; absence is 0, and is stored on these terms.
    /// `ERR_SHARDMAP_VALUE` for what is no number.
    pub fn increment(&self, key: KeyRef<'_>, by: f64, terms: &Terms) -> Result<f64> {
        let mut put = Put::new(self, key, Value::number(0.0 + by), terms);
        put.check()?;
        loop {
            let sum = self.with(self.shard_of(key.hash), |Shard { entries, flights }, later| {
                self.alive()?;
                if let Some((place, now)) = self.kept(entries, key, later) {
                    let entry = &mut entries.slab[place];
                    if now < entry.deadline {
                        let Some(number) = entry.value.as_number() else {
                            return Err(Error::new(Code::Value, "the present value is no number; delete it, or increment another key"));
                        };
                        self.slots.advance(self.slot(key.hash));
                        entry.value = Value::number(number + by);
                        entries.policy.touch(place);
                        flights.spoil(key);
                        self.replaced(entries, place, later);
                        return Ok(Some(number + by));
                    }
                }
                if !put.store(entries, later)? {
                    return Ok(None);
                }
                flights.spoil(key);
                Ok(Some(0.0 + by))
            })?;
            if let Some(sum) = sum {
                return Ok(sum);
            }
            put.make_room();
        }
    }
}

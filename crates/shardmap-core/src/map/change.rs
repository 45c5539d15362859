//! Changes of one entry.

use super::{ShardedMap, ENTRY_BYTES};
use crate::{
    error::{Code, Error, Result},
    key::{Key, KeyRef},
    packed,
    stats::Counter,
    sync::Ordering,
    table::Rows,
    value::{Kind, Value},
};

/// What to do with an entry.
#[derive(Clone, Debug)]
pub enum Write {
    /// Leave it.
    Keep,
    /// Store this value.
    Put(Value),
    /// Remove it; leave absence.
    Remove,
}

impl From<Option<Value>> for Write {
    fn from(value: Option<Value>) -> Self {
        value.map_or(Self::Remove, Self::Put)
    }
}

pub(super) fn cost(key: &[u8], value: &Value) -> i64 {
    (packed::heap(key.len()) + value.heap() + ENTRY_BYTES) as i64
}

impl ShardedMap {
    /// The one way to change an entry: `plan` sees the present value under the exclusive lock and says what to do; it must be short and take
    /// no lock. Returns what `plan` returned and the old value, whose memory is thus freed outside the lock.
    #[inline]
    pub(super) fn change<R>(&self, key: KeyRef<'_>, plan: impl FnOnce(Option<&Value>) -> (Write, R)) -> Result<(R, Option<Value>)> {
        self.slots.prefetch(self.slot(key.hash));
        let shard = self.table.shard_of(key.hash);
        let (result, dropped) = self.table.write(shard, |mut rows| {
            self.alive()?;
            let (write, result) = plan(rows.view().get(key));
            Ok((result, self.store(shard, &mut rows, key, write)?))
        })?;
        Ok((result, dropped))
    }

    /// A change that does not depend on the present value, which it returns. `ERR_SHARDMAP_FULL` beyond a limit.
    #[inline]
    pub fn write(&self, key: KeyRef<'_>, write: Write) -> Result<Option<Value>> {
        self.slots.prefetch(self.slot(key.hash));
        let shard = self.table.shard_of(key.hash);
        self.table.write(shard, |mut rows| {
            self.alive()?;
            self.store(shard, &mut rows, key, write)
        })
    }

    /// Stores under the shard's exclusive lock, after reserving what it needs; returns the old value. What can fail comes first.
    #[inline]
    fn store(&self, shard: usize, rows: &mut Rows<'_>, key: KeyRef<'_>, write: Write) -> Result<Option<Value>> {
        let Write::Put(value) = &write else {
            let (old, entries, bytes) = self.put(shard, rows, key, write);
            self.limits.release(entries, bytes);
            return Ok(old);
        };
        // Room for one more also where a value is only replaced: cheaper than to look.
        self.growth.record(rows.reserve(1)?);
        if !self.limits.any() {
            return Ok(self.put(shard, rows, key, write).0);
        }
        let (entries, bytes) = match rows.view().get(key) {
            Some(old) => (0, value.heap() as i64 - old.heap() as i64),
            None => (1, cost(key.bytes, value)),
        };
        self.limits.reserve(entries, bytes)?;
        let (old, ..) = self.put(shard, rows, key, write);
        self.limits.release(0, bytes);
        Ok(old)
    }

    /// Stores what was reserved for; cannot fail. Returns the old value and what it added in entries and bytes.
    #[inline]
    pub(super) fn put(&self, shard: usize, rows: &mut Rows<'_>, key: KeyRef<'_>, write: Write) -> (Option<Value>, i64, i64) {
        let slot = self.slot(key.hash);
        match write {
            Write::Keep => (None, 0, 0),
            Write::Put(value) => {
                self.copy_for_snapshots(shard, rows);
                if let Some(place) = rows.get_mut(key) {
                    let bytes = value.heap() as i64 - place.heap() as i64;
                    self.slots.advance(slot);
                    let old = std::mem::replace(place, value);
                    self.count(Counter::Sets, 0, bytes);
                    return (Some(old), 0, bytes);
                }
                let bytes = cost(key.bytes, &value);
                self.slots.advance(slot);
                rows.insert_new(key.hash, Key::new(key.bytes), value);
                self.count(Counter::Sets, 1, bytes);
                if rows.view().is_crowded() {
                    self.growth.want();
                }
                (None, 1, bytes)
            }
            Write::Remove => {
                if rows.view().get(key).is_none() {
                    return (None, 0, 0);
                }
                self.copy_for_snapshots(shard, rows);
                self.slots.advance(slot);
                let Some((key, old)) = rows.remove(key) else { return (None, 0, 0) };
                let bytes = -cost(key.as_bytes(), &old);
                self.count(Counter::Deletes, -1, bytes);
                (Some(old), -1, bytes)
            }
        }
    }

    #[inline]
    fn count(&self, counter: Counter, entries: i64, bytes: i64) {
        self.counters.add(counter, 1);
        if entries != 0 {
            self.counters.add(Counter::Entries, entries);
        }
        if bytes != 0 {
            self.counters.add(Counter::Bytes, bytes);
        }
    }

    pub(super) fn clear_shard(&self, shard: usize) {
        let taken = self.table.write(shard, |mut rows| {
            if rows.view().len() == 0 {
                return None;
            }
            self.copy_for_snapshots(shard, &rows);
            for (key, _) in rows.view().iter() {
                self.slots.advance(self.slot(crate::hash::of(key.as_bytes())));
            }
            Some(rows.take())
        });
        if let Some(page) = taken {
            for (key, value) in page.view().iter() {
                let bytes = -cost(key.as_bytes(), value);
                self.count(Counter::Deletes, -1, bytes);
                self.limits.release(-1, bytes);
            }
        }
    }

    /// Stores a value; returns the old one. `ERR_SHARDMAP_FULL` beyond a limit.
    #[inline]
    pub fn set(&self, key: KeyRef<'_>, value: Value) -> Result<Option<Value>> {
        self.write(key, Write::Put(value))
    }

    /// Removes a key; returns its value.
    #[inline]
    pub fn delete(&self, key: KeyRef<'_>) -> Result<Option<Value>> {
        self.write(key, Write::Remove)
    }

    /// Writes if the present value is the expected one; `None` expects `undefined` or absence. Returns whether it did.
    pub fn compare_and_set(&self, key: KeyRef<'_>, expected: Option<&Value>, next: Write) -> Result<bool> {
        let plan = |present: Option<&Value>| {
            let equal = match (present, expected) {
                (Some(present), Some(expected)) => present.same(expected),
                (one, other) => one.or(other).is_none_or(Value::is_undefined),
            };
            if equal {
                (next, true)
            } else {
                (Write::Keep, false)
            }
        };
        self.change(key, plan).map(|(done, _)| done)
    }

    /// Writes if nothing has written to the key's slot since `version` was read with its value. Returns whether it did; a neighbour on the
    /// slot may be why it did not.
    pub fn replace_if(&self, key: KeyRef<'_>, version: u32, next: Write) -> Result<bool> {
        let slot = self.slot(key.hash);
        let plan = |_: Option<&Value>| if self.slots.version(slot) == version { (next, true) } else { (Write::Keep, false) };
        self.change(key, plan).map(|(done, _)| done)
    }

    /// Stores if absent. Returns the value that was there.
    pub fn get_or_insert(&self, key: KeyRef<'_>, value: Value) -> Result<Option<Value>> {
        let plan = |present: Option<&Value>| match present {
            Some(present) => (Write::Keep, Some(present.clone())),
            None => (Write::Put(value), None),
        };
        self.change(key, plan).map(|(present, _)| present)
    }

    /// The short section that hot counters live in: a number that is present, and no snapshot to copy for. `None` leaves the rest to
    /// [`ShardedMap::increment`].
    #[inline]
    fn add_in_place(&self, key: KeyRef<'_>, by: Option<&Value>) -> Result<Option<f64>> {
        let by = match by {
            None => 1.0,
            Some(by) => match by.as_number() {
                Some(by) => by,
                None => return Ok(None),
            },
        };
        let slot = self.slot(key.hash);
        let sum = self.table.write(self.table.shard_of(key.hash), |mut rows| {
            self.alive()?;
            if self.live_snapshots.load(Ordering::Relaxed) != 0 {
                return Ok(None);
            }
            let Some(place) = rows.get_mut(key) else { return Ok(None) };
            let Some(number) = place.as_number() else { return Ok(None) };
            self.slots.advance(slot);
            *place = Value::number(number + by);
            Ok(Some(number + by))
        })?;
        if sum.is_some() {
            self.counters.add(Counter::Sets, 1);
        }
        Ok(sum)
    }

    /// Adds to a number; absence is 0, and `by` as `None` adds one of the present kind. Returns the sum; `None` where a big integer does not
    /// fit in place, which the caller adds by itself. `ERR_SHARDMAP_VALUE` for mixed types and for what is no number.
    // Within its caller it would be compiled as that is: the boundary is for size.
    #[inline(never)]
    pub fn increment(&self, key: KeyRef<'_>, by: Option<&Value>) -> Result<Option<Value>> {
        if let Some(sum) = self.add_in_place(key, by)? {
            return Ok(Some(Value::number(sum)));
        }
        let plan = |present: Option<&Value>| match add(present, by) {
            Ok(Some(sum)) => (Write::Put(sum.clone()), Ok(Some(sum))),
            Ok(None) => (Write::Keep, Ok(None)),
            Err(error) => (Write::Keep, Err(error)),
        };
        self.change(key, plan)?.0.map_err(|what| Error::new(Code::Value, format!("the present value is {what}")))
    }
}

/// The sum, `None` if it does not fit in place, or what the present value is instead.
fn add(present: Option<&Value>, by: Option<&Value>) -> std::result::Result<Option<Value>, &'static str> {
    const ONE: Value = Value::number(1.0);
    let Some(present) = present else { return Ok(Some(by.unwrap_or(&ONE).clone())) };
    if let Some(number) = present.as_number() {
        let by = by.map_or(Some(1.0), Value::as_number).ok_or("a number; increment it by a number")?;
        return Ok(Some(Value::number(number + by)));
    }
    let wide = |value: &Value| matches!(value.as_payload(), Some((Kind::BigInt, _)));
    if !wide(present) || !by.is_none_or(wide) {
        return Err("no number of the kind given; use update()");
    }
    Ok(present.as_i128().zip(by.map_or(Some(1), Value::as_i128)).and_then(|(a, b)| Value::from_i128(a + b)))
}

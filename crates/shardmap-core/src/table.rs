//! dashmap's shards, reached through its raw API so that a key is hashed once. Nothing else imports dashmap, and no guard leaves this file.
//!
//! The closures given to [`Table::read`] and [`Table::write`] are this crate's own, short, and take no other lock but a snapshot list's mutex.

use crate::{
    error::{Error, Result},
    hash,
    key::{Key, KeyRef},
    value::Value,
};
use ahash::RandomState;
#[cfg(not(shardmap_model))]
use dashmap::DashMap;
use dashmap::SharedValue;
use hashbrown::raw::RawTable;
#[cfg(shardmap_model)]
use model::DashMap;

#[cfg(shardmap_model)]
mod model;

/// Tables with fewer places grow when they are full.
const SMALL: usize = if cfg!(shardmap_model) { 4 } else { 64 };

type Row = (Key, SharedValue<Value>);

/// The shards of one map.
pub(crate) struct Table {
    map: DashMap<Key, Value, RandomState>,
}

impl Table {
    pub fn new(shards: usize) -> Self {
        Self { map: DashMap::with_capacity_and_hasher_and_shard_amount(0, hash::state().clone(), shards) }
    }

    pub fn shards(&self) -> usize {
        self.map.shards().len()
    }

    #[inline]
    pub fn shard_of(&self, hash: u64) -> usize {
        self.map.determine_shard(hash as usize)
    }

    /// Runs `f` under the shard's shared lock.
    #[inline(always)]
    pub fn read<R>(&self, shard: usize, f: impl FnOnce(View<'_>) -> R) -> R {
        f(View(&self.map.shards()[shard].read()))
    }

    /// Runs `f` under the shard's exclusive lock.
    #[inline(always)]
    pub fn write<R>(&self, shard: usize, f: impl FnOnce(Rows<'_>) -> R) -> R {
        f(Rows(&mut self.map.shards()[shard].write()))
    }

    /// Runs `f` under the exclusive locks of several shards, taken in index order: the one place where a thread holds more than one.
    /// `f` gets the position of a shard in `order`, which is ascending and without repetition.
    pub fn write_many<R>(&self, order: &[usize], f: impl FnOnce(&mut dyn FnMut(usize, &mut dyn FnMut(Rows<'_>))) -> R) -> R {
        debug_assert!(order.windows(2).all(|pair| pair[0] < pair[1]));
        let mut guards: Vec<_> = order.iter().map(|&shard| self.map.shards()[shard].write()).collect();
        f(&mut |position, each| each(Rows(&mut guards[position])))
    }
}

fn rehash(row: &Row) -> u64 {
    hash::of(row.0.as_bytes())
}

/// The rows of a shard, to be read.
pub(crate) struct View<'a>(&'a RawTable<Row>);

impl<'a> View<'a> {
    #[inline(always)]
    pub fn get(&self, key: KeyRef<'_>) -> Option<&'a Value> {
        self.0.get(key.hash, |row| row.0.as_bytes() == key.bytes).map(|row| row.1.get())
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether three quarters of the table's places are taken.
    #[inline]
    pub fn is_crowded(&self) -> bool {
        let places = self.0.buckets();
        places >= SMALL && self.0.len() * 4 >= places * 3
    }

    pub fn iter(&self) -> impl Iterator<Item = (&'a Key, &'a Value)> {
        // SAFETY: the table outlives the iterator ('a) and nobody can change it while it is borrowed.
        let buckets = unsafe { self.0.iter() };
        buckets.map(|bucket| {
            // SAFETY: the iterator yields full buckets of the table that is borrowed for 'a.
            let row: &'a Row = unsafe { bucket.as_ref() };
            (&row.0, row.1.get())
        })
    }

    /// A copy that shares the payloads.
    pub fn page(&self) -> Page {
        Page(self.0.clone())
    }
}

/// The rows of a shard, to be changed.
pub(crate) struct Rows<'a>(&'a mut RawTable<Row>);

impl Rows<'_> {
    pub fn view(&self) -> View<'_> {
        View(self.0)
    }

    #[inline]
    pub fn get_mut(&mut self, key: KeyRef<'_>) -> Option<&mut Value> {
        self.0.get_mut(key.hash, |row| row.0.as_bytes() == key.bytes).map(|row| row.1.get_mut())
    }

    /// Stores a key that is not there; room was made by [`Rows::reserve`].
    #[inline]
    pub fn insert_new(&mut self, hash: u64, key: Key, value: Value) {
        self.0.insert(hash, (key, SharedValue::new(value)), rehash);
    }

    #[inline]
    pub fn remove(&mut self, key: KeyRef<'_>) -> Option<(Key, Value)> {
        self.0.remove_entry(key.hash, |row| row.0.as_bytes() == key.bytes).map(|(key, value)| (key, value.into_inner()))
    }

    /// Takes every row out.
    pub fn take(&mut self) -> Page {
        Page(std::mem::take(self.0))
    }

    /// Makes room and says how many entries were moved for it (0: there was room).
    #[inline]
    pub fn reserve(&mut self, additional: usize) -> Result<usize> {
        if self.0.capacity() - self.0.len() >= additional {
            return Ok(0);
        }
        self.0.try_reserve(additional, rehash).map_err(|_| Error::memory())?;
        Ok(self.0.len())
    }
}

/// A copy of one shard.
pub(crate) struct Page(RawTable<Row>);

impl Page {
    pub fn view(&self) -> View<'_> {
        View(&self.0)
    }
}

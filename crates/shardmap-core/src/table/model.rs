//! Stands in for dashmap's shards in a model, which cannot see the locks of those.

use super::SharedValue;
use crate::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use hashbrown::raw::RawTable;
use std::marker::PhantomData;

pub struct DashMap<K, V, S> {
    shards: Box<[Shard<K, V>]>,
    hasher: PhantomData<S>,
}

pub struct Shard<K, V>(RwLock<RawTable<(K, SharedValue<V>)>>);

impl<K, V, S> DashMap<K, V, S> {
    pub fn with_capacity_and_hasher_and_shard_amount(_: usize, _: S, shards: usize) -> Self {
        Self { shards: (0..shards).map(|_| Shard(RwLock::new(RawTable::new()))).collect(), hasher: PhantomData }
    }

    pub fn shards(&self) -> &[Shard<K, V>] {
        &self.shards
    }

    pub fn determine_shard(&self, hash: usize) -> usize {
        (hash << 7) >> (usize::BITS - self.shards.len().ilog2())
    }
}

impl<K, V> Shard<K, V> {
    pub fn read(&self) -> RwLockReadGuard<'_, RawTable<(K, SharedValue<V>)>> {
        self.0.read().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub fn write(&self) -> RwLockWriteGuard<'_, RawTable<(K, SharedValue<V>)>> {
        self.0.write().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

//! Bounded caches that a Rust program could take: ours with both policies, moka and quick_cache. All with the same hash and bytes as keys.

pub mod loads;

use quick_cache::{sync::DefaultLifecycle, UnitWeighter};
use shardmap_core::{
    cache::{Cache, Options, Policy, Terms},
    hash,
    key::KeyRef,
    Value,
};
use std::sync::Arc;

/// A cache of at most so many entries.
pub trait Contender: Send + Sync {
    fn get(&self, key: &[u8]) -> bool;
    fn set(&self, key: &[u8]);
    /// Does what was put off, so that each access is judged by itself.
    fn settle(&self) {}

    /// One access: a look-up, and on a miss a write.
    fn ask(&self, key: &[u8]) -> bool {
        let hit = self.get(key);
        if !hit {
            self.set(key);
        }
        hit
    }
}

/// How one is made, for so many entries.
pub type Make = fn(u64) -> Box<dyn Contender>;

/// All of them by name.
pub const CONTENDERS: [(&str, Make); 4] = [
    ("lru", |max| ours(max, Policy::Lru)),
    ("tinylfu", |max| ours(max, Policy::TinyLfu)),
    ("moka", |max| Box::new(moka::sync::Cache::<Box<[u8]>, f64>::builder().max_capacity(max).build_with_hasher(hash::state().clone()))),
    ("quick_cache", |max| Box::new(Quick::with(max as usize, max, UnitWeighter, hash::state().clone(), DefaultLifecycle::default()))),
];

type Quick = quick_cache::sync::Cache<Box<[u8]>, f64, UnitWeighter, ahash::RandomState>;

fn ours(max: u64, policy: Policy) -> Box<dyn Contender> {
    Box::new(Cache::new(Options { max: Some(max), policy: Some(policy), ..Options::default() }).expect("a bound and a policy"))
}

impl Contender for Arc<Cache> {
    fn get(&self, key: &[u8]) -> bool {
        Cache::get(self, KeyRef::new(key)).is_ok_and(|found| found.value.is_some())
    }

    fn set(&self, key: &[u8]) {
        Cache::set(self, KeyRef::new(key), Value::number(1.0), &Terms::default()).expect("an entry fits");
    }
}

impl Contender for moka::sync::Cache<Box<[u8]>, f64, ahash::RandomState> {
    fn get(&self, key: &[u8]) -> bool {
        self.get(key).is_some()
    }

    fn set(&self, key: &[u8]) {
        self.insert(key.into(), 1.0);
    }

    fn settle(&self) {
        self.run_pending_tasks();
    }
}

impl Contender for Quick {
    fn get(&self, key: &[u8]) -> bool {
        self.get(key).is_some()
    }

    fn set(&self, key: &[u8]) {
        self.insert(key.into(), 1.0);
    }
}

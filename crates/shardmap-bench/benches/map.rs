//! One thread's get and set beside the maps a Rust program would take, and the hash beside the standard one.
#![allow(missing_docs)] // criterion_group! makes a public function

use criterion::{criterion_group, criterion_main, BatchSize, Criterion};
use dashmap::DashMap;
use shardmap_core::{hash, key::KeyRef, Options, ShardedMap, Value};
use std::{
    collections::HashMap,
    hash::BuildHasher,
    hint::black_box,
    sync::{Mutex, RwLock},
};

const KEYS: usize = 10_000;
const SHARDS: usize = 2048;
const BATCH: usize = 1_000;

fn keys() -> Vec<Vec<u8>> {
    (0..KEYS).map(|at| format!("user:{at:08}:session").into_bytes()).collect()
}

/// Positions in an order that no prefetcher follows.
fn order() -> impl FnMut() -> Vec<usize> {
    let mut at = 0usize;
    move || {
        let step = || {
            at = (at.wrapping_mul(6_364_136_223_846_793_005)).wrapping_add(1_442_695_040_888_963_407);
            (at >> 33) % KEYS
        };
        std::iter::repeat_with(step).take(BATCH).collect()
    }
}

/// Benches one access for a thousand keys at a time.
fn each<R>(bench: &mut criterion::BenchmarkGroup<'_, criterion::measurement::WallTime>, name: &str, mut access: impl FnMut(&[u8]) -> R) {
    let keys = keys();
    bench.bench_function(name, |bencher| {
        bencher.iter_batched(order(), |order| order.into_iter().for_each(|at| drop(black_box(access(&keys[at])))), BatchSize::SmallInput);
    });
}

fn maps(criterion: &mut Criterion) {
    let keys = keys();
    let shardmap = ShardedMap::new(Options { shards: Some(SHARDS as u64), ..Options::default() }).unwrap();
    let dashmap = DashMap::with_shard_amount(SHARDS);
    let papaya = papaya::HashMap::new();
    let (mutex, rwlock) = (Mutex::new(HashMap::new()), RwLock::new(HashMap::new()));
    for key in &keys {
        shardmap.set(KeyRef::new(key), Value::number(1.0)).unwrap();
        dashmap.insert(key.clone(), 1.0);
        papaya.pin().insert(key.clone(), 1.0);
        mutex.lock().unwrap().insert(key.clone(), 1.0);
        rwlock.write().unwrap().insert(key.clone(), 1.0);
    }

    let mut get = criterion.benchmark_group("core_get");
    each(&mut get, "shardmap", |key| shardmap.get(KeyRef::new(key)));
    each(&mut get, "dashmap", |key| dashmap.get(key).map(|value| *value));
    each(&mut get, "mutex_hashmap", |key| mutex.lock().unwrap().get(key).copied());
    each(&mut get, "rwlock_hashmap", |key| rwlock.read().unwrap().get(key).copied());
    each(&mut get, "papaya", |key| papaya.pin().get(key).copied());
    get.finish();

    let mut set = criterion.benchmark_group("core_set");
    each(&mut set, "shardmap", |key| shardmap.set(KeyRef::new(key), Value::number(2.0)));
    each(&mut set, "dashmap", |key| dashmap.insert(key.to_vec(), 2.0));
    each(&mut set, "mutex_hashmap", |key| mutex.lock().unwrap().insert(key.to_vec(), 2.0));
    each(&mut set, "rwlock_hashmap", |key| rwlock.write().unwrap().insert(key.to_vec(), 2.0));
    each(&mut set, "papaya", |key| papaya.pin().insert(key.to_vec(), 2.0).copied());
    set.finish();

    let mut hashes = criterion.benchmark_group("hash");
    let siphash = std::collections::hash_map::RandomState::new();
    each(&mut hashes, "ahash", hash::of);
    each(&mut hashes, "siphash13", |key| siphash.hash_one(key));
    hashes.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(40).measurement_time(std::time::Duration::from_secs(2)).warm_up_time(std::time::Duration::from_millis(500));
    targets = maps
}
criterion_main!(benches);

//! Holding a version, and commits, each beside a table that is copied or locked. Each figure is of a thousand operations: fewer were timed and
//! reckoned to that.
#![allow(missing_docs)] // criterion_group! makes a public function

use criterion::{criterion_group, criterion_main, measurement::WallTime, BenchmarkGroup, Criterion, SamplingMode};
use shardmap_core::{
    hash,
    key::Key,
    versions::{Change, Commit, Options, VersionedMap, Write},
    Value,
};
use std::{
    collections::HashMap,
    hint::black_box,
    sync::{Arc, RwLock},
    time::{Duration, Instant},
};

const LARGE: usize = 1_000_000;
const SMALL: usize = 1_000;
const REPORTED: u32 = 1_000;
/// Keys of a batch.
const BATCH: usize = 64;

type Table = HashMap<Key, Value, ahash::RandomState>;

fn keys(count: usize) -> Vec<Key> {
    (0..count).map(|at| Key::new(format!("user:{at:08}:session").as_bytes())).collect()
}

fn write(key: &Key, value: usize) -> Write {
    Write::new(key.clone(), Some(Value::number(value as f64)))
}

fn filled(keys: &[Key]) -> Arc<VersionedMap> {
    let map = VersionedMap::new(Options::default()).unwrap();
    let all = map.replacement(keys.iter().map(|key| write(key, 0)).collect()).unwrap();
    map.commit_sync(Commit::of(Change::Replace(all))).unwrap();
    map
}

fn table(keys: &[Key]) -> Table {
    let mut table = Table::with_hasher(hash::state().clone());
    table.extend(keys.iter().map(|key| (key.clone(), Value::number(0.0))));
    table
}

/// Positions in an order that no prefetcher follows.
fn random() -> impl Iterator<Item = usize> {
    let mut at = 0_u64;
    std::iter::repeat_with(move || {
        at = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (at >> 33) as usize
    })
}

/// Times `run`, which does so many operations.
fn bench(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, operations: u32, mut run: impl FnMut()) {
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|rounds| {
            let began = Instant::now();
            (0..rounds).for_each(|_| run());
            began.elapsed() * REPORTED / operations
        });
    });
}

/// As many versions held and let go, of a map of a thousand entries and of a million.
fn hold(criterion: &mut Criterion, small: &Arc<VersionedMap>, large: &Arc<VersionedMap>, copied: &Table) {
    let mut group = criterion.benchmark_group("versions_hold");
    for (name, map) in [("small", small), ("large", large)] {
        bench(&mut group, name, REPORTED, || {
            for _ in 0..REPORTED {
                black_box(map.hold(map.latest().unwrap()));
            }
        });
    }
    bench(&mut group, "hashmap_copy", 1, || drop(black_box(copied.clone())));
    group.finish();
}

/// One key of a million, in a version of its own: a commit, or a table copied, changed and swapped in. And in place under a lock, without versions.
fn one(criterion: &mut Criterion, keys: &[Key], map: &Arc<VersionedMap>, copied: &Table) {
    let mut order = random();
    let mut group = criterion.benchmark_group("versions_commit");
    bench(&mut group, "shardmap", REPORTED, || {
        for at in order.by_ref().take(REPORTED as usize) {
            map.commit_sync(Commit::of(Change::Writes(vec![write(&keys[at % LARGE], at)]))).unwrap();
        }
    });
    let latest = RwLock::new(Arc::new(copied.clone()));
    bench(&mut group, "hashmap_copy", 1, || {
        let at = order.by_ref().next().unwrap_or_default();
        let mut next = Table::clone(&latest.read().unwrap());
        next.insert(keys[at % LARGE].clone(), Value::number(at as f64));
        let before = std::mem::replace(&mut *latest.write().unwrap(), Arc::new(next));
        drop(before);
    });
    let locked = RwLock::new(copied.clone());
    bench(&mut group, "rwlock_hashmap", REPORTED, || {
        for at in order.by_ref().take(REPORTED as usize) {
            locked.write().unwrap().insert(keys[at % LARGE].clone(), Value::number(at as f64));
        }
    });
    group.finish();
}

/// Keys from anywhere, each in a commit of its own, and 64 in one commit.
fn batch(criterion: &mut Criterion, keys: &[Key], map: &Arc<VersionedMap>) {
    let mut order = random();
    let mut group = criterion.benchmark_group("versions_batch");
    bench(&mut group, "single", BATCH as u32, || {
        for at in order.by_ref().take(BATCH) {
            map.commit_sync(Commit::of(Change::Writes(vec![write(&keys[at % LARGE], at)]))).unwrap();
        }
    });
    bench(&mut group, "together", BATCH as u32, || {
        let writes = order.by_ref().take(BATCH).map(|at| write(&keys[at % LARGE], at)).collect();
        map.commit_sync(Commit::of(Change::Writes(writes))).unwrap();
    });
    group.finish();
}

fn versions(criterion: &mut Criterion) {
    let keys = keys(LARGE);
    let (small, large, copied) = (filled(&keys[..SMALL]), filled(&keys), table(&keys));
    hold(criterion, &small, &large, &copied);
    one(criterion, &keys, &large, &copied);
    batch(criterion, &keys, &large);
}

criterion_group!(benches, versions);
criterion_main!(benches);

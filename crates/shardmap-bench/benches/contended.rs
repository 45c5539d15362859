//! Four threads that increment one key.
#![allow(missing_docs)] // criterion_group! makes a public function

use criterion::{criterion_group, criterion_main, Criterion};
use shardmap_core::{key::KeyRef, Options, ShardedMap};
use std::{
    collections::HashMap,
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

const THREADS: u64 = 4;
const KEY: &[u8] = b"user:00000000:session";

fn timed(rounds: u64, increment: impl Fn() + Sync) -> Duration {
    let began = Instant::now();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| (0..rounds * 1_000 / THREADS).for_each(|_| increment()));
        }
    });
    began.elapsed()
}

fn contended(criterion: &mut Criterion) {
    let map = ShardedMap::new(Options::default()).unwrap();
    let mutex = Mutex::new(HashMap::from([(KEY.to_vec(), 0.0)]));
    let mut group = criterion.benchmark_group("increment_contended");
    group.bench_function("shardmap", |bencher| {
        bencher.iter_custom(|rounds| timed(rounds, || drop(map.increment(KeyRef::new(KEY), None))));
    });
    group.bench_function("mutex_hashmap", |bencher| {
        bencher.iter_custom(|rounds| timed(rounds, || *mutex.lock().unwrap().get_mut(KEY).unwrap() += 1.0));
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(30).measurement_time(Duration::from_secs(3)).warm_up_time(Duration::from_millis(500));
    targets = contended
}
criterion_main!(benches);

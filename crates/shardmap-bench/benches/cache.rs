//! Bounded caches, full, by one thread and by two: look-ups that hit, writes of which nine in ten displace another entry, and the mix of both
//! that a Zipf load makes. Each iteration is a thousand operations.
#![allow(missing_docs)] // criterion_group! makes a public function

use criterion::{criterion_group, criterion_main, Criterion};
#[allow(dead_code)] // takes few of the loads
use shardmap_bench::caches::{
    loads::{million, zipf, Random},
    Contender, CONTENDERS,
};
use std::{
    hint::black_box,
    thread,
    time::{Duration, Instant},
};

const ENTRIES: usize = 10_000;
const KEYS: usize = 100_000;
const BATCH: u64 = 1_000;

type Access = fn(&dyn Contender, &[u8]) -> bool;

/// Rounds of a thousand accesses in this order, split among threads that start at different places.
fn timed(cache: &dyn Contender, keys: &[Vec<u8>], order: &[u64], threads: u64, rounds: u64, access: Access) -> Duration {
    let began = Instant::now();
    thread::scope(|scope| {
        for thread in 1..=threads {
            let from = Random(thread + rounds).draw() as usize % order.len();
            let share = (rounds * BATCH / threads) as usize;
            let accesses = order.iter().cycle().skip(from).take(share);
            let run = move || black_box(accesses.filter(|&&at| access(cache, &keys[at as usize])).count());
            if thread < threads {
                scope.spawn(run);
            } else {
                run();
            }
        }
    });
    began.elapsed()
}

fn group(criterion: &mut Criterion, name: &str, keys: &[Vec<u8>], order: &[u64], access: Access) {
    for threads in [1, 2] {
        let mut group = criterion.benchmark_group(format!("cache_{name}_{threads}"));
        for (name, make) in CONTENDERS {
            let cache = make(ENTRIES as u64);
            // Full before it is measured, also of the keys that are asked for.
            let _ = order.iter().filter(|&&at| cache.ask(&keys[at as usize])).count();
            cache.settle();
            group.bench_function(name, |bencher| bencher.iter_custom(|rounds| timed(&*cache, keys, order, threads, rounds, access)));
        }
        group.finish();
    }
}

fn caches(criterion: &mut Criterion) {
    let keys: Vec<Vec<u8>> = (0..KEYS).map(|at| format!("user:{at:08}:session").into_bytes()).collect();
    let mut random = Random(5);
    // Nine tenths of what fits, so that a cache that keeps its bound per shard has them all.
    group(criterion, "get", &keys, &million(|| random.draw() % (ENTRIES as u64 / 10 * 9)), |cache, key| cache.get(key));
    let mut random = Random(6);
    group(criterion, "set", &keys, &million(|| random.draw() % KEYS as u64), |cache, key| {
        cache.set(key);
        true
    });
    group(criterion, "mix", &keys, &million(zipf(0.9)), |cache, key| cache.ask(key));
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(500));
    targets = caches
}
criterion_main!(benches);

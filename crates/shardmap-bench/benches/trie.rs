//! What a version of a million entries costs: a key changed beside the version before it, a look-up, a walk, the making. Each figure is of a
//! thousand operations: fewer or more were timed and reckoned to that.
#![allow(missing_docs)] // criterion_group! makes a public function

use criterion::{criterion_group, criterion_main, measurement::WallTime, BenchmarkGroup, Criterion, SamplingMode};
use shardmap_bench::contenders::{keys, Chunks, Contender, Copy, Delta, Imbl, Rpds, Whole, ENTRIES};
use shardmap_core::{key::Key, Value};
use std::{
    hint::black_box,
    time::{Duration, Instant},
};

const REPORTED: u32 = 1_000;

/// Positions in an order that no prefetcher follows.
fn random() -> impl Iterator<Item = usize> {
    let mut at = 0_u64;
    std::iter::repeat_with(move || {
        at = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (at >> 33) as usize % ENTRIES
    })
}

/// Times `run`, which does so many operations, and takes out what it drops.
fn bench<R>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, operations: u32, mut run: impl FnMut() -> R) {
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|rounds| {
            let mut spent = Duration::ZERO;
            for _ in 0..rounds {
                let began = Instant::now();
                let made = black_box(run());
                spent += began.elapsed();
                drop(made);
            }
            spent * REPORTED / operations
        });
    });
}

fn contender<C: Contender>(criterion: &mut Criterion, keys: &[Key], changes: u32) {
    let mut order = random();
    let mut group = criterion.benchmark_group("trie_build");
    bench(&mut group, C::NAME, ENTRIES as u32, || C::build(keys));
    group.finish();

    let mut map = C::build(keys);
    let mut group = criterion.benchmark_group("trie_change");
    bench(&mut group, C::NAME, changes, || {
        for at in order.by_ref().take(changes as usize) {
            let before = map.clone();
            map.change(&keys[at], Value::NULL);
            drop(before);
        }
    });
    group.finish();

    let mut group = criterion.benchmark_group("trie_get");
    bench(&mut group, C::NAME, 100_000, || order.by_ref().take(100_000).filter(|&at| map.get(&keys[at]).is_some()).count());
    group.finish();

    let mut group = criterion.benchmark_group("trie_walk");
    bench(&mut group, C::NAME, ENTRIES as u32, || {
        let mut count = 0;
        map.walk(|value| count += usize::from(value.as_number().is_some()));
        count
    });
    group.finish();
}

fn tries(criterion: &mut Criterion) {
    let keys = keys(ENTRIES);
    contender::<Delta>(criterion, &keys, 1_000);
    contender::<Rpds>(criterion, &keys, 1_000);
    contender::<Imbl>(criterion, &keys, 1_000);
    contender::<Chunks>(criterion, &keys, 100);
    contender::<Copy>(criterion, &keys, 1);
    contender::<Whole>(criterion, &keys, 1);
}

criterion_group!(benches, tries);
criterion_main!(benches);

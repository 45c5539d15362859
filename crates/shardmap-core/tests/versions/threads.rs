//! Several real threads: no commit is lost, versions only rise, and what a thread remembers is never older than what it saw.

use super::{beside, commit, key, map, number, put, until_done, writes, MODES};
use shardmap_core::{
    key::{Key, KeyRef},
    slots::Slots,
    versions::{Done, VersionedMap, Write},
};
use std::{
    collections::HashMap,
    sync::{mpsc, Arc},
};

const THREADS: u32 = 4;
const EACH: u32 = if cfg!(miri) { 2 } else { 250 };

/// Adds one to a key; returns the version.
fn add(map: &Arc<VersionedMap>, at: u32) -> u64 {
    until_done(map, |tree| (vec![key(at)], vec![put(at, number(tree, at).unwrap_or(0.0) + 1.0)]))
}

/// Checks that the latest version rises, and that each version has as many commits in it as its number says.
fn counter(map: &Arc<VersionedMap>) -> Box<dyn FnMut() + Send + '_> {
    let mut last = 0;
    Box::new(move || {
        let root = map.latest().unwrap();
        assert!(root.version >= last);
        last = root.version;
        let sum: f64 = (0..THREADS).filter_map(|at| number(&root.tree, at)).sum();
        assert_eq!(sum, root.version as f64);
    })
}

#[test]
fn commits_that_wait_for_each_other_are_all_counted_and_versions_only_rise() {
    for mode in MODES {
        let map = map(mode, 4);
        let (tell, told) = mpsc::channel();
        let writer = |at: u32| -> Box<dyn FnOnce() + Send> {
            let (map, tell) = (map.clone(), tell.clone());
            Box::new(move || {
                let versions: Vec<_> = (0..EACH).map(|round| add(&map, if round % 2 == 0 { 0 } else { at })).collect();
                assert!(versions.windows(2).all(|pair| pair[0] < pair[1]), "out of order");
                tell.send(versions).unwrap();
            })
        };
        beside((0..THREADS).map(writer).collect(), vec![counter(&map)]);
        drop(tell);
        let mut versions: Vec<_> = told.iter().flatten().collect();
        versions.sort_unstable();
        assert!(versions.into_iter().eq(1..=u64::from(THREADS * EACH)), "each version is of one commit");
    }
}

#[test]
fn commits_that_nobody_waits_for_are_all_done_and_told_once_in_the_order_of_their_thread() {
    let map = map(MODES[0], 4);
    let (tell, told) = mpsc::channel();
    let writer = |at: u32| -> Box<dyn FnOnce() + Send> {
        let (map, tell) = (map.clone(), tell.clone());
        Box::new(move || {
            for round in 1..=EACH * 4 {
                let tell = tell.clone();
                map.commit(writes([put(at, f64::from(round))]), Done::new(move |result| tell.send((at, result.unwrap())).unwrap()));
            }
        })
    };
    beside((0..THREADS).map(writer).collect(), vec![counter(&map)]);
    drop(tell);
    let mut of = HashMap::<u32, Vec<u64>>::new();
    told.iter().for_each(|(at, version)| of.entry(at).or_default().push(version));
    assert!(of.values().all(|versions| versions.windows(2).all(|pair| pair[0] < pair[1])), "out of order");
    let mut all: Vec<_> = of.into_values().flatten().collect();
    all.sort_unstable();
    assert!(all.into_iter().eq(1..=u64::from(THREADS * EACH * 4)));
    let latest = map.latest().unwrap();
    assert!((0..THREADS).all(|at| number(&latest.tree, at) == Some(f64::from(EACH * 4))));
}

/// A thread's memory by slots, as an isolate keeps it.
struct Near<'a> {
    map: &'a VersionedMap,
    kept: HashMap<Key, (f64, usize, u32)>,
    hits: u64,
}

impl Near<'_> {
    fn get(&mut self, at: u32) -> f64 {
        let key = key(at);
        if let Some(&(value, slot, version)) = self.kept.get(&key) {
            if Slots::process().version(slot) == version {
                self.hits += 1;
                return value;
            }
        }
        let lookup = self.map.get(KeyRef::new(key.as_bytes())).unwrap();
        let value = lookup.value.map_or(0.0, |value| value.as_number().unwrap());
        self.kept.insert(key, (value, lookup.slot, lookup.version));
        value
    }
}

#[test]
fn who_has_seen_one_key_of_a_commit_sees_all_of_it_also_from_memory() {
    const KEYS: u32 = 16;
    const WRITTEN: usize = if cfg!(miri) { KEYS as usize } else { 1_000 };
    const ROUNDS: u32 = if cfg!(miri) { 4 } else { 200 };
    let map = map(MODES[0], 0);
    let writer: Box<dyn FnOnce() + Send> = Box::new(|| {
        for round in 1..=ROUNDS {
            // The keys that are read come first, so that readers meet many a publication that goes on.
            commit(&map, std::array::from_fn::<Write, WRITTEN, _>(|at| put(at as u32, f64::from(round))));
        }
    });
    let reader = |seed: u32| -> Box<dyn FnMut() + Send + '_> {
        let mut near = Near { map: &map, kept: HashMap::new(), hits: 0 };
        let (mut seen, mut at) = (0.0, seed);
        Box::new(move || {
            for _ in 0..64 {
                at = at.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let value = near.get((at >> 16) % KEYS);
                assert!(value >= seen, "{value} after {seen} had been seen");
                seen = value;
            }
        })
    };
    beside(vec![writer], (0..3).map(reader).collect());
    let mut near = Near { map: &map, kept: HashMap::new(), hits: 0 };
    (0..KEYS * 2).for_each(|at| assert_eq!(near.get(at % KEYS), f64::from(ROUNDS)));
    assert_eq!(near.hits, u64::from(KEYS), "what nobody writes is remembered");
}

#[test]
fn commits_of_one_key_each_are_seen_in_their_order_also_from_memory() {
    const KEYS: u32 = 16;
    let map = map(MODES[0], 0);
    let writer: Box<dyn FnOnce() + Send> = Box::new(|| {
        for round in 1..=EACH * 16 {
            commit(&map, [put(round % KEYS, f64::from(round))]);
        }
    });
    let reader = |seed: u32| -> Box<dyn FnMut() + Send + '_> {
        let mut near = Near { map: &map, kept: HashMap::new(), hits: 0 };
        let (mut seen, mut at) = (0.0_f64, seed);
        Box::new(move || {
            for _ in 0..64 {
                at = at.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let value = near.get((at >> 16) % KEYS);
                // Each key is written every 16th time.
                assert!(value + f64::from(KEYS) > seen, "{value} after {seen} had been seen");
                seen = seen.max(value);
            }
        })
    };
    beside(vec![writer], (0..3).map(reader).collect());
}

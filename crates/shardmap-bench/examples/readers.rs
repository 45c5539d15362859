//! What readers and a writer cost each other, in short rounds with and without: the slowest hundredth of the reads of a held version, reads a
//! second beside ten thousand commits a second, commits a second under four readers. Ours, and a `RwLock<HashMap>` that is changed in place.
//!
//! Where there are fewer processors than threads, the system takes time from everyone; so there are commits a second beside four threads that
//! read something else, too.

use shardmap_core::{
    hash,
    key::{Key, KeyRef},
    versions::{Change, Commit, Options, VersionedMap, View, Write},
    Value,
};
use std::{
    collections::HashMap,
    hint::black_box,
    sync::{
        atomic::{AtomicBool, AtomicU64, Ordering},
        Arc, RwLock,
    },
    thread,
    time::{Duration, Instant},
};

const ENTRIES: usize = 1_000_000;
const ROUND: Duration = Duration::from_millis(300);
const ROUNDS: usize = 9;
const READERS: u64 = 4;
const RATE: u64 = 10_000;

type Table = HashMap<Key, Value, ahash::RandomState>;

/// Reads a key, and says whether it is there.
type Read<'a> = &'a (dyn Fn(&Key) -> bool + Sync);
/// Writes a key.
type Set<'a> = &'a (dyn Fn(&Key, u64) + Sync);

fn random(seed: u64) -> impl FnMut() -> usize {
    let mut at = seed;
    move || {
        at = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (at >> 33) as usize % ENTRIES
    }
}

/// Writes random keys until told to stop, at a rate if there is one; returns how many a second.
fn write(keys: &[Key], set: Set<'_>, rate: Option<u64>, stop: &AtomicBool) -> f64 {
    let (mut next, began, mut done) = (random(99), Instant::now(), 0);
    while !stop.load(Ordering::Relaxed) {
        if let Some(rate) = rate {
            let due = Duration::from_nanos(1_000_000_000 / rate * done);
            thread::sleep(due.saturating_sub(began.elapsed()));
        }
        done += 1;
        set(&keys[next()], done);
    }
    done as f64 / began.elapsed().as_secs_f64()
}

/// Reads random keys until told to stop; adds up how many.
fn read(keys: &[Key], read: Read<'_>, seed: u64, stop: &AtomicBool, count: &AtomicU64) {
    let mut next = random(seed);
    while !stop.load(Ordering::Relaxed) {
        let found = (0..64).filter(|_| black_box(read(&keys[next()]))).count();
        count.fetch_add(found as u64, Ordering::Relaxed);
    }
}

/// Runs readers and a writer for a round; returns reads and writes a second.
fn round(keys: &[Key], readers: u64, get: Read<'_>, writer: Option<(Set<'_>, Option<u64>)>) -> (f64, f64) {
    let (stop, count, began) = (AtomicBool::new(false), AtomicU64::new(0), Instant::now());
    let writes = thread::scope(|scope| {
        let (stop, count) = (&stop, &count);
        for seed in 0..readers {
            scope.spawn(move || read(keys, get, seed, stop, count));
        }
        let writer = writer.map(|(set, rate)| scope.spawn(move || write(keys, set, rate, stop)));
        thread::sleep(ROUND);
        stop.store(true, Ordering::Relaxed);
        writer.map_or(0.0, |writer| writer.join().unwrap_or_default())
    });
    (count.into_inner() as f64 / began.elapsed().as_secs_f64(), writes)
}

/// The time that 99 of 100 reads stay below, in nanoseconds, with or without a writer.
fn p99(keys: &[Key], get: Read<'_>, set: Option<Set<'_>>) -> f64 {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        if let Some(set) = set {
            scope.spawn(|| write(keys, set, None, &stop));
        }
        let (mut next, mut times, began) = (random(7), Vec::with_capacity(1 << 20), Instant::now());
        while began.elapsed() < ROUND && times.len() < times.capacity() {
            let key = &keys[next()];
            let start = Instant::now();
            black_box(get(key));
            times.push(start.elapsed().as_nanos() as u64);
        }
        stop.store(true, Ordering::Relaxed);
        times.sort_unstable();
        times[times.len() * 99 / 100] as f64
    })
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// The figures of one kind of map as JSON. `held` reads what it holds, `get` the latest, `other` something that nobody writes.
fn measure(keys: &[Key], held: Read<'_>, get: Read<'_>, other: Read<'_>, set: Set<'_>) -> String {
    let mut figures: [(&str, Vec<f64>); 7] = [
        ("p99_idle_ns", vec![]),
        ("p99_writing_ns", vec![]),
        ("reads_alone", vec![]),
        ("reads_writing", vec![]),
        ("commits_alone", vec![]),
        ("commits_beside", vec![]),
        ("commits_read", vec![]),
    ];
    // Turn by turn, so that what else the machine does falls on all of them.
    for _ in 0..ROUNDS {
        let found = [
            p99(keys, held, None),
            p99(keys, held, Some(set)),
            round(keys, READERS, get, None).0,
            round(keys, READERS, get, Some((set, Some(RATE)))).0,
            round(keys, 0, get, Some((set, None))).1,
            round(keys, READERS, other, Some((set, None))).1,
            round(keys, READERS, get, Some((set, None))).1,
        ];
        figures.iter_mut().zip(found).for_each(|((_, all), one)| all.push(one));
    }
    let fields = figures.map(|(name, all)| format!("\"{name}\":{:.0}", median(all)));
    format!("{{{}}}", fields.join(","))
}

fn main() {
    let keys: Vec<Key> = (0..ENTRIES).map(|at| Key::new(format!("user:{at:08}:session").as_bytes())).collect();
    let mut table = Table::with_hasher(hash::state().clone());
    table.extend(keys.iter().map(|key| (key.clone(), Value::number(0.0))));
    let other = |key: &Key| table.contains_key(key);

    let map = VersionedMap::new(Options::default()).expect("default options");
    let writes = keys.iter().map(|key| Write::new(key.clone(), Some(Value::number(0.0)))).collect();
    let all = map.replacement(writes).expect("not destroyed");
    map.commit_sync(Commit::of(Change::Replace(all))).expect("no conditions");
    let view: View = map.hold(map.latest().expect("not destroyed"));
    let commit = |key: &Key, value: u64| {
        let write = Write::new(key.clone(), Some(Value::number(value as f64)));
        map.commit_sync(Commit::of(Change::Writes(vec![write]))).expect("no conditions");
    };
    let latest = |key: &Key| map.get(KeyRef::new(key.as_bytes())).is_ok_and(|found| found.value.is_some());
    let ours = measure(&keys, &|key| view.get(KeyRef::new(key.as_bytes())).is_some(), &latest, &other, &commit);

    let locked = Arc::new(RwLock::new(table.clone()));
    let get = |key: &Key| locked.read().is_ok_and(|table| table.get(key).cloned().is_some());
    let set = |key: &Key, value: u64| {
        locked.write().expect("nobody panics").insert(key.clone(), Value::number(value as f64));
    };
    println!("{{\"shardmap\":{ours},\"rwlock_hashmap\":{}}}", measure(&keys, &get, &get, &other, &set));
}

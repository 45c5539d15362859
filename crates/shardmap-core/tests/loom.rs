//! The slot protocol under every interleaving: a remembered pair that its slot confirms is never older than a write that was told of.
#![cfg(shardmap_loom)]

use loom::sync::{
    atomic::{AtomicBool, AtomicU32, Ordering},
    Arc, RwLock,
};
use shardmap_core::{slots::Slots, turn::Turn};

/// One shard with two keys on one slot.
struct Shard {
    slots: Slots,
    values: RwLock<[u32; 2]>,
}

impl Shard {
    fn new() -> Arc<Self> {
        Arc::new(Self { slots: Slots::new(1), values: RwLock::new([0; 2]) })
    }

    fn write(&self, key: usize, value: u32) {
        let mut values = self.values.write().unwrap();
        self.slots.advance(0);
        values[key] = value;
    }

    fn read(&self, key: usize) -> (u32, u32) {
        let values = self.values.read().unwrap();
        (values[key], self.slots.version(0))
    }
}

/// A reader that has cached a key, is then told of a write, and looks again.
fn told_reader_sees(shard: &Arc<Shard>, write: fn(&Shard)) {
    let told = Arc::new(AtomicBool::new(false));
    let writer = {
        let (shard, told) = (shard.clone(), told.clone());
        loom::thread::spawn(move || {
            write(&shard);
            told.store(true, Ordering::Release);
        })
    };
    let (value, version) = shard.read(0);
    if told.load(Ordering::Acquire) && shard.slots.version(0) == version {
        assert_eq!(value, 1, "a hit contradicts a write that the reader was told of");
    }
    writer.join().unwrap();
}

#[test]
fn a_hit_is_never_older_than_a_write_the_reader_was_told_of() {
    loom::model(|| told_reader_sees(&Shard::new(), |shard| shard.write(0, 1)));
}

#[test]
fn two_writers_on_one_slot_never_leave_a_stale_hit() {
    loom::model(|| {
        let shard = Shard::new();
        let other = {
            let shard = shard.clone();
            loom::thread::spawn(move || shard.write(1, 7))
        };
        told_reader_sees(&shard, |shard| shard.write(0, 1));
        other.join().unwrap();
    });
}

#[test]
fn a_value_and_its_version_are_of_one_moment() {
    loom::model(|| {
        let shard = Shard::new();
        let writer = {
            let shard = shard.clone();
            loom::thread::spawn(move || shard.write(0, 1))
        };
        let (value, version) = shard.read(0);
        assert_eq!(value, version, "the version counts the writes of this one-writer history");
        writer.join().unwrap();
    });
}

/// The planted fault: a version that is read after the lock was released may belong to a later value.
#[test]
#[should_panic(expected = "a hit contradicts")]
fn a_version_read_after_the_lock_is_caught() {
    loom::model(|| {
        let shard = Shard::new();
        let told = Arc::new(AtomicBool::new(false));
        let writer = {
            let (shard, told) = (shard.clone(), told.clone());
            loom::thread::spawn(move || {
                shard.write(0, 1);
                told.store(true, Ordering::Release);
            })
        };
        let value = shard.values.read().unwrap()[0];
        let version = shard.slots.version(0);
        if told.load(Ordering::Acquire) && shard.slots.version(0) == version {
            assert_eq!(value, 1, "a hit contradicts a write that the reader was told of");
        }
        writer.join().unwrap();
    });
}

/// The planted fault: a slot advanced after the lock was released lets a told reader keep the old value.
#[test]
#[should_panic(expected = "a hit contradicts")]
fn a_slot_advanced_outside_the_lock_is_caught() {
    loom::model(|| {
        let shard = Shard::new();
        let stored = Arc::new(AtomicBool::new(false));
        let writer = {
            let (shard, stored) = (shard.clone(), stored.clone());
            loom::thread::spawn(move || {
                shard.values.write().unwrap()[0] = 1;
                stored.store(true, Ordering::Release);
                shard.slots.advance(0);
            })
        };
        let (value, version) = shard.read(0);
        // Another reader has seen the value in the map and told this one of it.
        if stored.load(Ordering::Acquire) && shard.slots.version(0) == version {
            assert_eq!(value, 1, "a hit contradicts a write that the reader was told of");
        }
        writer.join().unwrap();
    });
}

/// A versioned map of two keys, each with a slot of its own; a version is its number, which both keys have as value.
struct Versions {
    slots: Slots,
    turn: Turn,
    root: AtomicU32,
}

impl Versions {
    fn new() -> Arc<Self> {
        Arc::new(Self { slots: Slots::new(2), turn: Turn::default(), root: AtomicU32::new(0) })
    }

    fn commit(&self) {
        self.turn.begin();
        self.slots.advance(0);
        self.slots.advance(1);
        self.root.fetch_add(1, Ordering::AcqRel);
        self.turn.end();
    }

    /// The value of a key, and its slot's version if both may be remembered.
    fn read(&self, key: usize) -> (u32, Option<u32>) {
        let before = self.turn.number();
        let version = self.slots.version(key);
        let value = self.root.load(Ordering::Acquire);
        (value, self.turn.is_still(before).then_some(version))
    }

    fn is_hit(&self, key: usize, remembered: Option<u32>) -> bool {
        remembered.is_some_and(|version| self.slots.version(key) == version)
    }
}

/// A reader remembers a key, is told of a commit, and looks again; another one sees a key of the commit natively, then the other key.
fn commits_are_seen_whole(commit: fn(&Versions), read: fn(&Versions, usize) -> (u32, Option<u32>)) {
    let map = Versions::new();
    let told = Arc::new(AtomicBool::new(false));
    let writer = {
        let (map, told) = (map.clone(), told.clone());
        loom::thread::spawn(move || {
            commit(&map);
            told.store(true, Ordering::Release);
        })
    };
    let (one, remembered) = read(&map, 1);
    let (other, _) = map.read(0);
    if told.load(Ordering::Acquire) || other == 1 {
        assert!(one == 1 || !map.is_hit(1, remembered), "a hit is older than a commit that the reader knows of");
    }
    writer.join().unwrap();
}

#[test]
fn who_knows_of_a_commit_hits_no_older_value() {
    loom::model(|| commits_are_seen_whole(Versions::commit, Versions::read));
}

#[test]
#[should_panic(expected = "a hit is older")]
fn a_reader_that_does_not_ask_for_turns_is_found() {
    let careless = |map: &Versions, key: usize| {
        let version = map.slots.version(key);
        (map.root.load(Ordering::Acquire), Some(version))
    };
    loom::model(move || commits_are_seen_whole(Versions::commit, careless));
}

#[test]
#[should_panic(expected = "a hit is older")]
fn slots_advanced_after_the_swap_are_found() {
    let late = |map: &Versions| {
        map.turn.begin();
        map.root.fetch_add(1, Ordering::AcqRel);
        map.slots.advance(0);
        map.slots.advance(1);
        map.turn.end();
    };
    loom::model(move || commits_are_seen_whole(late, Versions::read));
}

//! The order of a publication under every interleaving: who knows of a commit hits no older value.

use loom::sync::{
    atomic::{AtomicBool, AtomicU32, Ordering},
    Arc,
};
use shardmap_core::{slots::Slots, turn::Turn};

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

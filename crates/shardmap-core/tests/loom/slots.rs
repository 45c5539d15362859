//! The slot protocol under every interleaving: a remembered pair that its slot confirms is never older than a write that was told of.

use loom::sync::{
    atomic::{AtomicBool, Ordering},
    Arc, RwLock,
};
use shardmap_core::slots::Slots;

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

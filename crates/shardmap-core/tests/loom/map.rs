//! A [`ShardedMap`] under every interleaving: the slots of its own reads and writes, its limits, its end.

use super::{beside, explore, key, nothing_told_of_is_missed, number, owned, value};
use shardmap_core::{slots::Slots, Code, Options, ShardedMap, Write};
use std::sync::Arc;

fn map(options: Options) -> Arc<ShardedMap> {
    ShardedMap::new(Options { shards: Some(2), ..options }).unwrap()
}

fn get(map: &ShardedMap, at: u8) -> (Option<u32>, usize, u32) {
    let found = map.get(key(at)).unwrap();
    (number(found.value.as_ref()), found.slot, found.version)
}

/// A key that is 0 is written, and should then be this.
fn told(write: fn(&ShardedMap), written: Option<u32>) {
    explore(move || {
        let map = map(Options::default());
        map.set(key(1), value(0)).unwrap();
        nothing_told_of_is_missed(map, write, |map| get(map, 1), written);
    });
}

#[test]
fn a_hit_is_never_older_than_a_set() {
    told(|map| drop(map.set(key(1), value(1)).unwrap()), Some(1));
}

#[test]
fn a_hit_is_never_older_than_a_deletion() {
    told(|map| drop(map.delete(key(1)).unwrap()), None);
}

#[test]
fn a_hit_is_never_older_than_an_increment_in_place() {
    told(|map| drop(map.increment(key(1), None).unwrap()), Some(1));
}

#[test]
fn a_hit_is_never_older_than_a_clear() {
    told(|map| map.clear().unwrap(), None);
}

#[test]
fn a_hit_is_never_older_than_many_writes_at_once() {
    explore(|| {
        let map = map(Options { max_entries: Some(2), ..Options::default() });
        map.set(key(1), value(0)).unwrap();
        let writes = |map: &ShardedMap| {
            let writes = [1, 2].map(|at| (owned(at), Write::Put(value(1))));
            assert_eq!(map.apply_all(writes.into()).unwrap(), 1);
        };
        nothing_told_of_is_missed(map, writes, |map| get(map, 1), Some(1));
    });
}

#[test]
fn an_absence_that_was_remembered_ends_with_the_map() {
    explore(|| {
        let map = map(Options::default());
        let reader = beside(&map, |map| map.get(key(1)).ok());
        map.destroy();
        if let Some(found) = reader.join().unwrap() {
            assert_ne!(Slots::process().version(found.slot), found.version, "an absence holds after the end");
        }
        assert_eq!(map.set(key(1), value(1)).unwrap_err().code(), Code::Closed);
    });
}

#[test]
fn two_increments_are_both_there() {
    explore(|| {
        let map = map(Options::default());
        let other = beside(&map, |map| drop(map.increment(key(1), None).unwrap()));
        map.increment(key(1), None).unwrap();
        other.join().unwrap();
        assert_eq!(get(&map, 1).0, Some(2));
    });
}

/// Found by reading, and then by this: the refused writer had reserved an entry, gave it back, and meanwhile another one was refused.
#[test]
fn a_write_that_fits_is_not_refused_because_of_one_that_does_not() {
    explore(|| {
        let map = map(Options { max_entries: Some(1), max_bytes: Some(1_000), ..Options::default() });
        let large = beside(&map, |map| {
            let large = shardmap_core::Value::payload(shardmap_core::Kind::Bytes, &[7; 2_000]).unwrap();
            assert_eq!(map.set(key(1), large).unwrap_err().code(), Code::Full);
        });
        map.set(key(2), value(1)).expect("it fits");
        large.join().unwrap();
    });
}

#[test]
fn a_limit_is_neither_passed_nor_missed() {
    explore(|| {
        let map = map(Options { max_entries: Some(1), ..Options::default() });
        let other = beside(&map, |map| map.set(key(1), value(1)).is_ok());
        let own = map.set(key(2), value(1)).is_ok();
        assert!(other.join().unwrap() != own, "both or none of two that want the last place have it");
        map.delete(key(if own { 2 } else { 1 })).unwrap();
        map.set(key(3), value(1)).expect("what is deleted is given back");
    });
}

/// Three keys are written one after the other, by one each; who reads all as of one moment sees the first ones of them.
#[test]
fn what_is_read_together_was_there_together() {
    explore(|| {
        let map = map(Options::default());
        let writer = beside(&map, |map| [1, 2].map(|at| drop(map.set(key(at), value(1)).unwrap())));
        let seen = map.get_consistent(&[key(2), key(1)]).unwrap();
        assert!(seen[0].is_none() || seen[1].is_some(), "the later write is there and the earlier one is not");
        writer.join().unwrap();
    });
}

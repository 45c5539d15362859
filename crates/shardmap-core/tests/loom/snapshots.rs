//! Snapshots of a [`ShardedMap`] under every interleaving: one point in time, whatever writers and other snapshots do.

use super::{beside, explore, key, number, value};
use shardmap_core::{Options, ShardedMap, Snapshot};
use std::sync::Arc;

fn map() -> Arc<ShardedMap> {
    ShardedMap::new(Options { shards: Some(2), ..Options::default() }).unwrap()
}

fn set(map: &ShardedMap, at: u8, to: u32) {
    map.set(key(at), value(to)).unwrap();
}

/// Two keys of different shards.
fn keys() -> [u8; 2] {
    let shard = |at: u8| (key(at).hash << 7) >> 63;
    [0, (1..64).find(|&at| shard(at) != shard(0)).unwrap()]
}

fn read(snapshot: &Snapshot) -> [Option<u32>; 2] {
    keys().map(|at| number(snapshot.get(key(at)).as_ref()))
}

#[test]
fn a_snapshot_has_no_later_write_without_the_earlier_one_and_stays_what_it_is() {
    explore(|| {
        let map = map();
        let writer = beside(&map, |map| keys().map(|at| set(map, at, 1)));
        let snapshot = map.snapshot().unwrap();
        let seen = read(&snapshot);
        assert!([[None, None], [Some(1), None], [Some(1), Some(1)]].contains(&seen), "{seen:?}");
        writer.join().unwrap();
        assert_eq!(read(&snapshot), seen, "a snapshot has changed");
    });
}

#[test]
fn a_snapshot_that_goes_while_another_one_comes_takes_nothing_from_it() {
    explore(|| {
        let map = map();
        set(&map, keys()[0], 1);
        let first = map.snapshot().unwrap();
        let goes = beside(&map, |_| drop(first));
        let snapshot = map.snapshot().unwrap();
        set(&map, keys()[0], 2);
        goes.join().unwrap();
        assert_eq!(read(&snapshot)[0], Some(1), "a write went through to a snapshot");
    });
}

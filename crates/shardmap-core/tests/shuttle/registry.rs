//! Names: whoever opens one has the map that has it, and names settle whatever is opened, ended and refused at once.

use super::{beside, explore, key, value};
use shardmap_core::{
    cache::{self, Cache},
    registry::{destroy, names, open},
    versions::{self, VersionedMap},
    Code, Options, ShardedMap,
};
use shuttle::thread;
use std::sync::Arc;

const NAME: &str = "name";

fn open_map() -> Arc<ShardedMap> {
    open(NAME, Options { shards: Some(2), ..Options::default() }).unwrap()
}

fn is_over(map: &ShardedMap) -> bool {
    map.has(key(1)).is_err_and(|error| error.code() == Code::Closed)
}

#[test]
fn who_opens_a_name_at_once_has_the_same_map() {
    explore(|| {
        let other = thread::spawn(open_map);
        assert!(Arc::ptr_eq(&open_map(), &other.join().unwrap()));
        assert_eq!(names::<ShardedMap>(), [NAME]);
    });
}

#[test]
fn of_all_maps_that_were_opened_under_a_name_only_the_one_that_has_it_lives() {
    explore(|| {
        let opened = || {
            thread::spawn(|| {
                let first = open_map();
                let _ = first.set(key(1), value(1));
                destroy::<ShardedMap>(NAME).unwrap();
                [first, open_map()]
            })
        };
        let threads = [opened(), opened()];
        destroy::<ShardedMap>(NAME).unwrap();
        let maps: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        let present = names::<ShardedMap>().first().map(|_| open_map());
        for map in maps {
            let has_it = present.as_ref().is_some_and(|present| Arc::ptr_eq(present, &map));
            assert_eq!(is_over(&map), !has_it, "a map without a name lives, or one with a name does not");
        }
        assert_eq!(destroy::<ShardedMap>(NAME).unwrap(), present.is_some());
        assert!(names::<ShardedMap>().is_empty());
    });
}

#[test]
fn of_two_kinds_under_one_name_one_is_refused() {
    explore(|| {
        let other = thread::spawn(|| open::<Cache>(NAME, cache::Options { max: Some(2), ..cache::Options::default() }).err());
        let own = open::<VersionedMap>(NAME, versions::Options::default()).err();
        let refused: Vec<_> = [own, other.join().unwrap()].into_iter().flatten().map(|error| error.code()).collect();
        assert_eq!(refused, [Code::Mismatch]);
        assert_eq!(names::<Cache>().len() + names::<VersionedMap>().len(), 1);
    });
}

#[test]
fn who_waits_for_a_name_behind_an_opening_that_fails_gets_it() {
    explore(|| {
        let fails = thread::spawn(|| {
            let options = Options { shards: Some(3), ..Options::default() };
            assert!(open::<ShardedMap>(NAME, options).is_err());
        });
        let waits = thread::spawn(open_map);
        let map = open_map();
        assert!(Arc::ptr_eq(&map, &waits.join().unwrap()));
        fails.join().unwrap();
    });
}

#[test]
fn who_opens_while_another_one_ends_gets_an_empty_map() {
    explore(|| {
        let map = open_map();
        map.set(key(1), value(1)).unwrap();
        let ends = beside(&map, |_| destroy::<ShardedMap>(NAME).unwrap());
        let next = open_map();
        if !Arc::ptr_eq(&map, &next) {
            assert!(is_over(&map), "a name was free before its map had ended");
            assert_eq!(next.entries().unwrap(), 0);
        }
        assert!(ends.join().unwrap());
    });
}

//! What is held stays, what is no longer held is freed, and what a destroyed map answers.

use super::{commit, counting, key, map, number, put, replace, writes, MODES};
use shardmap_core::{
    key::KeyRef,
    slots::Slots,
    versions::{Base, Change, Commit, Done, VersionedMap, Write},
    Code, Kind, Result, Value,
};
use std::{
    sync::{mpsc, Arc},
    thread,
    time::Instant,
};

#[test]
fn a_view_is_what_it_was_whatever_is_committed_and_destroyed() {
    for mode in MODES {
        let map = map(mode, 0);
        commit(&map, [put(1, 1.0), put(2, 2.0)]);
        let view = map.hold(map.latest().unwrap());
        commit(&map, [put(1, 9.0)]);
        replace(&map, vec![put(3, 3.0)]).unwrap();
        map.destroy().unwrap();
        assert_eq!(view.root().version, 1);
        assert_eq!(view.get(KeyRef::new(key(1).as_bytes())).unwrap().as_number(), Some(1.0));
        assert!(view.get(KeyRef::new(key(3).as_bytes())).is_none());
        assert_eq!(view.page(0).rows.len(), 2);
    }
}

#[test]
fn views_are_counted_and_the_oldest_one_has_its_age() {
    let map = map(MODES[0], 0);
    let seen = |map: &Arc<VersionedMap>| {
        let stats = map.stats().unwrap();
        (stats.live_snapshots, u128::from(stats.oldest_snapshot))
    };
    assert_eq!(seen(&map), (0, 0));
    let before = Instant::now();
    let first = map.hold(map.latest().unwrap());
    let after = Instant::now();
    let second = map.hold(map.at(0).unwrap());
    // Its age grows.
    while seen(&map).1 < 2 {
        thread::yield_now();
    }
    let least = after.elapsed().as_millis();
    let (count, age) = seen(&map);
    assert!(count == 2 && (least..=before.elapsed().as_millis()).contains(&age), "{age} ms");
    let before_third = Instant::now();
    let third = map.hold(map.latest().unwrap());
    drop((second, first));
    let (count, age) = seen(&map);
    assert!(count == 1 && age <= before_third.elapsed().as_millis(), "{age} ms");
    drop(third);
    assert_eq!(seen(&map), (0, 0));
}

// Its message said to hold a snapshot, which helped nobody who then came with the number.
#[test]
fn a_version_that_a_view_holds_is_found_by_its_number_and_no_other_older_one() {
    let map = map(MODES[0], 1);
    commit(&map, [put(1, 1.0)]);
    let views = [map.hold(map.latest().unwrap()), map.hold(map.latest().unwrap())];
    for value in 2..6 {
        commit(&map, [put(2, f64::from(value))]);
    }
    for view in views {
        assert!(Arc::ptr_eq(&map.at(1).unwrap(), view.root()));
        assert!(map.at(2).is_err() && map.at(3).is_err() && map.at(4).is_ok());
        drop(view);
    }
    assert!(map.at(1).is_err() && matches!(map.base(1), Base::Gone(1)));
}

fn large(numbers: std::ops::Range<u32>, fill: u8) -> Vec<Write> {
    numbers.map(|at| Write::new(key(at), Some(Value::payload(Kind::Bytes, &[fill; 100]).unwrap()))).collect()
}

// With no more entries than are freed where they are let go, for the allocator counts by thread.
#[test]
fn memory_of_versions_that_are_neither_kept_nor_held_comes_back() {
    for mode in MODES {
        let before = counting::live();
        let map = map(mode, 0);
        replace(&map, large(0..8_000, 0)).unwrap();
        let one = counting::live() - before;
        let view = map.hold(map.latest().unwrap());
        replace(&map, large(0..8_000, 1)).unwrap();
        let two = counting::live() - before;
        assert!(two > one * 9 / 5, "a held version is whole: {two} after {one}");
        drop(view);
        let again = counting::live() - before;
        assert!((again - one).abs() < one / 20, "{again} bytes where {one} were enough");
        drop(map);
        let left = counting::live() - before;
        assert!(left < 4_096, "{left} bytes are left of a map that is gone");
    }
}

#[test]
fn a_history_takes_what_its_versions_do_not_share_and_no_more_as_it_moves_on() {
    let before = counting::live();
    let map = map(MODES[0], 8);
    replace(&map, large(0..10_000, 0)).unwrap();
    let round = |fill: u8| {
        for at in 0..50 {
            map.commit_sync(Commit::of(Change::Writes(large(at..at + 1, fill)))).unwrap();
        }
        counting::live() - before
    };
    let settled = round(1);
    for fill in 2..12 {
        let now = round(fill);
        assert!((now - settled).abs() < settled / 50, "{now} bytes where {settled} were enough");
    }
}

#[test]
fn a_destroyed_map_refuses_everything_and_its_cached_values_are_stale() {
    let map = map(MODES[0], 16);
    let named = || Commit { tx_id: Some("id".into()), ..writes([put(1, 1.0)]) };
    map.commit_sync(named()).unwrap();
    let root = map.latest().unwrap();
    let one = key(1);
    let lookup = map.get(KeyRef::new(one.as_bytes())).unwrap();
    let absent = map.get(KeyRef::new(&[0x10])).unwrap();
    let replacement = map.replacement(vec![put(1, 2.0)]).unwrap();
    map.destroy().unwrap();
    map.destroy().unwrap();
    for cached in [lookup, absent] {
        assert_ne!(Slots::process().version(cached.slot), cached.version);
    }
    fn closed<T>(result: Result<T>) -> bool {
        result.is_err_and(|error| error.code() == Code::Closed)
    }
    assert!(closed(map.get(KeyRef::new(one.as_bytes()))) && closed(map.has(KeyRef::new(one.as_bytes()))));
    assert!(closed(map.latest()) && closed(map.at(1)) && closed(map.kept()) && closed(map.changes(1)) && closed(map.stats()));
    assert!(closed(map.export_delta(0)) && closed(map.replacement(Vec::new())));
    assert!(closed(map.commit_sync(writes([]))) && closed(map.commit_sync(Commit::of(Change::Replace(replacement)))));
    assert!(closed(map.commit_sync(named())), "also what was done before, by its id");
    let (tell, told) = mpsc::channel();
    map.commit(writes([]), Done::new(move |result| tell.send(result).unwrap()));
    assert!(closed(told.recv().unwrap()));
    assert_eq!(number(&root.tree, 1), Some(1.0));
}

#[test]
fn commits_that_wait_when_the_map_ends_are_told_so() {
    let map = map(MODES[0], 16);
    let (tell, told) = mpsc::channel();
    let inner = map.clone();
    // Within the end of a commit the writer is at work, and so the next ones wait.
    map.commit(
        writes([put(1, 1.0)]),
        Done::new(move |first| {
            for _ in 0..10 {
                let tell = tell.clone();
                inner.commit(writes([put(1, 2.0)]), Done::new(move |result| tell.send(result).unwrap()));
            }
            let map = inner.clone();
            thread::spawn(move || map.destroy().unwrap());
            while inner.latest().is_ok() {
                thread::yield_now();
            }
            tell.send(first).unwrap();
        }),
    );
    assert_eq!(told.recv().unwrap().unwrap(), 1);
    let rest: Vec<_> = told.iter().map(|result| result.unwrap_err().code()).collect();
    assert_eq!(rest, [Code::Closed; 10]);
}

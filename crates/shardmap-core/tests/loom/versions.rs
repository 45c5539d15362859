//! A [`VersionedMap`] under every interleaving: its own publication, commits and end.

use super::{beside, explore, key, nothing_told_of_is_missed, number, owned, value};
use loom::sync::mpsc;
use shardmap_core::{
    slots::Slots,
    thread,
    versions::{Change, Commit, Delta, Options, VersionedMap, Write},
    Code, Done, Result,
};
use std::sync::Arc;

fn map() -> Arc<VersionedMap> {
    VersionedMap::new(Options { history: Some(1), ..Options::default() }).unwrap()
}

/// Both keys get this value.
fn both(to: u32) -> Commit {
    Commit::of(Change::Writes([1, 2].map(|at| Write::new(owned(at), Some(value(to)))).into()))
}

fn one(to: u32) -> Commit {
    Commit::of(Change::Writes(vec![Write::new(owned(1), Some(value(to)))]))
}

fn get(map: &VersionedMap, at: u8) -> (Option<u32>, usize, u32) {
    let found = map.get(key(at)).unwrap();
    (number(found.value.as_ref()), found.slot, found.version)
}

fn ask(map: &Arc<VersionedMap>, commit: Commit) -> mpsc::Receiver<Result<u64>> {
    let (tell, told) = mpsc::channel();
    map.commit(commit, Done::new(move |result| tell.send(result).unwrap()));
    told
}

#[test]
fn a_hit_is_never_older_than_a_commit_the_reader_was_told_of() {
    explore(|| {
        let map = map();
        let write = |map: &Arc<VersionedMap>| assert_eq!(map.commit_sync(both(1)).unwrap(), 1);
        // The map itself is what commits.
        nothing_told_of_is_missed(Arc::new(map), write, |map| get(map, 1), Some(1));
    });
}

#[test]
fn who_has_seen_one_key_of_a_commit_hits_no_older_value_of_another() {
    explore(|| {
        let map = map();
        let writer = beside(&map, |map| map.commit_sync(both(1)).unwrap());
        let (other, slot, version) = get(&map, 2);
        let (seen, ..) = get(&map, 1);
        if seen == Some(1) && Slots::process().version(slot) == version {
            assert_eq!(other, Some(1), "a hit is older than a commit that the reader knows of");
        }
        writer.join().unwrap();
    });
}

#[test]
fn who_has_seen_the_latest_version_finds_it_among_those_that_are_kept() {
    explore(|| {
        let map = map();
        let writer = beside(&map, |map| map.commit_sync(one(1)).unwrap());
        let seen = map.latest().unwrap();
        assert_eq!(map.at(seen.version).unwrap().version, seen.version);
        writer.join().unwrap();
    });
}

#[test]
fn commits_that_come_at_once_are_each_answered_with_a_version_of_its_own() {
    explore(|| {
        let map = map();
        let other = beside(&map, |map| ask(map, one(1)).recv().unwrap().unwrap());
        let own = ask(&map, one(2)).recv().unwrap().unwrap();
        let mut versions = [own, other.join().unwrap()];
        let last = if versions[0] > versions[1] { 2 } else { 1 };
        versions.sort_unstable();
        assert_eq!((versions, get(&map, 1).0), ([1, 2], Some(last)));
        thread::rest();
    });
}

#[test]
fn a_commit_that_waits_for_its_turn_and_one_that_does_not_are_both_answered() {
    explore(|| {
        let map = map();
        let other = beside(&map, |map| map.commit_sync(one(1)).unwrap());
        let own = ask(&map, one(2)).recv().unwrap().unwrap();
        assert_eq!(own + other.join().unwrap(), 3);
        thread::rest();
    });
}

#[test]
fn a_commit_during_the_end_is_answered_once() {
    explore(|| {
        let map = map();
        let other = beside(&map, |map| ask(map, one(1)).recv().unwrap());
        map.destroy().unwrap();
        let answer = other.join().unwrap();
        assert!(matches!(answer, Ok(1)) || answer.is_err_and(|error| error.code() == Code::Closed));
        thread::rest();
    });
}

/// Found by reading, and then by this: a map that was being destroyed looked empty, at version 0, for a moment.
fn the_end_is_no_empty_version(look: fn(&VersionedMap) -> Result<bool>) {
    explore(move || {
        let map = map();
        map.commit_sync(one(1)).unwrap();
        let reader = beside(&map, move |map| look(map));
        map.destroy().unwrap();
        match reader.join().unwrap() {
            Ok(is_there) => assert!(is_there, "what was committed is not there"),
            Err(error) => assert_eq!(error.code(), Code::Closed),
        }
    });
}

#[test]
fn a_key_is_there_or_the_map_is_closed() {
    the_end_is_no_empty_version(|map| map.has(key(1)));
}

#[test]
fn a_value_is_there_or_the_map_is_closed() {
    the_end_is_no_empty_version(|map| Ok(map.get(key(1))?.value.is_some()));
}

#[test]
fn the_latest_version_is_there_or_the_map_is_closed() {
    the_end_is_no_empty_version(|map| Ok(map.latest()?.version == 1));
}

#[test]
fn a_kept_version_is_there_or_the_map_is_closed() {
    the_end_is_no_empty_version(|map| Ok(map.at(1)?.version == 1));
}

#[test]
fn the_kept_versions_are_there_or_the_map_is_closed() {
    the_end_is_no_empty_version(|map| Ok(map.kept()?.len() == 2));
}

#[test]
fn the_changes_are_there_or_the_map_is_closed() {
    the_end_is_no_empty_version(|map| Ok(map.changes(1)?.len() == 1));
}

#[test]
fn what_is_exported_is_there_or_the_map_is_closed() {
    the_end_is_no_empty_version(|map| Ok(Delta::decode(&map.export_delta(0)?)?.to == 1));
}

#[test]
fn statistics_are_those_of_a_version_or_the_map_is_closed() {
    the_end_is_no_empty_version(|map| map.stats().map(|stats| (stats.version, stats.entries, stats.versions_kept) == (1, 1, 2)));
}

#[test]
fn what_was_remembered_ends_with_the_map() {
    explore(|| {
        let map = map();
        let reader = beside(&map, |map| map.get(key(1)).ok());
        map.destroy().unwrap();
        if let Some(found) = reader.join().unwrap() {
            assert_ne!(Slots::process().version(found.slot), found.version, "an absence holds after the end");
        }
    });
}

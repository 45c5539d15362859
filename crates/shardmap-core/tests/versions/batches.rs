//! Commits that wait while another one is done, and commits that are asked for twice.

use super::{commit, key, map, number, put, writes, MODES};
use shardmap_core::{
    versions::{Base, Change, Commit, Done, VersionedMap},
    Code, Error, Result,
};
use std::sync::{mpsc, Arc};

/// Asks for these commits while the writer is at work, so that they are one batch; returns how they end, and which version was the latest when
/// they were told.
fn together(map: &Arc<VersionedMap>, commits: Vec<Commit>) -> Vec<(Result<u64>, u64)> {
    let (tell, told) = mpsc::channel();
    let count = commits.len();
    let inner = map.clone();
    map.commit(
        writes([]),
        Done::new(move |_| {
            for (index, commit) in commits.into_iter().enumerate() {
                let (tell, map) = (tell.clone(), inner.clone());
                inner.commit(commit, Done::new(move |result| tell.send((index, result, map.latest().unwrap().version)).unwrap()));
            }
        }),
    );
    let mut ends: Vec<_> = told.iter().take(count).collect();
    ends.sort_by_key(|(index, ..)| *index);
    ends.into_iter().map(|(_, result, latest)| (result, latest)).collect()
}

fn named<const N: usize>(id: &str, all: [shardmap_core::versions::Write; N]) -> Commit {
    Commit { tx_id: Some(id.into()), ..writes(all) }
}

fn code(result: &Result<u64>) -> Option<Code> {
    result.as_ref().err().map(Error::code)
}

#[test]
fn what_waits_for_the_writer_is_published_at_once_with_a_version_for_each() {
    for mode in MODES {
        let map = map(mode, 200);
        let ends = together(&map, (0..100).map(|at| writes([put(at, 1.0)])).collect());
        for (index, (result, latest)) in ends.into_iter().enumerate() {
            assert_eq!((result.unwrap(), latest), (index as u64 + 2, 101), "all are visible when the first is told");
        }
        for at in 0..100 {
            let root = map.at(u64::from(at) + 2).unwrap();
            assert_eq!((root.tree.len() as u32, number(&root.tree, at)), (at + 1, Some(1.0)));
        }
    }
}

#[test]
fn of_commits_in_one_batch_that_read_what_they_write_one_wins() {
    let map = map(MODES[0], 16);
    commit(&map, [put(1, 0.0)]);
    let base = map.latest().unwrap();
    let add = |value| Commit { base: Base::Seen(base.clone()), reads: vec![key(1)], ..writes([put(1, value)]) };
    let ends = together(&map, vec![add(1.0), add(2.0), writes([put(2, 2.0)]), add(3.0)]);
    let codes: Vec<_> = ends.iter().map(|(result, _)| code(result)).collect();
    assert_eq!(codes, [None, Some(Code::Conflict), None, Some(Code::Conflict)]);
    let latest = map.latest().unwrap();
    assert_eq!((latest.version, number(&latest.tree, 1), number(&latest.tree, 2)), (4, Some(1.0), Some(2.0)));
    assert_eq!(map.stats().unwrap().conflicts, 2);
}

#[test]
fn an_id_is_done_once_within_a_batch_and_after_it() {
    let map = map(MODES[0], 16);
    let ends = together(&map, vec![named("a", [put(1, 1.0)]), named("b", [put(1, 2.0)]), named("a", [put(1, 3.0)])]);
    let versions: Vec<_> = ends.into_iter().map(|(result, _)| result.unwrap()).collect();
    assert_eq!(versions, [2, 3, 2]);
    assert_eq!(map.commit_sync(named("a", [put(1, 4.0)])).unwrap(), 2);
    assert_eq!((map.latest().unwrap().version, number(&map.latest().unwrap().tree, 1)), (3, Some(2.0)));
}

#[test]
fn an_id_whose_commit_failed_may_be_tried_again() {
    let map = map(MODES[0], 16);
    let base = map.latest().unwrap();
    commit(&map, [put(1, 1.0)]);
    let lost = Commit { base: Base::Seen(base), reads: vec![key(1)], ..named("a", [put(1, 2.0)]) };
    let ends = together(&map, vec![lost, named("a", [put(1, 3.0)])]);
    assert_eq!((code(&ends[0].0), ends[1].0.as_ref().ok()), (Some(Code::Conflict), Some(&3)));
    assert_eq!(number(&map.latest().unwrap().tree, 1), Some(3.0));
}

#[test]
fn the_last_ten_thousand_ids_are_remembered() {
    let map = map(MODES[0], 0);
    for id in 0..=10_000 {
        map.commit_sync(named(&id.to_string(), [])).unwrap();
    }
    assert_eq!(map.commit_sync(named("1", [])).unwrap(), 2, "the oldest that is remembered");
    assert_eq!(map.commit_sync(named("10000", [])).unwrap(), 10_001);
    assert_eq!(map.commit_sync(named("0", [])).unwrap(), 10_002, "forgotten, and so done again");
    assert_eq!(map.commit_sync(named("1", [])).unwrap(), 10_003, "forgotten for the sake of the one before");
}

#[test]
fn a_rollback_in_a_batch_sees_the_versions_before_it() {
    for mode in MODES {
        let map = map(mode, 16);
        commit(&map, [put(1, 1.0)]);
        // The first commit of `together` is version 2.
        let rollback = |version| Commit::of(Change::Rollback(version));
        let ends = together(&map, vec![writes([put(1, 3.0)]), writes([put(1, 4.0)]), rollback(3), rollback(4), rollback(1)]);
        assert!(ends.into_iter().map(|(result, _)| result.unwrap()).eq(3..=7));
        let values: Vec<_> = (1..=7).map(|version| number(&map.at(version).unwrap().tree, 1).unwrap()).collect();
        assert_eq!(values, [1.0, 1.0, 3.0, 4.0, 3.0, 4.0, 1.0]);
    }
}

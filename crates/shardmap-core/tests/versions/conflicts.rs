//! When a commit loses against others, key by key, and what its error says.

use super::{commit, delete, encoded, key, map, number, put, replace, writes, MODES};
use shardmap_core::{
    versions::{Base, Change, Commit, VersionedMap},
    Code,
};
use std::sync::Arc;

type Other = fn(&Arc<VersionedMap>) -> u64;

/// What others do after the version read, in which keys 1 and 2 are present and 3 is absent; the key read; whether it counts as written.
const MATRIX: [(&str, Other, u32, bool); 14] = [
    ("nothing", |_| 0, 1, false),
    ("the key", |map| commit(map, [put(1, 9.0)]), 1, true),
    ("the key, with the value it had", |map| commit(map, [put(1, 1.0)]), 1, true),
    ("another key", |map| commit(map, [put(2, 9.0)]), 1, false),
    ("another key, and that deleted", |map| commit(map, [put(4, 9.0), delete(4), delete(2)]), 1, false),
    ("deleted", |map| commit(map, [delete(1)]), 1, true),
    (
        "deleted and made again",
        |map| {
            commit(map, [delete(1)]);
            commit(map, [put(1, 1.0)])
        },
        1,
        true,
    ),
    ("an absent key made", |map| commit(map, [put(3, 9.0)]), 3, true),
    ("an absent key deleted", |map| commit(map, [delete(3)]), 3, false),
    (
        "an absent key made and deleted",
        |map| {
            commit(map, [put(3, 9.0)]);
            commit(map, [delete(3)])
        },
        3,
        false,
    ),
    (
        "written and rolled back to what it was",
        |map| {
            let base = commit(map, []);
            commit(map, [put(1, 9.0)]);
            map.commit_sync(Commit::of(Change::Rollback(base))).unwrap()
        },
        1,
        true,
    ),
    ("rolled back to before", |map| map.commit_sync(Commit::of(Change::Rollback(0))).unwrap(), 1, true),
    ("all replaced by the same", |map| replace(map, vec![put(1, 1.0), put(2, 2.0)]).unwrap(), 1, true),
    ("all replaced, the absent key still absent", |map| replace(map, vec![put(1, 1.0)]).unwrap(), 3, false),
];

#[test]
fn a_read_key_counts_as_written_by_the_matrix() {
    for mode in MODES {
        for (name, other, read, conflicts) in MATRIX {
            let map = map(mode, 16);
            commit(&map, [put(1, 1.0), put(2, 2.0)]);
            let base = map.latest().unwrap();
            other(&map);
            let before = map.latest().unwrap();
            let done = map.commit_sync(Commit { base: Base::Seen(base.clone()), reads: vec![key(read)], ..writes([put(7, 7.0)]) });
            if conflicts {
                let error = done.expect_err(name);
                assert_eq!((error.code(), error.keys()), (Code::Conflict, &encoded([key(read)])[..]), "{name}");
                assert!(error.message().contains("retry"), "{error}");
                assert!(Arc::ptr_eq(&before, &map.latest().unwrap()), "{name}: a lost commit changes nothing");
            } else {
                assert_eq!(done.expect(name), before.version + 1, "{name}");
                assert_eq!(number(&map.latest().unwrap().tree, 7), Some(7.0), "{name}");
            }
            assert_eq!(map.stats().unwrap().conflicts, u64::from(conflicts), "{name}");
            // What was only written is not checked: the last one stays.
            let blind = Commit { base: Base::Seen(base), ..writes([put(read, 5.0)]) };
            assert_eq!(map.commit_sync(blind).unwrap(), map.latest().unwrap().version, "{name}");
            assert_eq!(number(&map.latest().unwrap().tree, read), Some(5.0), "{name}");
        }
    }
}

#[test]
fn every_key_that_was_written_is_named_and_no_other() {
    let map = map(MODES[0], 16);
    commit(&map, [put(1, 1.0), put(2, 2.0), put(3, 3.0)]);
    let base = map.latest().unwrap();
    commit(&map, [put(1, 9.0), delete(3), put(5, 5.0)]);
    let reads = (0..7).map(key).collect();
    let error = map.commit_sync(Commit { base: Base::Seen(base), reads, ..writes([]) }).unwrap_err();
    assert_eq!(error.keys(), encoded([key(1), key(3), key(5)]));
}

#[test]
fn a_version_that_is_held_serves_as_the_one_read_and_one_that_is_gone_is_refused() {
    let map = map(MODES[0], 0);
    commit(&map, [put(1, 1.0)]);
    let base = map.latest().unwrap();
    for value in 0..10 {
        commit(&map, [put(2, f64::from(value))]);
    }
    let reading = |at| Commit { base: Base::Seen(base.clone()), reads: vec![key(at)], ..writes([put(3, 3.0)]) };
    assert_eq!(map.commit_sync(reading(2)).unwrap_err().code(), Code::Conflict);
    assert_eq!(map.commit_sync(reading(1)).unwrap(), 12);
    let by_number = |version| Commit { base: map.base(version), reads: vec![key(1)], ..writes([]) };
    assert_eq!(map.commit_sync(by_number(1)).unwrap_err().code(), Code::Version);
    assert_eq!(map.commit_sync(by_number(13)).unwrap_err().code(), Code::Version);
    assert_eq!(map.commit_sync(by_number(12)).unwrap(), 13);
}

#[test]
fn a_commit_under_a_lease_that_never_was_is_refused() {
    let map = map(MODES[0], 16);
    let error = map.commit_sync(Commit { lease: Some(u64::MAX), ..writes([put(1, 1.0)]) }).unwrap_err();
    assert_eq!((error.code(), map.latest().unwrap().version), (Code::Locked, 0));
}

//! What a delta carries, where it may be applied, and that nothing but a whole one is taken.

use super::{commit, counting, delete, key, map, number, put, MODES};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use shardmap_core::{
    versions::{Change, Commit, Delta, VersionedMap, Write},
    Code, Error, Kind, Result, Value,
};
use std::{ops::ControlFlow, sync::Arc};

fn apply(map: &Arc<VersionedMap>, delta: &[u8]) -> Result<u64> {
    map.commit_sync(Commit::of(Change::Delta(Delta::decode(delta)?)))
}

fn code<T>(result: Result<T>) -> Option<Code> {
    result.err().as_ref().map(Error::code)
}

/// Every kind of value, with keys of several lengths.
fn filled() -> Arc<VersionedMap> {
    let map = map(MODES[0], 16);
    let scalars =
        [Value::UNDEFINED, Value::NULL, Value::bool(true), Value::bool(false), Value::number(-0.0), Value::bigint(true, &[1, 2]).unwrap()];
    let kinds = [Kind::Latin1, Kind::Utf16, Kind::Bytes, Kind::Packed, Kind::Clone, Kind::Mixed];
    // As packed data it is an array of 15.
    let payloads = kinds.map(|kind| Value::payload(kind, &[&[0x9F][..], &[kind as u8; 15]].concat()).unwrap());
    let write = |(at, value)| Write::new(key(at), Some(value));
    map.commit_sync(Commit::of(Change::Writes((0..).zip(scalars.into_iter().chain(payloads)).map(write).collect()))).unwrap();
    map
}

fn entries(map: &Arc<VersionedMap>) -> Vec<(Vec<u8>, u8, Vec<u8>)> {
    let mut all = Vec::new();
    map.latest().unwrap().tree.walk(0, &mut |entry| {
        all.push((entry.key.as_bytes().to_vec(), entry.value.tag(), entry.value.bytes().to_vec()));
        ControlFlow::Continue(())
    });
    all
}

#[test]
fn an_empty_map_takes_all_of_another_and_follows_it_from_there() {
    for mode in MODES {
        let (origin, follower) = (filled(), map(mode, 16));
        assert_eq!(apply(&follower, &origin.export_delta(0).unwrap()).unwrap(), 1);
        assert_eq!(entries(&follower), entries(&origin));
        commit(&origin, [delete(0), put(1, 1.0), put(99, 9.0)]);
        commit(&origin, [put(1, 2.0)]);
        let delta = origin.export_delta(1).unwrap();
        assert!(delta.len() < 150, "{} bytes for three keys", delta.len());
        assert_eq!(apply(&follower, &delta).unwrap(), 3);
        assert_eq!(entries(&follower), entries(&origin));
        let changes = follower.changes(3).unwrap();
        assert_eq!(changes.len(), 3);
        // Between the versions of the follower, the newest one before counts.
        assert_eq!(follower.at(2).unwrap().version, 1);
        assert_eq!(code(follower.export_delta(2)), Some(Code::Version));
        assert_eq!(apply(&map(mode, 0), &follower.export_delta(0).unwrap()).unwrap(), 3);
    }
}

#[test]
fn a_delta_fits_its_own_version_of_its_own_map() {
    let (origin, stranger, follower) = (filled(), filled(), map(MODES[0], 16));
    let first = origin.export_delta(0).unwrap();
    commit(&origin, [put(1, 1.0)]);
    let second = origin.export_delta(1).unwrap();
    assert_eq!(code(apply(&follower, &second)), Some(Code::Version), "it begins later");
    assert_eq!(apply(&follower, &first).unwrap(), 1);
    assert_eq!(code(apply(&follower, &first)), Some(Code::Version), "it begins earlier");
    assert_eq!(code(apply(&stranger, &second)), Some(Code::Version), "another lineage");
    assert_eq!(apply(&follower, &second).unwrap(), 2);
    assert_eq!(follower.kept().unwrap().len(), 3);
    assert_eq!(stranger.latest().unwrap().version, 1);
}

#[test]
fn a_delta_of_nothing_changes_nothing() {
    let (origin, follower) = (map(MODES[0], 16), map(MODES[0], 16));
    assert_eq!(apply(&follower, &origin.export_delta(0).unwrap()).unwrap(), 0);
    commit(&origin, [put(1, 1.0)]);
    apply(&follower, &origin.export_delta(0).unwrap()).unwrap();
    let latest = follower.latest().unwrap();
    assert_eq!(apply(&follower, &origin.export_delta(1).unwrap()).unwrap(), 1);
    assert!(Arc::ptr_eq(&latest, &follower.latest().unwrap()));
    assert_eq!(follower.kept().unwrap().len(), 2);
    assert_eq!(commit(&follower, []), 2);
}

#[test]
fn a_delta_from_a_version_that_is_not_kept_is_refused() {
    let map = map(MODES[0], 2);
    for value in 0..5 {
        commit(&map, [put(1, f64::from(value))]);
    }
    assert_eq!(code(map.export_delta(2)), Some(Code::Version));
    assert_eq!(code(map.export_delta(6)), Some(Code::Version));
    assert!(map.export_delta(3).is_ok() && map.export_delta(0).is_ok());
}

#[test]
fn whatever_bit_is_flipped_and_wherever_it_ends_a_damaged_delta_is_refused() {
    let origin = filled();
    commit(&origin, [delete(3), put(200, 2.0)]);
    for delta in [origin.export_delta(0).unwrap(), origin.export_delta(1).unwrap()] {
        for at in 0..delta.len() {
            assert_eq!(code(Delta::decode(&delta[..at])), Some(Code::Corrupt), "cut at {at}");
            for bit in 0..8 {
                let mut damaged = delta.clone();
                damaged[at] ^= 1 << bit;
                assert_eq!(code(Delta::decode(&damaged)), Some(Code::Corrupt), "bit {bit} of {at}");
            }
        }
        assert_eq!(code(Delta::decode(&[&delta[..], &[0]].concat())), Some(Code::Corrupt), "longer");
        assert!(Delta::decode(&delta).is_ok());
    }
}

const HUGE: [u8; 9] = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F];

/// A body of these parts with a digest that is right.
fn sealed(parts: &[&[u8]]) -> Vec<u8> {
    let body = [b"SMDELTA1", &[7; 16][..], &[0; 16], &parts.concat()].concat();
    let digest = Sha256::digest(&body);
    [&body[..], &digest].concat()
}

#[test]
fn nonsense_under_a_right_digest_is_refused_without_much_memory() {
    let one = key(1);
    let run = [&[one.as_bytes().len() as u8], one.as_bytes()].concat();
    let nonsense: [(&str, &[&[u8]]); 16] = [
        ("nothing", &[]),
        ("no count", &[&[0, 1]]),
        ("an endless number", &[&[0xFF; 12]]),
        ("a number beyond 64 bits", &[&[0], &[0x80; 9], &[0x02], &[0]]),
        ("a number with zeros before it", &[&[0, 0x81, 0, 0]]),
        ("a huge count", &[&[0, 1], &HUGE]),
        ("a huge key", &[&[0, 1, 1], &HUGE]),
        ("a huge value", &[&[0, 1, 1], &run, &[12], &HUGE]),
        ("no key", &[&[0, 1, 1, 0, 0]]),
        ("a key that none is", &[&[0, 1, 1, 2, 0xEE, 0xEE, 0]]),
        ("a value that none is", &[&[0, 1, 1], &run, &[99, 0]]),
        ("a number of three bytes", &[&[0, 1, 1], &run, &[5, 3, 1, 2, 3]]),
        ("more than was counted", &[&[0, 1, 1], &run, &[0], &run, &[0]]),
        ("backwards", &[&[2, 1, 0]]),
        ("a change without a version", &[&[1, 1, 1], &run, &[0]]),
        ("a version with none after it", &[&[0], &[0xFF; 9], &[1, 0]]),
    ];
    for (name, parts) in nonsense {
        let delta = sealed(parts);
        let (result, largest) = counting::largest(|| Delta::decode(&delta));
        assert_eq!(code(result), Some(Code::Corrupt), "{name}");
        assert!(largest < 4_096, "{name}: asked for {largest} bytes at once");
    }
    assert!(Delta::decode(&sealed(&[&[0, 1, 1], &run, &[0]])).is_ok());
}

proptest! {
    #[test]
    fn bytes_of_any_kind_are_refused_and_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert_eq!(code(Delta::decode(&bytes)), Some(Code::Corrupt));
        // Damage behind the digest, which only a forger would make.
        let _ = Delta::decode(&sealed(&[&bytes]));
    }
}

#[test]
fn two_maps_that_have_gone_on_by_themselves_do_not_take_each_others_deltas() {
    let (origin, follower) = (filled(), map(MODES[0], 16));
    apply(&follower, &origin.export_delta(0).unwrap()).unwrap();
    let fork = origin.latest().unwrap().version;
    commit(&origin, [put(1, 1.5)]);
    commit(&follower, [put(1, 2.5)]);
    commit(&origin, [put(2, 1.5)]);
    assert_eq!(code(apply(&follower, &origin.export_delta(fork + 1).unwrap())), Some(Code::Version));
    commit(&follower, [put(2, 3.5)]);
    assert_eq!(code(apply(&origin, &follower.export_delta(fork + 2).unwrap())), Some(Code::Version), "not even a delta of nothing");
}

#[test]
fn a_follower_may_go_on_and_be_followed_by_its_origin() {
    let (origin, follower) = (filled(), map(MODES[0], 16));
    let first = apply(&follower, &origin.export_delta(0).unwrap()).unwrap();
    commit(&follower, [put(1, 2.5), put(9, 4.5)]);
    assert_eq!(apply(&origin, &follower.export_delta(first).unwrap()).unwrap(), first + 1);
    assert_eq!(origin.latest().unwrap().total, follower.latest().unwrap().total);
}

#[test]
fn a_failed_delta_leaves_the_map_as_it_was() {
    let (origin, follower) = (filled(), map(MODES[0], 16));
    commit(&follower, [put(1, 1.0)]);
    assert_eq!(code(apply(&follower, &origin.export_delta(0).unwrap())), Some(Code::Version));
    assert_eq!((follower.latest().unwrap().version, number(&follower.latest().unwrap().tree, 1)), (1, Some(1.0)));
}

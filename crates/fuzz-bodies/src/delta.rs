//! Deltas: damaged ones, forged ones under a right digest, and what a map is after it took one.

use crate::given::{key, Encoded};
use arbitrary::{Arbitrary, Unstructured};
use sha2::{Digest, Sha256};
use shardmap_core::{
    versions::{Change, Commit, Delta, Mode, Options, Root, Total, VersionedMap, Write},
    Code, Result, Value,
};
use std::sync::Arc;

/// Magic number, lineage and fingerprint.
const HEAD: usize = 8 + 16 + 16;

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    /// These bytes.
    Raw(&'a [u8]),
    /// After the head of a map's delta, under a right digest.
    Sealed(&'a [u8]),
    /// The same from its version 0, which every new map is.
    First(&'a [u8]),
    Forged {
        whole: bool,
        from: u8,
        to: u64,
        writes: Vec<(Encoded, u8, Vec<u8>)>,
    },
    /// What a map and its origin have each written since they were the same.
    Apart(Numbers, Numbers),
}

type Numbers = Vec<(u8, i8)>;

fn map(mode: Mode) -> Arc<VersionedMap> {
    VersionedMap::new(Options { mode: Some(mode), history: Some(4), ..Options::default() }).expect("options that can be")
}

fn apply(map: &Arc<VersionedMap>, delta: &[u8]) -> Result<u64> {
    map.commit_sync(Commit::of(Change::Delta(Delta::decode(delta)?)))
}

fn sealed(mut body: Vec<u8>) -> Vec<u8> {
    let digest = Sha256::digest(&body);
    body.extend_from_slice(&digest);
    body
}

fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7F {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn forged(from: u8, to: u64, writes: &[(Encoded, u8, Vec<u8>)]) -> Vec<u8> {
    let mut body = Vec::new();
    for number in [from.into(), to, writes.len() as u64] {
        put(&mut body, number);
    }
    for (key, tag, value) in writes {
        let key = key.bytes();
        put(&mut body, key.len() as u64);
        body.extend_from_slice(&key);
        body.push(*tag);
        if *tag > 0 {
            put(&mut body, value.len() as u64);
            body.extend_from_slice(value);
        }
    }
    body
}

fn commit(map: &Arc<VersionedMap>, numbers: &Numbers) {
    let writes = numbers.iter().map(|&(at, number)| Write::new(key(at), Some(Value::number(number.into())))).collect();
    map.commit_sync(Commit::of(Change::Writes(writes))).expect("nothing forbids it");
}

/// A delta fits the very version it leads from, and no other one of its number.
fn check_apart(origin: &Arc<VersionedMap>, map: &Arc<VersionedMap>, delta: &[u8], theirs: &Arc<Root>) {
    let same = map.latest().expect("it is open").total == theirs.total;
    match apply(map, delta) {
        Ok(version) => assert!(same && version == 3, "the delta of another version was taken"),
        Err(error) => assert!(!same && error.code() == Code::Version, "{error}"),
    }
    assert!(!same || map.latest().expect("it is open").total == origin.latest().expect("it is open").total);
}

/// What a map is must not depend on how it came to be so.
fn check(map: &Arc<VersionedMap>) {
    let latest = map.latest().expect("it is open");
    assert_eq!(latest.total, Total::of(&latest.tree));
    let copy = self::map(Mode::Copy);
    let all = map.export_delta(0).expect("everything can be exported");
    assert_eq!(apply(&copy, &all).map_err(|error| error.code()), Ok(latest.version));
    let copied = copy.latest().expect("it is open");
    assert!((copied.total, copied.tree.len()) == (latest.total, latest.tree.len()));
    copy.destroy().expect("it has no file");
}

/// No delta makes a map panic; one that is taken leads to the version it names, and one that is refused changes nothing.
pub fn apply_any(data: &[u8]) {
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(data)) else { return };
    let maps = [Mode::Delta, Mode::Copy].map(map);
    let origin = map(Mode::Delta);
    commit(&origin, &(0..6).map(|number| (number * 3, number as i8)).collect());
    let first = origin.export_delta(0).expect("everything can be exported");
    let begun = !matches!(input, Input::First(_) | Input::Forged { whole: true, .. });
    if begun {
        maps.iter().for_each(|map| assert!(apply(map, &first).is_ok()));
    }
    if let Input::Apart(mine, theirs) = &input {
        commit(&origin, theirs);
        let base = origin.latest().expect("it is open");
        commit(&origin, &vec![(1, 1)]);
        let delta = origin.export_delta(base.version).expect("it is kept");
        for map in maps {
            commit(&map, mine);
            check_apart(&origin, &map, &delta, &base);
            map.destroy().expect("it has no file");
        }
        return origin.destroy().expect("it has no file");
    }
    let head = if begun { &origin.export_delta(1).expect("it is the latest")[..HEAD] } else { &first[..HEAD] };
    let delta = match &input {
        Input::Raw(bytes) => bytes.to_vec(),
        Input::Sealed(body) | Input::First(body) => sealed([head, body].concat()),
        Input::Forged { from, to, writes, .. } => sealed([head, &forged(*from, *to, writes)].concat()),
        Input::Apart(..) => return,
    };
    for map in maps {
        let before = map.latest().expect("it is open");
        match apply(&map, &delta) {
            Ok(version) => {
                let latest = map.latest().expect("it is open");
                assert!(version == latest.version && version >= before.version);
                check(&map);
                let back = map.export_delta(before.version).expect("it was the one before");
                let twin = self::map(Mode::Delta);
                assert!(!begun || apply(&twin, &first).is_ok());
                assert_eq!(apply(&twin, &back).map_err(|error| error.code()), Ok(version));
                assert_eq!(twin.latest().expect("it is open").total, latest.total);
                twin.destroy().expect("it has no file");
            }
            Err(error) => {
                assert!([Code::Corrupt, Code::Version].contains(&error.code()), "{error}");
                assert!(Arc::ptr_eq(&before, &map.latest().expect("it is open")));
            }
        }
        map.destroy().expect("it has no file");
    }
    origin.destroy().expect("it has no file");
}

//! Everything one thread can do, against a list of `HashMap` versions.

use super::fixture::{encoded, key, map, MODES};
use shardmap_core::{
    key::{Key, KeyRef},
    versions::{Base, Change, Commit, Delta, Kept, Total, Tree, VersionedMap, Write},
    Code, Error, Kind, Result, Value,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

pub const KEYS: u32 = 8;

/// Values that are easily taken for one another.
fn value(number: u8) -> Value {
    match number {
        0 => Value::number(0.0),
        1 => Value::number(-0.0),
        2 => Value::UNDEFINED,
        3 => Value::payload(Kind::Latin1, &[b'x'; 40]).unwrap(),
        _ => Value::payload(Kind::Bytes, &[b'x'; 40]).unwrap(),
    }
}

fn which(found: &Value) -> u8 {
    (0..5).find(|&number| value(number).identical(found)).unwrap_or_else(|| panic!("nobody stored {found:?}"))
}

pub type Writes = Vec<(u32, Option<u8>)>;

#[derive(Clone, Debug)]
pub enum Step {
    Write(Writes),
    /// Against the version so many before the latest, having read these keys.
    After(usize, BTreeSet<u32>, Writes),
    Named(u8, Writes),
    /// Made to the side; with a commit between making and committing it if there are writes.
    Replace(Vec<(u32, u8)>, Option<Writes>),
    Rollback(usize),
    /// The follower takes a delta from where it stands.
    Follow,
}

/// One version: what each key has, and which commit wrote it.
type Version = HashMap<u32, (u8, u64)>;

struct Model {
    versions: Vec<Version>,
    keep: usize,
    ids: HashMap<u8, u64>,
    conflicts: u64,
}

impl Model {
    fn latest(&self) -> u64 {
        self.versions.len() as u64 - 1
    }

    fn write(&mut self, writes: &Writes) -> u64 {
        let mut next = self.versions[self.versions.len() - 1].clone();
        let stamp = self.versions.len() as u64;
        for &(at, value) in writes {
            match value {
                Some(value) => drop(next.insert(at, (value, stamp))),
                None => drop(next.remove(&at)),
            }
        }
        self.versions.push(next);
        self.latest()
    }

    fn is_kept(&self, version: u64) -> bool {
        version as usize + self.keep >= self.latest() as usize
    }

    fn changes(&self, version: u64) -> BTreeMap<u32, (Option<u8>, Option<u8>)> {
        let Some(before) = version.checked_sub(1) else { return BTreeMap::new() };
        let of = |version: u64, at| self.versions[version as usize].get(&at).map(|(value, _)| *value);
        (0..KEYS).map(|at| (at, (of(before, at), of(version, at)))).filter(|(_, (before, after))| before != after).collect()
    }
}

fn core(writes: &Writes) -> Vec<Write> {
    writes.iter().map(|&(at, number)| Write::new(key(at), number.map(value))).collect()
}

fn check_tree(tree: &Tree, model: &Version) {
    assert_eq!(tree.len(), model.len());
    for at in 0..KEYS {
        let found = tree.get(KeyRef::new(key(at).as_bytes())).map(|entry| which(&entry.value));
        assert_eq!(found, model.get(&at).map(|(value, _)| *value), "key {at}");
    }
}

fn code<T>(result: Result<T>) -> Option<Code> {
    result.err().as_ref().map(Error::code)
}

fn check(map: &Arc<VersionedMap>, model: &Model) {
    let latest = map.latest().unwrap();
    assert_eq!(latest.version, model.latest());
    check_tree(&latest.tree, &model.versions[latest.version as usize]);
    for at in 0..KEYS {
        let present = model.versions[latest.version as usize].get(&at).map(|(value, _)| *value);
        assert_eq!(map.get(KeyRef::new(key(at).as_bytes())).unwrap().value.as_ref().map(which), present);
        assert_eq!(map.has(KeyRef::new(key(at).as_bytes())).unwrap(), present.is_some());
    }
    let stats = map.stats().unwrap();
    let kept = map.kept().unwrap();
    assert_eq!((stats.version, stats.entries, stats.bytes), (latest.version, latest.tree.len() as u64, Total::of(&latest.tree).bytes));
    assert_eq!((stats.conflicts, stats.commits, stats.versions_kept), (model.conflicts, model.latest(), kept.len() as u64));

    let oldest = model.latest().saturating_sub(model.keep as u64);
    let expected = (oldest..=model.latest()).map(|version| (version, model.changes(version).len() as u64));
    assert!(kept.iter().map(|Kept { version, changes, .. }| (*version, *changes)).eq(expected), "{kept:?}");
    assert!(kept.windows(2).all(|pair| pair[0].at <= pair[1].at));
    for version in 0..=model.latest() + 1 {
        if version < oldest {
            assert_eq!(code(map.at(version)), Some(Code::Version));
        } else {
            check_tree(&map.at(version).unwrap().tree, &model.versions[version.min(model.latest()) as usize]);
        }
        if version <= oldest || version > model.latest() {
            assert_eq!(code(map.changes(version)), Some(Code::Version));
        } else {
            let found = map.changes(version).unwrap().into_iter().map(|one| {
                let at = (0..KEYS).find(|&at| key(at) == one.key).unwrap();
                (at, (one.before.as_ref().map(which), one.after.as_ref().map(which)))
            });
            assert_eq!(found.collect::<BTreeMap<_, _>>(), model.changes(version));
        }
    }
}

/// Exports from where the follower stands, and applies it there.
fn follow(map: &Arc<VersionedMap>, follower: &Arc<VersionedMap>, model: &Model) {
    let from = follower.latest().unwrap().version;
    let delta = map.export_delta(from);
    if from > 0 && !model.is_kept(from) {
        assert_eq!(code(delta), Some(Code::Version));
        return;
    }
    let delta = Delta::decode(&delta.unwrap()).unwrap();
    assert_eq!(follower.commit_sync(Commit::of(Change::Delta(delta))).unwrap(), model.latest());
    let latest = follower.latest().unwrap();
    assert_eq!((latest.version, latest.total), (model.latest(), map.latest().unwrap().total));
    check_tree(&latest.tree, &model.versions[model.latest() as usize]);
}

fn run(map: &Arc<VersionedMap>, follower: &Arc<VersionedMap>, model: &mut Model, step: Step) {
    let back = |back: usize| model.latest().saturating_sub(back as u64);
    match step {
        Step::Write(writes) => {
            let done = map.commit_sync(Commit::of(Change::Writes(core(&writes))));
            assert_eq!(done.unwrap(), model.write(&writes));
        }
        Step::After(distance, reads, writes) => {
            let base = back(distance);
            let Ok(root) = map.at(base) else { return assert!(!model.is_kept(base)) };
            let stamp = |version: u64, at: &u32| model.versions[version as usize].get(at).map(|(_, stamp)| *stamp);
            let lost: Vec<Key> = reads.iter().filter(|at| stamp(base, at) != stamp(model.latest(), at)).map(|&at| key(at)).collect();
            let reads = reads.iter().map(|&at| key(at)).collect();
            let done = map.commit_sync(Commit { base: Base::Seen(root), reads, ..Commit::of(Change::Writes(core(&writes))) });
            if lost.is_empty() {
                return assert_eq!(done.unwrap(), model.write(&writes));
            }
            let error = done.unwrap_err();
            assert_eq!((error.code(), error.keys()), (Code::Conflict, &encoded(lost)[..]));
            model.conflicts += 1;
        }
        Step::Named(id, writes) => {
            let done = map.commit_sync(Commit { tx_id: Some(format!("id {id}")), ..Commit::of(Change::Writes(core(&writes))) });
            let version = model.ids.get(&id).copied().unwrap_or_else(|| model.write(&writes));
            assert_eq!(done.unwrap(), version);
            model.ids.insert(id, version);
        }
        Step::Replace(all, meanwhile) => {
            let all: Writes = all.into_iter().map(|(at, value)| (at, Some(value))).collect();
            let replacement = map.replacement(core(&all)).unwrap();
            if let Some(writes) = meanwhile {
                map.commit_sync(Commit::of(Change::Writes(core(&writes)))).unwrap();
                model.write(&writes);
            }
            let gone = (0..KEYS).map(|at| (at, None));
            assert_eq!(map.commit_sync(Commit::of(Change::Replace(replacement))).unwrap(), model.write(&gone.chain(all).collect()));
        }
        Step::Rollback(distance) => {
            let version = back(distance);
            let done = map.commit_sync(Commit::of(Change::Rollback(version)));
            if !model.is_kept(version) {
                return assert_eq!(code(done), Some(Code::Version));
            }
            let (to, from) = (model.versions[version as usize].clone(), model.versions[model.latest() as usize].clone());
            let value = |version: &Version, at| version.get(&at).map(|(value, _)| *value);
            let back = (0..KEYS).filter(|&at| value(&to, at) != value(&from, at)).map(|at| (at, value(&to, at)));
            assert_eq!(done.unwrap(), model.write(&back.collect()));
        }
        Step::Follow => follow(map, follower, model),
    }
}

/// Takes these steps on a map and its follower, which have one of `MODES` each.
pub fn agree(modes: [usize; 2], keep: usize, steps: Vec<Step>) {
    let (map, follower) = (map(MODES[modes[0]], keep as u64), map(MODES[modes[1]], 2));
    let mut model = Model { versions: vec![Version::new()], keep, ids: HashMap::new(), conflicts: 0 };
    for step in steps {
        run(&map, &follower, &mut model, step);
        check(&map, &model);
    }
}

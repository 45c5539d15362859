//! A map with a file: what comes back from it, and who waits for its disk.

use super::{commit, delete, key, number, put, replace, writes, MODES};
use shardmap_core::{
    key::KeyRef,
    versions::{Change, Commit, Delta, Done, Kept, Mode, Options, VersionedMap},
};
use std::{
    path::PathBuf,
    sync::{
        atomic::{AtomicU64, Ordering},
        mpsc, Arc,
    },
    thread,
};

/// A path for one map, removed with it.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("durable-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        Self(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name))
    }

    fn open(&self, mode: Mode, history: u64) -> Arc<VersionedMap> {
        let options = Options { mode: Some(mode), history: Some(history), path: Some(self.0.clone()), ..Options::default() };
        VersionedMap::new(options).unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A version: what is said of it, and its entries.
type Told = (Kept, u64, Vec<Option<f64>>);

fn told(map: &Arc<VersionedMap>) -> Vec<Told> {
    let of = |kept: Kept| {
        let root = map.at(kept.version).unwrap();
        assert_eq!((root.version, root.at, root.changes), (kept.version, kept.at, kept.changes));
        (kept, root.total.bytes, (0..12).map(|at| number(&root.tree, at)).collect())
    };
    map.kept().unwrap().into_iter().map(of).collect()
}

/// Commits of every kind, a few.
fn work(map: &Arc<VersionedMap>, round: u32) {
    let value = f64::from(round);
    commit(map, [put(0, value), put(round % 5 + 1, value)]);
    commit(map, [delete(round % 3), put(7, value)]);
    replace(map, (2..8 + round % 3).map(|at| put(at, value)).collect()).unwrap();
    let oldest = map.kept().unwrap()[0].version;
    map.commit_sync(Commit::of(Change::Rollback(oldest))).unwrap();
    commit(map, [put(11, value)]);
}

#[test]
fn every_kept_version_comes_back_as_it_was() {
    for mode in MODES {
        for history in [0, 1, 3, 100] {
            let place = Place::new();
            for round in 0..4 {
                let map = place.open(mode, history);
                work(&map, round);
                let before = told(&map);
                map.destroy().unwrap();
                let map = place.open(mode, history);
                assert_eq!(told(&map), before, "{mode:?}, history {history}");
                map.destroy().unwrap();
            }
        }
    }
}

#[test]
fn a_longer_history_begins_where_a_shorter_one_has_cut() {
    let place = Place::new();
    let map = place.open(Mode::Delta, 2);
    (0..3).for_each(|round| work(&map, round));
    let before = told(&map);
    map.destroy().unwrap();
    let map = place.open(Mode::Delta, 50);
    assert_eq!(told(&map), before);
    work(&map, 3);
    assert_eq!(told(&map)[..3], before);
    assert_eq!(told(&map).len(), 8);
}

#[test]
fn a_follower_goes_on_from_its_file() {
    let (origin, place) = (super::map(Mode::Delta, 16), Place::new());
    (0..3).for_each(|round| work(&origin, round));
    let apply = |follower: &Arc<VersionedMap>, from| {
        let delta = Delta::decode(&origin.export_delta(from).unwrap()).unwrap();
        follower.commit_sync(Commit::of(Change::Delta(delta))).unwrap()
    };
    let follower = place.open(Mode::Delta, 16);
    assert_eq!(apply(&follower, 0), 15);
    work(&origin, 3);
    assert_eq!(apply(&follower, 15), 20);
    follower.destroy().unwrap();
    let follower = place.open(Mode::Delta, 16);
    assert_eq!(follower.kept().unwrap().iter().map(|kept| kept.version).collect::<Vec<_>>(), [15, 20]);
    work(&origin, 4);
    assert_eq!(apply(&follower, 20), 25);
    assert_eq!(told(&follower).last().unwrap().2, told(&origin).last().unwrap().2);
}

#[test]
fn only_writers_that_ask_for_it_wait_for_a_writer() {
    let place = Place::new();
    for map in [place.open(Mode::Delta, 16), super::map(Mode::Delta, 16)] {
        commit(&map, [put(1, 1.0)]);
        // Acknowledged under the writer's lock, so this one is as a writer that waits for its disk.
        let ((stuck, is_stuck), (go_on, may_go_on)) = (mpsc::channel(), mpsc::channel());
        let done = Done::new(move |result| {
            stuck.send(result.unwrap()).unwrap();
            may_go_on.recv().unwrap();
        });
        let writer = map.clone();
        let writer = thread::spawn(move || writer.commit(writes([put(2, 2.0)]), done));
        assert_eq!(is_stuck.recv().unwrap(), 2);

        assert_eq!(map.get(KeyRef::new(key(2).as_bytes())).unwrap().value.unwrap().as_number(), Some(2.0));
        assert!(map.has(KeyRef::new(key(1).as_bytes())).unwrap());
        assert_eq!(map.hold(map.at(1).unwrap()).root().version, 1);
        assert_eq!(map.kept().unwrap().len(), 3);
        assert_eq!(map.changes(2).unwrap().len(), 1);
        assert_eq!(map.stats().unwrap().version, 2);
        assert!(!map.export_delta(0).unwrap().is_empty());
        assert!(!map.export_delta(1).unwrap().is_empty());
        assert!(!map.leases().is_live(1));
        let (tell, told) = mpsc::channel();
        let (tell_replaced, told_replaced) = mpsc::channel();
        map.commit(writes([put(3, 3.0)]), Done::new(move |result| tell.send(result).unwrap()));
        map.replace_all(vec![put(4, 4.0)], Done::new(move |result| tell_replaced.send(result).unwrap()));

        go_on.send(()).unwrap();
        writer.join().unwrap();
        told.recv().unwrap().unwrap();
        told_replaced.recv().unwrap().unwrap();
        assert_eq!(map.latest().unwrap().version, 4);
        map.destroy().unwrap();
    }
}

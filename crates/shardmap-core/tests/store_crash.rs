//! Crashes and disks that fail: what was acknowledged is there afterwards, whole, and what was not is not.

mod disks;

use disks::{key, tell, Dir, Failing, Fake, Image, Model, LINEAGE};
use shardmap_core::{
    store::{self, Loaded, Logged},
    Code, Kind, Value,
};
use std::{fs, sync::Arc};

const HISTORY: u64 = 4;

/// Opens, commits by ones and threes, synced or not, and closes; crash images know what was acknowledged as durable.
fn run(disk: &Arc<Fake>, model: &mut Model, rounds: u64) {
    let (mut store, loaded) = disk.open(HISTORY).unwrap();
    assert_eq!(tell(&loaded), model.told(model.version(), HISTORY));
    for round in 0..rounds {
        let commits: Vec<_> = (0..1 + round % 2 * 2).map(|_| model.some_commit()).collect();
        let sync = round % 4 != 2;
        store.append(LINEAGE, &commits, sync).unwrap();
        if sync {
            disk.state().acknowledged = model.version();
        }
    }
    drop(store);
    disk.state().acknowledged = model.version();
}

/// What is found is a version between what was acknowledged and what had been written.
fn found(image: &Image, loaded: &Loaded, model: &Model, what: &str) {
    assert!(loaded.version >= image.acknowledged, "{what}: {} acknowledged, {} found", image.acknowledged, loaded.version);
    assert_eq!(tell(loaded), model.told(loaded.version, HISTORY), "{what}");
}

/// Finds the same in memory, where it is repaired in place.
fn check_in_memory(image: Image, model: &Model, what: &str) {
    let disk = Fake::new(image.bytes.clone());
    let (_, loaded) = disk.open(HISTORY).unwrap_or_else(|error| panic!("{what}: {error}"));
    found(&image, &loaded, model, what);
}

fn check(image: Image, model: &Model, dir: &Dir, what: &str) {
    let path = dir.file("image");
    fs::write(&path, &image.bytes).unwrap();
    let (store, loaded) = store::open(&path, HISTORY).unwrap_or_else(|error| panic!("{what}: {error}"));
    found(&image, &loaded, model, what);
    drop(store);
    let (_, again) = store::open(&path, HISTORY).unwrap();
    assert_eq!(tell(&again), tell(&loaded), "{what}, opened again");
    assert_eq!(dir.names(), ["image"], "{what}: no draft stays");
}

#[test]
fn a_crash_at_any_sync_loses_nothing_that_was_acknowledged() {
    let dir = Dir::new();
    let disk = Fake::new(vec![]);
    drop(disk.open(HISTORY).unwrap());
    let mut model = Model::new();
    let disk = Fake::freezing(disk.bytes());
    for rounds in [3, 12, 1] {
        run(&disk, &mut model, rounds);
    }
    let images = disk.images();
    assert!(images.len() > 80, "{} images", images.len());
    for (place, image) in images.into_iter().enumerate() {
        let what = format!("image {place}");
        match place % 4 == place / 4 % 4 {
            true => check(image, &model, &dir, &what),
            false => check_in_memory(image, &model, &what),
        }
    }
}

#[test]
fn a_crash_while_a_crash_is_repaired_loses_nothing_either() {
    let (disk, mut model) = (Fake::freezing(vec![]), Model::new());
    run(&disk, &mut model, 6);
    let images = disk.images();
    // The first ones are those of a file that is being made, which is a draft as long as it is not whole.
    let whole = images.into_iter().filter(|image| image.acknowledged > 0).step_by(3);
    for (place, image) in whole.enumerate() {
        let disk = Fake::freezing(image.bytes);
        disk.state().acknowledged = image.acknowledged;
        drop(disk.open(HISTORY).unwrap());
        for (again, image) in disk.images().into_iter().enumerate() {
            check_in_memory(image, &model, &format!("image {again} of the repair of {place}"));
        }
    }
}

/// A file as a killed process leaves it, and its commits.
fn killed() -> (Vec<u8>, Model) {
    let (disk, mut model) = (Fake::new(vec![]), Model::new());
    run(&disk, &mut model, 3);
    let (mut store, _) = disk.open(HISTORY).unwrap();
    store.append(LINEAGE, &[model.some_commit()], true).unwrap();
    let bytes = disk.bytes();
    drop(store);
    (bytes, model)
}

/// Two commits a round, some of them not synced.
fn small(model: &mut Model, round: u64) -> (Vec<Logged>, bool) {
    (vec![model.some_commit(), model.some_commit()], round % 3 != 1)
}

/// A long value comes and goes, and the file is cut when the log has forgotten it.
fn shrinking(model: &mut Model, round: u64) -> (Vec<Logged>, bool) {
    let long = (round == 0).then(|| Value::payload(Kind::Bytes, &[1; 1 << 20]).unwrap());
    let commit = if round < 2 { model.commit([(key("longest"), long)], None) } else { model.some_commit() };
    (vec![commit], true)
}

type Workload = fn(&mut Model, u64) -> (Vec<Logged>, bool);

/// Runs until a call fails; checks that the store ends there, and returns the versions acknowledged as durable, as appended, and as tried.
fn fail(disk: &Arc<Fake>, model: &mut Model, workload: Workload) -> Option<[u64; 3]> {
    let before = model.version();
    let (mut store, _) = match disk.open(HISTORY) {
        Ok(opened) => opened,
        Err(error) => {
            assert_eq!(error.code(), Code::Io, "{error}");
            return Some([before; 3]);
        }
    };
    let (mut durable, mut appended) = (before, before);
    for round in 0..7 {
        let (commits, sync) = workload(model, round);
        if let Err(error) = store.append(LINEAGE, &commits, sync) {
            assert_eq!(error.code(), Code::Io, "{error}");
            let refused = store.append(LINEAGE, &commits, sync).unwrap_err();
            assert_eq!(refused.code(), Code::Io);
            assert!(refused.message().contains("no commits any more"), "{refused}");
            assert_eq!(store.sync().unwrap_err().code(), Code::Io);
            return Some([durable, appended, model.version()]);
        }
        appended = model.version();
        if sync {
            durable = appended;
        }
    }
    drop(store);
    None
}

fn fail_each(workload: Workload, failing: impl Fn(u64) -> Failing, check: impl Fn([u64; 3], u64, &str)) {
    let (bytes, model) = killed();
    for call in 0.. {
        let disk = Fake::new(bytes.clone());
        disk.state().failing = failing(call);
        let mut model = model.clone();
        let failed = fail(&disk, &mut model, workload);
        let calls = std::mem::take(&mut disk.state().calls);
        disk.state().failing = Failing::Never;
        let (_, loaded) = disk.open(HISTORY).unwrap_or_else(|error| panic!("call {call}: {error}"));
        assert_eq!(tell(&loaded), model.told(loaded.version, HISTORY), "call {call}");
        match failed {
            Some(versions) => check(versions, loaded.version, &format!("call {call}: {versions:?}, {} found", loaded.version)),
            // A call of the close, which may lose what was not synced.
            None if calls > call => assert!(loaded.version + 4 >= model.version()),
            None => return assert_eq!(loaded.version, model.version()),
        }
    }
}

#[test]
fn when_any_one_call_fails_the_commit_fails_and_memory_and_file_agree() {
    let agree: fn([u64; 3], u64, &str) = |[durable, appended, _], found, what| assert!((durable..=appended).contains(&found), "{what}");
    fail_each(small, Failing::Once, agree);
    fail_each(shrinking, Failing::Once, agree);
}

#[test]
fn when_the_disk_is_gone_a_commit_that_failed_is_there_whole_or_not_at_all() {
    fail_each(small, Failing::From, |[durable, _, tried], found, what| assert!((durable..=tried).contains(&found), "{what}"));
}

#[test]
fn what_was_not_synced_survives_an_orderly_close_and_a_sync() {
    let (disk, mut model) = (Fake::new(vec![]), Model::new());
    let (mut store, _) = disk.open(HISTORY).unwrap();
    store.append(LINEAGE, &[model.some_commit()], false).unwrap();
    store.sync().unwrap();
    let killed = Fake::new(disk.bytes());
    store.append(LINEAGE, &[model.some_commit()], false).unwrap();
    drop(store);
    assert_eq!(tell(&killed.open(HISTORY).unwrap().1), model.told(1, HISTORY));
    assert_eq!(tell(&disk.open(HISTORY).unwrap().1), model.told(2, HISTORY));
}

#[test]
fn a_killed_file_is_repaired_as_a_copy_and_old_drafts_go() {
    let dir = Dir::new();
    let path = dir.file("map");
    let (bytes, model) = killed();
    fs::write(&path, bytes).unwrap();
    fs::write(dir.file("map.0123456789abcdef.shardmap-tmp"), "left by a crash").unwrap();
    fs::write(dir.file("map.other.shardmap-tmp"), "not ours").unwrap();
    let (store, loaded) = store::open(&path, HISTORY).unwrap();
    assert_eq!(tell(&loaded), model.told(model.version(), HISTORY));
    assert_eq!(dir.names(), ["map", "map.other.shardmap-tmp"]);
    assert_eq!(store::open(&path, HISTORY).err().unwrap().code(), Code::Locked);
    drop(store);
}

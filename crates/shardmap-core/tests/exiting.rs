//! The beginning of a process's end, which concerns all of it: hence alone in its file.

mod disks;

use disks::{key, Dir};
use shardmap_core::{
    registry, store,
    versions::{Change, Commit, Durability, Options, VersionedMap, Write},
    Value,
};
use std::{fs, path::Path, sync::Arc};

fn open(path: &Path, durability: Durability) -> Arc<VersionedMap> {
    let options = Options { path: Some(path.to_owned()), durability: Some(durability), ..Options::default() };
    registry::open(&path.display().to_string(), options).unwrap()
}

fn commit(map: &Arc<VersionedMap>) -> u64 {
    map.commit_sync(Commit::of(Change::Writes(vec![Write::new(key("a"), Some(Value::bool(true)))]))).unwrap()
}

/// What a kill would leave now.
fn version_on_disk(path: &Path) -> u64 {
    let copy = path.with_extension("copy");
    fs::copy(path, &copy).unwrap();
    store::open(&copy, 16).unwrap().1.version
}

#[test]
fn when_the_process_begins_to_end_all_commits_come_to_disk_and_those_after_it_before_they_are_acknowledged() {
    let dir = Dir::new();
    let before: Vec<_> =
        [Durability::None, Durability::Eventual].map(|durability| (dir.file(&format!("{durability:?}")), durability)).into();
    let mut maps: Vec<_> = before.iter().map(|(path, durability)| (path.clone(), open(path, *durability))).collect();
    maps.iter().for_each(|(_, map)| assert_eq!(commit(map), 1));
    assert!(registry::hasten().is_empty());
    maps.iter().for_each(|(path, _)| assert_eq!(version_on_disk(path), 1));
    let late = dir.file("late");
    maps.push((late.clone(), open(&late, Durability::None)));
    for (path, map) in &maps {
        let version = commit(map);
        assert_eq!(version_on_disk(path), version);
    }
    assert!(registry::leave().is_empty());
    maps.iter().for_each(|(path, map)| assert_eq!(store::open(path, 16).unwrap().1.version, map.latest().unwrap().version));
}

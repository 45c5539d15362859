//! The store on real files: what goes in comes back, paths and locks.

mod disks;

use disks::{key, refusal, tell, Dir, Model, LINEAGE};
use shardmap_core::{
    key::MAX_BYTES,
    store::{self, real_path, Change, Logged},
    Code, Kind, Value,
};
use std::{fs, path::Path, process::Command, thread};

#[test]
fn a_new_file_is_empty_and_stays_so_until_a_commit() {
    let dir = Dir::new();
    let path = dir.file("map");
    for _ in 0..3 {
        let (_, loaded) = store::open(&path, 16).unwrap();
        assert_eq!(tell(&loaded), Model::new().told(0, 16));
    }
    fs::write(dir.file("touched"), "").unwrap();
    store::open(&dir.file("touched"), 16).unwrap();
    assert_eq!(dir.names(), ["map", "touched"], "no draft stays");
}

#[test]
fn values_of_every_kind_come_back() {
    let dir = Dir::new();
    let payload = |kind, len| Some(Value::payload(kind, &vec![7; len]).unwrap());
    let values = [
        Some(Value::UNDEFINED),
        Some(Value::NULL),
        Some(Value::bool(false)),
        Some(Value::bool(true)),
        Some(Value::number(-0.0)),
        Some(Value::number(f64::from_bits(0x7FF8_0000_0000_0001))),
        payload(Kind::Latin1, 0),
        payload(Kind::Utf16, 14),
        Some(Value::bigint(true, &[7; 14]).unwrap()),
        payload(Kind::Bytes, 70_000),
        Some(Value::payload(Kind::Packed, &[&[0xDC, 0x0F, 0xED], &[7; 4_077][..]].concat()).unwrap()),
        payload(Kind::Clone, 1),
        payload(Kind::Mixed, 33),
    ];
    let mut model = Model::new();
    let commit = model.commit(values.into_iter().enumerate().map(|(place, value)| (key(&format!("{place}")), value)), Some("π"));
    let commits = [commit, model.commit([(key("3"), None), (key("new"), Some(Value::NULL))], None)];
    store::open(&dir.file("map"), 16).unwrap().0.append(LINEAGE, &commits, true).unwrap();
    let (_, loaded) = store::open(&dir.file("map"), 16).unwrap();
    assert_eq!(tell(&loaded), model.told(2, 16));
}

#[test]
fn the_longest_keys_and_long_values_come_back() {
    let dir = Dir::new();
    let path = dir.file("map");
    let long_key = |byte| key(&char::from(b'a' + byte).to_string().repeat(MAX_BYTES - 2));
    let long = |byte| (long_key(byte), Some(Value::payload(Kind::Bytes, &vec![byte; 20 << 20]).unwrap()));
    let mut model = Model::new();
    let commits = [model.commit((0..4).map(long), None), model.commit([(long(1).0, long(9).1), (long(2).0, None)], None)];
    store::open(&path, 16).unwrap().0.append(LINEAGE, &commits, true).unwrap();
    let (_, loaded) = store::open(&path, 16).unwrap();
    let same = |one: &Value, other: &Value| assert!(one.same(other));
    assert_eq!(loaded.entries.len(), 3);
    loaded.entries.iter().zip(&model.contents[2]).for_each(|((key, value), (bytes, other))| {
        assert!(key.as_bytes() == bytes);
        same(value, other);
    });
    for (change, other) in loaded.log.iter().zip(&commits).flat_map(|(one, other)| one.changes.iter().zip(&other.changes)) {
        assert_eq!((change.before.is_some(), change.after.is_some()), (other.before.is_some(), other.after.is_some()));
        change.before.iter().zip(&other.before).chain(change.after.iter().zip(&other.after)).for_each(|(one, other)| same(one, other));
    }
}

#[test]
fn every_reopening_finds_every_commit() {
    let dir = Dir::new();
    let mut model = Model::new();
    for round in 0..30 {
        let (mut store, loaded) = store::open(&dir.file("map"), 5).unwrap();
        assert_eq!(tell(&loaded), model.told(model.version(), 5));
        let commits: Vec<_> = (0..round % 4).map(|_| model.some_commit()).collect();
        store.append(LINEAGE, &commits, round % 3 == 0).unwrap();
        store.append(LINEAGE, &[model.some_commit()], round % 2 == 0).unwrap();
    }
}

#[test]
fn versions_may_leave_gaps_but_never_go_back() {
    let dir = Dir::new();
    let mut model = Model::new();
    let (mut store, _) = store::open(&dir.file("map"), 16).unwrap();
    let mut commit = model.some_commit();
    commit.version = 10;
    store.append(LINEAGE, std::slice::from_ref(&commit), true).unwrap();
    let mut later = model.some_commit();
    later.version = 20;
    store.append(LINEAGE, &[later], true).unwrap();
    assert_eq!(store.append(LINEAGE, &[commit], true).unwrap_err().code(), Code::Io);
    drop(store);
    let (_, loaded) = store::open(&dir.file("map"), 16).unwrap();
    assert_eq!(loaded.log.iter().map(|commit| commit.version).collect::<Vec<_>>(), [10, 20]);
}

#[test]
fn the_log_keeps_as_many_versions_as_asked_across_changes_of_mind() {
    let dir = Dir::new();
    let path = dir.file("map");
    let mut model = Model::new();
    for (history, kept) in [(3, 3), (1, 1), (0, 0), (4, 2), (4, 4), (u64::MAX, 6)] {
        let (mut store, _) = store::open(&path, history).unwrap();
        store.append(LINEAGE, &[model.some_commit(), model.some_commit()], true).unwrap();
        drop(store);
        let (_, loaded) = store::open(&path, u64::MAX).unwrap();
        assert_eq!(tell(&loaded), model.told(model.version(), kept), "history {history}");
    }
    let (mut store, _) = store::open(&path, 2).unwrap();
    let many: Vec<_> = (0..9).map(|_| model.some_commit()).collect();
    store.append(LINEAGE, &many, true).unwrap();
    drop(store);
    assert_eq!(tell(&store::open(&path, 16).unwrap().1), model.told(model.version(), 2));
}

#[test]
fn the_file_does_not_grow_with_the_versions_it_dropped() {
    let dir = Dir::new();
    let path = dir.file("map");
    let mut model = Model::new();
    let mut len_after = |commits: u32| {
        let (mut store, _) = store::open(&path, 4).unwrap();
        for turn in 0..commits {
            store.append(LINEAGE, &[model.some_commit()], turn % 50 == 0).unwrap();
        }
        drop(store);
        fs::metadata(&path).unwrap().len()
    };
    let some = len_after(50);
    let many = len_after(800);
    assert!(many <= 4 * some, "{some} bytes, then {many}");
}

#[test]
fn the_last_ten_thousand_transactions_are_remembered() {
    let dir = Dir::new();
    let path = dir.file("map");
    let mut model = Model::new();
    let mut next: u64 = 0;
    for count in [9_999, 1, 5, 10_100] {
        let (mut store, _) = store::open(&path, 1).unwrap();
        let commits = (0..count).map(|_| {
            next += 1;
            model.contents = vec![model.contents.pop().unwrap()];
            model.commit([(key("same"), Some(Value::number(next as f64)))], Some(&format!("tx {next}")))
        });
        store.append(LINEAGE, &commits.collect::<Vec<_>>(), true).unwrap();
        drop(store);
        let (_, loaded) = store::open(&path, 1).unwrap();
        let expected: Vec<_> = (next.saturating_sub(9_999).max(1)..=next).map(|tx| (format!("tx {tx}"), tx)).collect();
        assert!(loaded.tx_ids == expected);
    }
}

#[test]
fn a_file_that_is_open_is_locked_for_everybody_else() {
    let dir = Dir::new();
    let path = dir.file("map");
    let (store, _) = store::open(&path, 16).unwrap();
    assert_eq!(refusal(store::open(&path, 16)).code(), Code::Locked);
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "an_open_as_told", "--nocapture"])
        .env("OPEN", &path)
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&child.stdout).contains("opened: ERR_SHARDMAP_LOCKED"));
    drop(store);
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "an_open_as_told", "--nocapture"])
        .env("OPEN", &path)
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&child.stdout).contains("opened: version 0"));
}

#[test]
fn of_many_that_open_a_new_file_at_once_each_has_it_alone() {
    let dir = Dir::new();
    let path = dir.file("map");
    let commit = |version| Logged {
        version,
        at: version,
        tx_id: None,
        changes: vec![Change { key: key(&format!("key {version}")), before: None, after: Some(Value::bool(true)) }],
    };
    let open_often = || {
        let mut commits = 0;
        while commits < 25 {
            match store::open(&path, 16) {
                Ok((mut store, loaded)) => store.append(LINEAGE, &[commit(loaded.version + 1)], false).unwrap(),
                Err(error) => {
                    assert_eq!(error.code(), Code::Locked, "{error}");
                    continue;
                }
            }
            commits += 1;
        }
    };
    thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(open_often))));
    assert_eq!(store::open(&path, 16).unwrap().1.entries.len(), 100);
    assert_eq!(dir.names(), ["map"]);
}

/// The other process of a test above.
#[test]
fn an_open_as_told() {
    if let Some(path) = std::env::var_os("OPEN") {
        match store::open(Path::new(&path), 16) {
            Ok((_, loaded)) => println!("opened: version {}", loaded.version),
            Err(error) => println!("opened: {}", error.code().as_str()),
        }
    }
}

#[test]
fn paths_that_cannot_be_files_are_refused_with_a_reason() {
    let dir = Dir::new();
    fs::write(dir.file("plain"), "").unwrap();
    let cases = [
        (Path::new("").to_owned(), Code::Option, "empty"),
        (Path::new("a\0b").to_owned(), Code::Option, "zero byte"),
        (dir.0.clone(), Code::Option, "directory"),
        (dir.file("new/"), Code::Option, "directory"),
        (dir.file("new/.."), Code::Option, "directory"),
        (dir.file("none/map"), Code::Io, "create it first"),
        (dir.file("plain/map"), Code::Io, "path"),
    ];
    for (path, code, reason) in cases {
        let error = refusal(store::open(&path, 16));
        assert_eq!(error.code(), code, "{error}");
        assert!(error.message().contains(reason), "{error}");
    }
    assert_eq!(dir.names(), ["plain"]);
}

#[cfg(unix)]
#[test]
fn files_are_private_and_links_are_followed() {
    use std::os::unix::{fs::symlink, fs::PermissionsExt, net::UnixListener};
    let dir = Dir::new();
    let path = dir.file("map");
    let mut model = Model::new();
    store::open(&path, 16).unwrap().0.append(LINEAGE, &[model.some_commit()], true).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    symlink(&path, dir.file("link")).unwrap();
    symlink(dir.file("nothing"), dir.file("dangling")).unwrap();
    symlink(&dir.0, dir.file("dir")).unwrap();
    for spelling in ["map", "link", "./map", "dir/map", "dir/../map/../map", "dir/link"] {
        let spelling = dir.file(spelling);
        if let Ok(real) = real_path(&spelling) {
            assert_eq!(real, path);
        }
    }
    assert_eq!(real_path(&dir.file("link")).unwrap(), path);
    assert_eq!(real_path(&dir.file("dir/new")).unwrap(), dir.file("new"));
    let (store, loaded) = store::open(&dir.file("link"), 16).unwrap();
    assert_eq!(tell(&loaded), model.told(1, 16));
    assert_eq!(refusal(store::open(&path, 16)).code(), Code::Locked);
    drop(store);
    assert_eq!(refusal(store::open(&dir.file("dangling"), 16)).code(), Code::Option);
    let _socket = UnixListener::bind(dir.file("socket")).unwrap();
    assert_eq!(refusal(store::open(&dir.file("socket"), 16)).code(), Code::Option);
}

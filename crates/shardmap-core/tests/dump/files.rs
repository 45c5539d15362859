//! What a file must be, and what becomes of it when something fails.

use super::{cache, disks::Dir, lru, over, peek, present, put, tagged, ttl};
use shardmap_core::{
    cache::{Cache, Terms},
    Code, Error,
};
use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    thread,
};

/// A cache of all that rows can have, and the bytes of its dump.
fn sample(path: &Path) -> Vec<u8> {
    let (from, _) = cache(lru(10));
    put(&from, 1, 1, &Terms::default());
    put(&from, 2, 2, &ttl(5_000));
    put(&from, 3, 3, &tagged("red"));
    from.dump_at(path, 1_000).unwrap();
    fs::read(path).unwrap()
}

/// Loads what must be refused into a cache that must not change.
fn refusal(path: &Path) -> Error {
    let (to, _) = cache(lru(10));
    put(&to, 9, 9, &Terms::default());
    let before = to.stats().unwrap();
    let error = to.load_at(path, 1_000).expect_err("loaded what is no dump");
    assert_eq!((to.stats().unwrap(), present(&to, 10)), (before, vec![9]));
    assert!(error.message().contains(path.to_str().unwrap()), "{error}");
    error
}

#[test]
fn a_file_that_is_damaged_anywhere_is_refused_and_nothing_loaded() {
    let dir = Dir::new();
    let path = dir.file("cache");
    let sound = sample(&path);
    for at in 0..sound.len() {
        let mut bytes = sound.clone();
        bytes[at] ^= 1 << (at % 8);
        fs::write(&path, bytes).unwrap();
        assert_eq!(refusal(&path).code(), Code::Corrupt, "byte {at}");
    }
    for len in 0..sound.len() {
        fs::write(&path, &sound[..len]).unwrap();
        assert_eq!(refusal(&path).code(), Code::Corrupt, "cut at {len}");
    }
    fs::write(&path, &sound).unwrap();
    assert_eq!(cache(lru(10)).0.load_at(&path, 1_000).unwrap(), 3);
}

#[test]
fn a_file_of_something_else_is_refused_and_left_as_it_was() {
    let dir = Dir::new();
    let path = dir.file("other");
    for bytes in [&b"{\"json\": true, \"and\": \"long enough for a head\"}"[..], &[0; 4_096], &[0xFF; 4_096]] {
        fs::write(&path, bytes).unwrap();
        assert_eq!(refusal(&path).code(), Code::Corrupt);
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
    assert_eq!(dir.names(), ["other"]);
}

#[test]
fn paths_without_a_file_are_refused_with_a_reason() {
    let dir = Dir::new();
    let (from, _) = cache(lru(10));
    fs::write(dir.file("plain"), "").unwrap();
    let reason = |error: Error, code, part: &str| assert!(error.code() == code && error.message().contains(part), "{error}");
    reason(refusal(&dir.file("none")), Code::Io, "opened");
    reason(refusal(&dir.file("none/cache")), Code::Io, "create it first");
    reason(refusal(&dir.0), Code::Option, "directory");
    reason(from.dump(&dir.file("none/cache")).unwrap_err(), Code::Io, "create it first");
    reason(from.dump(&dir.file("plain/cache")).unwrap_err(), Code::Io, "plain/cache");
    reason(from.dump(&dir.0).unwrap_err(), Code::Option, "directory");
    reason(from.dump(Path::new("")).unwrap_err(), Code::Option, "empty");
    assert_eq!(dir.names(), ["plain"]);
}

#[cfg(unix)]
#[test]
fn where_the_system_lets_nothing_be_written_what_was_there_stays() {
    use std::os::unix::fs::PermissionsExt;
    let dir = Dir::new();
    let path = dir.file("cache");
    let sound = sample(&path);
    let (from, _) = cache(lru(10));
    fs::set_permissions(&dir.0, fs::Permissions::from_mode(0o500)).unwrap();
    let dumped = from.dump_at(&path, 1_000);
    fs::set_permissions(&dir.0, fs::Permissions::from_mode(0o700)).unwrap();
    // Some users may write everywhere.
    if let Err(error) = dumped {
        assert_eq!(error.code(), Code::Io, "{error}");
        assert_eq!(fs::read(&path).unwrap(), sound);
    }
    assert_eq!(dir.names(), ["cache"]);
}

#[cfg(unix)]
#[test]
fn a_dump_is_its_owners_alone_and_a_link_to_it_stays_one() {
    use std::os::unix::fs::PermissionsExt;
    let dir = Dir::new();
    sample(&dir.file("cache"));
    std::os::unix::fs::symlink("cache", dir.file("link")).unwrap();
    sample(&dir.file("link"));
    assert!(fs::symlink_metadata(dir.file("link")).unwrap().is_symlink());
    assert_eq!(fs::metadata(dir.file("cache")).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(dir.names(), ["cache", "link"]);
}

#[test]
fn a_destroyed_cache_neither_dumps_nor_loads() {
    let dir = Dir::new();
    let path = dir.file("cache");
    let sound = sample(&path);
    let (from, _) = cache(lru(10));
    from.destroy();
    assert_eq!(from.dump(&path).unwrap_err().code(), Code::Closed);
    assert_eq!(from.load(&path).unwrap_err().code(), Code::Closed);
    assert_eq!(fs::read(&path).unwrap(), sound);
}

const ENTRIES: u32 = 10_000;

fn generation(number: u32) -> Arc<Cache> {
    let (cache, _) = cache(lru(ENTRIES.into()));
    (0..ENTRIES).for_each(|at| put(&cache, at, number, &Terms::default()));
    cache
}

/// Of which generation the file is, all of it.
fn is_whole(path: &Path) -> u32 {
    let (to, _) = cache(lru(ENTRIES.into()));
    assert_eq!(to.load(path).unwrap(), ENTRIES.into());
    let number = peek(&to, 0).unwrap();
    assert!((0..ENTRIES).all(|at| peek(&to, at) == Some(number)), "of several dumps");
    number
}

#[test]
fn dumps_to_one_path_at_once_leave_one_of_them_whole_and_no_draft() {
    let dir = Dir::new();
    let path = dir.file("cache");
    thread::scope(|scope| {
        for number in 1..=3 {
            let path = &path;
            scope.spawn(move || {
                let cache = generation(number);
                (0..5).for_each(|_| assert_eq!(cache.dump(path).unwrap(), ENTRIES.into()));
            });
        }
    });
    assert!((1..=3).contains(&is_whole(&path)));
    assert_eq!(dir.names(), ["cache"]);
}

/// The other process of the tests below.
#[test]
fn dumps_as_told() {
    let Some(path) = std::env::var_os("DUMPS") else { return };
    for number in 1.. {
        match generation(number).dump(Path::new(&path)) {
            Ok(_) => println!("dumped"),
            Err(error) => return println!("refused {error}"),
        }
    }
}

#[cfg(unix)]
#[test]
fn a_process_that_is_killed_while_it_dumps_leaves_a_whole_file() {
    let dir = Dir::new();
    let path = dir.file("cache");
    let first = generation(0);
    first.dump(&path).unwrap();
    for lines in [0, 1, 2, 1, 3] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "files::dumps_as_told", "--nocapture"])
            .env("DUMPS", &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let told = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(told.filter(|line| line.as_ref().is_ok_and(|line| line.contains("dumped"))).take(lines).count(), lines);
        child.kill().unwrap();
        child.wait().unwrap();
        is_whole(&path);
    }
    first.dump(&path).unwrap();
    assert_eq!(dir.names(), ["cache"], "what the killed ones left is removed");
}

#[cfg(unix)]
#[test]
fn a_full_disk_leaves_the_old_file_and_no_draft() {
    let dir = Dir::new();
    let path = dir.file("cache");
    let sound = sample(&path);
    // A limit of the size of files stands for the full disk.
    let child = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$0\" --exact files::dumps_as_told --nocapture"])
        .arg(std::env::current_exe().unwrap())
        .env("DUMPS", &path)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&child.stdout);
    assert!(told.contains("refused ERR_SHARDMAP_IO") && told.contains("written"), "{told}");
    assert_eq!(fs::read(&path).unwrap(), sound);
    assert_eq!(dir.names(), ["cache"]);
    let (to, _) = cache(lru(10));
    assert_eq!(over(&to, &path, &to), 0);
}

/// Small, so that one is begun while another is put in its place.
#[test]
fn of_many_dumps_to_one_path_at_once_none_takes_the_draft_of_another() {
    let dir = Dir::new();
    let path = dir.file("cache");
    thread::scope(|scope| {
        for number in 0..4 {
            let path = &path;
            scope.spawn(move || {
                let (from, _) = cache(lru(10));
                put(&from, number, number, &Terms::default());
                (0..300).for_each(|_| assert_eq!(from.dump(path).unwrap(), 1));
            });
        }
    });
}

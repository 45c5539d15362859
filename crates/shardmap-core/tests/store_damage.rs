//! Damaged files: refused as they are, or loaded with exactly what was written.

mod disks;

use disks::{refusal, tell, Dir, Fake, Model, LINEAGE};
use shardmap_core::{store, Code};
use std::{
    fs,
    sync::atomic::{AtomicUsize, Ordering},
};

const HISTORY: u64 = 8;

/// A file that was closed in order, the last commits not synced until then.
fn closed() -> (Vec<u8>, Model) {
    let (disk, model) = (Fake::new(vec![]), &mut Model::new());
    let (mut store, _) = disk.open(HISTORY).unwrap();
    for version in 0..30 {
        store.append(LINEAGE, &[model.some_commit()], version % 4 == 2).unwrap();
    }
    drop(store);
    (disk.bytes(), model.clone())
}

/// A file as a killed process leaves it.
fn killed() -> (Vec<u8>, Model) {
    let (bytes, mut model) = closed();
    let disk = Fake::new(bytes);
    let (mut store, _) = disk.open(HISTORY).unwrap();
    for _ in 0..3 {
        store.append(LINEAGE, &[model.some_commit()], true).unwrap();
    }
    let bytes = disk.bytes();
    drop(store);
    (bytes, model)
}

/// Opens damaged bytes: whether they were refused, and then unchanged, or hold what is told.
fn refused(bytes: Vec<u8>, told: &[String], damage: &str) -> bool {
    let disk = Fake::new(bytes.clone());
    match disk.open(HISTORY) {
        Ok((_, loaded)) => {
            assert!(told.contains(&tell(&loaded)), "{damage}: other data");
            false
        }
        Err(error) => {
            assert_eq!(error.code(), Code::Corrupt, "{damage}: {error}");
            assert!(disk.bytes() == bytes, "{damage}: changed");
            true
        }
    }
}

/// Bits of the head of the file, with all of the byte that switches between commits, and of all bytes that were ever written.
fn flip_sweep(bytes: &[u8], told: &[String]) -> (usize, usize) {
    let written: Vec<usize> = (320..bytes.len()).filter(|&byte| bytes[byte] != 0).collect();
    let rest = written.iter().step_by(written.len().div_ceil(2_000)).enumerate().map(|(turn, byte)| byte * 8 + turn % 8);
    let bits: Vec<usize> = (0..320 * 8).step_by(3).chain((9 * 8)..(10 * 8)).chain(rest).collect();
    let (next, count) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(&bit) = bits.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut bytes = bytes.to_vec();
                    bytes[bit / 8] ^= 1 << (bit % 8);
                    count.fetch_add(refused(bytes, told, &format!("bit {bit}")).into(), Ordering::Relaxed);
                }
            });
        }
    });
    (count.into_inner(), bits.len())
}

#[test]
fn a_flipped_bit_is_refused_or_changes_nothing() {
    let (bytes, model) = closed();
    let (refused, of) = flip_sweep(&bytes, &[model.told(model.version(), HISTORY)]);
    println!("{} bytes: {refused} of {of} refused", bytes.len());
    assert!(refused > of / 10 && refused < of);
}

/// Damage to the last commit looks as if that commit had been cut short, so the one before may come back, whole.
#[test]
fn a_flipped_bit_after_a_kill_costs_the_last_commit_at_most() {
    let (bytes, model) = killed();
    let told = [model.version(), model.version() - 1].map(|version| model.told(version, HISTORY));
    let (refused, of) = flip_sweep(&bytes, &told);
    println!("{} bytes: {refused} of {of} refused", bytes.len());
}

#[test]
fn every_prefix_is_refused_but_the_empty_one_which_is_new() {
    let (bytes, model) = closed();
    let told = [model.told(model.version(), HISTORY)];
    let lens = (1..600).chain((600..bytes.len()).step_by(509)).chain((1..).map(|page| page * 4096).take_while(|&len| len < bytes.len()));
    for len in lens {
        assert!(refused(bytes[..len].to_vec(), &told, &format!("{len} bytes")));
    }
    assert_eq!(tell(&Fake::new(vec![]).open(HISTORY).unwrap().1), Model::new().told(0, HISTORY));
}

#[test]
fn zeroed_doubled_and_longer_files_are_refused_or_change_nothing() {
    let (bytes, model) = closed();
    let told = [model.told(model.version(), HISTORY)];
    for page in 0..bytes.len() / 4096 {
        let mut zeroed = bytes.clone();
        zeroed[page * 4096..(page + 1) * 4096].fill(0);
        refused(zeroed, &told, &format!("zeroed page {page}"));
        let mut doubled = bytes.clone();
        doubled.copy_within(page * 4096..(page + 1) * 4096, (page + 1) % (bytes.len() / 4096) * 4096);
        refused(doubled, &told, &format!("doubled page {page}"));
    }
    for extra in [1, 4096, 100_000, 1 << 20] {
        let longer = [bytes.clone(), vec![0; extra]].concat();
        refused(longer, &told, &format!("{extra} bytes more"));
    }
}

#[test]
fn foreign_and_newer_files_are_refused_and_stay_as_they_are() {
    let dir = Dir::new();
    let path = dir.file("map");
    let (bytes, _) = closed();
    let foreign = [
        b"not a map".to_vec(),
        vec![0; 8192],
        vec![0xFF; 5000],
        b"redb\x1A\x0A\xA9\x0D\x0A".to_vec(),
        [b"redb\x1A\x0A\xA9\x0D\x0A".to_vec(), vec![0x55; 9000]].concat(),
    ];
    for bytes in foreign.into_iter().chain([bytes[..4096].to_vec(), bytes[..bytes.len() - 1].to_vec()]) {
        fs::write(&path, &bytes).unwrap();
        let error = refusal(store::open(&path, HISTORY));
        assert_eq!(error.code(), Code::Corrupt, "{error}");
        assert!(error.message().contains(&*path.to_string_lossy()), "{error}");
        assert!(fs::read(&path).unwrap() == bytes);
        assert_eq!(dir.names(), ["map"]);
    }
}

//! Files of a versioned map: damaged pages, and any rows under right checksums on sound pages.

mod rows;

// Each user takes its part of the model.
#[allow(dead_code)]
#[path = "../../shardmap-core/tests/disks/model.rs"]
mod model;

pub use rows::open as rows;

use crate::disk::Memory;
use arbitrary::{Arbitrary, Result, Unstructured};
use model::{tell, Model, LINEAGE};
use shardmap_core::{
    store::{self, Loaded, Store},
    Code,
};
use std::{
    cell::Cell,
    sync::{Arc, Once, OnceLock},
};

const HISTORY: u64 = 8;
const PAGE: usize = 4_096;

thread_local! {
    static OURS: Cell<bool> = const { Cell::new(false) };
}

/// redb may panic on a damaged file, which the store catches. It would catch a panic of its own too, so those of this thread are remembered.
fn watch_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let place = panic.location().map_or("", |location| location.file());
            if place.contains("shardmap-core") || place.contains("fuzz-bodies") {
                OURS.set(true);
                before(panic);
            }
        }));
    });
}

fn check_panics() {
    assert!(!OURS.take(), "a panic was caught");
}

#[derive(Arbitrary, Clone, Debug)]
enum Edit {
    Flip(u32, u8),
    Put(u32, Vec<u8>),
    Zero(u16),
    Copy(u16, u16),
    Cut(u32),
    Grow(u16),
}

impl Edit {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let len = bytes.len().max(1);
        let page = |number: u16| {
            let start = usize::from(number) * PAGE % len / PAGE * PAGE;
            start..(start + PAGE).min(bytes.len())
        };
        match self {
            Self::Flip(at, bit) => bytes.get_mut(*at as usize % len).into_iter().for_each(|byte| *byte ^= 1 << (bit % 8)),
            Self::Put(at, run) => bytes.iter_mut().skip(*at as usize % len).zip(run).for_each(|(byte, new)| *byte = *new),
            Self::Zero(number) => {
                let range = page(*number);
                bytes[range].fill(0);
            }
            Self::Copy(from, to) => {
                let (from, to) = (page(*from), page(*to));
                let count = from.len().min(to.len());
                bytes.copy_within(from.start..from.start + count, to.start);
            }
            Self::Cut(at) => bytes.truncate(*at as usize % len),
            Self::Grow(more) => bytes.resize(bytes.len() + usize::from(*more), 0),
        }
    }
}

fn open(disk: &Memory) -> shardmap_core::Result<(Box<dyn Store>, Loaded)> {
    store::open_on(Arc::new(disk.clone()), HISTORY)
}

/// A file that was closed in order, one as a killed process leaves it, and what was written.
fn files() -> &'static ([Vec<u8>; 2], Model) {
    static FILES: OnceLock<([Vec<u8>; 2], Model)> = OnceLock::new();
    FILES.get_or_init(|| {
        let (disk, mut model) = (Memory::default(), Model::new());
        let (mut store, _) = open(&disk).expect("a new disk");
        for version in 0..12 {
            store.append(LINEAGE, &[model.some_commit()], version % 4 == 2).expect("room for a commit");
        }
        let killed = disk.bytes();
        drop(store);
        ([disk.bytes(), killed], model)
    })
}

/// What is opened is refused and stays as it is, or has what was once written, takes a commit, and has it when it is opened again.
pub fn file(data: &[u8]) {
    watch_panics();
    let (files, model) = files();
    let mut u = Unstructured::new(data);
    let Ok(which) = u.int_in_range(0..=2_usize) else { return };
    let bytes = match files.get(which) {
        Some(sound) => {
            let edits = u.arbitrary_iter::<Edit>().and_then(|edits| edits.collect::<Result<Vec<_>>>()).unwrap_or_default();
            let mut bytes = sound.clone();
            edits.iter().for_each(|edit| edit.apply(&mut bytes));
            bytes
        }
        None => u.take_rest().to_vec(),
    };
    let disk = Memory::new(bytes.clone());
    match open(&disk) {
        Err(error) => {
            assert_eq!(error.code(), Code::Corrupt, "{error}");
            assert!(disk.bytes() == bytes, "it was changed");
        }
        Ok((mut store, loaded)) => {
            let version = loaded.version;
            assert!(version <= model.version() && tell(&loaded) == model.told(version, HISTORY), "other data");
            let mut after =
                Model { contents: model.contents[..=version as usize].to_vec(), commits: model.commits[..version as usize].to_vec() };
            // Damage to what redb has set aside shows when it is used.
            if store.append(LINEAGE, &[after.some_commit()], true).is_ok() {
                drop(store);
                let (_, found) = open(&disk).expect("what was committed");
                assert!(tell(&found) == after.told(version + 1, HISTORY), "the commit is not there");
            }
        }
    }
    check_panics();
}

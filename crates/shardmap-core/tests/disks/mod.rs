//! What the tests of the store share: a disk in memory that fails or crashes as told, directories, and a model.

// Each test file uses its part.
#![allow(dead_code, unused_imports)]

mod model;

pub use model::{key, tell, Model, LINEAGE};

use shardmap_core::{
    store::{self, Disk, Loaded, Store},
    Result,
};
use std::{
    io,
    path::PathBuf,
    sync::{
        atomic::{AtomicU64, Ordering},
        Arc, Mutex, MutexGuard,
    },
};

/// What may be on a disk after a crash, and what was acknowledged before.
pub struct Image {
    pub bytes: Vec<u8>,
    pub acknowledged: u64,
}

#[derive(Debug)]
enum Step {
    Write(u64, Vec<u8>),
    Len(u64),
}

impl Step {
    /// Beyond the end of a file that did not grow nothing arrives.
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Len(len) => bytes.resize(*len as usize, 0),
            Self::Write(offset, data) => {
                let start = (*offset as usize).min(bytes.len());
                let end = (start + data.len()).min(bytes.len());
                bytes[start..end].copy_from_slice(&data[..end - start]);
            }
        }
    }
}

/// Which calls fail.
#[derive(Clone, Copy, Debug)]
pub enum Failing {
    Never,
    /// This one.
    Once(u64),
    /// This one and all after it.
    From(u64),
}

#[derive(Debug)]
pub struct State {
    pub bytes: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<Step>,
    pub failing: Failing,
    pub calls: u64,
    pub acknowledged: u64,
    freeze: bool,
    images: Vec<(Vec<u8>, u64)>,
}

#[derive(Debug)]
pub struct Fake(Mutex<State>);

impl Fake {
    pub fn new(bytes: Vec<u8>) -> Arc<Self> {
        let durable = bytes.clone();
        let state =
            State { bytes, durable, unsynced: vec![], failing: Failing::Never, calls: 0, acknowledged: 0, freeze: false, images: vec![] };
        Arc::new(Self(Mutex::new(state)))
    }

    /// One that keeps crash images at each sync.
    pub fn freezing(bytes: Vec<u8>) -> Arc<Self> {
        let fake = Self::new(bytes);
        fake.state().freeze = true;
        fake
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.state().bytes.clone()
    }

    pub fn images(&self) -> Vec<Image> {
        self.state().images.drain(..).map(|(bytes, acknowledged)| Image { bytes, acknowledged }).collect()
    }

    pub fn open(self: &Arc<Self>, history: u64) -> Result<(Box<dyn Store>, Loaded)> {
        store::open_on(self.clone(), history)
    }

    fn call(&self) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        let call = state.calls;
        state.calls += 1;
        match state.failing {
            Failing::Once(at) if call == at => Err(io::ErrorKind::StorageFull.into()),
            Failing::From(at) if call >= at => Err(io::Error::other("the disk is gone")),
            _ => Ok(state),
        }
    }
}

impl Disk for Fake {
    fn len(&self) -> io::Result<u64> {
        Ok(self.call()?.bytes.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.call()?;
        let start = offset as usize;
        let bytes = state.bytes.get(start..start + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(bytes);
        Ok(())
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.call()?;
        assert!(offset as usize + bytes.len() <= state.bytes.len(), "a write beyond the end");
        let step = Step::Write(offset, bytes.to_vec());
        step.apply(&mut state.bytes);
        state.unsynced.push(step);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.call()?;
        let step = Step::Len(len);
        step.apply(&mut state.bytes);
        state.unsynced.push(step);
        Ok(())
    }

    /// A crash here loses all that was not synced, nothing, or one half or the other.
    fn sync(&self) -> io::Result<()> {
        let mut guard = self.call()?;
        let state = &mut *guard;
        if state.freeze {
            for arrived in [|_| false, |_| true, |at| at % 2 == 0, |at| at % 2 == 1] as [fn(usize) -> bool; 4] {
                let mut image = state.durable.clone();
                state.unsynced.iter().enumerate().filter(|(at, _)| arrived(*at)).for_each(|(_, step)| step.apply(&mut image));
                state.images.push((image, state.acknowledged));
            }
        }
        state.unsynced.clear();
        state.durable.clone_from(&state.bytes);
        Ok(())
    }
}

/// A directory of one test, removed with it.
pub struct Dir(pub PathBuf);

impl Dir {
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("store-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path.canonicalize().unwrap())
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<_> =
            std::fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The error of an open that must not succeed.
pub fn refusal<T>(result: Result<T>) -> shardmap_core::Error {
    result.err().expect("the open must be refused")
}

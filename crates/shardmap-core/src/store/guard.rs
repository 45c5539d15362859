//! The disk as redb may use it: within its length, within a budget, not at all after a failure, and with the commit point kept so that a commit
//! that failed half-way can be taken back.
//!
//! redb never writes in place what the last commit reaches, except the head of the file, in which one write switches from commit to commit. So
//! the old head makes the old commit whole again.

use super::{disk::Disk, failed};
use crate::{
    error::{Code, Error, Result},
    sync::{lock, Arc, Mutex},
};
use std::io;

/// The bytes in which redb keeps both of its commit slots, and the switch between them.
const HEAD: usize = 4096;

#[derive(Debug)]
pub struct Guard {
    disk: Arc<dyn Disk>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Bytes that may still be read; a tree that leads to itself ends here.
    budget: u64,
    /// What the disk refused first.
    failure: Option<String>,
    closed: bool,
    /// The head as of [`Guard::mark`].
    head: Vec<u8>,
    /// The head was written since.
    written: bool,
    /// And is durable.
    durable: bool,
}

impl Guard {
    pub fn new(disk: Arc<dyn Disk>, budget: u64) -> Arc<Self> {
        let state = State { budget, failure: None, closed: false, head: Vec::new(), written: false, durable: false };
        Arc::new(Self { disk, state: Mutex::new(state) })
    }

    /// Remembers the head of the file, to which [`Guard::settle`] goes back. An error once the guard is closed.
    pub fn mark(&self) -> Result<()> {
        let mut state = lock(&self.state);
        if state.closed {
            let why = state.failure.as_deref().unwrap_or("an earlier commit failed");
            return Err(failed(format!("the store takes no commits any more ({why}); destroy the map and open it again")));
        }
        let mut head = vec![0; HEAD];
        if let Err(error) = self.disk.read(0, &mut head) {
            state.failure = Some(error.to_string());
            state.closed = true;
            return Err(failed(format!("the file cannot be read ({error}); destroy the map and open it again")));
        }
        (state.head, state.written, state.durable) = (head, false, false);
        Ok(())
    }

    /// Ends everything after a failed commit: true when the commit is durable all the same, else it is taken back, as far as the disk lets it.
    pub fn settle(&self) -> bool {
        let mut state = lock(&self.state);
        state.closed = true;
        if state.written && !state.durable {
            let _ = self.disk.write(0, &state.head).and_then(|()| self.disk.sync());
        }
        state.durable
    }

    /// Refuses everything from now on.
    pub fn close(&self) {
        lock(&self.state).closed = true;
    }

    /// The error to tell: what the disk refused, if it refused something, comes before what redb made of it.
    pub fn blame(&self, error: Error) -> Error {
        match &lock(&self.state).failure {
            Some(failure) => Error::new(Code::Io, format!("the operating system refused: {failure}")),
            None => error,
        }
    }

    fn attempt<T>(&self, call: impl FnOnce(&dyn Disk, &mut State) -> io::Result<T>) -> io::Result<T> {
        let mut state = lock(&self.state);
        if state.closed {
            return Err(io::Error::other("the store is closed"));
        }
        let result = call(&*self.disk, &mut state);
        if let (Err(error), None) = (&result, &state.failure) {
            state.failure = Some(error.to_string());
        }
        result
    }

    pub fn len(&self) -> io::Result<u64> {
        self.attempt(|disk, _| disk.len())
    }

    pub fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let len = self.len()?;
        let count = out.len() as u64;
        let within = offset.checked_add(count).is_some_and(|end| end <= len);
        let budget = lock(&self.state).budget.checked_sub(count);
        match budget {
            Some(budget) if within => self.attempt(|disk, state| {
                state.budget = budget;
                disk.read(offset, out)
            }),
            _ => Err(io::Error::other("a page lies outside of the file")),
        }
    }

    pub fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.attempt(|disk, state| {
            if offset < HEAD as u64 {
                (state.written, state.durable) = (true, false);
            }
            disk.write(offset, bytes)
        })
    }

    pub fn set_len(&self, len: u64) -> io::Result<()> {
        self.attempt(|disk, _| disk.set_len(len))
    }

    pub fn sync(&self) -> io::Result<()> {
        self.attempt(|disk, state| {
            disk.sync()?;
            state.durable = state.written;
            Ok(())
        })
    }
}

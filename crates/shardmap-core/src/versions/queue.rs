//! Commits wait in a queue; whoever holds the writer's lock takes all of them, logs them in one write and publishes them together.
//!
//! Prepared, then logged, then published, then acknowledged: nothing is visible before it is as durable as asked, and nothing is acknowledged
//! before it is visible everywhere.

use super::{
    commit::{Commit, Prepared},
    root::Root,
    tree::{Total, Tree, Write},
    view, Durability, VersionedMap,
};
use crate::{
    done::Done,
    error::{Code, Error, Result},
    store::{Change, Logged, Store, TX_IDS},
    sync::{lock, process, Arc, AtomicBool, Mutex, Ordering},
    thread,
};
use std::{
    collections::{HashMap, VecDeque},
    panic::{catch_unwind, AssertUnwindSafe},
    time::{Duration, Instant},
};

/// Commits of one log write.
const TOGETHER: usize = 1024;
/// How late [`Durability::Eventual`] is written out; the disk may take as long again.
const LATE: Duration = Duration::from_millis(50);

process! {
    /// Set once. Every map's writer is locked after it, so whoever has not seen it has committed before that.
    HASTENED: AtomicBool = AtomicBool::new(false);
}

/// From now on no commit is acknowledged before it is on disk.
pub(crate) fn hasten() {
    HASTENED.store(true, Ordering::Relaxed);
}

/// Commits to come.
pub(super) type Queue = Mutex<VecDeque<(Commit, Done)>>;

/// Entries to replace all others, in the order in which they were given.
pub(super) type Replacements = Mutex<VecDeque<(Vec<Write>, Done)>>;

/// What only the writer uses.
pub(super) struct Writer {
    store: Option<Box<dyn Store>>,
    durability: Durability,
    /// Something was acknowledged that is not on disk.
    behind: bool,
    done: TxIds,
}

/// The last commits that had an id.
#[derive(Default)]
pub(super) struct TxIds {
    versions: HashMap<String, u64>,
    order: VecDeque<String>,
}

impl TxIds {
    pub fn insert(&mut self, id: String, version: u64) {
        if self.versions.insert(id.clone(), version).is_none() {
            self.order.push_back(id);
        }
        if self.order.len() > TX_IDS as usize {
            if let Some(oldest) = self.order.pop_front() {
                self.versions.remove(&oldest);
            }
        }
    }
}

impl Writer {
    pub fn new(store: Option<Box<dyn Store>>, durability: Durability, tx_ids: Vec<(String, u64)>) -> Self {
        let mut done = TxIds::default();
        tx_ids.into_iter().for_each(|(id, version)| done.insert(id, version));
        Self { store, durability, behind: false, done }
    }

    /// Whether a commit is on disk before it is acknowledged.
    fn is_immediate(&self) -> bool {
        self.durability == Durability::Immediate || HASTENED.load(Ordering::Relaxed)
    }

    fn write_out(&mut self) -> Result<()> {
        if let Some(store) = self.store.as_mut().filter(|_| self.behind) {
            store.sync()?;
            self.behind = false;
        }
        Ok(())
    }
}

impl VersionedMap {
    /// Asks for a commit, which is done here and now if that needs no disk, touches only the keys given, and nobody else is writing; by another
    /// thread otherwise.
    pub fn commit(self: &Arc<Self>, commit: Commit, done: Done) {
        let brief = self.options.path.is_none() && commit.change.is_brief();
        let alone = {
            let mut queue = lock(&self.queue);
            queue.push_back((commit, done));
            queue.len() == 1
        };
        if brief && alone {
            if let Ok(mut writer) = self.writer.try_lock() {
                self.commit_queued(&mut writer);
                drop(writer);
                if lock(&self.queue).is_empty() {
                    return;
                }
            }
        }
        let map = self.clone();
        thread::run(Box::new(move || map.drain()));
    }

    /// Asks for a commit after which the map has exactly these entries, the last of a key counting. They are put together by another thread, one
    /// request after the other; readers and writers go on meanwhile.
    pub fn replace_all(self: &Arc<Self>, writes: Vec<Write>, done: Done) {
        let first = {
            let mut replacements = lock(&self.replacements);
            replacements.push_back((writes, done));
            replacements.len() == 1
        };
        if first {
            let map = self.clone();
            thread::apart(Box::new(move || map.build_replacements()));
        }
    }

    /// A request stays in its queue until it is built: who finds the queue empty begins.
    fn build_replacements(self: &Arc<Self>) {
        loop {
            let Some((writes, done)) = lock(&self.replacements).front_mut().map(|(writes, done)| (std::mem::take(writes), done.take()))
            else {
                return;
            };
            // After a panic `done` tells of it, and those that wait behind are built all the same.
            match catch_unwind(AssertUnwindSafe(|| self.replacement(writes))) {
                Ok(Ok(replacement)) => self.commit(Commit::of(super::Change::Replace(replacement)), done),
                Ok(Err(error)) => done.tell(Err(error)),
                Err(_) => drop(done),
            }
            let mut replacements = lock(&self.replacements);
            replacements.pop_front();
            if replacements.is_empty() {
                return;
            }
        }
    }

    /// Commits and waits for it, for other writers before it, and for the disk.
    pub fn commit_sync(self: &Arc<Self>, commit: Commit) -> Result<u64> {
        let told = Arc::new(Mutex::new(None));
        let tell = told.clone();
        lock(&self.queue).push_back((commit, Done::new(move |result| *lock(&tell) = Some(result))));
        loop {
            // Whoever took it from the queue has told of it before the lock could be had.
            self.drain();
            if let Some(result) = lock(&told).take() {
                return result;
            }
        }
    }

    /// Does what is in the queue, until it is empty.
    fn drain(self: &Arc<Self>) {
        let mut writer = lock(&self.writer);
        while self.commit_queued(&mut writer) {}
    }

    /// Does what is in the queue now; whether there was anything.
    fn commit_queued(self: &Arc<Self>, writer: &mut Writer) -> bool {
        let batch: Vec<_> = {
            let mut queue = lock(&self.queue);
            let count = queue.len().min(TOGETHER);
            queue.drain(..count).collect()
        };
        let any = !batch.is_empty();
        if any {
            self.commit_together(writer, batch);
        }
        any
    }

    fn commit_together(self: &Arc<Self>, writer: &mut Writer, batch: Vec<(Commit, Done)>) {
        let mut last = self.published.load();
        let mut lineage = lock(&self.history).lineage();
        let (mut prepared, mut waiting, mut again) = (Vec::<Prepared>::new(), Vec::new(), Vec::new());
        for (commit, done) in batch {
            if let Err(error) = self.alive() {
                done.tell(Err(error));
                continue;
            }
            if let Some(version) = commit.tx_id.as_ref().and_then(|id| writer.done.versions.get(id)) {
                done.tell(Ok(*version));
                continue;
            }
            if let Some(same) = prepared.iter().find(|one| one.tx_id.is_some() && one.tx_id == commit.tx_id) {
                again.push((same.root.version, done));
                continue;
            }
            match self.prepare(&last, &prepared, lineage, commit) {
                Ok(None) => waiting.push((last.version, done)),
                Ok(Some(next)) => {
                    last = next.root.clone();
                    lineage = next.lineage;
                    waiting.push((next.root.version, done));
                    prepared.push(next);
                }
                Err(error) => {
                    if error.code() == Code::Conflict {
                        self.counts.conflicts.fetch_add(1, Ordering::Relaxed);
                    }
                    done.tell(Err(error));
                }
            }
        }
        let synced = writer.is_immediate();
        let logged = self.log(writer, lineage, &prepared, synced);
        if logged.is_ok() && !prepared.is_empty() {
            self.publish(writer, lineage, prepared, &last);
            let late = writer.store.is_some() && !synced;
            if late && !std::mem::replace(&mut writer.behind, true) && writer.durability == Durability::Eventual {
                self.write_out_later();
            }
        }
        for (version, done) in waiting.into_iter().chain(again) {
            done.tell(logged.clone().map(|()| version));
        }
    }

    fn log(&self, writer: &mut Writer, lineage: [u8; 16], prepared: &[Prepared], sync: bool) -> Result<()> {
        let Some(store) = writer.store.as_mut().filter(|_| !prepared.is_empty()) else { return Ok(()) };
        let commits: Vec<Logged> = prepared.iter().map(logged).collect();
        store.append(lineage, &commits, sync)?;
        self.counts.log_writes.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Makes the last of the prepared versions the latest one: see [`crate::turn`].
    fn publish(&self, writer: &mut Writer, lineage: [u8; 16], mut prepared: Vec<Prepared>, last: &Arc<Root>) {
        let changed = || prepared.iter().flat_map(|one| &one.differences);
        let count = changed().count();
        self.turn.begin();
        if count < self.slots.mask() / 4 {
            changed().for_each(|difference| self.slots.advance(self.slot(difference.hash)));
        } else {
            self.slots.advance_all();
        }
        let mut dropped = Vec::new();
        {
            // Held over the swap: who has seen the latest version finds it among the kept ones.
            let mut history = lock(&self.history);
            history.adopt(lineage);
            dropped.push((self.published.store(last.clone()), 0));
            self.turn.end();
            prepared.iter().for_each(|one| dropped.extend(history.push(one.root.clone())));
        }
        self.counts.commits.fetch_add(prepared.len() as u64, Ordering::Relaxed);
        let large = dropped.iter().map(|(_, entries)| *entries as usize).max().unwrap_or(0).max(count);
        for one in &mut prepared {
            if let Some(id) = one.tx_id.take() {
                writer.done.insert(id, one.root.version);
            }
        }
        view::free((prepared, dropped), large);
    }

    /// Writes out what was acknowledged before it was on disk, within [`LATE`].
    fn write_out_later(self: &Arc<Self>) {
        let map = Arc::downgrade(self);
        let write_out = move || {
            let Some(map) = map.upgrade() else { return };
            // A failure is kept by the store, and refuses every later commit.
            let _ = lock(&map.writer).write_out();
        };
        thread::at(Instant::now() + LATE, Box::new(|| thread::run(Box::new(write_out))));
    }

    /// Writes out what was acknowledged before it was on disk.
    pub(crate) fn write_out(&self) -> Result<()> {
        lock(&self.writer).write_out()
    }

    /// Rejects what waits, writes everything out and lets the file go.
    pub(super) fn end(&self) -> Result<()> {
        let mut writer = lock(&self.writer);
        for (_, done) in std::mem::take(&mut *lock(&self.queue)) {
            done.tell(Err(Error::closed()));
        }
        let result = writer.write_out();
        writer.store = None;
        writer.done = TxIds::default();
        self.forget();
        result
    }

    /// Lets go of every version that nobody holds.
    fn forget(&self) {
        let empty = Arc::new(Root::next(&self.published, 0, 0, Tree::empty(self.options.mode.unwrap_or_default()), Total::default(), 0));
        let kept = lock(&self.history).clear();
        let latest = self.published.store(empty);
        let large = latest.tree.len();
        view::free((kept, latest), large);
    }

    /// For the end of the process: writes everything out and lets the file go. Whoever commits from now on waits for ever.
    pub(crate) fn leave(&self) -> Result<()> {
        let mut writer = lock(&self.writer);
        let result = writer.write_out();
        writer.store = None;
        std::mem::forget(writer);
        result
    }
}

fn logged(prepared: &Prepared) -> Logged {
    let changes = prepared.differences.iter().map(|difference| Change {
        key: difference.key.clone(),
        before: difference.before.clone(),
        after: difference.after.clone(),
    });
    Logged { version: prepared.root.version, at: prepared.root.at, tx_id: prepared.tx_id.clone(), changes: changes.collect() }
}

//! Versions that somebody holds.

use super::{Root, VersionedMap};
use crate::{
    key::KeyRef,
    map::{Cursor, Rows},
    sync::{lock, Arc, Mutex},
    thread,
    value::Value,
};
use std::{
    collections::{btree_map::Entry, BTreeMap},
    time::Instant,
};

/// The views that live.
#[derive(Default)]
pub(super) struct Views(Mutex<Living>);

#[derive(Default)]
struct Living {
    last: u64,
    /// When each was taken, in that order.
    taken: BTreeMap<u64, Instant>,
    /// What they hold, by version, and how many of them.
    held: BTreeMap<u64, (Arc<Root>, usize)>,
}

impl Views {
    fn add(&self, root: &Arc<Root>) -> u64 {
        let mut living = lock(&self.0);
        living.last += 1;
        let number = living.last;
        living.taken.insert(number, Instant::now());
        living.held.entry(root.version).or_insert_with(|| (root.clone(), 0)).1 += 1;
        number
    }

    fn remove(&self, number: u64, version: u64) {
        let mut living = lock(&self.0);
        living.taken.remove(&number);
        if let Entry::Occupied(mut held) = living.held.entry(version) {
            held.get_mut().1 -= 1;
            if held.get().1 == 0 {
                held.remove();
            }
        }
    }

    /// A version that somebody holds.
    pub fn holding(&self, version: u64) -> Option<Arc<Root>> {
        lock(&self.0).held.get(&version).map(|(root, _)| root.clone())
    }

    /// How many there are, and for how many milliseconds the oldest.
    pub fn count(&self) -> (u64, u64) {
        let living = lock(&self.0);
        let oldest = living.taken.first_key_value().map_or(0, |(_, taken)| taken.elapsed().as_millis() as u64);
        (living.taken.len() as u64, oldest)
    }
}

/// A version, held: what it has stays as it is, whatever is committed, until it is dropped. Costs what later versions no longer share.
pub struct View {
    map: Arc<VersionedMap>,
    root: Arc<Root>,
    number: u64,
}

impl VersionedMap {
    /// Holds a version of this map. Takes the same time however large it is.
    pub fn hold(self: &Arc<Self>, root: Arc<Root>) -> View {
        let number = self.views.add(&root);
        View { map: self.clone(), root, number }
    }
}

impl View {
    /// The version held.
    pub fn root(&self) -> &Arc<Root> {
        &self.root
    }

    /// The value of a key. Waits for nobody.
    #[inline]
    pub fn get(&self, key: KeyRef<'_>) -> Option<Value> {
        self.root.tree.get(key).map(|entry| entry.value.clone())
    }

    /// The next rows.
    pub fn page(&self, cursor: Cursor) -> Rows {
        self.root.tree.page(cursor)
    }
}

impl Drop for View {
    fn drop(&mut self) {
        self.map.views.remove(self.number, self.root.version);
        if Arc::strong_count(&self.root) == 1 {
            free(self.root.clone(), self.root.tree.len());
        }
    }
}

/// Lets go of something: of what may have many entries, on another thread, for freeing them takes long.
pub(super) fn free<T: Send + 'static>(what: T, entries: usize) {
    const MANY: usize = 8192;
    if entries > MANY {
        thread::apart(Box::new(move || drop(what)));
    }
}

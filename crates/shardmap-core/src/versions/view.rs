//! Versions that somebody holds.

use super::{Root, VersionedMap};
use crate::{
    key::KeyRef,
    map::{Cursor, Rows},
    sync::{lock, Arc, Mutex},
    thread,
    value::Value,
};
use std::{collections::BTreeMap, time::Instant};

/// When the views that live were taken, in that order.
#[derive(Default)]
pub(super) struct Views(Mutex<(u64, BTreeMap<u64, Instant>)>);

impl Views {
    fn add(&self) -> u64 {
        let mut views = lock(&self.0);
        views.0 += 1;
        let number = views.0;
        views.1.insert(number, Instant::now());
        number
    }

    /// How many there are, and for how many milliseconds the oldest.
    pub fn count(&self) -> (u64, u64) {
        let views = lock(&self.0);
        let oldest = views.1.first_key_value().map_or(0, |(_, taken)| taken.elapsed().as_millis() as u64);
        (views.1.len() as u64, oldest)
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
        View { map: self.clone(), root, number: self.views.add() }
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
        lock(&self.map.views.0).1.remove(&self.number);
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

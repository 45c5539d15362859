//! What a change leaves to be done when no lock is held: values freed, listeners rung, waiters told.

use super::{
    entry::{Entry, Rare},
    events::Rings,
    flights::Letters,
    slab::Slab,
};
use crate::value::Value;

#[derive(Default)]
pub(super) struct Later {
    replaced: Option<(Value, Option<Box<Rare>>)>,
    /// The first of the entries that went, which is mostly the only one.
    first: Option<Entry>,
    others: Vec<Entry>,
    all: Option<Slab>,
    pub rings: Rings,
    pub letters: Letters,
}

impl Later {
    pub fn free_old(&mut self, old: (Value, Option<Box<Rare>>)) {
        self.replaced = Some(old);
    }

    pub fn free(&mut self, entry: Entry) {
        match self.first {
            None => self.first = Some(entry),
            Some(_) => self.others.push(entry),
        }
    }

    pub fn free_all(&mut self, slab: Slab) {
        self.all = Some(slab);
    }

    /// Does it.
    pub fn done(self) {
        self.rings.call();
        self.letters.post();
    }
}

//! What a change leaves to be done when no lock is held: values freed, listeners rung, waiters told.

use super::{
    entry::{Entry, Rare},
    events::Rings,
    flights::Letters,
    slab::Slab,
};
use crate::value::Value;

/// Small, because most changes leave at most a value.
#[derive(Default)]
pub(super) struct Later {
    replaced: Option<(Value, Option<Box<Rare>>)>,
    /// The first of the entries that went, which is mostly the only one.
    first: Option<Entry>,
    more: Option<Box<More>>,
}

#[derive(Default)]
struct More {
    entries: Vec<Entry>,
    all: Option<Slab>,
    rings: Rings,
    letters: Letters,
}

impl Later {
    #[inline]
    pub fn free_old(&mut self, old: (Value, Option<Box<Rare>>)) {
        self.replaced = Some(old);
    }

    #[inline]
    pub fn free(&mut self, entry: Entry) {
        match self.first {
            None => self.first = Some(entry),
            Some(_) => self.more().entries.push(entry),
        }
    }

    pub fn free_all(&mut self, slab: Slab) {
        self.more().all = Some(slab);
    }

    pub fn rings(&mut self) -> &mut Rings {
        &mut self.more().rings
    }

    pub fn letters(&mut self) -> &mut Letters {
        &mut self.more().letters
    }

    #[cold]
    fn more(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }

    /// Does it.
    #[inline]
    pub fn done(self) {
        if let Some(more) = self.more {
            more.rings.call();
            more.letters.post();
        }
    }
}

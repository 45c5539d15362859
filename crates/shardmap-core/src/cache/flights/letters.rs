//! Who takes part in a load, and what it is told.

use crate::{cache::Terms, key::Key, sync::Arc, value::Value};
use std::panic::{catch_unwind, AssertUnwindSafe};

/// Tells the party of this request its news.
pub type Tell = Arc<dyn Fn(u64, News) + Send + Sync>;

/// Somebody who asked for a key: the one who loads it, or one who waits.
pub struct Party {
    /// Whose death ends the request.
    pub holder: u64,
    /// Its number, which no other request of the holder has.
    pub request: u64,
    /// On which terms the value is stored if this party loads it.
    pub terms: Terms,
    /// Whether only what is loaded is an answer, also when somebody else has stored a value meanwhile.
    pub(crate) force: bool,
    /// Called with no lock held: once with an answer, or first with the lead.
    pub tell: Tell,
}

impl Party {
    /// One that any value answers; [`Cache::fetch`](crate::cache::Cache::fetch) has it forced if it is asked to.
    pub fn new(holder: u64, request: u64, terms: Terms, tell: Tell) -> Self {
        Self { holder, request, terms, force: false, tell }
    }
}

/// What a party is told.
#[derive(Clone, Debug)]
pub enum News {
    /// The value was loaded.
    Loaded(Value),
    /// The load failed with this error.
    Failed(Value),
    /// It is now this party's turn to load.
    Lead {
        /// Of this key.
        key: Key,
        /// The number of the flight, to settle it with.
        flight: u32,
        /// The old value, if it is kept.
        stale: Option<Value>,
    },
    /// The cache was destroyed.
    Closed,
}

/// What the cache has of a key whose load is passed on.
#[derive(Clone, Debug)]
pub enum Kept {
    /// A value that answers whoever does not force a load.
    Fresh(Value),
    /// One that has expired.
    Stale(Value),
}

impl Kept {
    /// The value, fresh or not.
    pub fn into_value(self) -> Value {
        match self {
            Self::Fresh(value) | Self::Stale(value) => value,
        }
    }
}

/// The end of a load.
pub struct Ended {
    /// Who loaded. It is not told.
    pub leader: Party,
    /// Whom its outcome answers, the first one first.
    pub waiters: Vec<Party>,
    /// The key was written, deleted or invalidated meanwhile: what was loaded must not be stored.
    pub dirty: bool,
}

/// What is to be told when no lock is held.
#[derive(Default)]
#[must_use = "who waits is not told otherwise"]
pub struct Letters {
    letters: Vec<(Tell, u64, News)>,
    /// Of parties that are told nothing. They are kept until no lock is held, because what they own may call back in.
    gone: Vec<Tell>,
}

impl Letters {
    /// A letter to one.
    pub fn add(&mut self, party: &Party, news: News) {
        self.letters.push((party.tell.clone(), party.request, news));
    }

    /// The same letter to all parties of a flight but the leader.
    pub fn answer(&mut self, flight: &Ended, news: &News) {
        self.forget(&flight.leader);
        flight.waiters.iter().for_each(|party| self.add(party, news.clone()));
    }

    /// No letter for this one.
    pub fn forget(&mut self, party: &Party) {
        self.gone.push(party.tell.clone());
    }

    /// How many of them tell of a lead.
    pub fn leads(&self) -> i64 {
        self.letters.iter().filter(|(_, _, news)| matches!(news, News::Lead { .. })).count() as i64
    }

    /// Tells all, each also when another one's `tell` panics.
    pub fn post(self) {
        for (tell, request, news) in self.letters {
            let _ = catch_unwind(AssertUnwindSafe(|| tell(request, news)));
        }
    }
}

//! One load per key: who asks for a key that is absent loads it, or waits for who does.

use super::{
    counts::Counter,
    entries::Entries,
    events::{Event, Listener},
    flights::{Ended, Flights, Joined, Kept, News, Party},
    later::Later,
    put::Put,
    read::Lookup,
    shared::Shard,
    Cache,
};
use crate::{error::Result, holders::Holders, key::KeyRef, value::Value};

/// How a key is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ask {
    /// Whether a fresh value is no answer.
    pub force: bool,
    /// For how many milliseconds after its deadline a value is an answer, while it is loaded anew.
    pub stale_while_revalidate: u64,
}

/// What came of asking.
#[derive(Clone, Debug)]
pub enum Fetched {
    /// The value is there.
    Hit(Lookup),
    /// Somebody loads it; the party will be told.
    Wait,
    /// The party is to load it, and to end that with [`Cache::settle`], [`Cache::fail`] or [`Cache::abandon`].
    Lead {
        /// The number to end it with.
        flight: u32,
        /// The old value, if it is kept.
        stale: Option<Value>,
    },
    /// An old value answers.
    Stale {
        /// The old value.
        value: Value,
        /// The number to end the load with, if the party is to load it anew; it is told nothing of a load by others.
        lead: Option<u32>,
    },
}

impl Cache {
    /// Reads a key, or joins those who wait for it, or becomes the one who loads it. At most one party loads a key at a time.
    pub fn fetch(&self, key: KeyRef<'_>, party: Party, ask: Ask) -> Result<Fetched> {
        // What the party owns may call back in, so it is dropped under no lock.
        let mut party = Some(Party { force: ask.force, ..party });
        let shard = self.shard_of(key.hash);
        let fetched = self.with(shard, |Shard { entries, flights }, later| {
            self.alive()?;
            let kept = self.kept(entries, key, later);
            let mut stale = None;
            let mut in_window = false;
            if let Some((place, now)) = kept {
                let entry = &entries.slab[place];
                if now < entry.deadline && !ask.force {
                    return Ok(Fetched::Hit(self.used(entries, shard, key, place, now)));
                }
                in_window = !ask.force && now < entry.deadline.saturating_add(ask.stale_while_revalidate);
                stale = Some(entry.value.clone());
            } else {
                entries.policy.miss(key.hash);
            }
            if in_window && flights.is_loading(key) {
                if let Some(value) = stale {
                    return Ok(Fetched::Stale { value, lead: None });
                }
            }
            let Some(Joined::Leads(flight)) = party.take().map(|party| flights.join(key, party)) else { return Ok(Fetched::Wait) };
            self.counters.add(Counter::Loads, 1);
            Ok(match stale {
                Some(value) if in_window => Fetched::Stale { value, lead: Some(flight) },
                stale => Fetched::Lead { flight, stale },
            })
        })?;
        self.counters.add(if matches!(fetched, Fetched::Hit(_)) { Counter::Hits } else { Counter::Misses }, 1);
        Ok(fetched)
    }

    /// Ends a load with its value, which goes to all who wait; if the key was written meanwhile, only to those who asked before that: the others
    /// get what is there by then, or the next of them leads. Returns whether it was stored: not if the key was written, or the value is too large;
    /// nothing happens if the flight was passed on.
    pub fn settle(&self, key: KeyRef<'_>, flight: u32, value: Value) -> Result<bool> {
        let mut put: Option<Put<'_>> = None;
        loop {
            let stored = self.with(self.shard_of(key.hash), |Shard { entries, flights }, later| {
                self.alive()?;
                let Some((leader, is_dirty)) = flights.leading(key, flight) else { return Ok(Some(false)) };
                let mut stored = false;
                if !is_dirty {
                    let put = put.get_or_insert_with(|| Put::new(self, key, value.clone(), &leader.terms));
                    if put.fits() {
                        // Memory that is refused must not leave the others waiting.
                        match put.store(entries, later) {
                            Ok(false) => return Ok(None),
                            done => stored = done.is_ok(),
                        }
                    } else {
                        self.displace(entries, key, later);
                    }
                }
                if let Some(ended) = self.end(key, flight, entries, flights, later) {
                    later.letters().answer(&ended, &News::Loaded(value.clone()));
                }
                Ok(Some(stored))
            })?;
            match (stored, &mut put) {
                (Some(stored), _) => return Ok(stored),
                (None, Some(put)) => put.make_room(),
                (None, None) => {}
            }
        }
    }

    /// Ends a load with an error, which goes to whom a value would go; or in its place the old value, if it is kept and either stale values are allowed or
    /// the load was to have one kept. Returns that value.
    pub fn fail(&self, key: KeyRef<'_>, flight: u32, error: Value) -> Result<Option<Value>> {
        self.with(self.shard_of(key.hash), |Shard { entries, flights }, later| {
            self.alive()?;
            let Some(ended) = self.end(key, flight, entries, flights, later) else { return Ok(None) };
            self.counters.add(Counter::LoadErrors, 1);
            let may_be_stale = self.rules.allow_stale || ended.leader.terms.grace > 0;
            let old = if may_be_stale { self.there(entries, key).map(Kept::into_value) } else { None };
            later.letters().answer(&ended, &old.clone().map_or(News::Failed(error), News::Loaded));
            Ok(old)
        })
    }

    fn end(&self, key: KeyRef<'_>, flight: u32, entries: &Entries, flights: &mut Flights, later: &mut Later) -> Option<Ended> {
        let ended = flights.settle(key, flight, |key| self.there(entries, key), later.letters());
        self.counters.add(Counter::Loads, later.letters().leads());
        ended
    }

    /// The leader of a flight gives up: the next who waits leads, or the flight ends. Nothing happens if it was passed on before.
    pub fn abandon(&self, key: KeyRef<'_>, flight: u32) -> Result<()> {
        self.with(self.shard_of(key.hash), |Shard { entries, flights }, later| {
            self.alive()?;
            flights.abandon(key, flight, |key| self.there(entries, key), later.letters());
            self.counters.add(Counter::Loads, later.letters().leads());
            Ok(())
        })
    }

    /// One who waits goes. Returns false when it does not wait: it was answered or is about to be, or it leads.
    pub fn leave(&self, key: KeyRef<'_>, holder: u64, request: u64) -> Result<bool> {
        self.with(self.shard_of(key.hash), |shard, later| {
            self.alive()?;
            Ok(shard.flights.leave(key, holder, request, later.letters()))
        })
    }

    /// The value that is kept of a key.
    fn there(&self, entries: &Entries, key: KeyRef<'_>) -> Option<Kept> {
        let entry = &entries.slab[entries.find(key)?];
        let now = self.now();
        if now < entry.deadline {
            return Some(Kept::Fresh(entry.value.clone()));
        }
        (now < entry.end(&self.rules)).then(|| Kept::Stale(entry.value.clone()))
    }

    /// Begins to tell a holder of what goes, or goes on with other kinds.
    pub fn listen(&self, listener: Listener) {
        self.queues.listen(listener);
    }

    /// Stops, and forgets what the holder has not taken.
    pub fn unlisten(&self, holder: u64) {
        self.queues.unlisten(holder);
    }

    /// What a holder is to be told, oldest first, and how many before were dropped.
    pub fn take_events(&self, holder: u64) -> (u64, Vec<Event>) {
        self.queues.take(holder)
    }
}

impl Holders for Cache {
    /// It waits no more, what it loads is passed on, and it is told of nothing.
    fn end_holder(&self, holder: u64) {
        self.queues.unlisten(holder);
        for shard in 0..self.shards() {
            self.with(shard, |Shard { entries, flights }, later| {
                flights.end_holder(holder, |key| self.there(entries, key), later.letters());
                self.counters.add(Counter::Loads, later.letters().leads());
            });
        }
    }
}

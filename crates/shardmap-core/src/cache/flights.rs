//! The flight table: which keys are being loaded, by whom, and who waits.
//!
//! A key has at most one flight and a flight exactly one leader, who loads, and who ends it or passes it on; the others wait in the order they
//! came. A flight has a number, another one for each leader, so that a leader whose flight was passed on changes nothing any more. A write of
//! the key spoils the flight: whatever its leader has read may be older than the write, and is not stored. It answers those who asked before the
//! write; those who asked after it may know of the write. They get the value that is there by then, if it is fresh; else the first of them leads.
//!
//! The table has no lock and calls nobody. All of it happens under the lock of the key's shard, together with what it depends on: that the key
//! is absent when a flight begins, that a write spoils the flight, and that what is loaded is stored only if none did.

mod letters;

pub use letters::{Ended, Kept, Letters, News, Party, Tell};

use crate::key::{Key, KeyRef};
use hashbrown::{hash_table::Entry, HashTable};
use std::collections::VecDeque;

struct Flight {
    hash: u64,
    key: Key,
    number: u32,
    leader: Party,
    waiters: VecDeque<Party>,
    /// How many of those who wait asked before the first write since the load began; `None` while there was none.
    spoiled: Option<usize>,
}

/// What came of asking for a key.
#[derive(Debug, PartialEq, Eq)]
pub enum Joined {
    /// Somebody loads it, and this party will be told.
    Waits,
    /// This party loads it, under this number.
    Leads(u32),
}

/// The flights of a shard.
#[derive(Default)]
pub struct Flights {
    table: HashTable<Flight>,
    /// The number of the last flight. It comes again after 4,294,967,296 loads of one shard.
    last: u32,
}

fn of<'a>(key: KeyRef<'a>) -> impl Fn(&Flight) -> bool + 'a {
    move |flight| flight.key.as_bytes() == key.bytes
}

impl Flight {
    /// Answers the waiters with the value that `kept` finds, if it is fresh, and makes the first who is not answered the leader, whose load begins now
    /// and has missed no write. Returns the former one, `None` when nobody waits any more.
    fn pass_on(&mut self, last: &mut u32, kept: impl FnOnce(KeyRef<'_>) -> Option<Kept>, letters: &mut Letters) -> Option<Party> {
        if self.waiters.is_empty() {
            return None;
        }
        let stale = match kept(KeyRef { bytes: self.key.as_bytes(), hash: self.hash }) {
            Some(Kept::Fresh(value)) => {
                self.waiters.retain(|party| {
                    if !party.force {
                        letters.add(party, News::Loaded(value.clone()));
                    }
                    party.force
                });
                Some(value)
            }
            Some(Kept::Stale(value)) => Some(value),
            None => None,
        };
        let heir = self.waiters.pop_front()?;
        *last = last.wrapping_add(1);
        (self.number, self.spoiled) = (*last, None);
        letters.add(&heir, News::Lead { key: self.key.clone(), flight: self.number, stale });
        Some(std::mem::replace(&mut self.leader, heir))
    }

    /// All waiters of a holder go.
    fn dismiss(&mut self, holder: u64, letters: &mut Letters) {
        let (mut at, mut early) = (0, 0);
        self.waiters.retain(|party| {
            let stays = party.holder != holder;
            if !stays {
                letters.forget(party);
            }
            early += usize::from(stays && self.spoiled.is_some_and(|before| at < before));
            at += 1;
            stays
        });
        self.spoiled = self.spoiled.map(|_| early);
    }

    fn spoil(&mut self) {
        self.spoiled.get_or_insert(self.waiters.len());
    }
}

impl Flights {
    /// Whether the key is being loaded.
    pub fn is_loading(&self, key: KeyRef<'_>) -> bool {
        self.table.find(key.hash, of(key)).is_some()
    }

    /// Whether nothing is being loaded.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Waits for the key's flight, or begins one.
    pub fn join(&mut self, key: KeyRef<'_>, party: Party) -> Joined {
        match self.table.entry(key.hash, of(key), |flight| flight.hash) {
            Entry::Occupied(mut flight) => {
                flight.get_mut().waiters.push_back(party);
                Joined::Waits
            }
            Entry::Vacant(place) => {
                self.last = self.last.wrapping_add(1);
                let (hash, number) = (key.hash, self.last);
                let key = Key::new(key.bytes);
                place.insert(Flight { hash, key, number, leader: party, waiters: VecDeque::new(), spoiled: None });
                Joined::Leads(number)
            }
        }
    }

    /// Who leads the key's flight if that has this number, and whether the key was written meanwhile.
    pub fn leading(&self, key: KeyRef<'_>, flight: u32) -> Option<(&Party, bool)> {
        let found = self.table.find(key.hash, of(key)).filter(|found| found.number == flight)?;
        Some((&found.leader, found.spoiled.is_some()))
    }

    /// Ends the load, with a value or an error. `None` when it is not the key's flight any more. Who asked only after a write is not answered by it, but by
    /// the value that `kept` finds, or the first of them leads.
    pub fn settle(
        &mut self,
        key: KeyRef<'_>,
        flight: u32,
        kept: impl FnOnce(KeyRef<'_>) -> Option<Kept>,
        letters: &mut Letters,
    ) -> Option<Ended> {
        let mut found = self.table.find_entry(key.hash, of(key)).ok().filter(|found| found.get().number == flight)?;
        let ending = found.get_mut();
        let early = ending.spoiled.unwrap_or(ending.waiters.len());
        let (waiters, dirty) = (ending.waiters.drain(..early).collect(), ending.spoiled.is_some());
        let leader = match ending.pass_on(&mut self.last, kept, letters) {
            Some(leader) => leader,
            None => {
                let leader = found.remove().0.leader;
                self.tidy();
                leader
            }
        };
        Some(Ended { leader, waiters, dirty })
    }

    /// The leader gives up: who waits gets the value that `kept` finds, or the first of them leads, or the flight ends.
    pub fn abandon(&mut self, key: KeyRef<'_>, flight: u32, kept: impl FnOnce(KeyRef<'_>) -> Option<Kept>, letters: &mut Letters) {
        let found = self.table.find_entry(key.hash, of(key));
        let Some(mut found) = found.ok().filter(|found| found.get().number == flight) else { return };
        match found.get_mut().pass_on(&mut self.last, kept, letters) {
            Some(leader) => letters.forget(&leader),
            None => {
                letters.forget(&found.remove().0.leader);
                self.tidy();
            }
        }
    }

    /// A waiter goes. Returns whether it has waited; otherwise it was answered, or leads.
    pub fn leave(&mut self, key: KeyRef<'_>, holder: u64, request: u64, letters: &mut Letters) -> bool {
        let Some(flight) = self.table.find_mut(key.hash, of(key)) else { return false };
        let Some(at) = flight.waiters.iter().position(|party| (party.holder, party.request) == (holder, request)) else { return false };
        if let Some(early) = flight.spoiled.as_mut().filter(|early| at < **early) {
            *early -= 1;
        }
        flight.waiters.remove(at).inspect(|party| letters.forget(party)).is_some()
    }

    /// A holder has ended: it waits no more, and what it led is passed on. `kept` finds what there is of a key.
    pub fn end_holder(&mut self, holder: u64, mut kept: impl FnMut(KeyRef<'_>) -> Option<Kept>, letters: &mut Letters) {
        let Self { table, last } = self;
        table.retain(|flight| {
            flight.dismiss(holder, letters);
            if flight.leader.holder != holder {
                return true;
            }
            let former = flight.pass_on(last, &mut kept, letters);
            letters.forget(former.as_ref().unwrap_or(&flight.leader));
            former.is_some()
        });
        self.tidy();
    }

    /// The key was written: what its leader has read may be older.
    pub fn spoil(&mut self, key: KeyRef<'_>) {
        if let Some(flight) = self.table.find_mut(key.hash, of(key)) {
            flight.spoil();
        }
    }

    /// The same for all flights whose leader would store under this tag.
    pub fn spoil_tag(&mut self, tag: &str) {
        let tagged = |flight: &&mut Flight| flight.leader.terms.tags.iter().any(|other| **other == *tag);
        self.table.iter_mut().filter(tagged).for_each(Flight::spoil);
    }

    /// The same for all flights.
    pub fn spoil_all(&mut self) {
        self.table.iter_mut().for_each(Flight::spoil);
    }

    /// The cache was destroyed: all parties are told, the leaders too.
    pub fn close(&mut self, letters: &mut Letters) {
        for flight in std::mem::take(&mut self.table) {
            letters.add(&flight.leader, News::Closed);
            flight.waiters.iter().for_each(|party| letters.add(party, News::Closed));
        }
    }

    /// Nothing stays of a burst of loads.
    fn tidy(&mut self) {
        if self.table.is_empty() {
            self.table = HashTable::new();
        }
    }
}

//! The rules of leases as a model: every request that there ever was, in order, all looked at each time.

use std::collections::BTreeSet;

/// Requests are named by their place in the order of asking.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event {
    Granted(usize, u64),
    Closed(usize),
    Ended(usize),
}

#[derive(Clone, Copy, PartialEq)]
pub enum Stand {
    Waits,
    HoldsUntil(u64),
    Gone,
}

pub struct Entry {
    pub keys: BTreeSet<u32>,
    pub holder: u64,
    pub term: u64,
    /// 0 until it is granted.
    pub token: u64,
    pub stand: Stand,
}

impl Entry {
    pub fn holds(&self) -> bool {
        matches!(self.stand, Stand::HoldsUntil(_))
    }
}

#[derive(Default)]
pub struct Model {
    pub entries: Vec<Entry>,
    tokens: u64,
    pub closed: bool,
    pub events: Vec<Event>,
}

impl Model {
    /// Grants each waiting request whose keys are neither held nor wanted by an older one.
    pub fn grant(&mut self, now: u64) {
        for at in 0..self.entries.len() {
            let entry = &self.entries[at];
            let overlaps = |other: &&Entry| !other.keys.is_disjoint(&entry.keys);
            let held = self.entries.iter().filter(overlaps).any(Entry::holds);
            let wanted = self.entries[..at].iter().filter(overlaps).any(|other| other.stand == Stand::Waits);
            if entry.stand == Stand::Waits && !held && !wanted {
                self.tokens += 1;
                let entry = &mut self.entries[at];
                (entry.token, entry.stand) = (self.tokens, Stand::HoldsUntil(now + entry.term));
                self.events.push(Event::Granted(at, self.tokens));
            }
        }
    }

    /// Ends the leases whose time has come, in the order of their deadlines.
    pub fn advance(&mut self, now: u64) {
        let mut due = Vec::new();
        for (at, entry) in self.entries.iter_mut().enumerate() {
            if let Stand::HoldsUntil(deadline) = entry.stand {
                if deadline <= now {
                    due.push((deadline, entry.token, at));
                    entry.stand = Stand::Gone;
                }
            }
        }
        due.sort_unstable();
        self.events.extend(due.into_iter().map(|(.., at)| Event::Ended(at)));
        self.grant(now);
    }

    /// Ends leases in the order of their tokens; what waits just goes.
    pub fn end(&mut self, which: impl Fn(&Entry) -> bool) {
        let mut ended = Vec::new();
        for (at, entry) in self.entries.iter_mut().enumerate().filter(|(_, entry)| which(entry)) {
            if entry.holds() {
                ended.push((entry.token, at));
            }
            entry.stand = Stand::Gone;
        }
        ended.sort_unstable();
        self.events.extend(ended.into_iter().map(|(_, at)| Event::Ended(at)));
    }

    pub fn destroy(&mut self) {
        let waiting: Vec<_> = (0..self.entries.len()).filter(|&at| self.entries[at].stand == Stand::Waits).collect();
        self.end(|_| true);
        self.events.extend(waiting.into_iter().map(Event::Closed));
        self.closed = true;
    }

    /// Whether a request stood like this; it is gone after.
    pub fn remove(&mut self, at: usize, stood: impl Fn(&Entry) -> bool) -> bool {
        let entry = self.entries.get_mut(at).filter(|entry| stood(entry));
        entry.map(|entry| entry.stand = Stand::Gone).is_some()
    }
}

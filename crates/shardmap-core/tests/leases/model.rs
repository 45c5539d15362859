//! The arbiter against the model of its rules, under a clock of the test's own.

use super::{
    fixture::{key, term as lasting},
    rules::{Entry, Event, Model, Stand},
};
use shardmap_core::leases::{Arbiter, Request};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

#[derive(Clone, Debug)]
pub enum Step {
    Ask {
        keys: Vec<u32>,
        holder: u64,
        term: u64,
    },
    Release(usize),
    Cancel(usize),
    Renew(usize, u64),
    EndHolder(u64),
    Destroy,
    /// Time passes, and each timer runs when it should.
    Pass(u64),
    /// Time passes, and the timers are late.
    Stall(u64),
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

struct World {
    arbiter: Arbiter,
    /// What the arbiter has told and not yet been checked.
    events: Arc<Mutex<Vec<Event>>>,
    timers: Arc<Mutex<BTreeSet<u64>>>,
    numbers: Vec<u64>,
    model: Model,
    now: u64,
}

impl World {
    fn new() -> Self {
        let timers = Arc::new(Mutex::new(BTreeSet::new()));
        let set = timers.clone();
        let arbiter = Arbiter::new(Box::new(move |at| {
            set.lock().unwrap().insert(at.as_millis() as u64);
        }));
        Self { arbiter, events: Arc::default(), timers, numbers: Vec::new(), model: Model::default(), now: 0 }
    }

    fn token(&self, at: usize) -> u64 {
        self.model.entries.get(at).map_or(0, |entry| entry.token)
    }

    fn run(&mut self, step: Step) {
        let now = ms(self.now);
        if !matches!(step, Step::Pass(_) | Step::Stall(_)) {
            self.model.advance(self.now);
        }
        match step {
            Step::Ask { keys, holder, term } => self.ask(keys, holder, term),
            Step::Release(at) => assert_eq!(self.arbiter.release(now, self.token(at)), self.model.remove(at, Entry::holds)),
            Step::Cancel(at) => {
                let number = self.numbers.get(at).copied().unwrap_or(0);
                assert_eq!(self.arbiter.cancel(now, number), self.model.remove(at, |entry| entry.stand == Stand::Waits));
            }
            Step::Renew(at, term) => {
                let held = self.model.entries.get_mut(at).filter(|entry| entry.holds());
                let renewed = held.map(|entry| entry.stand = Stand::HoldsUntil(self.now + term)).is_some();
                assert_eq!(self.arbiter.renew(now, self.token(at), lasting(term)), renewed);
            }
            Step::EndHolder(holder) => {
                self.arbiter.end_holder(now, holder);
                self.model.end(|entry| entry.holder == holder);
            }
            Step::Destroy => {
                self.arbiter.destroy(now);
                self.model.destroy();
            }
            Step::Pass(time) => self.pass(time),
            Step::Stall(time) => {
                self.now += time;
                return self.check_tokens();
            }
        }
        self.model.grant(self.now);
        self.check();
    }

    fn ask(&mut self, keys: Vec<u32>, holder: u64, term: u64) {
        let at = self.numbers.len();
        let (granted, ended) = (self.events.clone(), self.events.clone());
        let number = self.arbiter.ask(
            ms(self.now),
            Request {
                keys: keys.iter().map(|&number| key(number)).collect(),
                holder,
                term: lasting(term),
                completion: Box::new(move |result| {
                    granted.lock().unwrap().push(result.map_or(Event::Closed(at), |granted| Event::Granted(at, granted.token)));
                }),
                ended: Box::new(move || ended.lock().unwrap().push(Event::Ended(at))),
            },
        );
        assert_eq!(number.is_err(), self.model.closed);
        if let Ok(number) = number {
            self.numbers.push(number);
            self.model.entries.push(Entry { keys: keys.into_iter().collect(), holder, term, token: 0, stand: Stand::Waits });
        }
    }

    /// Only the timers that were asked for run here, so a deadline without one shows.
    fn pass(&mut self, time: u64) {
        let end = self.now + time;
        loop {
            let timer = self.timers.lock().unwrap().first().copied().filter(|&at| at <= end);
            let deadlines = self.model.entries.iter().filter_map(|entry| match entry.stand {
                Stand::HoldsUntil(deadline) => Some(deadline),
                _ => None,
            });
            let Some(next) = deadlines.chain(timer).min().filter(|&next| next <= end) else { break };
            self.now = self.now.max(next);
            self.model.advance(self.now);
            if let Some(at) = timer.filter(|&at| at <= self.now) {
                self.timers.lock().unwrap().remove(&at);
                self.arbiter.advance(ms(self.now));
            }
            self.check();
        }
        self.now = end;
    }

    fn check(&mut self) {
        let events = std::mem::take(&mut *self.events.lock().unwrap());
        assert_eq!(events, std::mem::take(&mut self.model.events));
        let entries = &self.model.entries;
        let waiting = entries.iter().filter(|entry| entry.stand == Stand::Waits).count();
        assert_eq!((self.arbiter.held(), self.arbiter.waiting()), (entries.iter().filter(|entry| entry.holds()).count(), waiting));
        self.check_tokens();
    }

    fn check_tokens(&self) {
        for entry in self.model.entries.iter().filter(|entry| entry.token > 0) {
            let live = matches!(entry.stand, Stand::HoldsUntil(deadline) if deadline > self.now);
            assert_eq!(self.arbiter.is_live(ms(self.now), entry.token), live);
        }
    }
}

/// Takes these steps.
pub fn agrees(steps: Vec<Step>) {
    let mut world = World::new();
    steps.into_iter().for_each(|step| world.run(step));
}

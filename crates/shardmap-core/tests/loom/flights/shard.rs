//! A shard with one key, and those who ask for it.

use loom::{
    sync::{
        atomic::{AtomicU32, Ordering},
        mpsc::{channel, Receiver},
        Arc, Mutex,
    },
    thread,
};
use shardmap_core::{
    cache::{
        flights::{Flights, Joined, Letters, News, Party},
        Terms,
    },
    key::KeyRef,
    value::Value,
};
// Bookkeeping of the tests, at which loom need not switch threads.
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

pub const KEY: &[u8] = b"key";

/// How a delete spoils the flight. Only the first is right.
#[derive(Clone, Copy, PartialEq)]
pub enum Spoiling {
    UnderTheLock,
    AfterTheLock,
}

/// What a shard does with one key, and where its values come from.
pub struct Shard {
    pub state: Mutex<State>,
    pub upstream: AtomicU32,
    pub loading: AtomicUsize,
}

#[derive(Default)]
pub struct State {
    pub flights: Flights,
    pub stored: Option<u32>,
    pub closed: bool,
}

/// Somebody who asks, in a thread of its own. The holder is the request.
pub struct Asker {
    pub news: Receiver<News>,
    pub party: Option<Party>,
}

pub enum Fetched {
    Hit,
    Lead(u32),
    Wait,
    Closed,
}

pub fn key() -> KeyRef<'static> {
    KeyRef { bytes: KEY, hash: 0 }
}

pub fn asker(request: u64) -> Asker {
    let (tell, news) = channel();
    let tell = std::sync::Arc::new(move |_, news| tell.send(news).unwrap());
    Asker { news, party: Some(Party::new(request, request, Terms::default(), tell)) }
}

impl Asker {
    /// The flight that this party leads when its turn comes; `None` when it is answered.
    pub fn wait(&self) -> Option<u32> {
        match self.news.recv().unwrap() {
            News::Lead { flight, .. } => Some(flight),
            News::Loaded(_) | News::Failed(_) | News::Closed => None,
        }
    }

    pub fn was_told_all(&self) {
        assert!(self.news.try_recv().is_err(), "told twice");
    }
}

impl Shard {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { state: Mutex::default(), upstream: AtomicU32::new(0), loading: AtomicUsize::new(0) })
    }

    pub fn change<T>(&self, change: impl FnOnce(&mut State, &mut Letters) -> T) -> T {
        let mut letters = Letters::default();
        let mut state = self.state.lock().unwrap();
        let result = change(&mut state, &mut letters);
        drop(state);
        letters.post();
        result
    }

    pub fn fetch(&self, asker: &mut Asker) -> Fetched {
        let party = asker.party.take().unwrap();
        self.change(|state, letters| {
            if state.closed || state.stored.is_some() {
                letters.forget(&party);
                return if state.closed { Fetched::Closed } else { Fetched::Hit };
            }
            match state.flights.join(key(), party) {
                Joined::Leads(flight) => Fetched::Lead(flight),
                Joined::Waits => Fetched::Wait,
            }
        })
    }

    pub fn load(&self) -> u32 {
        assert_eq!(self.loading.fetch_add(1, Relaxed), 0, "two load at once");
        let value = self.upstream.load(Ordering::Acquire);
        self.loading.fetch_sub(1, Relaxed);
        value
    }

    /// Returns whether the flight was the leader's own.
    pub fn settle(&self, flight: u32, value: u32) -> bool {
        self.change(|state, letters| {
            let Some(ended) = state.flights.settle(key(), flight, |_| None, letters) else { return false };
            if !ended.dirty {
                state.stored = Some(value);
            }
            letters.answer(&ended, &News::Loaded(Value::number(value.into())));
            true
        })
    }

    pub fn abandon(&self, flight: u32) {
        self.change(|state, letters| state.flights.abandon(key(), flight, |_| None, letters));
    }

    pub fn leave(&self, request: u64) -> bool {
        self.change(|state, letters| state.flights.leave(key(), request, request, letters))
    }

    pub fn end_holder(&self, holder: u64) {
        self.change(|state, letters| state.flights.end_holder(holder, |_| None, letters));
    }

    /// Changes what is loaded, then deletes what is cached of it.
    pub fn write(&self, spoiling: Spoiling) {
        self.upstream.store(1, Ordering::Release);
        self.change(|state, _| {
            state.stored = None;
            if spoiling == Spoiling::UnderTheLock {
                state.flights.spoil(key());
            }
        });
        if spoiling == Spoiling::AfterTheLock {
            self.change(|state, _| state.flights.spoil(key()));
        }
    }

    pub fn destroy(&self) {
        self.change(|state, letters| {
            (state.closed, state.stored) = (true, None);
            state.flights.close(letters);
        });
    }

    /// What `fetch` is for a user whose loader works. Returns whether it has loaded.
    pub fn fetch_and_load(&self, asker: &mut Asker) -> bool {
        let lead = match self.fetch(asker) {
            Fetched::Lead(flight) => Some(flight),
            Fetched::Wait => asker.wait(),
            Fetched::Hit | Fetched::Closed => return false,
        };
        if let Some(flight) = lead {
            assert!(self.settle(flight, self.load()), "a leader was not the leader");
        }
        asker.was_told_all();
        lead.is_some()
    }

    /// When all is over and upstream was written.
    pub fn is_settled_and_fresh(&self) {
        let state = self.state.lock().unwrap();
        assert!(state.flights.is_empty(), "a flight stays for ever");
        assert!(state.stored.is_none_or(|value| value == self.upstream.load(Ordering::Acquire)), "an old value was stored after a write");
    }
}

pub fn spawn<T: 'static>(shard: &Arc<Shard>, run: impl FnOnce(&Shard) -> T + 'static) -> thread::JoinHandle<T> {
    let shard = shard.clone();
    thread::spawn(move || run(&shard))
}

/// An asker that leads when the test begins.
pub fn leader(shard: &Shard) -> (Asker, u32) {
    let mut leader = asker(0);
    match shard.fetch(&mut leader) {
        Fetched::Lead(flight) => (leader, flight),
        _ => panic!("nobody else is there"),
    }
}

/// An asker that waits when the test begins.
pub fn waiter(shard: &Shard, request: u64) -> Asker {
    let mut waiter = asker(request);
    assert!(matches!(shard.fetch(&mut waiter), Fetched::Wait));
    waiter
}

//! Parties of a cache, and what they are told.

use super::*;
use shardmap_core::cache::{Ask, Fetched, News, Party};
use std::sync::{Condvar, Mutex};

/// Where parties are told, by their requests.
#[derive(Default)]
pub struct Desk {
    pub told: Mutex<Vec<(u64, News)>>,
    more: Condvar,
}

impl Desk {
    pub fn party(self: &Arc<Self>, holder: u64, request: u64, terms: Terms) -> Party {
        let desk = self.clone();
        let tell = Arc::new(move |request, news| {
            desk.told.lock().unwrap().push((request, news));
            desk.more.notify_all();
        });
        Party::new(holder, request, terms, tell)
    }

    /// What a request was told, once it was.
    pub fn wait(&self, request: u64) -> News {
        let mut told = self.told.lock().unwrap();
        loop {
            if let Some(at) = told.iter().position(|(other, _)| *other == request) {
                return told.remove(at).1;
            }
            told = self.more.wait(told).unwrap();
        }
    }

    /// What everybody was told since, in short, by request.
    pub fn take(&self) -> Vec<(u64, String)> {
        let mut told: Vec<_> = std::mem::take(&mut *self.told.lock().unwrap()).into_iter().map(|(at, news)| (at, short(&news))).collect();
        told.sort();
        told
    }
}

pub fn short(news: &News) -> String {
    let number = |value: &Value| value.as_number().map_or("large".into(), |number| number.to_string());
    match news {
        News::Loaded(value) => format!("loaded {}", number(value)),
        News::Failed(error) => format!("failed {}", number(error)),
        News::Lead { stale, .. } => format!("leads {}", stale.as_ref().map_or("anew".into(), number)),
        News::Closed => "closed".into(),
    }
}

pub fn told<const N: usize>(all: [(u64, &str); N]) -> Vec<(u64, String)> {
    all.map(|(request, news)| (request, news.into())).into()
}

/// A cache, with parties of holder 1 that ask for its keys.
pub struct Scene {
    pub cache: Arc<Cache>,
    pub hand: Hand,
    pub desk: Arc<Desk>,
}

impl Scene {
    pub fn new(options: Options) -> Self {
        let (cache, hand) = timed(options);
        Self { cache, hand, desk: Arc::default() }
    }

    pub fn ask(&self, at: u32, request: u64, terms: Terms, ask: Ask) -> Fetched {
        with(at, |key| self.cache.fetch(key, self.desk.party(request / 100, request, terms), ask)).unwrap()
    }

    pub fn fetch(&self, at: u32, request: u64) -> Fetched {
        self.ask(at, request, Terms::default(), Ask::default())
    }

    /// Leads key 1 with request 1, and lets 2 and 3 wait.
    pub fn flight(&self, terms: Terms) -> u32 {
        let flight = lead(self.ask(1, 1, terms, Ask::default()));
        assert!(matches!(self.fetch(1, 2), Fetched::Wait));
        assert!(matches!(self.fetch(1, 3), Fetched::Wait));
        flight
    }

    pub fn settle(&self, flight: u32, value: u32) -> bool {
        with(1, |key| self.cache.settle(key, flight, number(value))).unwrap()
    }
}

pub fn lead(fetched: Fetched) -> u32 {
    match fetched {
        Fetched::Lead { flight, .. } | Fetched::Stale { lead: Some(flight), .. } => flight,
        other => panic!("{other:?} leads nothing"),
    }
}

pub fn stale(fetched: &Fetched) -> Option<u32> {
    match fetched {
        Fetched::Lead { stale, .. } => number_of(stale.clone()),
        Fetched::Stale { value, .. } => number_of(Some(value.clone())),
        other => panic!("{other:?} has no old value"),
    }
}

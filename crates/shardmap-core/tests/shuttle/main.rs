//! Whole parts of the core under many random schedules: names, watchers, and the end of holders and maps while everything is under way.
#![cfg(shardmap_shuttle)]

mod registry;
mod teardown;
mod watchers;

use shardmap_core::{
    cache::{Ask, Cache, Fetched, News, Party, Terms},
    key::{Key, KeyBuf, KeyRef},
    Value,
};
use shuttle::{
    scheduler::{PctScheduler, RandomScheduler},
    sync::{Condvar, Mutex},
    thread, Config, Runner,
};
use std::{
    env,
    hash::{BuildHasher, RandomState},
    sync::{Arc, OnceLock},
};

/// Runs it under random schedules, and under those with few preemptions at random places (PCT). `SHUTTLE_ROUNDS` says how many of each,
/// `SHUTTLE_SEED` repeats those of that seed.
fn explore(model: fn()) {
    let given = |name| env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let rounds = given("SHUTTLE_ROUNDS").unwrap_or(1_000) as usize;
    let seed = given("SHUTTLE_SEED").unwrap_or_else(|| RandomState::new().hash_one(0));
    println!("SHUTTLE_SEED={seed} repeats this run");
    let mut config = Config::new();
    config.silence_warnings = true;
    Runner::new(RandomScheduler::new_from_seed(seed, rounds), config.clone()).run(model);
    Runner::new(PctScheduler::new_from_seed(seed, 3, rounds), config).run(model);
}

/// The key of this number.
fn key(number: usize) -> KeyRef<'static> {
    static KEYS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    let encoded = |number: u32| {
        let mut key = KeyBuf::new();
        key.number(number.into());
        key.finish().unwrap().bytes.to_vec()
    };
    KeyRef::new(&KEYS.get_or_init(|| (0..8).map(encoded).collect())[number])
}

fn owned(number: usize) -> Key {
    Key::new(key(number).bytes)
}

fn value(number: u32) -> Value {
    Value::number(number.into())
}

/// Runs this beside the rest of the test.
fn beside<M: Send + Sync + 'static, T: Send + 'static>(
    map: &Arc<M>,
    run: impl FnOnce(&Arc<M>) -> T + Send + 'static,
) -> thread::JoinHandle<T> {
    let map = map.clone();
    thread::spawn(move || run(&map))
}

/// Where one who asks is told.
#[derive(Default)]
struct Desk {
    told: Mutex<Vec<News>>,
    more: Condvar,
}

impl Desk {
    fn next(&self) -> News {
        let mut told = self.told.lock().unwrap();
        while told.is_empty() {
            told = self.more.wait(told).unwrap();
        }
        told.remove(0)
    }

    fn party(self: &Arc<Self>, holder: u64) -> Party {
        let desk = self.clone();
        let tell = Arc::new(move |_, news| {
            desk.told.lock().unwrap().push(news);
            desk.more.notify_all();
        });
        Party::new(holder, 1, Terms::default(), tell)
    }
}

/// What there is, or what is loaded; `None` when the cache has ended. A holder asks once.
fn fetch(cache: &Cache, holder: u64) -> Option<Value> {
    let desk = Arc::new(Desk::default());
    let lead = match cache.fetch(key(1), desk.party(holder), Ask::default()) {
        Ok(Fetched::Hit(found)) => return found.value,
        Ok(Fetched::Lead { flight, .. } | Fetched::Stale { lead: Some(flight), .. }) => flight,
        Ok(Fetched::Wait | Fetched::Stale { .. }) => match desk.next() {
            News::Lead { flight, .. } => flight,
            News::Loaded(value) => return Some(value),
            News::Failed(_) | News::Closed => return None,
        },
        Err(_) => return None,
    };
    thread::yield_now();
    cache.settle(key(1), lead, value(7)).ok().map(|_| value(7))
}

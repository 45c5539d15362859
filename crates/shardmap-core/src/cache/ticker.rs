//! The time of all caches: while any of them holds an entry with a deadline, the clock word is moved and the wheels are turned every 10 ms.

use super::{events::Cause, Cache};
use crate::{
    clock::Clock,
    slots::Slots,
    sync::{lock, process, Arc, AtomicBool, Mutex, Ordering, Weak},
    thread,
};
use std::{
    panic::{catch_unwind, AssertUnwindSafe},
    time::{Duration, Instant},
};

const PERIOD: Duration = Duration::from_millis(10);
/// Entries that are moved or removed under one lock at most.
const STEPS: usize = 256;

struct Ticker {
    caches: Vec<Weak<Cache>>,
    is_running: bool,
    /// A shard got its first entry with a deadline since the last tick began.
    is_wanted: bool,
}

process! {
    /// Whether ticks come. Without them the clock word stands, and nobody may trust it.
    TICKS: AtomicBool = AtomicBool::new(false);
    TICKER: Mutex<Ticker> = Mutex::new(Ticker { caches: Vec::new(), is_running: false, is_wanted: false });
}

/// Lets the ticker know of a cache by the process's clock.
pub(super) fn register(cache: &Arc<Cache>) {
    let mut ticker = lock(&TICKER);
    ticker.caches.retain(|cache| cache.strong_count() > 0);
    ticker.caches.push(Arc::downgrade(cache));
}

/// Begins to tick, or goes on. Called under the lock of a shard; no tick takes one while it holds the ticker's.
pub(super) fn start() {
    let mut ticker = lock(&TICKER);
    ticker.is_wanted = true;
    if !ticker.is_running {
        ticker.is_running = true;
        Slots::process().start_time(Clock::process().now());
        TICKS.store(thread::at(Instant::now() + PERIOD, Box::new(tick)), Ordering::Release);
    } else if !ticks() {
        // The system refused a thread, and may have one now for the tick that waits.
        TICKS.store(thread::at(Instant::now(), Box::new(|| ())), Ordering::Release);
    }
}

/// Whether the clock word moves.
#[inline]
pub(super) fn ticks() -> bool {
    TICKS.load(Ordering::Acquire)
}

fn tick() {
    let caches: Vec<_> = {
        let mut ticker = lock(&TICKER);
        ticker.is_wanted = false;
        ticker.caches.iter().filter_map(Weak::upgrade).collect()
    };
    Slots::process().show_time(Clock::process().now());
    // A sweep that panics must not stop the clock word, which is trusted.
    let sweep = |cache: &Arc<Cache>| catch_unwind(AssertUnwindSafe(|| cache.sweep())).unwrap_or(true);
    let are_timed = caches.iter().fold(false, |any, cache| sweep(cache) | any);
    drop(caches);
    let mut ticker = lock(&TICKER);
    ticker.is_running = are_timed || ticker.is_wanted;
    TICKS.store(ticker.is_running, Ordering::Release);
    if ticker.is_running {
        thread::at(Instant::now() + PERIOD, Box::new(tick));
    }
}

impl Cache {
    /// Removes the entries whose time, and grace, is over. Returns whether any entry has a deadline. Holds a shard's lock for few entries at a
    /// time, and waits for no long work under it, because the clock word would wait too: such a shard has its turn at the next tick.
    pub fn sweep(&self) -> bool {
        (0..self.shards()).fold(false, |any, shard| self.sweep_shard(shard) | any)
    }

    fn sweep_shard(&self, shard: usize) -> bool {
        loop {
            // Anew for each hold, so that the clock word goes on however many entries go.
            let (now, mut steps) = (self.now(), STEPS);
            let are_timed = self.try_with(shard, |shard, later| {
                while let Some(place) = shard.entries.pop_ended(now, &self.rules, &mut steps) {
                    self.remove(&mut shard.entries, place, Cause::Expired, later);
                }
                shard.entries.are_timed()
            });
            if steps > 0 {
                return are_timed.unwrap_or(true);
            }
        }
    }
}

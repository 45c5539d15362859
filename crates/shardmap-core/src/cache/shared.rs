//! The cache itself: its shards, what they have in common, and its end.

use super::{
    bounds::Bounds,
    counts::{Counter, Stats},
    entries::Entries,
    entry::{Rules, NEVER},
    events::{Cause, Queues},
    flights::Flights,
    later::Later,
    read::GUARD,
    ticker, Options,
};
use crate::{
    clock::Clock,
    error::{Code, Error, Result},
    hash,
    key::Key,
    map::next_id,
    slots::Slots,
    stats::Striped,
    sync::{lock, try_lock, yield_now, Arc, AtomicBool, Mutex, MutexGuard, Ordering},
};
use crossbeam_utils::CachePadded;

/// Shards are picked by bits that neither the index of a shard nor the slots use.
const SHARD_SHIFT: u32 = 48;

/// How often a lock is asked for by who is not to wait for long work.
const TRIES: usize = if cfg!(shardmap_model) { 2 } else { 64 };

pub(super) struct Shard {
    pub entries: Entries,
    pub flights: Flights,
}

/// A bounded cache of encoded keys and values. Everything about one key happens under the lock of its shard.
pub struct Cache {
    id: u32,
    options: Options,
    pub(super) rules: Rules,
    pub(super) bounds: Bounds,
    /// What one entry may be charged at most.
    pub(super) largest: u64,
    shards: Box<[CachePadded<Mutex<Shard>>]>,
    pub(super) slots: &'static Slots,
    salt: u64,
    clock: Clock,
    pub(super) counters: Striped<Counter>,
    pub(super) queues: Queues,
    destroyed: AtomicBool,
}

fn under<R>(guard: MutexGuard<'_, Shard>, f: impl FnOnce(&mut Shard, &mut Later) -> R) -> R {
    let mut later = Later::default();
    // Let go before what is left for later is dropped, also when `f` panics.
    let mut guard = guard;
    let result = f(&mut guard, &mut later);
    guard.entries.tidy();
    drop(guard);
    later.done();
    result
}

impl Cache {
    /// Makes an empty cache. `ERR_SHARDMAP_OPTION` without a bound, or for an option out of its range.
    pub fn new(options: Options) -> Result<Arc<Self>> {
        Self::with_clock(options, Clock::process())
    }

    /// The same by another clock. Only by the process's clock expired entries go by themselves; by another one, by [`Cache::sweep`].
    pub fn with_clock(options: Options, clock: Clock) -> Result<Arc<Self>> {
        let options = options.complete()?;
        let policy = options.policy.unwrap_or_default();
        let (max, max_bytes) = (options.max.unwrap_or(u64::MAX), options.max_bytes.unwrap_or(u64::MAX));
        let shard = || CachePadded::new(Mutex::new(Shard { entries: Entries::new(policy), flights: Flights::default() }));
        let id = next_id();
        let cache = Arc::new(Self {
            id,
            options,
            rules: Rules {
                ttl: options.ttl.unwrap_or(NEVER),
                jitter: options.ttl_jitter.unwrap_or(0.0),
                update_age: options.update_age_on_get.unwrap_or(false),
                allow_stale: options.allow_stale.unwrap_or(false),
                weighs: options.max_bytes.is_some(),
            },
            bounds: Bounds::new(max, max_bytes),
            largest: max_bytes.min(options.max_entry_bytes.unwrap_or(u64::MAX)),
            shards: (0..options.shards()).map(|_| shard()).collect(),
            slots: Slots::process(),
            salt: hash::salt(id),
            clock,
            counters: Striped::new(),
            queues: Queues::default(),
            destroyed: AtomicBool::new(false),
        });
        if cache.clock.is_process() {
            ticker::register(&cache);
        }
        Ok(cache)
    }

    /// A number that no other cache or map of the process has had.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The options it was made with, those chosen filled in.
    pub fn options(&self) -> &Options {
        &self.options
    }

    pub(super) fn shards(&self) -> usize {
        self.shards.len()
    }

    #[inline]
    pub(super) fn shard_of(&self, hash: u64) -> usize {
        (hash >> SHARD_SHIFT) as usize & (self.shards.len() - 1)
    }

    #[inline]
    pub(super) fn slot(&self, hash: u64) -> usize {
        hash::slot(hash, self.salt, self.slots.mask())
    }

    #[inline]
    pub(super) fn lock(&self, shard: usize) -> MutexGuard<'_, Shard> {
        lock(&self.shards[shard])
    }

    /// Runs `f` under the lock of a shard, and after it what `f` left for later.
    pub(super) fn with<R>(&self, shard: usize, f: impl FnOnce(&mut Shard, &mut Later) -> R) -> R {
        under(self.lock(shard), f)
    }

    /// The same, unless somebody has long work under the lock.
    pub(super) fn try_with<R>(&self, shard: usize, f: impl FnOnce(&mut Shard, &mut Later) -> R) -> Option<R> {
        let guard = (0..TRIES).find_map(|try_| {
            if try_ > 0 {
                yield_now();
            }
            try_lock(&self.shards[shard])
        });
        guard.map(|guard| under(guard, f))
    }

    /// To be asked under the lock of a shard. `destroy` marks the cache before it empties its shards, so nothing is stored in one behind it, and
    /// waits for all shards before it advances all slots, so a version from after the end is never handed out.
    #[inline]
    pub(super) fn alive(&self) -> Result<()> {
        if self.destroyed.load(Ordering::Acquire) {
            return Err(Error::new(Code::Closed, "this cache was destroyed; open it again"));
        }
        Ok(())
    }

    /// The time, which then also the clock word shows.
    #[inline]
    pub(super) fn now(&self) -> u64 {
        let now = self.clock.now();
        if self.clock.is_process() {
            self.slots.show_time(now);
        }
        now
    }

    /// The time, or one somewhat earlier where the deadline is so far that it makes no difference.
    #[inline]
    pub(super) fn now_before(&self, deadline: u64) -> u64 {
        let about = self.clock.about_now();
        if about.saturating_add(GUARD) >= deadline {
            return self.now();
        }
        if self.clock.is_process() {
            self.slots.show_time(about);
        }
        about
    }

    /// Tells of a value that went, under the lock of its shard.
    #[inline]
    pub(super) fn tell(&self, cause: Cause, key: &Key, later: &mut Later) {
        if self.queues.are_listening(cause) {
            self.queues.push(cause, key, later.rings());
        }
    }

    /// Called under the lock of a shard that had no entry with a deadline, when it gets one: before anybody can remember that deadline, there is
    /// somebody who moves the clock word.
    pub(super) fn begin_time(&self) {
        if self.clock.is_process() {
            ticker::start();
        }
    }

    /// Whether what is remembered until a deadline is dropped in time.
    #[inline]
    pub(super) fn time_moves(&self) -> bool {
        !self.clock.is_process() || ticker::ticks()
    }

    /// Entries. While others write, those count too that are about to be stored.
    pub fn entries(&self) -> Result<u64> {
        let entries = self.bounds.entries();
        self.alive()?;
        Ok(entries)
    }

    /// Statistics, summed over the threads now.
    pub fn stats(&self) -> Result<Stats> {
        let sum = |counter| self.counters.sum(counter);
        let stats = Stats {
            entries: self.bounds.entries(),
            bytes: self.bounds.bytes(),
            hits: sum(Counter::Hits),
            near_hits: sum(Counter::NearHits),
            misses: sum(Counter::Misses),
            loads: sum(Counter::Loads),
            load_errors: sum(Counter::LoadErrors),
            gone: Cause::ALL.map(|cause| sum(Counter::Gone(cause))),
        };
        self.alive()?;
        Ok(stats)
    }

    /// Ends the cache: every later operation fails with `ERR_SHARDMAP_CLOSED`, every cached value becomes stale, who waits is told, the memory
    /// comes back.
    pub fn destroy(&self) {
        if self.destroyed.swap(true, Ordering::AcqRel) {
            return;
        }
        (0..self.shards()).for_each(|shard| drop(self.lock(shard)));
        self.slots.advance_all();
        for shard in 0..self.shards() {
            self.with(shard, |shard, later| {
                let (entries, bytes) = (shard.entries.len() as u64, shard.entries.charge());
                later.free_all(shard.entries.take());
                self.bounds.release(entries, bytes);
                shard.flights.close(later.letters());
            });
        }
        self.queues.clear();
    }
}

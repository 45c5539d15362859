//! The map: options, single-key operations, and the one function through which every change of an entry goes.

mod change;
mod growth;
mod many;
mod pages;
mod snapshot;

pub use change::Write;
pub use growth::Growth;
pub use pages::{Cursor, Rows};
pub use snapshot::Snapshot;

use crate::{
    error::{Code, Error, Result},
    hash,
    key::KeyRef,
    limits::Limits,
    slots::Slots,
    stats::{Counter, Striped},
    sync::{process, Arc, AtomicBool, AtomicU32, AtomicU64, Mutex, Ordering, Weak},
    table::Table,
    value::Value,
};

/// What an entry costs beside the heap of its key and value: its row, its control byte and the free places of a table at mean load.
pub const ENTRY_BYTES: u64 = 52;
/// With this many shards, a shard holds less than a thousandth of the entries, which bounds what one growth moves.
const DEFAULT_SHARDS: usize = 2048;
const MAX_SHARDS: u64 = 1 << 16;

/// How a map is made. What is left out is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Options {
    /// A power of two from 2 to 65,536.
    pub shards: Option<u64>,
    /// Room to make at once.
    pub expected_entries: Option<u64>,
    /// An exact limit of entries.
    pub max_entries: Option<u64>,
    /// An exact limit of bytes: keys, values and [`ENTRY_BYTES`] an entry.
    pub max_bytes: Option<u64>,
}

impl Options {
    fn shards(&self) -> Result<usize> {
        match (self.shards, self.expected_entries) {
            (Some(shards), _) if shards.is_power_of_two() && (2..=MAX_SHARDS).contains(&shards) => Ok(shards as usize),
            (Some(shards), _) => {
                Err(Error::new(Code::Option, format!("shards is {shards}; give a power of two from 2 to {MAX_SHARDS}, or leave it out")))
            }
            (None, Some(entries)) => Ok((entries / 512).next_power_of_two().clamp(64, MAX_SHARDS) as usize),
            (None, None) => Ok(DEFAULT_SHARDS),
        }
    }

    /// The first given option of `self` that differs from what a map was made with, as (name, given, present).
    pub fn differs(&self, made: &Self) -> Option<(&'static str, String, String)> {
        let show = |value: Option<u64>| value.map_or("none".into(), |value| value.to_string());
        [
            ("shards", self.shards, made.shards),
            ("maxEntries", self.max_entries, made.max_entries),
            ("maxBytes", self.max_bytes, made.max_bytes),
        ]
        .into_iter()
        .find(|(_, given, present)| given.is_some() && given != present)
        .map(|(name, given, present)| (name, show(given), show(present)))
    }
}

/// A value read, with what a cache must remember to know later that it is still true.
#[derive(Debug)]
pub struct Lookup {
    /// The value, `None` when absent.
    pub value: Option<Value>,
    /// The key's slot in [`Slots::process`].
    pub slot: usize,
    /// The slot's version when the value was read.
    pub version: u32,
}

/// Sums over all threads.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Stats {
    pub entries: u64,
    pub bytes: u64,
    pub shards: u64,
    pub gets: u64,
    pub hits: u64,
    pub near_hits: u64,
    pub sets: u64,
    pub deletes: u64,
    pub growths: u64,
    pub largest_move: u64,
}

/// A concurrent map of encoded keys and values, linearizable per key.
pub struct ShardedMap {
    id: u32,
    options: Options,
    table: Table,
    slots: &'static Slots,
    salt: u64,
    limits: Limits,
    counters: Striped<Counter>,
    growth: Growth,
    destroyed: AtomicBool,
    /// Raised only while every shard is locked, so that a writer under its shard's lock reads it relaxed.
    live_snapshots: AtomicU64,
    snapshots: Mutex<Vec<Weak<snapshot::Pages>>>,
    snapshot_number: AtomicU64,
}

process! {
    IDS: AtomicU32 = AtomicU32::new(1);
}

/// A number for a map that no other map of the process has had.
pub(crate) fn next_id() -> u32 {
    IDS.fetch_add(1, Ordering::Relaxed)
}

impl ShardedMap {
    /// Makes an empty map.
    pub fn new(options: Options) -> Result<Arc<Self>> {
        let shards = options.shards()?;
        let id = next_id();
        let map = Arc::new(Self {
            id,
            options: Options { shards: Some(shards as u64), ..options },
            table: Table::new(shards),
            slots: Slots::process(),
            salt: hash::salt(id),
            limits: Limits::new(options.max_entries, options.max_bytes),
            counters: Striped::new(),
            growth: Growth::default(),
            destroyed: AtomicBool::new(false),
            live_snapshots: AtomicU64::new(0),
            snapshots: Mutex::default(),
            snapshot_number: AtomicU64::new(0),
        });
        if let Some(entries) = options.expected_entries {
            map.reserve(entries)?;
        }
        growth::register(&map);
        Ok(map)
    }

    /// A number that no other map of the process has had.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The options it was made with, the number of shards filled in.
    pub fn options(&self) -> &Options {
        &self.options
    }

    #[inline]
    fn slot(&self, hash: u64) -> usize {
        hash::slot(hash, self.salt, self.slots.mask())
    }

    /// Called after a slot was read under a lock: `destroy` marks the map before it advances all slots, so a version from after the end is
    /// never handed out.
    #[inline]
    fn alive(&self) -> Result<()> {
        if self.destroyed.load(Ordering::Acquire) {
            return Err(Error::closed());
        }
        Ok(())
    }

    /// Reads a key; linearizable. Waits at most for one writer of its shard.
    #[inline(always)]
    pub fn get(&self, key: KeyRef<'_>) -> Result<Lookup> {
        let slot = self.slot(key.hash);
        self.slots.prefetch(slot);
        let (value, version) = self.table.read(self.table.shard_of(key.hash), |rows| (rows.get(key).cloned(), self.slots.version(slot)));
        self.alive()?;
        self.counters.read(value.is_some());
        Ok(Lookup { value, slot, version })
    }

    /// Whether a key is present, without counting as a read.
    #[inline(always)]
    pub fn has(&self, key: KeyRef<'_>) -> Result<bool> {
        let present = self.table.read(self.table.shard_of(key.hash), |rows| rows.get(key).is_some());
        self.alive()?;
        Ok(present)
    }

    /// Entries; exact when nobody writes.
    pub fn entries(&self) -> Result<u64> {
        let entries = self.counters.sum(Counter::Entries);
        self.alive()?;
        Ok(entries)
    }

    /// Adds reads that a thread answered from its own cache, those that found a value and those that knew there was none.
    pub fn count_near(&self, hits: u64, absences: u64) {
        self.counters.add(Counter::Hits, hits as i64);
        for counter in [Counter::Gets, Counter::NearHits] {
            self.counters.add(counter, (hits + absences) as i64);
        }
    }

    /// Statistics, summed over the threads now.
    pub fn stats(&self) -> Result<Stats> {
        let sum = |counter| self.counters.sum(counter);
        let stats = Stats {
            entries: sum(Counter::Entries),
            bytes: sum(Counter::Bytes),
            shards: self.table.shards() as u64,
            gets: sum(Counter::Gets),
            hits: sum(Counter::Hits),
            near_hits: sum(Counter::NearHits),
            sets: sum(Counter::Sets),
            deletes: sum(Counter::Deletes),
            growths: self.growth.count(),
            largest_move: self.growth.largest(),
        };
        self.alive()?;
        Ok(stats)
    }

    /// Removes every entry, shard by shard: linearizable key by key, not as one clear. No writer waits for more than one shard.
    pub fn clear(&self) -> Result<()> {
        self.alive()?;
        for shard in 0..self.table.shards() {
            self.clear_shard(shard);
        }
        Ok(())
    }

    /// Ends the map: every later operation fails with `ERR_SHARDMAP_CLOSED`, every cached value becomes stale, the memory comes back.
    /// Snapshots stay valid.
    pub fn destroy(&self) {
        if self.destroyed.swap(true, Ordering::AcqRel) {
            return;
        }
        self.slots.advance_all();
        for shard in 0..self.table.shards() {
            self.clear_shard(shard);
        }
    }
}

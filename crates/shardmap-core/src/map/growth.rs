//! Growth ahead of need: a crowded shard asks, one process-wide thread doubles it, a pass at most every 100 ms.
//!
//! A write that comes before the pass grows its shard itself. Either way one lock covers the move of one shard, and there are enough shards for
//! that to be at most max(1000, entries / 1000) entries.

use super::ShardedMap;
use crate::{
    error::{Code, Error, Result},
    sync::{lock, process, Arc, AtomicBool, AtomicU64, Mutex, Ordering, Weak},
    thread,
};
use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_millis(100);
const MAX_EXPECTED: u64 = 1 << 31;

/// What growth has cost, and whether more is wanted.
#[derive(Default)]
pub struct Growth {
    wanted: AtomicBool,
    growths: AtomicU64,
    largest: AtomicU64,
}

impl Growth {
    /// Counts a move of entries under one lock; 0 is none.
    #[inline]
    pub(super) fn record(&self, moved: usize) {
        if moved > 0 {
            self.growths.fetch_add(1, Ordering::Relaxed);
            self.largest.fetch_max(moved as u64, Ordering::Relaxed);
        }
    }

    #[inline]
    pub(super) fn want(&self) {
        if !self.wanted.load(Ordering::Relaxed) {
            self.wanted.store(true, Ordering::Relaxed);
            plan();
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.growths.load(Ordering::Relaxed)
    }

    pub(super) fn largest(&self) -> u64 {
        self.largest.load(Ordering::Relaxed)
    }
}

impl ShardedMap {
    /// Makes room for this many entries in all, shard by shard. `ERR_SHARDMAP_FULL` when memory refuses.
    pub fn reserve(&self, entries: u64) -> Result<()> {
        if entries > MAX_EXPECTED {
            return Err(Error::new(Code::Option, format!("{entries} entries to reserve; at most {MAX_EXPECTED} are possible")));
        }
        let each = (entries as usize).div_ceil(self.table.shards());
        // Keys spread unevenly: three standard deviations more than the mean.
        let each = each + 3 * each.isqrt();
        for shard in 0..self.table.shards() {
            let moved = self.table.write(shard, |mut rows| {
                self.alive()?;
                let additional = each.saturating_sub(rows.view().len());
                rows.reserve(additional)
            })?;
            self.growth.record(moved);
        }
        Ok(())
    }

    /// Doubles every crowded shard, one lock at a time. Memory that is refused is left to the write that needs it.
    pub fn grow(&self) {
        self.growth.wanted.store(false, Ordering::Relaxed);
        for shard in 0..self.table.shards() {
            if !self.table.read(shard, |rows| rows.is_crowded()) {
                continue;
            }
            let moved =
                self.table.write(shard, |mut rows| if rows.view().is_crowded() { rows.reserve(rows.view().len()).unwrap_or(0) } else { 0 });
            self.growth.record(moved);
        }
    }
}

process! {
    /// The maps that may want growth.
    MAPS: Mutex<Vec<Weak<ShardedMap>>> = Mutex::new(Vec::new());
    /// Whether a pass will come.
    PLANNED: AtomicBool = AtomicBool::new(false);
    LAST: Mutex<Option<Instant>> = Mutex::new(None);
}

/// Lets the thread know of a map.
pub(super) fn register(map: &Arc<ShardedMap>) {
    let mut maps = lock(&MAPS);
    maps.retain(|map| map.strong_count() > 0);
    maps.push(Arc::downgrade(map));
}

/// Grows what wants it. Everything that is asked for in the next while waits for the next pass.
fn pass() {
    // Not only stored: who found a pass planned must have its wish seen below, or nobody would ever plan for it.
    PLANNED.swap(false, Ordering::AcqRel);
    let maps: Vec<_> = lock(&MAPS).iter().filter_map(Weak::upgrade).collect();
    for map in maps.iter().filter(|map| map.growth.wanted.load(Ordering::Relaxed)) {
        map.grow();
    }
}

fn plan() {
    if PLANNED.swap(true, Ordering::AcqRel) {
        return;
    }
    let mut last = lock(&LAST);
    let now = Instant::now();
    let next = last.map_or(now, |last| now.max(last + PAUSE));
    *last = Some(next);
    // On the clock's thread only to begin: what has a time must not wait for the growth of large maps.
    thread::at(next, Box::new(|| thread::apart(Box::new(pass))));
}

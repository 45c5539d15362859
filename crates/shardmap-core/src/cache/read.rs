//! Reads, and the uses that threads' own caches tell of.

use super::{
    counts::Counter,
    entries::Entries,
    entry::{Entry, NEVER},
    events::Cause,
    later::Later,
    options::MAX_SHARDS,
    Cache,
};
use crate::{error::Result, key::KeyRef, value::Value};

/// How long before a deadline a thread asks again instead of trusting the clock word, which may be late.
pub const GUARD: u64 = 100;
/// Deadlines farther than this look this far in 32 bits; who remembers one then asks again.
const FAR: u64 = 1 << 30;
/// Tickets that are sorted by shard at a time: as many as a thread gathers.
const TOUCHES: usize = 64;
/// The ticket of no entry.
pub const NO_TICKET: u32 = u32::MAX;

/// A value read, with what a thread must remember to know later that it is still true, and to tell of its uses.
#[derive(Clone, Debug)]
pub struct Lookup {
    /// The value, `None` when absent.
    pub value: Option<Value>,
    /// The key's slot in [`crate::slots::Slots::process`]; one that never holds, where the value must be read again each time.
    pub slot: usize,
    /// The slot's version when the value was read.
    pub version: u32,
    /// By which [`Cache::touch`] knows the entry.
    pub ticket: u32,
    /// The low half of the milliseconds at which the value is no longer fresh, or a time before that.
    pub deadline: u32,
}

/// For how long an entry is still fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remaining {
    /// It is absent, or not fresh.
    Absent,
    /// For ever.
    Never,
    /// So many milliseconds.
    Ms(u64),
}

impl Cache {
    /// Reads a key, which is a use of the entry; linearizable. A value whose time is over is absent, unless stale ones are allowed.
    #[inline(always)]
    pub fn get(&self, key: KeyRef<'_>) -> Result<Lookup> {
        self.slots.prefetch(self.slot(key.hash));
        let shard = self.shard_of(key.hash);
        let mut guard = self.lock(shard);
        self.alive()?;
        let Some(place) = guard.entries.find(key) else {
            guard.entries.policy.miss(key.hash);
            drop(guard);
            self.counters.add(Counter::Misses, 1);
            return Ok(self.absent());
        };
        let deadline = guard.entries.slab[place].deadline;
        let now = if deadline == NEVER { 0 } else { self.now_before(deadline) };
        if now >= deadline {
            drop(guard);
            return self.get_late(key);
        }
        let found = self.used(&mut guard.entries, shard, key, place, now);
        drop(guard);
        self.counters.add(Counter::Hits, 1);
        Ok(found)
    }

    fn absent(&self) -> Lookup {
        let (slot, version) = self.slots.never();
        Lookup { value: None, slot, version, ticket: NO_TICKET, deadline: 0 }
    }

    /// A use of a fresh entry, as its reader sees it. `now` is not asked of an entry without a deadline, and may be somewhat early.
    #[inline(always)]
    pub(super) fn used(&self, entries: &mut Entries, shard: usize, key: KeyRef<'_>, place: u32, now: u64) -> Lookup {
        entries.policy.touch(place);
        let entry = &entries.slab[place];
        let value = Some(entry.value.clone());
        let ticket = place * self.shards() as u32 + shard as u32;
        if entry.deadline == NEVER {
            let slot = self.slot(key.hash);
            let deadline = self.slots.shown_time().wrapping_add(FAR as u32);
            return Lookup { value, slot, version: self.slots.version(slot), ticket, deadline };
        }
        let deadline = entry.deadline.min(now + FAR) as u32;
        let (slot, version) = if self.rules.update_age {
            let (ttl, now) = (entry.ttl(&self.rules), self.now());
            let deadline = entries.deadline(ttl, now, &self.rules);
            entries.set_deadline(place, deadline, &self.rules, now);
            self.slots.never()
        } else if entry.deadline - now <= GUARD || !self.time_moves() {
            self.slots.never()
        } else {
            let slot = self.slot(key.hash);
            (slot, self.slots.version(slot))
        };
        Lookup { value, slot, version, ticket, deadline }
    }

    #[cold]
    fn get_late(&self, key: KeyRef<'_>) -> Result<Lookup> {
        let shard = self.shard_of(key.hash);
        let found = self.with(shard, |guard, later| {
            self.alive()?;
            let Some((place, now)) = self.kept(&mut guard.entries, key, later) else {
                guard.entries.policy.miss(key.hash);
                return Ok(None);
            };
            let entry = &guard.entries.slab[place];
            if now < entry.deadline {
                return Ok(Some(self.used(&mut guard.entries, shard, key, place, now)));
            }
            let stale = self.rules.allow_stale.then(|| Lookup { value: Some(entry.value.clone()), ..self.absent() });
            if stale.is_some() {
                guard.entries.policy.touch(place);
            }
            Ok(stale)
        })?;
        self.counters.add(if found.is_some() { Counter::Hits } else { Counter::Misses }, 1);
        Ok(found.unwrap_or_else(|| self.absent()))
    }

    /// The place of a key and the time, unless there is no entry, or one that only waits to be swept: that one goes.
    #[inline]
    pub(super) fn kept(&self, entries: &mut Entries, key: KeyRef<'_>, later: &mut Later) -> Option<(u32, u64)> {
        let place = entries.find(key)?;
        let entry = &entries.slab[place];
        if entry.deadline == NEVER {
            return Some((place, 0));
        }
        let now = self.now_before(entry.deadline);
        if now < entry.deadline || now < entry.end(&self.rules) {
            return Some((place, now));
        }
        self.remove(entries, place, Cause::Expired, later);
        None
    }

    /// Looks at an entry that is kept, without using it.
    fn look<R>(&self, key: KeyRef<'_>, f: impl FnOnce(&Entry, u64) -> R) -> Result<Option<R>> {
        self.with(self.shard_of(key.hash), |guard, later| {
            self.alive()?;
            Ok(self.kept(&mut guard.entries, key, later).map(|(place, now)| f(&guard.entries.slab[place], now)))
        })
    }

    /// The value that [`Cache::get`] would give, neither a use nor counted.
    pub fn peek(&self, key: KeyRef<'_>) -> Result<Option<Value>> {
        let see = |entry: &Entry, now| (now < entry.deadline || self.rules.allow_stale).then(|| entry.value.clone());
        Ok(self.look(key, see)?.flatten())
    }

    /// Whether a key has a fresh value, neither a use nor counted.
    pub fn has(&self, key: KeyRef<'_>) -> Result<bool> {
        Ok(self.look(key, |entry, now| now < entry.deadline)?.unwrap_or(false))
    }

    /// For how long a key's value is still fresh.
    pub fn remaining(&self, key: KeyRef<'_>) -> Result<Remaining> {
        let remaining = self.look(key, |entry, _| match entry.deadline {
            NEVER => Remaining::Never,
            deadline => deadline.checked_sub(self.now()).filter(|&ms| ms > 0).map_or(Remaining::Absent, Remaining::Ms),
        })?;
        Ok(remaining.unwrap_or(Remaining::Absent))
    }

    /// Takes hits that a thread answered from its own cache, by the tickets of its look-ups: they are counted, and are uses of the entries, within a
    /// shard in this order. A ticket of an entry that has gone does nothing, and where another entry has its place, it is a use of that one,
    /// which does no harm.
    pub fn touch(&self, tickets: &[u32]) {
        let mask = self.shards() - 1;
        let shift = self.shards().ilog2();
        for tickets in tickets.chunks(TOUCHES) {
            let mut places = [0; TOUCHES];
            // Where the places of each shard begin, and then where they end.
            let mut at = [0; MAX_SHARDS as usize + 1];
            tickets.iter().for_each(|&ticket| at[(ticket as usize & mask) + 1] += 1);
            (1..=mask).for_each(|shard| at[shard] += at[shard - 1]);
            for &ticket in tickets {
                let next = &mut at[ticket as usize & mask];
                places[*next] = ticket >> shift;
                *next += 1;
            }
            let mut start = 0;
            for (shard, &end) in at[..=mask].iter().enumerate() {
                if start < end {
                    self.lock(shard).entries.policy.touch_all(&places[start..end]);
                }
                start = end;
            }
        }
        self.counters.add(Counter::Hits, tickets.len() as i64);
        self.counters.add(Counter::NearHits, tickets.len() as i64);
    }
}

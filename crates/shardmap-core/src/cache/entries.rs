//! The entries of a shard and everything that points at them: index, policy, wheel and tags. Whoever changes one of these changes all, here.

use super::{
    entry::{Entry, Rare, Rules, NEVER},
    policy::Eviction,
    slab::{Slab, CHUNK},
    tags::Tags,
    wheel::{self, Wheel},
    Policy,
};
use crate::{
    error::{Error, Result},
    hash,
    key::{Key, KeyRef},
    value::Value,
};
use hashbrown::HashTable;
use std::mem;

pub(super) struct Entries {
    index: HashTable<u32>,
    pub slab: Slab,
    pub policy: Box<dyn Eviction>,
    wheel: Wheel,
    tags: Tags,
    /// The state of a xorshift generator.
    random: u64,
}

/// What is stored of a change, beside its key.
pub(super) struct Content {
    pub value: Value,
    pub deadline: u64,
    pub rare: Option<Box<Rare>>,
}

impl Entries {
    pub fn new(policy: Policy) -> Self {
        Self {
            index: HashTable::new(),
            slab: Slab::default(),
            policy: policy.eviction(),
            wheel: Wheel::default(),
            tags: Tags::default(),
            random: hash::random() | 1,
        }
    }

    pub fn len(&self) -> usize {
        self.slab.len()
    }

    /// What all together are charged.
    pub fn charge(&self) -> u64 {
        self.slab.iter().map(Entry::charge).sum()
    }

    /// Whether any has a deadline.
    pub fn are_timed(&self) -> bool {
        !self.wheel.is_empty()
    }

    #[inline]
    pub fn find(&self, key: KeyRef<'_>) -> Option<u32> {
        self.index.find(key.hash, |&place| self.slab[place].key.as_bytes() == key.bytes).copied()
    }

    /// Makes sure of room for one more: what can fail of an insertion.
    #[inline]
    pub fn reserve(&mut self) -> Result<()> {
        if self.index.capacity() == self.index.len() {
            let slab = &self.slab;
            self.index.try_reserve(1, |&place| slab[place].hash).map_err(|_| Error::memory())?;
        }
        if self.slab.has_room() {
            return Ok(());
        }
        // First, so that wherever there is a place the policy has room for it.
        self.policy.reserve((self.slab.chunks() + 1) * CHUNK)?;
        self.slab.grow()
    }

    /// Makes sure of room under these tags, which an entry is to have that comes or is replaced.
    #[inline]
    pub fn reserve_tags(&mut self, rare: Option<&Rare>) -> Result<()> {
        rare.map_or(Ok(()), |rare| self.tags.reserve(&rare.tags))
    }

    /// Stores a key that is not there, after [`Entries::reserve`].
    pub fn insert(&mut self, key: KeyRef<'_>, content: Content, weight: u32, rules: &Rules, now: u64) {
        let Content { value, deadline, rare } = content;
        let links = wheel::Links::default();
        let place = self.slab.insert(Entry { key: Key::new(key.bytes), value, hash: key.hash, deadline, rare, links });
        let slab = &self.slab;
        self.index.insert_unique(key.hash, place, |&place| slab[place].hash);
        self.policy.insert(place, key.hash, weight);
        self.tag(place);
        if deadline != NEVER {
            self.put_down(place, NEVER, rules, now);
        }
    }

    /// Stores another content at a place, of which the policy is told by the caller. Returns what was there.
    pub fn replace(&mut self, place: u32, content: Content, rules: &Rules, now: u64) -> (Value, Option<Box<Rare>>) {
        let entry = &mut self.slab[place];
        let was = entry.end(rules);
        if entry.rare.is_none() && content.rare.is_none() && was == NEVER && content.deadline == NEVER {
            return (mem::replace(&mut entry.value, content.value), None);
        }
        self.untag(place);
        let entry = &mut self.slab[place];
        let old = (mem::replace(&mut entry.value, content.value), mem::replace(&mut entry.rare, content.rare));
        entry.deadline = content.deadline;
        self.tag(place);
        self.put_down(place, was, rules, now);
        old
    }

    /// Moves the deadline of an entry.
    pub fn set_deadline(&mut self, place: u32, deadline: u64, rules: &Rules, now: u64) {
        let entry = &mut self.slab[place];
        let was = entry.end(rules);
        entry.deadline = deadline;
        self.put_down(place, was, rules, now);
    }

    fn put_down(&mut self, place: u32, was: u64, rules: &Rules, now: u64) {
        let end = self.slab[place].end(rules);
        self.wheel.put(&mut self.slab, place, end, was, now);
    }

    fn tag(&mut self, place: u32) {
        if let Some(rare) = &mut self.slab[place].rare {
            for tag in &mut rare.tags {
                *tag = self.tags.add(tag, place);
            }
        }
    }

    fn untag(&mut self, place: u32) {
        for tag in self.slab[place].tags() {
            self.tags.remove(tag, place);
        }
    }

    /// Takes an entry out.
    pub fn remove(&mut self, place: u32) -> Entry {
        self.policy.remove(place);
        self.untag(place);
        self.wheel.remove(&mut self.slab, place);
        let hash = self.slab[place].hash;
        if let Ok(found) = self.index.find_entry(hash, |&other| other == place) {
            found.remove();
        }
        self.slab.remove(place)
    }

    /// Gives the storage of a shard back that has become empty, but for what the first entries need.
    #[inline]
    pub fn tidy(&mut self) {
        if self.slab.len() == 0 && self.slab.chunks() > 1 {
            drop(self.take());
        }
    }

    /// Takes all out. What is returned is to be dropped when no lock is held.
    pub fn take(&mut self) -> Slab {
        self.index = HashTable::new();
        self.wheel = Wheel::default();
        self.tags = Tags::default();
        self.policy.clear();
        mem::take(&mut self.slab)
    }

    /// The places with this tag.
    pub fn tagged(&mut self, tag: &str) -> Vec<u32> {
        self.tags.take(tag)
    }

    /// An entry that is to go by time. `None` when there is none, or when the steps are used up.
    pub fn pop_ended(&mut self, now: u64, rules: &Rules, steps: &mut usize) -> Option<u32> {
        self.wheel.pop(&mut self.slab, now, |entry| entry.end(rules), steps)
    }

    /// The deadline of an entry that is stored now with this ttl.
    pub fn deadline(&mut self, ttl: u64, now: u64, rules: &Rules) -> u64 {
        if ttl == NEVER {
            return NEVER;
        }
        let shorter = if rules.jitter > 0.0 { (ttl as f64 * rules.jitter * self.random()) as u64 } else { 0 };
        now.saturating_add(ttl.saturating_sub(shorter).max(1))
    }

    /// From 0 to 1.
    fn random(&mut self) -> f64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) as f64 / (1_u64 << 53) as f64
    }
}

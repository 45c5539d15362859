//! One entry, a cache line wide, and what it costs.

use super::{wheel, Tag};
use crate::{key::Key, packed, value::Value};

/// What an entry costs beside the heap of its key and value and its tags: its place and a share of those that are free, its node in the policy,
/// its links in the wheel, and its place in the index at mean load.
pub const ENTRY_BYTES: u64 = 104;
/// What one tag of an entry costs beside its name: the pointer to it, the place in the tag's set, and a row of the tags for a tag of its own.
const TAG_BYTES: u64 = 96;

/// A deadline that never comes.
pub(super) const NEVER: u64 = u64::MAX;

/// In one line and not across two.
#[repr(align(64))]
pub(super) struct Entry {
    pub key: Key,
    pub value: Value,
    pub hash: u64,
    /// Fresh until then, by the cache's clock; or [`NEVER`].
    pub deadline: u64,
    /// What few entries have.
    pub rare: Option<Box<Rare>>,
    pub links: wheel::Links,
}

#[derive(Clone, Default)]
pub(super) struct Rare {
    /// Its ttl, where it is not the cache's; [`NEVER`] for none.
    pub ttl: Option<u64>,
    /// How long it is kept after its deadline, at least.
    pub grace: u64,
    /// Shared with the shard's index of tags.
    pub tags: Box<[Tag]>,
}

/// What of a cache's options goes for every entry.
#[derive(Clone, Copy)]
pub(super) struct Rules {
    /// [`NEVER`] for none.
    pub ttl: u64,
    pub jitter: f64,
    pub update_age: bool,
    pub allow_stale: bool,
    /// Whether a policy is to weigh entries by their charge.
    pub weighs: bool,
}

impl Entry {
    pub fn tags(&self) -> &[Tag] {
        self.rare.as_ref().map_or(&[], |rare| &rare.tags)
    }

    pub fn ttl(&self, rules: &Rules) -> u64 {
        self.rare.as_ref().and_then(|rare| rare.ttl).unwrap_or(rules.ttl)
    }

    /// When it goes, although nobody asks. What has a deadline goes one day, so that the cache knows that it has such entries.
    pub fn end(&self, rules: &Rules) -> u64 {
        let grace = self.rare.as_ref().map_or(0, |rare| rare.grace);
        let stale = if rules.allow_stale { self.ttl(rules) } else { 0 };
        let latest = if self.deadline == NEVER { NEVER } else { NEVER - 1 };
        self.deadline.saturating_add(grace.max(stale)).min(latest)
    }

    pub fn charge(&self) -> u64 {
        charge(self.key.as_bytes(), &self.value, self.rare.as_deref())
    }
}

impl Rules {
    /// A ttl that an entry must remember for itself.
    pub fn own(&self, ttl: u64) -> Option<u64> {
        Some(ttl).filter(|&ttl| ttl != self.ttl && (self.update_age || self.allow_stale))
    }

    /// What a policy is told of the weight of an entry.
    pub fn weight(&self, charge: u64) -> u32 {
        if self.weighs {
            charge.min(u64::from(u32::MAX)) as u32
        } else {
            1
        }
    }
}

impl Rare {
    /// `None` if there is nothing in it.
    pub fn boxed(self) -> Option<Box<Self>> {
        (self.ttl.is_some() || self.grace > 0 || !self.tags.is_empty()).then(|| Box::new(self))
    }

    fn charge(&self) -> u64 {
        let tags = self.tags.iter().map(|tag| TAG_BYTES + packed::heap(tag.len()));
        (size_of::<Self>() as u64).next_multiple_of(16) + tags.sum::<u64>()
    }
}

/// What an entry of these parts is charged.
pub(super) fn charge(key: &[u8], value: &Value, rare: Option<&Rare>) -> u64 {
    ENTRY_BYTES + packed::heap(key.len()) + value.heap() + rare.map_or(0, Rare::charge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_a_cache_line() {
        assert_eq!(size_of::<Entry>(), 64);
    }
}

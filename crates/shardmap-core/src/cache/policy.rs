//! Which entry goes when there is no room: one trait, so that the cache knows no policy by name.

use super::{lru::Lru, tinylfu::TinyLfu};
use crate::error::{Code, Error, Result};

/// Which entry goes when there is no room. Entries are known by their place in the slab; each policy keeps its own compact array of nodes, so
/// that a use stays within few cache lines. The caller holds the shard's lock and names only places that are taken, except to `insert`.
pub(crate) trait Eviction: Send {
    /// Makes sure of room for entries at all places below this: what can fail of `insert`.
    fn reserve(&mut self, places: usize) -> Result<()>;
    /// A new entry at a free place. `weight` is its charge where bytes are bounded, else 1.
    fn insert(&mut self, place: u32, hash: u64, weight: u32);
    /// A use of the entry.
    fn touch(&mut self, place: u32);
    /// Whether there is an entry at this place, which may be any number.
    fn has(&self, place: u32) -> bool;
    /// Starts to fetch what uses of the places behind the `at`-th will need.
    fn fetch_ahead(&self, places: &[u32], at: usize);
    /// Uses of what is at these places, one after the other. Where there is nothing, nothing happens.
    fn touch_all(&mut self, places: &[u32]) {
        for (at, &place) in places.iter().enumerate() {
            self.fetch_ahead(places, at);
            if self.has(place) {
                self.touch(place);
            }
        }
    }
    /// The entry's value was replaced: a use, and another weight.
    fn replace(&mut self, place: u32, weight: u32);
    /// The entry is gone.
    fn remove(&mut self, place: u32);
    /// The entry that shall go to make room for one that comes; `remove` follows, if it goes. None when there is none.
    fn victim(&mut self) -> Option<u32>;
    /// A look-up that found nothing.
    fn miss(&mut self, hash: u64);
    /// All places, coldest first.
    fn coldest_first(&self, each: &mut dyn FnMut(u32));
    /// Forgets all entries and frees what it holds.
    fn clear(&mut self);
}

/// The policies by which a cache can make room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// The least recently used entry goes.
    Lru,
    /// Entries that are used often stay: W-TinyLFU.
    #[default]
    TinyLfu,
}

impl Policy {
    /// The policy of that name, as users write it.
    pub fn named(name: &str) -> Result<Self> {
        match name {
            "lru" => Ok(Self::Lru),
            "tinylfu" => Ok(Self::TinyLfu),
            _ => Err(Error::new(Code::Option, "policy must be 'tinylfu' or 'lru'")),
        }
    }

    /// The name, as users write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lru => "lru",
            Self::TinyLfu => "tinylfu",
        }
    }

    /// An empty one of this policy.
    pub(crate) fn eviction(self) -> Box<dyn Eviction> {
        match self {
            Self::Lru => Box::new(Lru::default()),
            Self::TinyLfu => Box::new(TinyLfu::default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_known_by_its_name_and_no_other() {
        for policy in [Policy::Lru, Policy::TinyLfu] {
            assert_eq!(Policy::named(policy.name()).unwrap(), policy);
        }
        assert_eq!(Policy::named("LRU").unwrap_err().code(), Code::Option);
    }
}

//! How a cache is made.

use super::policy::Policy;
use crate::error::{Code, Error, Result};

/// Most shards of a cache.
pub(super) const MAX_SHARDS: u64 = 16;
/// A shard that is to hold fewer entries or bytes than these is not worth a lock of its own, and a small cache has one order of use.
const SHARD_ENTRIES: u64 = 4_096;
const SHARD_BYTES: u64 = 4 << 20;

/// How a cache is made. One of `max` and `max_bytes` is needed; what else is left out is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Options {
    /// Entries at most.
    pub max: Option<u64>,
    /// Bytes at most: keys, values, tags and [`super::ENTRY_BYTES`] an entry.
    pub max_bytes: Option<u64>,
    /// Bytes of one entry at most, counted in the same way.
    pub max_entry_bytes: Option<u64>,
    /// Milliseconds that an entry is fresh; absent: for ever.
    pub ttl: Option<u64>,
    /// By up to which part of it, at random, a ttl is made shorter, so that entries stored together do not end together.
    pub ttl_jitter: Option<f64>,
    /// Whether a `get` lets the entry's ttl begin anew.
    pub update_age_on_get: Option<bool>,
    /// Whether `get` and `peek` give an entry for as long again after its time was over.
    pub allow_stale: Option<bool>,
    /// Which entry goes when there is no room.
    pub policy: Option<Policy>,
}

impl Options {
    /// The same with what was left out filled in; `ERR_SHARDMAP_OPTION` for what cannot be.
    pub(super) fn complete(self) -> Result<Self> {
        if self.max.is_none() && self.max_bytes.is_none() {
            return Err(Error::new(Code::Option, "a new cache needs a bound; give max, maxBytes or both"));
        }
        let counts = [("max", self.max), ("maxBytes", self.max_bytes), ("maxEntryBytes", self.max_entry_bytes), ("ttl", self.ttl)];
        if let Some((name, _)) = counts.iter().find(|(_, count)| *count == Some(0)) {
            return Err(Error::new(Code::Option, format!("{name} is 0; give 1 or more, or leave it out")));
        }
        let jitter = self.ttl_jitter.unwrap_or(0.0);
        if !(0.0..=1.0).contains(&jitter) {
            return Err(Error::new(Code::Option, format!("ttlJitter is {jitter}; give a part of the ttl from 0 to 1")));
        }
        Ok(Self {
            ttl_jitter: Some(jitter),
            update_age_on_get: Some(self.update_age_on_get.unwrap_or(false)),
            allow_stale: Some(self.allow_stale.unwrap_or(false)),
            policy: Some(self.policy.unwrap_or_default()),
            ..self
        })
    }

    /// A power of two.
    pub(super) fn shards(&self) -> usize {
        let worth = |bound: Option<u64>, each| bound.map_or(MAX_SHARDS, |bound| bound / each);
        let shards = worth(self.max, SHARD_ENTRIES).min(worth(self.max_bytes, SHARD_BYTES)).clamp(1, MAX_SHARDS);
        1 << shards.ilog2()
    }

    /// The first given option of `self` that differs from what a cache was made with, as (name, given, present).
    pub fn differs(&self, made: &Self) -> Option<(&'static str, String, String)> {
        fn one<T: ToString + PartialEq>(name: &'static str, given: Option<T>, made: Option<T>) -> Option<(&'static str, String, String)> {
            let show = |value: Option<T>| value.map_or("none".into(), |value| value.to_string());
            (given.is_some() && given != made).then(|| (name, show(given), show(made)))
        }
        one("max", self.max, made.max)
            .or_else(|| one("maxBytes", self.max_bytes, made.max_bytes))
            .or_else(|| one("maxEntryBytes", self.max_entry_bytes, made.max_entry_bytes))
            .or_else(|| one("ttl", self.ttl, made.ttl))
            .or_else(|| one("ttlJitter", self.ttl_jitter, made.ttl_jitter))
            .or_else(|| one("updateAgeOnGet", self.update_age_on_get, made.update_age_on_get))
            .or_else(|| one("allowStale", self.allow_stale, made.allow_stale))
            .or_else(|| one("policy", self.policy.map(Policy::name), made.policy.map(Policy::name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shards(max: Option<u64>, max_bytes: Option<u64>) -> usize {
        Options { max, max_bytes, ..Options::default() }.shards()
    }

    #[test]
    fn a_cache_has_as_many_shards_as_are_worth_a_lock() {
        assert_eq!([1, 8_191, 8_192, 40_000, 1 << 30].map(|max| shards(Some(max), None)), [1, 1, 2, 8, 16]);
        assert_eq!([1, (8 << 20) - 1, 8 << 20, 1 << 40].map(|bytes| shards(None, Some(bytes))), [1, 1, 2, 16]);
        assert_eq!((shards(Some(100), Some(1 << 40)), shards(Some(1 << 30), Some(9 << 20))), (1, 2));
    }

    #[test]
    fn the_first_option_that_differs_is_named_and_what_was_left_out_counts_as_what_was_chosen() {
        let made = Options { max: Some(5), ..Options::default() }.complete().unwrap();
        let given = Options { update_age_on_get: Some(false), policy: Some(Policy::TinyLfu), ..Options::default() };
        assert_eq!(given.differs(&made), None);
        let differs = |given: Options| given.differs(&made).map(|(name, given, made)| format!("{name} {given} {made}"));
        assert_eq!(differs(Options { max: Some(6), ..given }), Some("max 6 5".into()));
        assert_eq!(differs(Options { ttl: Some(9), ..given }), Some("ttl 9 none".into()));
        assert_eq!(differs(Options { policy: Some(Policy::Lru), ..given }), Some("policy lru tinylfu".into()));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let max = Options { max: Some(5), ..Options::default() };
        for options in [
            Options::default(),
            Options { max: Some(0), ..max },
            Options { ttl: Some(0), ..max },
            Options { max_entry_bytes: Some(0), ..max },
            Options { ttl_jitter: Some(1.5), ..max },
            Options { ttl_jitter: Some(f64::NAN), ..max },
        ] {
            assert_eq!(options.complete().unwrap_err().code(), Code::Option, "{options:?}");
        }
        assert!(Options { ttl_jitter: Some(1.0), ..max }.complete().is_ok());
    }
}

//! What a cache counts.

use super::events::Cause;
use crate::stats::Count;

/// What is counted; evictions follow, by cause.
#[derive(Clone, Copy)]
pub(super) enum Counter {
    Hits,
    NearHits,
    Misses,
    Loads,
    LoadErrors,
    Gone(Cause),
}

impl Count for Counter {
    #[inline]
    fn word(self) -> usize {
        match self {
            Self::Hits => 0,
            Self::NearHits => 1,
            Self::Misses => 2,
            Self::Loads => 3,
            Self::LoadErrors => 4,
            Self::Gone(cause) => 5 + cause as usize,
        }
    }
}

/// Sums over all threads.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stats {
    /// Entries; never more than the bound.
    pub entries: u64,
    /// What they are charged; never more than the bound.
    pub bytes: u64,
    /// Reads that found a fresh value, or a stale one where that is allowed.
    pub hits: u64,
    /// Those of them that a thread answered from its own cache.
    pub near_hits: u64,
    /// Reads that found none.
    pub misses: u64,
    /// Loads that began.
    pub loads: u64,
    /// Loads that failed.
    pub load_errors: u64,
    /// Values that went, by [`Cause`].
    pub gone: [u64; Cause::ALL.len()],
}

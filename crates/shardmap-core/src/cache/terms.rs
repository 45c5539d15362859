//! What an entry is stored with beside its value.

use crate::sync::Arc;

/// A name by which entries are invalidated together.
pub type Tag = Arc<str>;

/// How long an entry is fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ttl {
    /// For ever.
    Never,
    /// So many milliseconds.
    Ms(u64),
}

/// On which terms an entry is stored.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// How long it is fresh; `None`: as long as the cache says.
    pub ttl: Option<Ttl>,
    /// How many milliseconds longer it is kept as a stale one.
    pub grace: u64,
    /// Its tags.
    pub tags: Vec<Tag>,
}

impl Terms {
    /// Whether the cache's own go.
    #[inline]
    pub(super) fn are_default(&self) -> bool {
        self.ttl.is_none() && self.grace == 0 && self.tags.is_empty()
    }
}

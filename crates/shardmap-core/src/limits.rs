//! Exact limits: what a write will add is reserved before it is stored, and given back when it goes.

use crate::error::{Code, Error, Result};
use crate::sync::{lock, AtomicU64, Mutex, Ordering};

/// The limits of a map; untouched words where none is set.
pub(crate) struct Limits {
    entries: Option<Limit>,
    bytes: Option<Limit>,
    /// Held by who reserves of both: what one limit gives and takes back because the other one refuses must not make anybody else be refused.
    both: Mutex<()>,
}

struct Limit {
    name: &'static str,
    max: u64,
    used: AtomicU64,
}

impl Limit {
    fn new(name: &'static str, max: u64) -> Self {
        Self { name, max, used: AtomicU64::new(0) }
    }

    fn reserve(&self, amount: u64) -> Result<()> {
        self.used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| used.checked_add(amount).filter(|&sum| sum <= self.max))
            .map(drop)
            .map_err(|used| {
                Error::new(
                    Code::Full,
                    format!(
                        "{} is {}, {used} are used and this write needs {amount} more; delete entries or open the map with a larger limit",
                        self.name, self.max
                    ),
                )
            })
    }

    fn release(&self, amount: u64) {
        self.used.fetch_sub(amount, Ordering::Relaxed);
    }
}

impl Limits {
    pub fn new(entries: Option<u64>, bytes: Option<u64>) -> Self {
        Self {
            entries: entries.map(|max| Limit::new("maxEntries", max)),
            bytes: bytes.map(|max| Limit::new("maxBytes", max)),
            both: Mutex::new(()),
        }
    }

    #[inline]
    pub fn any(&self) -> bool {
        self.entries.is_some() || self.bytes.is_some()
    }

    /// Reserves growth, both or neither; shrinking never fails and is given back by [`Limits::release`] after the store.
    #[inline]
    pub fn reserve(&self, entries: i64, bytes: i64) -> Result<()> {
        let entries = self.entries.as_ref().filter(|_| entries > 0).map(|limit| (limit, entries as u64));
        let bytes = self.bytes.as_ref().filter(|_| bytes > 0).map(|limit| (limit, bytes as u64));
        let Some(((limit, entries), (other, bytes))) = entries.zip(bytes) else {
            return entries.or(bytes).map_or(Ok(()), |(limit, amount)| limit.reserve(amount));
        };
        let _both = lock(&self.both);
        limit.reserve(entries)?;
        other.reserve(bytes).inspect_err(|_| limit.release(entries))
    }

    /// Gives back what negative amounts say.
    #[inline]
    pub fn release(&self, entries: i64, bytes: i64) {
        if let Some(limit) = self.entries.as_ref().filter(|_| entries < 0) {
            limit.release(entries.unsigned_abs());
        }
        if let Some(limit) = self.bytes.as_ref().filter(|_| bytes < 0) {
            limit.release(bytes.unsigned_abs());
        }
    }
}

//! Advisory locks on sets of keys, as leases: granted whole and in order, fenced by a token, ended by release, by time or with their holder.
//!
//! - `table`: the rules, without a clock and without a lock.
//! - [`Arbiter`]: the table behind a lock, and the callbacks outside of it. Time comes in as a number.
//! - [`Leases`]: an arbiter with the clock, and with the process's thread to end what nobody releases.
//!
//! Nobody polls: a request is answered by its completion. Callbacks run one after the other in the order of what they tell of, each on any
//! thread that has something to do with these leases; so they must be short and not block. They may call back in.

mod arbiter;
mod table;
mod timed;

pub use arbiter::Arbiter;
pub use timed::Leases;

use crate::{
    error::{Code, Error, Result},
    key::Key,
};
use std::time::Duration;

const MAX_MS: u64 = (1 << 31) - 1;

/// How long a lease lasts, from its grant or renewal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term(Duration);

impl Term {
    /// A number of milliseconds; `ERR_SHARDMAP_OPTION` unless it is 1 to 2^31 - 1.
    pub fn from_ms(ms: u64) -> Result<Self> {
        if (1..=MAX_MS).contains(&ms) {
            return Ok(Self(Duration::from_millis(ms)));
        }
        Err(Error::new(Code::Option, format!("leaseMs is {ms}; give 1 to {MAX_MS}")))
    }
}

/// A lease was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Granted {
    /// Higher than that of every lease granted before by the same map.
    pub token: u64,
}

/// Answers a request: once, or never when it was cancelled or its holder ended.
pub type Completion = Box<dyn FnOnce(Result<Granted>) + Send>;

/// Tells that a lease has ended otherwise than by release; after the completion has returned.
pub type Ended = Box<dyn FnOnce() + Send>;

/// What is asked for.
pub struct Request {
    /// The keys to be had at once; a key that comes twice counts once.
    pub keys: Vec<Key>,
    /// Whose death ends the request and its lease.
    pub holder: u64,
    /// How long the lease lasts unless it is renewed.
    pub term: Term,
    /// Called when the keys are granted, or the map is destroyed first.
    pub completion: Completion,
    /// Called when the lease ends otherwise than by release.
    pub ended: Ended,
}

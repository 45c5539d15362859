//! The data structures behind `shardmap`: bytes, versions and time, and no word of JavaScript.
//!
//! - [`ShardedMap`]: dashmap shards, linearizable per key, with bounded growth, exact limits, weakly consistent pages and consistent snapshots.
//! - [`cache::Cache`]: bounded exactly by entries and bytes, with deadlines, tags, events, and one load per key at a time.
//! - [`slots`]: the version words by which a thread knows that what it has cached is still true.
//! - [`key`], [`value`]: the typed bytes that go in and out.
//! - [`leases`]: advisory locks on sets of keys.
//! - [`versions::VersionedMap`]: one whole version at a time, with commits, history, deltas and a file.
//! - [`registry`]: one map or cache per name in the process.
//!
//! ```
//! use shardmap_core::{key::KeyBuf, registry, Options, ShardedMap, Value};
//!
//! let map = registry::open::<ShardedMap>("sessions", Options::default())?;
//! let mut key = KeyBuf::new();
//! key.number(7.0);
//! map.set(key.finish()?, Value::bool(true))?;
//! assert!(map.get(key.finish()?)?.value.is_some_and(|value| value.same(&Value::bool(true))));
//! # Ok::<(), shardmap_core::Error>(())
//! ```

pub mod cache;
pub mod clock;
pub mod error;
pub mod hash;
pub mod holders;
pub mod key;
pub mod leases;
mod packed;
mod prefetch;
pub mod slots;
pub mod sync;
pub mod turn;
pub mod value;

mod done;
mod limits;
mod map;
pub mod registry;
mod stats;
pub mod store;
mod table;
#[cfg_attr(shardmap_model, path = "thread/model.rs")]
pub mod thread;
pub mod versions;

pub use done::Done;
pub use error::{Code, Error, Result};
pub use map::{Cursor, Lookup, Options, Rows, ShardedMap, Snapshot, Stats, Write, ENTRY_BYTES};
pub use value::{Kind, Value, View};

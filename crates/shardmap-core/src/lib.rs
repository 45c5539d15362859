//! The data structures behind `shardmap`: bytes, versions and time, and no word of JavaScript.
//!
//! - [`ShardedMap`]: dashmap shards, linearizable per key, with bounded growth, exact limits, weakly consistent pages and consistent snapshots.
//! - [`slots`]: the version words by which a thread knows that what it has cached is still true.
//! - [`key`], [`value`]: the typed bytes that go in and out.
//! - [`registry`]: one map per name in the process.
//!
//! ```
//! use shardmap_core::{key::KeyBuf, registry, Options, Value};
//!
//! let map = registry::open("sessions", Options::default())?;
//! let mut key = KeyBuf::new();
//! key.number(7.0);
//! map.set(key.finish()?, Value::bool(true))?;
//! assert!(map.get(key.finish()?)?.value.is_some_and(|value| value.same(&Value::bool(true))));
//! # Ok::<(), shardmap_core::Error>(())
//! ```

#[cfg(not(shardmap_loom))]
pub mod error;
pub mod slots;
pub mod sync;

#[cfg(not(shardmap_loom))]
pub mod hash;
#[cfg(not(shardmap_loom))]
pub mod key;
#[cfg(not(shardmap_loom))]
mod limits;
#[cfg(not(shardmap_loom))]
mod map;
#[cfg(not(shardmap_loom))]
mod packed;
#[cfg(not(shardmap_loom))]
pub mod registry;
#[cfg(not(shardmap_loom))]
mod stats;
#[cfg(not(shardmap_loom))]
mod table;
#[cfg(not(shardmap_loom))]
pub mod value;

#[cfg(not(shardmap_loom))]
pub use error::{Code, Error, Result};
#[cfg(not(shardmap_loom))]
pub use map::{Cursor, Lookup, Options, Rows, ShardedMap, Snapshot, Stats, Write, ENTRY_BYTES};
#[cfg(not(shardmap_loom))]
pub use value::{Kind, Value, View};

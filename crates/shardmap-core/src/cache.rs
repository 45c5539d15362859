//! A bounded cache shared by all threads of the process.
//!
//! - [`Cache`]: entries in shards, each with its policy, wheel and tags, under one lock; bounds of the whole cache, held exactly.
//! - [`flights`]: at most one load of a key at a time.
//! - [`events`]: who is told of values that go.
//! - [`policy`]: which entry goes when there is no room.
//!
//! ```
//! use shardmap_core::{cache::{Cache, Options, Terms, Ttl}, key::KeyBuf, registry, Value};
//!
//! let cache = registry::open::<Cache>("pages", Options { max_bytes: Some(64 << 20), ttl: Some(60_000), ..Options::default() })?;
//! let mut key = KeyBuf::new();
//! key.number(7.0);
//! cache.set(key.finish()?, Value::bool(true), &Terms { ttl: Some(Ttl::Ms(5_000)), tags: vec!["users".into()], ..Terms::default() })?;
//! assert!(cache.get(key.finish()?)?.value.is_some());
//! assert_eq!(cache.invalidate("users")?, 1);
//! # Ok::<(), shardmap_core::Error>(())
//! ```

#[cfg(not(shardmap_loom))]
mod bounds;
#[cfg(not(shardmap_loom))]
mod change;
#[cfg(not(shardmap_loom))]
mod counts;
#[cfg(not(shardmap_loom))]
mod dump;
#[cfg(not(shardmap_loom))]
mod entries;
#[cfg(not(shardmap_loom))]
mod entry;
#[cfg(not(shardmap_loom))]
pub mod events;
pub mod flights;
#[cfg(not(shardmap_loom))]
mod later;
#[cfg(not(shardmap_loom))]
mod links;
#[cfg(not(shardmap_loom))]
mod loads;
#[cfg(not(shardmap_loom))]
mod lru;
#[cfg(not(shardmap_loom))]
mod options;
#[cfg(not(shardmap_loom))]
mod pages;
#[cfg(not(shardmap_loom))]
pub mod policy;
#[cfg(not(shardmap_loom))]
mod put;
#[cfg(not(shardmap_loom))]
mod read;
#[cfg(not(shardmap_loom))]
mod shared;
#[cfg(not(shardmap_loom))]
mod sketch;
#[cfg(not(shardmap_loom))]
mod slab;
#[cfg(not(shardmap_loom))]
mod tags;
mod terms;
#[cfg(not(shardmap_loom))]
mod ticker;
#[cfg(not(shardmap_loom))]
mod tinylfu;
#[cfg(not(shardmap_loom))]
mod wheel;
#[cfg(not(shardmap_loom))]
mod window;
#[cfg(not(shardmap_loom))]
mod write;

#[cfg(not(shardmap_loom))]
pub use self::{
    counts::Stats,
    entry::ENTRY_BYTES,
    events::{Cause, Event, EventKind, Listener},
    loads::{Ask, Fetched},
    options::Options,
    policy::Policy,
    read::{Lookup, Remaining, GUARD, NO_TICKET},
    shared::Cache,
};
pub use flights::{News, Party};
pub use terms::{Tag, Terms, Ttl};

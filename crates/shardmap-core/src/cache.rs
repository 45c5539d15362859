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

mod bounds;
mod change;
mod counts;
mod dump;
mod entries;
mod entry;
pub mod events;
pub mod flights;
mod later;
mod links;
mod loads;
mod lru;
mod options;
mod pages;
pub mod policy;
mod put;
mod read;
mod shared;
mod sketch;
mod slab;
mod tags;
mod terms;
mod ticker;
mod tinylfu;
mod wheel;
mod window;
mod write;

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

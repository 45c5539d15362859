//! A bounded cache shared by all threads of the process.

#[cfg(not(shardmap_loom))]
pub mod events;
pub mod flights;
#[cfg(not(shardmap_loom))]
pub mod links;
#[cfg(not(shardmap_loom))]
pub mod lru;
#[cfg(not(shardmap_loom))]
pub mod policy;
#[cfg(not(shardmap_loom))]
pub mod sketch;
#[cfg(not(shardmap_loom))]
pub mod tags;
mod terms;
#[cfg(not(shardmap_loom))]
pub mod tinylfu;
#[cfg(not(shardmap_loom))]
pub mod window;

pub use terms::{Tag, Terms, Ttl};

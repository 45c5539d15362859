//! A bounded cache shared by all threads of the process.

pub mod links;
pub mod lru;
pub mod policy;

//! What the core is measured beside, behind one interface for each kind.

pub mod caches;
pub mod contenders;

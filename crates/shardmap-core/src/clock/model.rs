//! The time of a model, which stands until it is let pass.

use crate::sync::{process, AtomicU64, Ordering};

process! {
    NOW: AtomicU64 = AtomicU64::new(0);
}

pub fn now() -> u64 {
    NOW.load(Ordering::Relaxed)
}

pub use now as about_now;

/// Lets so many milliseconds pass.
pub fn pass(ms: u64) {
    NOW.fetch_add(ms, Ordering::Relaxed);
}

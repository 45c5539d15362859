//! Holders: who asks for what it must give back, which an isolate of the process does by its number.

/// What gives things to holders for a time.
pub trait Holders: Send + Sync {
    /// The holder is no more: all it has ends, and what it waits for is forgotten. It asks for nothing any more.
    fn end_holder(&self, holder: u64);
}

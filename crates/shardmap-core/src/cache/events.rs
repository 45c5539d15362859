//! What is told of entries that go: a bounded queue for each listener, filled under the lock of the entry's shard and so in order per key.
//!
//! The queues have a lock of their own, taken after a shard's and never before it. A listener is rung when its queue is no longer empty, outside
//! of all locks, and takes everything at once. Where nobody listens an event costs one load.

use crate::{
    key::Key,
    sync::{lock, Arc, AtomicU32, Mutex, Ordering},
};
use std::{
    collections::VecDeque,
    panic::{catch_unwind, AssertUnwindSafe},
};

/// How many events wait for a listener; of more, the oldest are dropped.
pub const MAX_EVENTS: usize = 8_192;

/// Why a value went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Cause {
    /// There was no room.
    Size,
    /// Its time was over.
    Expired,
    /// Another value came in its place.
    Replaced,
    /// It was deleted, or the cache cleared.
    Deleted,
    /// One of its tags was invalidated.
    Invalidated,
}

/// What listeners choose by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum EventKind {
    /// An entry went for lack of room.
    Evict,
    /// An entry went because its time was over.
    Expire,
    /// A value was replaced.
    Replace,
    /// An entry was deleted, by its key, a tag, or with all others.
    Delete,
}

impl EventKind {
    /// Its bit in a mask of kinds.
    pub const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl Cause {
    /// Every cause, in the order of their numbers.
    pub const ALL: [Self; 5] = [Self::Size, Self::Expired, Self::Replaced, Self::Deleted, Self::Invalidated];

    /// The kind of event it makes.
    pub const fn kind(self) -> EventKind {
        match self {
            Self::Size => EventKind::Evict,
            Self::Expired => EventKind::Expire,
            Self::Replaced => EventKind::Replace,
            Self::Deleted | Self::Invalidated => EventKind::Delete,
        }
    }
}

/// A value went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What listeners choose by.
    pub kind: EventKind,
    /// Why.
    pub cause: Cause,
    /// Of which key.
    pub key: Key,
}

/// Tells a listener that there are events to be taken. It may come when they have been taken already.
pub type Ring = Arc<dyn Fn() + Send + Sync>;

/// Who wants to be told.
pub struct Listener {
    /// Whose events they are, and whose death ends this.
    pub holder: u64,
    /// The bits of the kinds that are wanted.
    pub kinds: u8,
    /// Called with no lock held when events begin to wait.
    pub ring: Ring,
}

struct Queue {
    listener: Listener,
    events: VecDeque<Event>,
    dropped: u64,
}

/// Rings that are to be called when no lock is held.
#[derive(Default)]
#[must_use = "who waits for these events is not told otherwise"]
pub struct Rings(Vec<Ring>);

impl Rings {
    /// Calls them, each also when another one panics.
    pub fn call(self) {
        for ring in self.0 {
            let _ = catch_unwind(AssertUnwindSafe(|| ring()));
        }
    }
}

/// The queues of a cache.
#[derive(Default)]
pub struct Queues {
    /// The kinds that anybody wants.
    kinds: AtomicU32,
    queues: Mutex<Vec<Queue>>,
}

impl Queues {
    /// Whether anybody wants to be told of this.
    #[inline]
    pub fn are_listening(&self, cause: Cause) -> bool {
        self.kinds.load(Ordering::Relaxed) & u32::from(cause.kind().bit()) != 0
    }

    /// Adds an event for those who want it. The caller holds the lock of the key's shard, and calls the rings when it has let go.
    #[inline]
    pub fn push(&self, cause: Cause, key: &Key, rings: &mut Rings) {
        if self.are_listening(cause) {
            self.push_to_listeners(cause, key, rings);
        }
    }

    #[cold]
    fn push_to_listeners(&self, cause: Cause, key: &Key, rings: &mut Rings) {
        let kind = cause.kind();
        for queue in lock(&self.queues).iter_mut().filter(|queue| queue.listener.kinds & kind.bit() != 0) {
            if queue.events.is_empty() {
                rings.0.push(queue.listener.ring.clone());
            }
            if queue.events.len() == MAX_EVENTS {
                queue.events.pop_front();
                queue.dropped += 1;
            }
            queue.events.push_back(Event { kind, cause, key: key.clone() });
        }
    }

    /// Begins to listen, or goes on with other kinds and another ring: what waits is kept, and rung for anew.
    pub fn listen(&self, listener: Listener) {
        let mut queues = lock(&self.queues);
        let (waiting, replaced) = match queues.iter_mut().find(|queue| queue.listener.holder == listener.holder) {
            Some(queue) => {
                let waiting = (!queue.events.is_empty()).then(|| listener.ring.clone());
                (waiting, Some(std::mem::replace(&mut queue.listener, listener)))
            }
            None => {
                queues.push(Queue { listener, events: VecDeque::new(), dropped: 0 });
                (None, None)
            }
        };
        self.choose(&queues);
        drop(queues);
        drop(replaced);
        if let Some(ring) = waiting {
            ring();
        }
    }

    /// Stops, and drops what waits.
    pub fn unlisten(&self, holder: u64) {
        let mut queues = lock(&self.queues);
        let at = queues.iter().position(|queue| queue.listener.holder == holder);
        // Dropped after the lock: what a ring owns may call back in.
        let removed = at.map(|at| queues.swap_remove(at));
        self.choose(&queues);
        drop(queues);
        drop(removed);
    }

    /// Stops for all.
    pub fn clear(&self) {
        let mut queues = lock(&self.queues);
        let removed = std::mem::take(&mut *queues);
        self.choose(&queues);
        drop(queues);
        drop(removed);
    }

    /// What waits for a listener, oldest first, and how many were dropped before.
    pub fn take(&self, holder: u64) -> (u64, Vec<Event>) {
        let mut queues = lock(&self.queues);
        let Some(queue) = queues.iter_mut().find(|queue| queue.listener.holder == holder) else { return (0, Vec::new()) };
        let (dropped, events) = (std::mem::take(&mut queue.dropped), std::mem::take(&mut queue.events));
        drop(queues);
        (dropped, events.into())
    }

    fn choose(&self, queues: &[Queue]) {
        let kinds = queues.iter().fold(0, |kinds, queue| kinds | queue.listener.kinds);
        self.kinds.store(u32::from(kinds), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;

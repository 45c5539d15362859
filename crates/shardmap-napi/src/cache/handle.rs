//! What the functions of one open cache share.

use super::ring::Ring;
use crate::{failure::Fallible, inbox::Inbox, js::Js};
use napi::sys::napi_value;
use shardmap_core::{
    cache::{flights::Tell, Cache},
    key::Key,
    Code, Error, Result, Value,
};
use std::{
    cell::{Cell, OnceCell, RefCell},
    sync::Arc,
};

pub struct Handle {
    cache: Arc<Cache>,
    closed: Cell<bool>,
    ring: OnceCell<Ring>,
    tell: OnceCell<Tell>,
    /// Gathered to be stored at once, for a call takes only so many arguments.
    pub staged: RefCell<Vec<(Key, Value)>>,
}

impl Handle {
    pub fn new(cache: Arc<Cache>) -> Self {
        Self { cache, closed: Cell::new(false), ring: OnceCell::new(), tell: OnceCell::new(), staged: RefCell::default() }
    }

    /// Asked after the arguments were read, which may have run code of the user that closed the handle. The uses until now count before whatever
    /// is done next.
    #[inline]
    pub fn open(&self) -> Result<&Arc<Cache>> {
        if self.closed.get() {
            return Err(Error::new(Code::Closed, "this handle was closed; open the cache again"));
        }
        self.count_uses();
        Ok(&self.cache)
    }

    /// For what gives something back, which can be done after the handle was closed.
    pub fn cache(&self) -> &Arc<Cache> {
        &self.cache
    }

    #[inline]
    fn count_uses(&self) {
        if let Some(ring) = self.ring.get() {
            ring.empty(|tickets| self.cache.touch(tickets));
        }
    }

    /// Only the first buffer counts.
    pub fn take_ring(&self, js: Js, buffer: napi_value) -> Fallible<()> {
        let ring = Ring::new(js, buffer)?;
        self.ring.get_or_init(|| ring);
        Ok(())
    }

    /// How requests of this isolate are told what came of them. What it asks the cache for ends with it.
    pub fn tell(&self, inbox: &Arc<Inbox>, make: impl FnOnce() -> Tell) -> Tell {
        let begin = || {
            inbox.end_with_isolate(&self.cache);
            make()
        };
        self.tell.get_or_init(begin).clone()
    }

    pub fn close(&self) {
        self.count_uses();
        self.closed.set(true);
        drop(self.staged.take());
    }
}

//! Leases by the clock.

use super::{Arbiter, Request, Term};
use crate::{
    error::Result,
    holders::Holders,
    sync::{Arc, Weak},
    thread,
};
use std::time::{Duration, Instant};

/// The leases of one map. Deadlines hold by the clock, whether or not the process's thread has come to end them.
pub struct Leases {
    arbiter: Arbiter,
    start: Instant,
}

impl Leases {
    /// No leases yet. Dropping them drops all callbacks uncalled; timers that are set do not keep them.
    pub fn new() -> Arc<Self> {
        let start = Instant::now();
        Arc::new_cyclic(|leases: &Weak<Self>| {
            let leases = leases.clone();
            let set_timer = move |at| {
                let leases = leases.clone();
                let expire = move || leases.upgrade().into_iter().for_each(|leases| leases.arbiter.advance(leases.now()));
                thread::at(start + at, Box::new(expire));
            };
            Self { arbiter: Arbiter::new(Box::new(set_timer)), start }
        })
    }

    /// Asks for a lease and returns the request's number, for [`Leases::cancel`]. The completion is called when no key is held or wanted by an
    /// older request, which may be before this returns. `ERR_SHARDMAP_KEY` without keys, `ERR_SHARDMAP_CLOSED` after [`Leases::destroy`]; the
    /// callbacks are then dropped uncalled. Not re-entrant: a holder waits for itself as for others.
    pub fn ask(&self, request: Request) -> Result<u64> {
        self.arbiter.ask(self.now(), request)
    }

    /// Withdraws a request that waits. False when it does not: its completion has been called or is about to be, or it is gone.
    pub fn cancel(&self, request: u64) -> bool {
        self.arbiter.cancel(self.now(), request)
    }

    /// Ends a lease. False when it has ended already.
    pub fn release(&self, token: u64) -> bool {
        self.arbiter.release(self.now(), token)
    }

    /// Lets a lease last for this long from now, be that longer or shorter. False when it has ended, also when only by the clock.
    pub fn renew(&self, token: u64, term: Term) -> bool {
        self.arbiter.renew(self.now(), token, term)
    }

    /// Whether a lease has not ended, by release, by the clock or with its holder.
    pub fn is_live(&self, token: u64) -> bool {
        self.arbiter.is_live(self.now(), token)
    }

    /// Ends all leases and completes all waiting requests with `ERR_SHARDMAP_CLOSED`, as those that come later are.
    pub fn destroy(&self) {
        self.arbiter.destroy(self.now());
    }

    /// Leases that have not been ended.
    pub fn held(&self) -> usize {
        self.arbiter.held()
    }

    /// Requests that wait.
    pub fn waiting(&self) -> usize {
        self.arbiter.waiting()
    }

    fn now(&self) -> Duration {
        self.start.elapsed()
    }
}

impl Holders for Leases {
    /// Ends all its leases, and drops its waiting requests uncalled.
    fn end_holder(&self, holder: u64) {
        self.arbiter.end_holder(self.now(), holder);
    }
}

//! The lock table for many threads: changes under one short lock, callbacks outside of it and in the order of the changes.
//!
//! One thread at a time delivers. Whoever finds another one at it leaves its own effects in the queue, and the other takes them in turn. So a
//! lease's end is never told before its grant, a callback may call back in, and a chain of leases that are released as they come is a loop and
//! not a recursion.

use super::{
    table::{Effect, Effects, Table},
    Request, Term,
};
use crate::{
    error::Result,
    sync::{lock, Mutex, MutexGuard},
};
use std::{
    panic::{catch_unwind, AssertUnwindSafe},
    time::Duration,
};

/// Sees to it that [`Arbiter::advance`] is called at that time or soon after.
pub type SetTimer = Box<dyn Fn(Duration) + Send + Sync>;

struct State {
    table: Table,
    effects: Effects,
    /// Whether some thread delivers. It does not end before the queue is empty.
    delivering: bool,
}

/// Grants and ends leases. Times are measured from a start of the caller's choice.
pub struct Arbiter {
    state: Mutex<State>,
    set_timer: SetTimer,
}

impl Arbiter {
    /// An arbiter that nobody has asked yet.
    pub fn new(set_timer: SetTimer) -> Self {
        Self { state: Mutex::new(State { table: Table::new(), effects: Effects::new(), delivering: false }), set_timer }
    }

    /// See [`super::Leases::ask`].
    pub fn ask(&self, now: Duration, request: Request) -> Result<u64> {
        self.change(now, |table, effects| table.ask(request, effects))
    }

    /// See [`super::Leases::cancel`].
    pub fn cancel(&self, now: Duration, request: u64) -> bool {
        self.change(now, |table, effects| table.cancel(request, effects))
    }

    /// See [`super::Leases::release`].
    pub fn release(&self, now: Duration, token: u64) -> bool {
        self.change(now, |table, effects| table.release(token, effects))
    }

    /// See [`super::Leases::renew`].
    pub fn renew(&self, now: Duration, token: u64, term: Term) -> bool {
        self.change(now, |table, _| table.renew(token, term))
    }

    /// See [`super::Leases::is_live`].
    pub fn is_live(&self, now: Duration, token: u64) -> bool {
        lock(&self.state).table.is_live(token, now)
    }

    /// Ends all leases of a holder, and drops its waiting requests uncalled.
    pub fn end_holder(&self, now: Duration, holder: u64) {
        self.change(now, |table, effects| table.end_holder(holder, effects));
    }

    /// See [`super::Leases::destroy`].
    pub fn destroy(&self, now: Duration) {
        self.change(now, Table::destroy);
    }

    /// Ends the leases whose deadline has passed.
    pub fn advance(&self, now: Duration) {
        self.change(now, |_, _| ());
    }

    /// See [`super::Leases::held`].
    pub fn held(&self) -> usize {
        lock(&self.state).table.held()
    }

    /// See [`super::Leases::waiting`].
    pub fn waiting(&self) -> usize {
        lock(&self.state).table.waiting()
    }

    fn change<T>(&self, now: Duration, change: impl FnOnce(&mut Table, &mut Effects) -> T) -> T {
        let mut state = lock(&self.state);
        let State { table, effects, .. } = &mut *state;
        table.advance(now, effects);
        let result = change(table, effects);
        table.set_timer(effects);
        self.deliver(state);
        result
    }

    fn deliver<'a>(&'a self, mut state: MutexGuard<'a, State>) {
        if state.delivering {
            return;
        }
        while !state.effects.is_empty() {
            state.delivering = true;
            let effects = std::mem::take(&mut state.effects);
            drop(state);
            for effect in effects {
                // A callback is gone after its call, whole or not, and the others must still be called.
                let _ = catch_unwind(AssertUnwindSafe(|| self.perform(effect)));
            }
            state = lock(&self.state);
        }
        state.delivering = false;
    }

    fn perform(&self, effect: Effect) {
        match effect {
            Effect::Complete(completion, result) => completion(result),
            Effect::End(ended) => ended(),
            Effect::Forget(completion, ended) => drop((completion, ended)),
            Effect::SetTimer(at) => (self.set_timer)(at),
        }
    }
}

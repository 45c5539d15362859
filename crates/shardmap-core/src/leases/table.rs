//! The lock table: who holds and who waits.
//!
//! Every request stands in the line of each of its keys, in the order of arrival, until it is withdrawn or its lease ends. It is granted when it
//! is first in all of them. So a set is granted whole, nobody overtakes a request that wants one of the same keys, and no cycle can arise: a
//! request waits for older ones only.
//!
//! Asking, granting and ending cost a few look-ups for each key of the request, whose time grows with the logarithm of what is held and waits;
//! requests for other keys are not looked at. Only the end of a holder looks at every request.

use super::{Completion, Ended, Granted, Request, Term};
use crate::{
    error::{Code, Error, Result},
    hash,
    key::Key,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    time::Duration,
};

/// What is to be done outside the lock, in this order.
pub(super) enum Effect {
    Complete(Completion, Result<Granted>),
    End(Ended),
    /// Callbacks that are not called. They too are dropped outside, because what they own may call back in.
    Forget(Option<Completion>, Ended),
    /// Call [`Table::advance`] at this time.
    SetTimer(Duration),
}

pub(super) type Effects = VecDeque<Effect>;

struct Waiting {
    request: Request,
    /// In how many of its lines it is not first.
    behind: usize,
}

struct Lease {
    /// The number of its request, by which it stands in its lines.
    number: u64,
    keys: Vec<Key>,
    holder: u64,
    deadline: Duration,
    ended: Ended,
}

/// A request that has ended and still stands in its lines.
struct Gone {
    number: u64,
    keys: Vec<Key>,
}

pub(super) struct Table {
    /// Per key the numbers of its requests. None is empty.
    lines: HashMap<Key, BTreeSet<u64>, ahash::RandomState>,
    /// By number.
    waiting: BTreeMap<u64, Waiting>,
    /// By token.
    leases: BTreeMap<u64, Lease>,
    /// When each lease ends, with its token.
    deadlines: BTreeSet<(Duration, u64)>,
    /// The times of the timers that are set, the next one last.
    timers: Vec<Duration>,
    requests: u64,
    tokens: u64,
    now: Duration,
    closed: bool,
}

impl Table {
    pub fn new() -> Self {
        Self {
            lines: HashMap::with_hasher(hash::state().clone()),
            waiting: BTreeMap::new(),
            leases: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            timers: Vec::new(),
            requests: 0,
            tokens: 0,
            now: Duration::ZERO,
            closed: false,
        }
    }

    /// Ends the leases whose deadline has passed. To be called before every change; threads may bring their times out of order.
    pub fn advance(&mut self, now: Duration, effects: &mut Effects) {
        self.now = self.now.max(now);
        let mut gone = Vec::new();
        while let Some(&(deadline, token)) = self.deadlines.first() {
            if deadline > self.now {
                break;
            }
            gone.extend(self.end(token, effects));
        }
        self.leave(gone, effects);
    }

    /// Sets a timer for the next deadline unless one comes before it. To be called after every change. A timer is never taken back, but no second
    /// one is set for a later time: leases of one length have one timer between them, however often they are released and renewed.
    pub fn set_timer(&mut self, effects: &mut Effects) {
        while self.timers.last().is_some_and(|&at| at <= self.now) {
            self.timers.pop();
        }
        if let Some(&(deadline, _)) = self.deadlines.first() {
            if self.timers.last().is_none_or(|&at| at > deadline) {
                self.timers.push(deadline);
                effects.push_back(Effect::SetTimer(deadline));
            }
        }
    }

    pub fn ask(&mut self, mut request: Request, effects: &mut Effects) -> Result<u64> {
        let refused = if self.closed {
            Some(Error::closed())
        } else if request.keys.is_empty() {
            Some(Error::new(Code::Key, "no key to lock; name at least one"))
        } else {
            None
        };
        if let Some(error) = refused {
            effects.push_back(Effect::Forget(Some(request.completion), request.ended));
            return Err(error);
        }
        self.requests += 1;
        let number = self.requests;
        let mut behind = 0;
        request.keys.retain(|key| {
            let line = self.lines.entry(key.clone()).or_default();
            let first_mention = line.insert(number);
            behind += usize::from(first_mention && line.first() != Some(&number));
            first_mention
        });
        self.waiting.insert(number, Waiting { request, behind });
        if behind == 0 {
            self.grant(number, effects);
        }
        Ok(number)
    }

    pub fn cancel(&mut self, number: u64, effects: &mut Effects) -> bool {
        let gone = self.withdraw(number, effects);
        let was_waiting = gone.is_some();
        self.leave(gone, effects);
        was_waiting
    }

    pub fn release(&mut self, token: u64, effects: &mut Effects) -> bool {
        let Some(lease) = self.take(token) else { return false };
        effects.push_back(Effect::Forget(None, lease.ended));
        self.leave([Gone { number: lease.number, keys: lease.keys }], effects);
        true
    }

    pub fn renew(&mut self, token: u64, term: Term) -> bool {
        let Some(lease) = self.leases.get_mut(&token) else { return false };
        self.deadlines.remove(&(lease.deadline, token));
        lease.deadline = self.now + term.0;
        self.deadlines.insert((lease.deadline, token));
        true
    }

    pub fn is_live(&self, token: u64, now: Duration) -> bool {
        self.leases.get(&token).is_some_and(|lease| lease.deadline > now)
    }

    pub fn end_holder(&mut self, holder: u64, effects: &mut Effects) {
        let waiting = self.waiting.iter().filter(|(_, waiting)| waiting.request.holder == holder);
        let numbers: Vec<_> = waiting.map(|(&number, _)| number).collect();
        let leases = self.leases.iter().filter(|(_, lease)| lease.holder == holder);
        let tokens: Vec<_> = leases.map(|(&token, _)| token).collect();
        let mut gone: Vec<_> = numbers.into_iter().filter_map(|number| self.withdraw(number, effects)).collect();
        gone.extend(tokens.into_iter().filter_map(|token| self.end(token, effects)));
        self.leave(gone, effects);
    }

    pub fn destroy(&mut self, effects: &mut Effects) {
        self.closed = true;
        self.lines.clear();
        self.deadlines.clear();
        effects.extend(std::mem::take(&mut self.leases).into_values().map(|lease| Effect::End(lease.ended)));
        for Waiting { request, .. } in std::mem::take(&mut self.waiting).into_values() {
            effects.push_back(Effect::Complete(request.completion, Err(Error::closed())));
            effects.push_back(Effect::Forget(None, request.ended));
        }
    }

    pub fn held(&self) -> usize {
        self.leases.len()
    }

    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    fn grant(&mut self, number: u64, effects: &mut Effects) {
        let Some(Waiting { request, .. }) = self.waiting.remove(&number) else { return };
        self.tokens += 1;
        let token = self.tokens;
        let Request { keys, holder, term, completion, ended } = request;
        let deadline = self.now + term.0;
        self.deadlines.insert((deadline, token));
        self.leases.insert(token, Lease { number, keys, holder, deadline, ended });
        effects.push_back(Effect::Complete(completion, Ok(Granted { token })));
    }

    fn take(&mut self, token: u64) -> Option<Lease> {
        let lease = self.leases.remove(&token)?;
        self.deadlines.remove(&(lease.deadline, token));
        Some(lease)
    }

    fn end(&mut self, token: u64, effects: &mut Effects) -> Option<Gone> {
        let Lease { number, keys, ended, .. } = self.take(token)?;
        effects.push_back(Effect::End(ended));
        Some(Gone { number, keys })
    }

    fn withdraw(&mut self, number: u64, effects: &mut Effects) -> Option<Gone> {
        let Waiting { request, .. } = self.waiting.remove(&number)?;
        effects.push_back(Effect::Forget(Some(request.completion), request.ended));
        Some(Gone { number, keys: request.keys })
    }

    /// Takes requests out of their lines, then grants whatever is first in all of its own, the oldest first. All that end together go together:
    /// none of them is granted in between.
    fn leave(&mut self, gone: impl IntoIterator<Item = Gone>, effects: &mut Effects) {
        let mut ready = Vec::new();
        for Gone { number, keys } in gone {
            for key in &keys {
                let Some(line) = self.lines.get_mut(key) else { continue };
                let was_first = line.first() == Some(&number);
                line.remove(&number);
                let Some(&next) = line.first() else {
                    self.lines.remove(key);
                    continue;
                };
                // One that is not waiting is about to leave itself.
                if let Some(waiting) = self.waiting.get_mut(&next).filter(|_| was_first) {
                    waiting.behind -= 1;
                    if waiting.behind == 0 {
                        ready.push(next);
                    }
                }
            }
        }
        ready.sort_unstable();
        ready.into_iter().for_each(|number| self.grant(number, effects));
    }
}

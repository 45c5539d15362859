//! Loads: one per key in the process, by the first who asks. The others wait for a letter.

use super::{give, handle::Handle, terms, NOTHING};
use crate::{
    call::Call,
    failure::{Failure, Fallible, Outcome},
    inbox::{Inbox, Letter},
    keys,
    numbers::whole,
    values,
};
use napi::sys::napi_value;
use shardmap_core::{
    cache::{flights::Tell, Ask, Cache, Fetched, News, Party},
    key::{KeyBuf, KeyRef},
    Code, Error, Value,
};
use std::{rc::Rc, sync::Arc};

/// What came of it, as `src/native.ts` knows it.
mod outcome {
    pub const HIT: i32 = 0;
    pub const WAIT: i32 = 1;
    pub const LEAD: i32 = 2;
    pub const STALE: i32 = 3;
    pub const STALE_LEAD: i32 = 4;
}

/// Arguments: the request's number, the key, whether to load in any case, for how long a stale value may answer, then the terms of what is loaded.
pub fn fetch(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let [request, key, force, stale, ..] = call.arguments;
    let mut buffer = KeyBuf::new();
    let key = keys::read(call.js, key, &mut buffer)?;
    let request = whole(call.js, request)?;
    let ask = Ask { force: call.js.bool(force)?, stale_while_revalidate: whole(call.js, stale)? };
    let mut terms = terms::read(call, 4)?;
    terms.grace = ask.stale_while_revalidate;
    let inbox = call.isolate.inbox()?;
    let cache = handle.open()?;
    let tell = handle.tell(inbox, || tell(inbox.clone(), cache));
    match cache.fetch(key, Party::new(inbox.holder, request, terms, tell), ask)? {
        Fetched::Hit(lookup) => {
            call.isolate.outcome(outcome::HIT, 0);
            give(call, &lookup)
        }
        Fetched::Wait => {
            call.isolate.outcome(outcome::WAIT, 0);
            values::give(call, None)
        }
        Fetched::Lead { flight, stale } => {
            call.isolate.outcome(outcome::LEAD, flight);
            lead(cache, key, flight, values::give(call, stale.as_ref()))
        }
        Fetched::Stale { value, lead: None } => {
            call.isolate.outcome(outcome::STALE, 0);
            values::give(call, Some(&value))
        }
        Fetched::Stale { value, lead: Some(flight) } => {
            call.isolate.outcome(outcome::STALE_LEAD, flight);
            lead(cache, key, flight, values::give(call, Some(&value)))
        }
    }
}

/// A caller that is not told of its lead cannot give it up.
fn lead(cache: &Cache, key: KeyRef<'_>, flight: u32, told: Outcome) -> Outcome {
    if told.is_err() {
        cache.abandon(key, flight)?;
    }
    told
}

/// Letters to the isolate of this inbox.
fn tell(inbox: Arc<Inbox>, cache: &Arc<Cache>) -> Tell {
    let cache = Arc::downgrade(cache);
    Arc::new(move |request, news| {
        let request = request as f64;
        inbox.post(match news {
            News::Loaded(value) => Letter::Loaded { request, value },
            News::Failed(error) => Letter::Failed { request, error },
            News::Lead { key, flight, stale } => {
                let cache = cache.clone();
                let pass_on = Box::new(move || drop(cache.upgrade().map(|cache| cache.abandon(KeyRef::new(key.as_bytes()), flight))));
                Letter::Lead { request, flight, stale, pass_on }
            }
            News::Closed => {
                let error = Error::new(Code::Closed, "this cache was destroyed; open it again");
                Letter::Settled { request, outcome: Err(error) }
            }
        });
    })
}

fn value(call: &Call<'_>, value: napi_value, kind: napi_value) -> Fallible<Value> {
    let nothing = || Failure::Coded(Error::new(Code::Value, "a load ends with a value or an error"));
    values::read(call.js, value, kind)?.ok_or_else(nothing)
}

/// Arguments: the key, the flight's number, the value and its kind. Whether it was stored.
pub fn settle(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let mut buffer = KeyBuf::new();
    let key = keys::read(call.js, call.arguments[0], &mut buffer)?;
    let flight = call.js.index(call.arguments[1])? as u32;
    let value = value(call, call.arguments[2], call.arguments[3])?;
    call.js.make_bool(handle.open()?.settle(key, flight, value)?)
}

/// The same with an error. What answers in its place is returned: a stale value.
pub fn fail(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let mut buffer = KeyBuf::new();
    let key = keys::read(call.js, call.arguments[0], &mut buffer)?;
    let flight = call.js.index(call.arguments[1])? as u32;
    let error = value(call, call.arguments[2], call.arguments[3])?;
    values::give(call, handle.open()?.fail(key, flight, error)?.as_ref())
}

/// The loader gives up: who waits next loads.
pub fn abandon(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let mut buffer = KeyBuf::new();
    let key = keys::read(call.js, call.arguments[0], &mut buffer)?;
    let flight = call.js.index(call.arguments[1])? as u32;
    handle.cache().abandon(key, flight)?;
    NOTHING
}

/// A request waits no more. False when it does not: it was answered, or it leads, and a letter says so.
pub fn leave(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let mut buffer = KeyBuf::new();
    let key = keys::read(call.js, call.arguments[0], &mut buffer)?;
    let request = whole(call.js, call.arguments[1])?;
    let holder = call.isolate.inbox()?.holder;
    call.js.make_bool(handle.cache().leave(key, holder, request)?)
}

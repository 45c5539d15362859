//! Locks of a versioned map.

use super::{commits::answer, handle::Handle};
use crate::{call::Call, failure::Outcome, inbox::Letter, numbers::whole};
use shardmap_core::{
    leases::{Granted, Request, Term},
    Result,
};
use std::{cell::Cell, rc::Rc};

/// Asks for the staged keys. Arguments: the request's number, the term in ms. Returns the token if the keys were free, and
/// otherwise the ticket by which the waiting request can be cancelled, as a negative number.
pub fn lock(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let request = call.js.number(call.arguments[0])?;
    let term = Term::from_ms(whole(call.js, call.arguments[1])?)?;
    let keys = handle.keys.take();
    let leases = handle.open()?.leases();
    let inbox = call.isolate.inbox()?.clone();
    inbox.end_with_isolate(leases);
    let holder = inbox.holder;
    let ended = Box::new(move || inbox.post(Letter::Ended { request }));
    let ticket = Cell::new(0);
    let token = answer(call, request, |done| {
        let completion = Box::new(move |granted: Result<Granted>| done.tell(granted.map(|granted| granted.token)));
        ticket.set(leases.ask(Request { keys, holder, term, completion, ended })?);
        Ok(())
    })?;
    if token.is_null() {
        return call.js.make_number(-(ticket.get() as f64));
    }
    Ok(token)
}

pub fn cancel(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let ticket = call.js.number(call.arguments[0])?;
    call.js.make_bool(handle.leases().cancel(-ticket as u64))
}

pub fn renew(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let token = whole(call.js, call.arguments[0])?;
    let term = Term::from_ms(whole(call.js, call.arguments[1])?)?;
    call.js.make_bool(handle.leases().renew(token, term))
}

pub fn release(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let token = whole(call.js, call.arguments[0])?;
    call.js.make_bool(handle.leases().release(token))
}

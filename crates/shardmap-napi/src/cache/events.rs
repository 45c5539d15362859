//! Events: a letter says that there are some, and then they are taken.

use super::{handle::Handle, NOTHING};
use crate::{call::Call, failure::Outcome, inbox::Letter, keys, numbers::whole};
use shardmap_core::cache::Listener;
use std::{rc::Rc, sync::Arc};

/// Arguments: the number that letters name, the kinds of events as bits.
pub fn listen(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let request = call.js.number(call.arguments[0])?;
    let kinds = whole(call.js, call.arguments[1])? as u8;
    let inbox = call.isolate.inbox()?.clone();
    let cache = handle.open()?;
    inbox.end_with_isolate(cache);
    let holder = inbox.holder;
    cache.listen(Listener { holder, kinds, ring: Arc::new(move || inbox.post(Letter::News { request })) });
    NOTHING
}

pub fn unlisten(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    handle.cache().unlisten(call.isolate.inbox()?.holder);
    NOTHING
}

/// `[dropped, kind, cause, key, ...]`.
pub fn take(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let holder = call.isolate.inbox()?.holder;
    let (dropped, events) = handle.open()?.take_events(holder);
    let array = call.js.array(1 + events.len() * 3)?;
    call.js.set_element(array, 0, call.js.make_number(dropped as f64)?)?;
    for (index, event) in events.iter().enumerate() {
        let at = 1 + index * 3;
        call.js.set_element(array, at, call.js.make_number(f64::from(event.kind as u8))?)?;
        call.js.set_element(array, at + 1, call.js.make_number(f64::from(event.cause as u8))?)?;
        call.js.set_element(array, at + 2, keys::write(call.js, event.key.as_bytes())?)?;
    }
    Ok(array)
}

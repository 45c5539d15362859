//! The functions of one open cache.

mod events;
mod files;
mod flights;
mod handle;
mod ring;
mod staged;
mod terms;

use crate::{
    call::{define, takes, Call, Method},
    failure::Outcome,
    isolate::Isolate,
    js::Js,
    keys, numbers, rows, values,
};
use handle::Handle;
use shardmap_core::{
    cache::{Cache, Lookup, Remaining},
    key::KeyBuf,
};
use std::{ptr, rc::Rc, sync::Arc};

const METHODS: &[Method<Handle>] = &[
    takes::<_, 1>("get", get),
    takes::<_, 1>("peek", peek),
    takes::<_, 1>("has", has),
    takes::<_, 4>("set", set),
    takes::<_, 3>("increment", increment),
    takes::<_, 1>("delete", delete),
    takes::<_, 0>("clear", clear),
    takes::<_, 0>("size", size),
    takes::<_, 1>("remaining", remaining),
    takes::<_, 1>("page", page),
    takes::<_, 1>("touches", touches),
    takes::<_, 0>("touch", touch),
    takes::<_, 0>("stage", staged::stage),
    takes::<_, 0>("unstage", staged::unstage),
    takes::<_, 1>("apply", staged::apply),
    takes::<_, 1>("invalidate", invalidate),
    takes::<_, 0>("stats", stats),
    takes::<_, 5>("fetch", flights::fetch),
    takes::<_, 4>("settle", flights::settle),
    takes::<_, 4>("fail", flights::fail),
    takes::<_, 2>("abandon", flights::abandon),
    takes::<_, 2>("leave", flights::leave),
    takes::<_, 2>("listen", events::listen),
    takes::<_, 0>("unlisten", events::unlisten),
    takes::<_, 0>("events", events::take),
    takes::<_, 2>("dump", files::dump),
    takes::<_, 2>("load", files::load),
    takes::<_, 0>("close", close),
];

pub fn create(js: Js, isolate: &Rc<Isolate>, cache: Arc<Cache>) -> Outcome {
    let id = js.make_number(f64::from(cache.id()))?;
    let object = define(js, isolate, &Rc::new(Handle::new(cache)), METHODS)?;
    js.set(object, "id", id)?;
    Ok(object)
}

const NOTHING: Outcome = Ok(ptr::null_mut());

fn get(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let mut buffer = KeyBuf::new();
    let key = keys::read(call.js, call.arguments[0], &mut buffer)?;
    give(call, &handle.open()?.get(key)?)
}

/// Gives a value with all that a near cache must remember of it.
#[inline]
fn give(call: &Call<'_>, lookup: &Lookup) -> Outcome {
    call.isolate.validity(lookup.slot, lookup.version);
    call.isolate.entry(lookup.ticket, lookup.deadline);
    values::give(call, lookup.value.as_ref())
}

fn peek(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let mut buffer = KeyBuf::new();
    let key = keys::read(call.js, call.arguments[0], &mut buffer)?;
    values::give(call, handle.open()?.peek(key)?.as_ref())
}

fn has(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let mut buffer = KeyBuf::new();
    let key = keys::read(call.js, call.arguments[0], &mut buffer)?;
    call.js.make_bool(handle.open()?.has(key)?)
}

fn set(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let mut buffer = KeyBuf::new();
    let key = keys::read(call.js, call.arguments[0], &mut buffer)?;
    let value = values::read(call.js, call.arguments[1], call.arguments[2])?;
    let terms = terms::read(call, 3)?;
    if let Some(value) = value {
        handle.open()?.set(key, value, &terms)?;
    }
    NOTHING
}

fn increment(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let mut buffer = KeyBuf::new();
    let key = keys::read(call.js, call.arguments[0], &mut buffer)?;
    let by = call.js.number(call.arguments[1])?;
    let terms = terms::read(call, 2)?;
    call.js.make_number(handle.open()?.increment(key, by, &terms)?)
}

fn delete(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let mut buffer = KeyBuf::new();
    let key = keys::read(call.js, call.arguments[0], &mut buffer)?;
    call.js.make_bool(handle.open()?.delete(key)?)
}

fn clear(_: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    handle.open()?.clear()?;
    NOTHING
}

fn size(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    call.js.make_number(handle.open()?.entries()? as f64)
}

/// Milliseconds: 0 for what is absent or expired, infinity for what stays.
fn remaining(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let mut buffer = KeyBuf::new();
    let key = keys::read(call.js, call.arguments[0], &mut buffer)?;
    call.js.make_number(match handle.open()?.remaining(key)? {
        Remaining::Absent => 0.0,
        Remaining::Never => f64::INFINITY,
        Remaining::Ms(ms) => ms as f64,
    })
}

fn page(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let cursor = rows::cursor(call.js, call.arguments[0])?;
    rows::give(call.js, &handle.open()?.page(cursor)?)
}

/// Has the uses that are written down in a buffer counted before every later call.
fn touches(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    handle.open()?;
    handle.take_ring(call.js, call.arguments[0])?;
    NOTHING
}

/// Only that.
fn touch(_: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    handle.open()?;
    NOTHING
}

fn invalidate(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let tag = terms::tag(call.js, call.arguments[0])?;
    call.js.make_number(handle.open()?.invalidate(&tag)? as f64)
}

fn stats(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let stats = handle.open()?.stats()?;
    let counts = [stats.entries, stats.bytes, stats.hits, stats.near_hits, stats.misses, stats.loads, stats.load_errors];
    numbers::give(call.js, counts.into_iter().chain(stats.gone))
}

fn close(_: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    handle.close();
    NOTHING
}

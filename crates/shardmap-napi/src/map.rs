//! The functions of one open map.

mod handle;
mod snapshot;
mod writer;

use crate::{
    call::{define, takes, Call, Method},
    failure::{Failure, Outcome},
    isolate::Isolate,
    js::Js,
    keys, numbers, rows, values,
};
use handle::Handle;
use napi::sys::{napi_value, ValueType};
use shardmap_core::{
    key::{Key, KeyBuf},
    Code, Error, Result, ShardedMap, Write,
};
use std::{cell::Cell, cell::RefCell, ptr, rc::Rc, sync::Arc};

const METHODS: &[Method<Handle>] = &[
    takes::<_, 1>("get", get),
    takes::<_, 1>("has", has),
    takes::<_, 3>("set", set),
    takes::<_, 1>("delete", delete),
    takes::<_, 2>("increment", increment),
    takes::<_, 5>("compareAndSet", compare_and_set),
    takes::<_, 3>("swap", swap),
    takes::<_, 3>("getOrInsert", get_or_insert),
    takes::<_, 4>("replaceIf", replace_if),
    takes::<_, 0>("clear", clear),
    takes::<_, 0>("size", size),
    takes::<_, 1>("reserve", reserve),
    takes::<_, 0>("stats", stats),
    takes::<_, 2>("countNear", count_near),
    takes::<_, 0>("stage", stage),
    takes::<_, 0>("apply", apply),
    takes::<_, 0>("writer", writer),
    takes::<_, 0>("unstage", unstage),
    takes::<_, 0>("readMany", read_many),
    takes::<_, 2>("page", page),
    takes::<_, 0>("snapshot", take_snapshot),
    takes::<_, 0>("close", close),
];

pub fn create(js: Js, isolate: &Rc<Isolate>, map: Arc<ShardedMap>) -> Outcome {
    let id = js.make_number(f64::from(map.id()))?;
    let handle = Rc::new(Handle { map, closed: Cell::new(false), staged: RefCell::default() });
    let object = define(js, isolate, &handle, METHODS)?;
    js.set(object, "id", id)?;
    Ok(object)
}

const NOTHING: Outcome = Ok(ptr::null_mut());

fn get(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let mut buffer = KeyBuf::new();
    let key = keys::read(call.js, call.arguments[0], &mut buffer)?;
    let lookup = handle.open()?.get(key)?;
    call.isolate.validity(lookup.slot, lookup.version);
    values::give(call, lookup.value.as_ref())
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
    if let Some(value) = value {
        handle.open()?.set(key, value)?;
    }
    NOTHING
}

fn delete(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let mut buffer = KeyBuf::new();
    let key = keys::read(call.js, call.arguments[0], &mut buffer)?;
    call.js.make_bool(handle.open()?.delete(key)?.is_some())
}

fn increment(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let [key, by, ..] = call.arguments;
    let by_kind = call.js.undefined()?;
    let mut buffer = KeyBuf::new();
    let key = keys::read(call.js, key, &mut buffer)?;
    let by = match call.js.type_of(by)? {
        ValueType::napi_undefined => None,
        ValueType::napi_number | ValueType::napi_bigint => values::read(call.js, by, by_kind)?,
        _ => return Err(Failure::Coded(Error::new(Code::Value, "increment takes a number or a bigint"))),
    };
    let sum = handle.open()?.increment(key, by.as_ref())?;
    values::give(call, sum.as_ref())
}

/// A write, where a stored `undefined` deletes.
fn next(call: &Call<'_>, value: napi_value, kind: napi_value) -> std::result::Result<Write, Failure> {
    let value = values::read(call.js, value, kind)?;
    Ok(Write::from(value.filter(|value| !value.is_undefined())))
}

fn compare_and_set(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let [key, expected, expected_kind, value, value_kind, _] = call.arguments;
    let mut buffer = KeyBuf::new();
    let key = keys::read(call.js, key, &mut buffer)?;
    let expected = values::read(call.js, expected, expected_kind)?.filter(|value| !value.is_undefined());
    let next = next(call, value, value_kind)?;
    call.js.make_bool(handle.open()?.compare_and_set(key, expected.as_ref(), next)?)
}

fn swap(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let mut buffer = KeyBuf::new();
    let key = keys::read(call.js, call.arguments[0], &mut buffer)?;
    let value = values::read(call.js, call.arguments[1], call.arguments[2])?;
    let map = handle.open()?;
    let old = match value {
        Some(value) => map.set(key, value)?,
        None => map.delete(key)?,
    };
    values::give(call, old.as_ref())
}

fn get_or_insert(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let mut buffer = KeyBuf::new();
    let key = keys::read(call.js, call.arguments[0], &mut buffer)?;
    let Some(value) = values::read(call.js, call.arguments[1], call.arguments[2])? else { return NOTHING };
    let present = handle.open()?.get_or_insert(key, value.clone())?;
    values::give(call, Some(&present.unwrap_or(value)))
}

fn replace_if(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let [key, version, value, value_kind, ..] = call.arguments;
    let mut buffer = KeyBuf::new();
    let key = keys::read(call.js, key, &mut buffer)?;
    let version = call.js.number(version)? as i64 as u32;
    let next = next(call, value, value_kind)?;
    call.js.make_bool(handle.open()?.replace_if(key, version, next)?)
}

fn clear(_: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    handle.open()?.clear()?;
    NOTHING
}

fn size(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    call.js.make_number(handle.open()?.entries()? as f64)
}

fn reserve(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let entries = call.js.number(call.arguments[0])? as u64;
    handle.open()?.reserve(entries)?;
    NOTHING
}

fn stats(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let stats = handle.open()?.stats()?;
    let all = [
        stats.entries,
        stats.bytes,
        stats.shards,
        stats.gets,
        stats.hits,
        stats.near_hits,
        stats.sets,
        stats.deletes,
        stats.growths,
        stats.largest_move,
    ];
    numbers::give(call.js, all.into_iter())
}

fn count_near(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let [hits, absences, ..] = call.arguments;
    handle.map.count_near(call.js.number(hits)? as u64, call.js.number(absences)? as u64);
    NOTHING
}

fn stage(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let mut writes = Vec::new();
    for triple in call.all().chunks_exact(3) {
        let mut buffer = KeyBuf::new();
        let key = keys::read(call.js, triple[0], &mut buffer)?;
        let value = values::read(call.js, triple[1], triple[2])?;
        writes.push((Key::new(key.bytes), Write::from(value)));
    }
    handle.open()?;
    handle.staged.borrow_mut().extend(writes);
    NOTHING
}

fn apply(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let staged = handle.staged.take();
    call.js.make_number(handle.open()?.apply_all(staged)? as f64)
}

fn writer(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    writer::create(call.js, call.isolate, handle)
}

fn unstage(_: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    drop(handle.staged.take());
    NOTHING
}

fn read_many(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let all = call.all();
    let (consistent, keys) = all.split_first().ok_or_else(|| Error::new(Code::Key, "readMany takes keys"))?;
    let consistent = call.js.bool(*consistent)?;
    let mut buffers: Vec<KeyBuf> = keys.iter().map(|_| KeyBuf::new()).collect();
    let keys = keys.iter().zip(&mut buffers).map(|(&key, buffer)| keys::read(call.js, key, buffer));
    let keys = keys.collect::<std::result::Result<Vec<_>, _>>()?;
    let map = handle.open()?;
    let found = if consistent {
        map.get_consistent(&keys)?
    } else {
        keys.iter().map(|&key| map.get(key).map(|lookup| lookup.value)).collect::<Result<_>>()?
    };
    let array = call.js.array(found.len() * 2)?;
    for (index, value) in found.iter().enumerate() {
        let [kind, value] = values::own(call.js, value.as_ref())?;
        call.js.set_element(array, index * 2, kind)?;
        call.js.set_element(array, index * 2 + 1, value)?;
    }
    Ok(array)
}

fn page(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let [from, prefix, ..] = call.arguments;
    let from = rows::cursor(call.js, from)?;
    let mut buffer = KeyBuf::new();
    let prefix = match call.js.type_of(prefix)? {
        ValueType::napi_undefined => &[],
        _ => keys::read(call.js, prefix, &mut buffer)?.bytes,
    };
    rows::give(call.js, &handle.open()?.page(from, prefix)?)
}

fn take_snapshot(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    snapshot::create(call.js, call.isolate, handle.open()?.snapshot()?)
}

fn close(_: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    handle.closed.set(true);
    drop(handle.staged.take());
    NOTHING
}

//! What an attached isolate can do with names.

use crate::{
    cache,
    call::{define, takes, Call, Method},
    failure::{Failure, Fallible, Outcome},
    isolate::Isolate,
    js::{self, Js},
    map, values,
};
use napi::sys::{napi_value, ValueType};
use shardmap_core::{
    cache::{Cache, Options as CacheOptions, Policy},
    registry::{self, Named},
    store,
    versions::{Durability, Mode, Options as VersionedOptions, VersionedMap},
    Code, Error, Options, ShardedMap,
};
use std::{mem::MaybeUninit, path::Path, ptr, rc::Rc};

struct Space;

const METHODS: &[Method<Space>] = &[
    takes::<_, 5>("openMap", open_map),
    takes::<_, 1>("destroyMap", destroy::<ShardedMap>),
    takes::<_, 0>("mapNames", names::<ShardedMap>),
    takes::<_, 5>("openVersions", open_versions),
    takes::<_, 1>("destroyVersions", destroy::<VersionedMap>),
    takes::<_, 0>("versionsNames", names::<VersionedMap>),
    takes::<_, 0>("openCache", open_cache),
    takes::<_, 1>("destroyCache", destroy::<Cache>),
    takes::<_, 0>("cacheNames", names::<Cache>),
    takes::<_, 1>("listen", listen),
];

pub fn create((js, isolate): (Js, Rc<Isolate>)) -> Outcome {
    define(js, &isolate, &Rc::new(Space), METHODS)
}

fn name(js: Js, value: napi_value) -> Fallible<String> {
    match js.units(value, &mut [MaybeUninit::uninit(); 512], String::from_utf16)? {
        Some(Ok(name)) => Ok(name),
        Some(Err(_)) => Err(Failure::Coded(Error::new(Code::Option, "the name has a lone surrogate; give well-formed text"))),
        None => Err(Failure::Coded(Error::new(Code::Option, "the name must be a string"))),
    }
}

fn number(js: Js, name: &str, value: napi_value) -> Fallible<Option<f64>> {
    match js.type_of(value)? {
        ValueType::napi_undefined => Ok(None),
        ValueType::napi_number => js.number(value).map(Some),
        _ => Err(Failure::Coded(Error::new(Code::Option, format!("{name} must be a number")))),
    }
}

fn option(js: Js, name: &str, value: napi_value) -> Fallible<Option<u64>> {
    let Some(number) = number(js, name, value)? else { return Ok(None) };
    let given = || Failure::Coded(Error::new(Code::Option, format!("{name} is {number}; give a whole number from 0 on")));
    js::whole(number).map(Some).ok_or_else(given)
}

fn flag(js: Js, name: &str, value: napi_value) -> Fallible<Option<bool>> {
    match js.type_of(value)? {
        ValueType::napi_undefined => Ok(None),
        ValueType::napi_boolean => js.bool(value).map(Some),
        _ => Err(Failure::Coded(Error::new(Code::Option, format!("{name} must be true or false")))),
    }
}

fn open_map(call: &Call<'_>, _: &Rc<Space>) -> Outcome {
    let [given, shards, expected, entries, bytes, _] = call.arguments;
    let options = Options {
        shards: option(call.js, "shards", shards)?,
        expected_entries: option(call.js, "expectedEntries", expected)?,
        max_entries: option(call.js, "maxEntries", entries)?,
        max_bytes: option(call.js, "maxBytes", bytes)?,
    };
    map::create(call.js, call.isolate, registry::open::<ShardedMap>(&name(call.js, given)?, options)?)
}

/// Arguments: name, max, maxBytes, maxEntryBytes, ttl, ttlJitter, updateAgeOnGet, allowStale, policy.
fn open_cache(call: &Call<'_>, _: &Rc<Space>) -> Outcome {
    let js = call.js;
    let mut given = call.all().into_iter();
    let mut next = || given.next().map_or_else(|| js.undefined(), Ok);
    let name = name(js, next()?)?;
    let options = CacheOptions {
        max: option(js, "max", next()?)?,
        max_bytes: option(js, "maxBytes", next()?)?,
        max_entry_bytes: option(js, "maxEntryBytes", next()?)?,
        ttl: option(js, "ttl", next()?)?,
        ttl_jitter: number(js, "ttlJitter", next()?)?,
        update_age_on_get: flag(js, "updateAgeOnGet", next()?)?,
        allow_stale: flag(js, "allowStale", next()?)?,
        policy: values::text(js, next()?)?.as_deref().map(Policy::named).transpose()?,
    };
    cache::create(js, call.isolate, registry::open::<Cache>(&name, options)?)
}

/// Arguments: name, history, mode, path, durability. Reads the file, if there is one.
fn open_versions(call: &Call<'_>, _: &Rc<Space>) -> Outcome {
    let [given, history, mode, path, durability, _] = call.arguments;
    let path = values::text(call.js, path)?;
    let options = VersionedOptions {
        history: option(call.js, "history", history)?,
        mode: values::text(call.js, mode)?.as_deref().map(Mode::named).transpose()?,
        path: path.map(|path| store::real_path(Path::new(&path))).transpose()?,
        durability: values::text(call.js, durability)?.as_deref().map(Durability::named).transpose()?,
    };
    crate::versions::create(call.js, call.isolate, registry::open::<VersionedMap>(&name(call.js, given)?, options)?)
}

fn destroy<T: Named>(call: &Call<'_>, _: &Rc<Space>) -> Outcome {
    call.js.make_bool(registry::destroy::<T>(&name(call.js, call.arguments[0])?)?)
}

fn names<T: Named>(call: &Call<'_>, _: &Rc<Space>) -> Outcome {
    let names = registry::names::<T>();
    let array = call.js.array(names.len())?;
    for (index, name) in names.iter().enumerate() {
        call.js.set_element(array, index, call.js.string(name)?)?;
    }
    Ok(array)
}

/// Has what other threads tell this isolate given to a function.
fn listen(call: &Call<'_>, _: &Rc<Space>) -> Outcome {
    call.isolate.listen(call.js, call.arguments[0])?;
    Ok(ptr::null_mut())
}

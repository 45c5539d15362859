//! What an attached isolate can do with names.

use crate::{
    call::{define, takes, Call, Failure, Method, Outcome},
    isolate::Isolate,
    js::{Fallible, Js},
    map,
};
use napi::sys::{napi_value, ValueType};
use shardmap_core::{registry, Code, Error, Options};
use std::{mem::MaybeUninit, rc::Rc};

struct Space;

const METHODS: &[Method<Space>] = &[takes::<_, 5>("openMap", open), takes::<_, 1>("destroyMap", destroy), takes::<_, 0>("mapNames", names)];

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

fn option(js: Js, name: &str, value: napi_value) -> Fallible<Option<u64>> {
    match js.type_of(value)? {
        ValueType::napi_undefined => Ok(None),
        ValueType::napi_number => {
            let number = js.number(value)?;
            if number >= 0.0 && number.fract() == 0.0 && number <= 9_007_199_254_740_991.0 {
                return Ok(Some(number as u64));
            }
            Err(Failure::Coded(Error::new(Code::Option, format!("{name} is {number}; give a whole number from 0 on"))))
        }
        _ => Err(Failure::Coded(Error::new(Code::Option, format!("{name} must be a number")))),
    }
}

fn open(call: &Call<'_>, _: &Rc<Space>) -> Outcome {
    let [given, shards, expected, entries, bytes, _] = call.arguments;
    let options = Options {
        shards: option(call.js, "shards", shards)?,
        expected_entries: option(call.js, "expectedEntries", expected)?,
        max_entries: option(call.js, "maxEntries", entries)?,
        max_bytes: option(call.js, "maxBytes", bytes)?,
    };
    map::create(call.js, call.isolate, registry::open(&name(call.js, given)?, options)?)
}

fn destroy(call: &Call<'_>, _: &Rc<Space>) -> Outcome {
    call.js.make_bool(registry::destroy(&name(call.js, call.arguments[0])?))
}

fn names(call: &Call<'_>, _: &Rc<Space>) -> Outcome {
    let names = registry::names();
    let array = call.js.array(names.len())?;
    for (index, name) in names.iter().enumerate() {
        call.js.set_element(array, index, call.js.string(name)?)?;
    }
    Ok(array)
}

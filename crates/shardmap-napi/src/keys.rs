//! Keys between JavaScript and their encoded form.

use crate::{
    failure::{Failure, Fallible},
    js::{Js, Units},
};
use napi::sys::{napi_value, ValueType};
use shardmap_core::{
    key::{self, KeyBuf, KeyRef, Part},
    Code, Error,
};
use std::mem::MaybeUninit;

const MAX_PARTS: u32 = 1 << 13;

fn refused(what: &str) -> Failure {
    let message = format!("{what} is no key; use a string, number, bigint, boolean, Uint8Array, or a flat array of these");
    Failure::Coded(Error::new(Code::Key, message))
}

/// Encodes a key into an empty buffer, which the caller made, because a buffer is too large to be moved on each call. Nothing of the map is locked, for an array may run code of the user.
#[inline(always)]
pub fn read<'a>(js: Js, value: napi_value, key: &'a mut KeyBuf) -> Fallible<KeyRef<'a>> {
    let mut stack: Units = [MaybeUninit::uninit(); 512];
    if js.units(value, &mut stack, |units| key.string(units))?.is_none() {
        read_other(js, value, key)?;
    }
    Ok(key.finish()?)
}

fn read_other(js: Js, value: napi_value, key: &mut KeyBuf) -> Fallible<()> {
    if js.type_of(value)? == ValueType::napi_object && js.is_array(value)? {
        return tuple(js, value, key);
    }
    part(js, value, key)
}

fn tuple(js: Js, array: napi_value, key: &mut KeyBuf) -> Fallible<()> {
    key.tuple();
    let len = js.array_len(array)?;
    if len > MAX_PARTS {
        return Err(refused(&format!("an array of {len} parts")));
    }
    for index in 0..len {
        part(js, js.element(array, index)?, key)?;
    }
    Ok(())
}

fn part(js: Js, value: napi_value, key: &mut KeyBuf) -> Fallible<()> {
    let mut stack: Units = [MaybeUninit::uninit(); 512];
    if js.units(value, &mut stack, |units| key.string(units))?.is_some() {
        return Ok(());
    }
    match js.type_of(value)? {
        ValueType::napi_number => {
            key.number(js.number(value)?);
            Ok(())
        }
        ValueType::napi_boolean => {
            key.bool(js.bool(value)?);
            Ok(())
        }
        ValueType::napi_bigint => {
            let (negative, words) = js.bigint(value)?;
            Ok(key.bigint(negative, &words)?)
        }
        ValueType::napi_object => match js.with_bytes(value, |bytes| key.bytes(bytes))? {
            Some(()) => Ok(()),
            None if js.is_array(value)? => Err(refused("an array in an array")),
            None => Err(refused("an object")),
        },
        ValueType::napi_undefined => Err(refused("undefined")),
        ValueType::napi_null => Err(refused("null")),
        ValueType::napi_symbol => Err(refused("a symbol")),
        ValueType::napi_function => Err(refused("a function")),
        _ => Err(refused("this")),
    }
}

/// Makes the JavaScript key of encoded bytes.
pub fn write(js: Js, encoded: &[u8]) -> Fallible<napi_value> {
    let (tuple, mut parts) = key::parts(encoded);
    if !tuple {
        return parts.next().map_or_else(|| js.undefined(), |part| write_part(js, part));
    }
    let array = js.array(0)?;
    for (index, part) in parts.enumerate() {
        js.set_element(array, index, write_part(js, part)?)?;
    }
    Ok(array)
}

fn write_part(js: Js, part: Part<'_>) -> Fallible<napi_value> {
    match part {
        Part::Bool(value) => js.make_bool(value),
        Part::Number(value) => js.make_number(value),
        Part::BigInt(negative, words) => js.make_bigint(negative, &words),
        Part::Ascii(bytes) => js.latin1(&bytes),
        Part::Utf16(units) => js.utf16(&units),
        Part::Bytes(bytes) => js.new_bytes(bytes.len(), |out| out.copy_from_slice(&bytes)),
    }
}

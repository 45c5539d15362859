//! Values between JavaScript and the core.

use crate::{
    call::Call,
    failure::{Failure, Fallible, Outcome},
    js::{Js, Units},
};
use napi::sys::{napi_value, ValueType};
use shardmap_core::{Code, Error, Kind, Value, View};
use std::{mem::MaybeUninit, ptr};

/// How the face is told what a value is; the same numbers stand in `src/native.ts`.
pub mod kind {
    pub const ABSENT: i32 = 0;
    pub const SCALAR: i32 = 1;
    pub const BYTES: i32 = 2;
    pub const PACKED: i32 = 3;
    pub const CLONE: i32 = 4;
    pub const MIXED: i32 = 5;
}

fn refused(what: &str) -> Failure {
    Failure::Coded(Error::new(Code::Value, format!("{what} cannot be stored")))
}

/// Reads the two arguments of a value; `None` is absence. Numbers and strings are scalars whatever the kind says.
#[inline(always)]
pub fn read(js: Js, value: napi_value, kind: napi_value) -> Fallible<Option<Value>> {
    if let Some(number) = js.if_number(value)? {
        return Ok(Some(Value::number(number)));
    }
    let mut stack: Units = [MaybeUninit::uninit(); 512];
    if let Some(value) = js.units(value, &mut stack, string)? {
        return Ok(Some(value?));
    }
    read_other(js, value, kind)
}

fn read_other(js: Js, value: napi_value, kind: napi_value) -> Fallible<Option<Value>> {
    let payload = match js.if_number(kind)?.map_or(kind::SCALAR, |kind| kind as i32) {
        kind::ABSENT => return Ok(None),
        kind::SCALAR => return scalar(js, value).map(Some),
        kind::BYTES => Kind::Bytes,
        kind::PACKED => Kind::Packed,
        kind::CLONE => Kind::Clone,
        kind::MIXED => Kind::Mixed,
        _ => return Err(refused("a value of an unknown kind")),
    };
    match js.with_bytes(value, |bytes| Value::payload(payload, bytes))? {
        Some(value) => Ok(Some(value?)),
        None => Err(refused("an encoded value that is no Uint8Array")),
    }
}

/// Reads a primitive that is neither number nor string.
fn scalar(js: Js, value: napi_value) -> Fallible<Value> {
    match js.type_of(value)? {
        ValueType::napi_boolean => Ok(Value::bool(js.bool(value)?)),
        ValueType::napi_undefined => Ok(Value::UNDEFINED),
        ValueType::napi_null => Ok(Value::NULL),
        ValueType::napi_bigint => {
            let (negative, words) = js.bigint(value)?;
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
            Ok(Value::bigint(negative, &bytes)?)
        }
        ValueType::napi_symbol => Err(refused("a symbol")),
        ValueType::napi_function => Err(refused("a function")),
        _ => Err(refused("an object that was not encoded")),
    }
}

#[inline]
fn string(units: &[u16]) -> Result<Value, Error> {
    if units.len() <= 512 {
        let mut narrow = [MaybeUninit::<u8>::uninit(); 512];
        let mut all = 0;
        for (byte, &unit) in narrow.iter_mut().zip(units) {
            byte.write(unit as u8);
            all |= unit;
        }
        if all < 256 {
            // SAFETY: the loop has written as many bytes as there are units.
            let bytes = unsafe { std::slice::from_raw_parts(narrow.as_ptr().cast(), units.len()) };
            return Value::payload(Kind::Latin1, bytes);
        }
    } else if units.iter().all(|&unit| unit < 256) {
        return Value::payload(Kind::Latin1, &units.iter().map(|&unit| unit as u8).collect::<Vec<_>>());
    }
    Value::payload(Kind::Utf16, &units.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<_>>())
}

/// Well-formed text, `None` for what is no string.
pub fn text(js: Js, value: napi_value) -> Fallible<Option<String>> {
    let text = js.units(value, &mut [MaybeUninit::uninit(); 512], String::from_utf16)?.transpose();
    text.map_err(|_| Failure::Coded(Error::new(Code::Option, "the text has a lone surrogate; give well-formed text")))
}

/// What JavaScript gets of a value.
pub enum Shown<'a> {
    Scalar(napi_value),
    /// A kind, and bytes that the face decodes.
    Encoded(i32, &'a [u8]),
}

#[inline(always)]
pub fn show<'a>(js: Js, value: &'a Value) -> Fallible<Shown<'a>> {
    let scalar = match value.view() {
        View::Number(number) => js.make_number(number)?,
        View::Undefined => js.undefined()?,
        View::Null => js.null()?,
        View::Bool(boolean) => js.make_bool(boolean)?,
        View::Payload(Kind::Latin1, bytes) => js.latin1(bytes)?,
        View::Payload(Kind::Utf16, bytes) => js.utf16(&units(bytes))?,
        View::Payload(Kind::BigInt, bytes) => bigint(js, bytes)?,
        View::Payload(Kind::Bytes, bytes) => return Ok(Shown::Encoded(kind::BYTES, bytes)),
        View::Payload(Kind::Packed, bytes) => return Ok(Shown::Encoded(kind::PACKED, bytes)),
        View::Payload(Kind::Clone, bytes) => return Ok(Shown::Encoded(kind::CLONE, bytes)),
        View::Payload(Kind::Mixed, bytes) => return Ok(Shown::Encoded(kind::MIXED, bytes)),
    };
    Ok(Shown::Scalar(scalar))
}

fn units(bytes: &[u8]) -> Vec<u16> {
    bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect()
}

fn bigint(js: Js, bytes: &[u8]) -> Outcome {
    let (sign, magnitude) = bytes.split_first().unwrap_or((&0, &[]));
    let word = |chunk: &[u8]| chunk.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte));
    js.make_bigint(*sign == 1, &magnitude.chunks(8).map(word).collect::<Vec<_>>())
}

/// Kind and value, whose bytes are an array of their own; `None` is absence.
pub fn own(js: Js, value: Option<&Value>) -> Fallible<[napi_value; 2]> {
    let (kind, value) = match value.map(|value| show(js, value)).transpose()? {
        None => (kind::ABSENT, js.undefined()?),
        Some(Shown::Scalar(scalar)) => (kind::SCALAR, scalar),
        Some(Shown::Encoded(kind, bytes)) => (kind, js.new_bytes(bytes.len(), |out| out.copy_from_slice(bytes))?),
    };
    Ok([js.make_number(f64::from(kind))?, value])
}

/// Gives a value to the caller: the kind stands in the isolate's buffer, and encoded bytes do where they fit.
#[inline(always)]
pub fn give(call: &Call<'_>, value: Option<&Value>) -> Outcome {
    let Some(value) = value else {
        call.isolate.kind(kind::ABSENT);
        return Ok(ptr::null_mut());
    };
    match show(call.js, value)? {
        Shown::Scalar(scalar) => {
            call.isolate.kind(kind::SCALAR);
            Ok(scalar)
        }
        Shown::Encoded(kind, bytes) => {
            call.isolate.kind(kind);
            if call.isolate.bytes(bytes) {
                return Ok(ptr::null_mut());
            }
            call.js.new_bytes(bytes.len(), |out| out.copy_from_slice(bytes))
        }
    }
}

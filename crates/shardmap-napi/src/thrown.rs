//! Errors as JavaScript gets them.

use crate::{failure::Fallible, js::Js, keys};
use napi::sys::napi_value;
use shardmap_core::Error;

/// What a `ShardmapError` is made of: code, message, keys.
pub fn arguments(js: Js, error: &Error) -> Fallible<[napi_value; 3]> {
    let keys = if error.keys().is_empty() {
        js.undefined()?
    } else {
        let array = js.array(error.keys().len())?;
        for (index, key) in error.keys().iter().enumerate() {
            js.set_element(array, index, keys::write(js, key)?)?;
        }
        array
    };
    Ok([js.string(error.code().as_str())?, js.string(error.message())?, keys])
}

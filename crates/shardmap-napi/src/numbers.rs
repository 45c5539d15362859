//! Whole numbers, in and out.

use crate::{
    failure::{Failure, Fallible, Outcome},
    js::{self, Js},
};
use napi::sys::napi_value;
use shardmap_core::{Code, Error};

/// A version's number, a token, a term: a whole number.
pub fn whole(js: Js, value: napi_value) -> Fallible<u64> {
    let number = js.number(value)?;
    js::whole(number).ok_or_else(|| Failure::Coded(Error::new(Code::Option, format!("{number} is no whole number from 0 on"))))
}

/// An array of them.
pub fn give(js: Js, numbers: impl Iterator<Item = u64>) -> Outcome {
    let array = js.array(0)?;
    for (index, number) in numbers.enumerate() {
        js.set_element(array, index, js.make_number(number as f64)?)?;
    }
    Ok(array)
}

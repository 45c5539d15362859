//! Pages of rows as one flat array: `[next, bytes, key, kind, value, key, ...]`.

use crate::{
    failure::{Failure, Fallible, Outcome},
    js::Js,
    keys,
    values::{self, kind, Shown},
};
use napi::sys::napi_value;
use shardmap_core::{Code, Cursor, Error, Rows};

/// Reads a page's argument.
pub fn cursor(js: Js, value: napi_value) -> Fallible<Cursor> {
    let number = js.number(value)?;
    if number >= 0.0 && number.fract() == 0.0 {
        return Ok(number as Cursor);
    }
    Err(Failure::Coded(Error::new(Code::Option, "a page begins at 0 or where the last one said")))
}

/// Encoded values stand one after the other in `bytes`; `value` is then a length.
pub fn give(js: Js, page: &Rows) -> Outcome {
    let array = js.array(2 + page.rows.len() * 3)?;
    let mut encoded: Vec<&[u8]> = Vec::new();
    for (index, (key, value)) in page.rows.iter().enumerate() {
        let at = 2 + index * 3;
        js.set_element(array, at, keys::write(js, key.as_bytes())?)?;
        let (kind, shown) = match values::show(js, value)? {
            Shown::Scalar(scalar) => (kind::SCALAR, scalar),
            Shown::Encoded(kind, bytes) => {
                encoded.push(bytes);
                (kind, js.make_number(bytes.len() as f64)?)
            }
        };
        js.set_element(array, at + 1, js.make_number(f64::from(kind))?)?;
        js.set_element(array, at + 2, shown)?;
    }
    js.set_element(array, 0, js.make_number(page.next.map_or(-1.0, |next| next as f64))?)?;
    let bytes = if encoded.is_empty() {
        js.undefined()?
    } else {
        js.new_bytes(encoded.iter().map(|bytes| bytes.len()).sum(), |out| {
            let mut at = 0;
            for bytes in &encoded {
                out[at..at + bytes.len()].copy_from_slice(bytes);
                at += bytes.len();
            }
        })?
    };
    js.set_element(array, 1, bytes)?;
    Ok(array)
}

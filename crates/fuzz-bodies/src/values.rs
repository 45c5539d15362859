//! Values made again from their tags and bytes.

use crate::given::bigint;
use arbitrary::{Arbitrary, Unstructured};
use shardmap_core::{Kind, Value, View};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    number: i128,
    tag: u8,
    bytes: &'a [u8],
}

/// A value is what was given or none, and a big integer or string is one in one way only.
pub fn decode(data: &[u8]) {
    let Ok(Input { number, tag, bytes }) = Input::arbitrary_take_rest(Unstructured::new(data)) else { return };
    let fits = number.unsigned_abs() < 1 << 120;
    assert_eq!(bigint(number).as_i128(), fits.then_some(number));
    let Some(value) = Value::from_parts(tag, bytes) else { return };
    assert!(value.tag() == tag && value.bytes() == bytes && value.same(&value) && value.identical(&value.clone()));
    match value.view() {
        View::Payload(Kind::BigInt, bytes) => {
            let (sign, magnitude) = bytes.split_first().expect("a sign");
            assert!(Value::bigint(*sign == 1, magnitude).is_ok_and(|again| again.identical(&value)), "{bytes:?} is written in another way");
        }
        View::Payload(Kind::Utf16, bytes) => {
            let (units, rest) = bytes.as_chunks::<2>();
            assert!(rest.is_empty() && units.iter().any(|unit| unit[1] != 0), "{bytes:?} is no string of wide units");
        }
        _ => {}
    }
}

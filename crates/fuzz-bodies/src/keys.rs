//! The key codec.

use crate::given::{same_part, Given};
use arbitrary::{Arbitrary, Unstructured};
use shardmap_core::key::{self, KeyBuf, Part};
use std::cmp::Ordering;

fn encoded(tuple: bool, parts: &[Part<'_>]) -> Vec<u8> {
    let mut key = KeyBuf::new();
    if tuple {
        key.tuple();
    }
    for part in parts {
        match part {
            Part::Bool(value) => key.bool(*value),
            Part::Number(value) => key.number(*value),
            Part::BigInt(negative, words) => key.bigint(*negative, words).expect("no longer than the input"),
            Part::Ascii(text) => key.string(&text.iter().map(|&byte| byte.into()).collect::<Vec<_>>()),
            Part::Utf16(units) => key.string(units),
            Part::Bytes(bytes) => key.bytes(bytes),
        }
    }
    key.as_bytes().to_vec()
}

/// Any bytes decode to at most as many parts, whose encoding is a key; a valid key is that encoding, and decodes to the same.
pub fn decode(bytes: &[u8]) {
    let (tuple, parts) = key::parts(bytes);
    let parts: Vec<_> = parts.take(if tuple { usize::MAX } else { 1 }).collect();
    assert!(parts.len() <= bytes.len());
    if !tuple && parts.is_empty() {
        return assert!(!key::is_valid(bytes), "a key without a part");
    }
    let again = encoded(tuple, &parts);
    assert_eq!(key::is_valid(bytes), again == bytes);
    assert!(key::is_valid(&again), "what the codec wrote is no key");
    let (tuple_again, found) = key::parts(&again);
    let found: Vec<_> = found.collect();
    assert!(
        again != bytes
            || tuple == tuple_again && found.len() == parts.len() && found.iter().zip(&parts).all(|(one, other)| same_part(one, other))
    );
}

#[derive(Arbitrary, Debug)]
struct Shape {
    tuple: bool,
    parts: Vec<Given>,
}

impl Shape {
    /// One that is no tuple has its first part only.
    fn parts(&self) -> Option<&[Given]> {
        if self.tuple {
            return Some(&self.parts);
        }
        self.parts.get(..1)
    }

    fn bytes(&self, parts: &[Given]) -> Vec<u8> {
        let mut key = KeyBuf::new();
        if self.tuple {
            key.tuple();
        }
        parts.iter().for_each(|part| part.write(&mut key));
        key.finish().expect("inputs are shorter than the longest key").bytes.to_vec()
    }
}

/// Keys come back, order as their values do, and a tuple begins with the bytes of another one where its parts begin with those.
pub fn order(data: &[u8]) {
    let Ok([one, other]) = <[Shape; 2]>::arbitrary_take_rest(Unstructured::new(data)) else { return };
    let (Some(parts), Some(others)) = (one.parts(), other.parts()) else { return };
    let (bytes, other_bytes) = (one.bytes(parts), other.bytes(others));
    for (shape, parts, bytes) in [(&one, parts, &bytes), (&other, others, &other_bytes)] {
        let (tuple, found) = key::parts(bytes);
        let found: Vec<_> = found.collect();
        assert!(tuple == shape.tuple && found.len() == parts.len(), "{shape:?}");
        assert!(found.iter().zip(parts).all(|(found, given)| same_part(found, &given.part())), "{found:?} is not {parts:?}");
        assert!(key::is_valid(bytes));
    }
    let by_parts = || {
        let unequal = parts.iter().zip(others).map(|(one, other)| one.order(other)).find(|order| order.is_ne());
        unequal.unwrap_or_else(|| parts.len().cmp(&others.len()))
    };
    assert_eq!(bytes.cmp(&other_bytes), one.tuple.cmp(&other.tuple).then_with(by_parts), "{parts:?} and {others:?}");
    let begins = parts.len() >= others.len() && parts.iter().zip(others).all(|(one, other)| one.order(other) == Ordering::Equal);
    assert_eq!(key::begins_with(&bytes, &other_bytes), one.tuple == other.tuple && begins, "{parts:?} and {others:?}");
}

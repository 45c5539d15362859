//! Keys and values as an input gives them.

use arbitrary::{Arbitrary, Result, Unstructured};
use shardmap_core::{
    key::{Key, KeyBuf, Part},
    Kind, Value,
};
use std::{borrow::Cow, cmp::Ordering};

/// One part of a key.
#[derive(Arbitrary, Clone, Debug)]
pub enum Given {
    Bool(bool),
    Number(f64),
    BigInt(bool, Vec<u64>),
    Text(Vec<u16>),
    Bytes(Vec<u8>),
}

fn magnitude(words: &[u64]) -> &[u64] {
    &words[..words.iter().rposition(|&word| word != 0).map_or(0, |last| last + 1)]
}

/// Code points, a lone surrogate as itself.
fn points(units: &[u16]) -> impl Iterator<Item = u32> + '_ {
    char::decode_utf16(units.iter().copied()).map(|one| one.map_or_else(|lone| lone.unpaired_surrogate().into(), u32::from))
}

impl Given {
    /// Writes it as a part of a key.
    pub fn write(&self, key: &mut KeyBuf) {
        match self {
            Self::Bool(value) => key.bool(*value),
            Self::Number(value) => key.number(*value),
            Self::BigInt(negative, words) => key.bigint(*negative, words).expect("inputs are shorter than the longest key"),
            Self::Text(units) => key.string(units),
            Self::Bytes(bytes) => key.bytes(bytes),
        }
    }

    /// The part that must come back.
    pub fn part(&self) -> Part<'_> {
        match self {
            Self::Bool(value) => Part::Bool(*value),
            Self::Number(value) if value.is_nan() => Part::Number(f64::NAN),
            Self::Number(value) => Part::Number(value + 0.0),
            Self::BigInt(negative, words) => Part::BigInt(*negative && !magnitude(words).is_empty(), magnitude(words).to_vec()),
            Self::Text(units) if units.iter().all(|&unit| unit < 128) => Part::Ascii(units.iter().map(|&unit| unit as u8).collect()),
            Self::Text(units) => Part::Utf16(units.clone()),
            Self::Bytes(bytes) => Part::Bytes(Cow::Borrowed(bytes)),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Bool(_) => 0,
            Self::Number(_) => 1,
            Self::BigInt(..) => 2,
            Self::Text(_) => 3,
            Self::Bytes(_) => 4,
        }
    }

    /// The order of keys: booleans, numbers with NaN as the last, big integers, strings by code points, bytes.
    pub fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(one), Self::Bool(other)) => one.cmp(other),
            (Self::Number(one), Self::Number(other)) => one.partial_cmp(other).unwrap_or_else(|| one.is_nan().cmp(&other.is_nan())),
            (Self::BigInt(sign, words), Self::BigInt(other, others)) => {
                let (one, two) = (magnitude(words), magnitude(others));
                let larger = one.len().cmp(&two.len()).then_with(|| one.iter().rev().cmp(two.iter().rev()));
                match (*sign && !one.is_empty(), *other && !two.is_empty()) {
                    (true, true) => larger.reverse(),
                    (false, false) => larger,
                    (one, other) => other.cmp(&one),
                }
            }
            (Self::Text(one), Self::Text(other)) => points(one).cmp(points(other)),
            (Self::Bytes(one), Self::Bytes(other)) => one.cmp(other),
            (one, other) => one.rank().cmp(&other.rank()),
        }
    }
}

/// Whether both are the same, all NaN alike, and a string as it may be given.
pub fn same_part(one: &Part<'_>, other: &Part<'_>) -> bool {
    match (one, other) {
        (Part::Ascii(text), Part::Utf16(units)) | (Part::Utf16(units), Part::Ascii(text)) => {
            units.iter().copied().eq(text.iter().map(|&byte| byte.into()))
        }
        (Part::Number(one), Part::Number(other)) => one == other || one.is_nan() && other.is_nan(),
        (one, other) => one == other,
    }
}

/// Encoded bytes of a key: one that there can be, or any.
#[derive(Arbitrary, Clone, Debug)]
pub enum Encoded {
    One(Given),
    Tuple(Vec<Given>),
    Any(Vec<u8>),
}

impl Encoded {
    /// The bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let mut key = KeyBuf::new();
        match self {
            Self::One(given) => given.write(&mut key),
            Self::Tuple(all) => {
                key.tuple();
                all.iter().for_each(|given| given.write(&mut key));
            }
            Self::Any(bytes) => return bytes.clone(),
        }
        key.as_bytes().to_vec()
    }
}

/// One of sixteen keys, some of them too long to stand in place.
pub fn key(number: u8) -> Key {
    let mut key = KeyBuf::new();
    match number % 16 {
        number @ 0..8 => key.number(number.into()),
        number @ 8..12 => key.bytes(&[number; 40]),
        number => {
            key.tuple();
            key.number((number % 2).into());
            key.string(&[number.into(); 30]);
        }
    }
    Key::new(key.as_bytes())
}

/// A value of any kind.
pub fn value(u: &mut Unstructured<'_>) -> Result<Value> {
    const KINDS: [Kind; 6] = [Kind::Latin1, Kind::Utf16, Kind::Bytes, Kind::Packed, Kind::Clone, Kind::Mixed];
    Ok(match u.int_in_range(0..=6_u8)? {
        0 => Value::UNDEFINED,
        1 => Value::NULL,
        2 => Value::bool(u.arbitrary()?),
        3 => Value::number(f64::from(u.arbitrary::<i8>()?)),
        4 => bigint(u.arbitrary()?),
        5 => bigint(u.arbitrary::<i8>()?.into()),
        _ => {
            let kind = *u.choose(&KINDS)?;
            // Of no kind is this what it cannot be.
            let (byte, len) = (u.arbitrary::<u8>()? | 1, u.int_in_range(1..=40_u8)?);
            let bytes = match kind {
                // An array of small numbers.
                Kind::Packed => [&[0x90 | (len % 16)][..], &vec![byte & 0x7F; usize::from(len % 16)]].concat(),
                _ => vec![byte; usize::from(len) * 2],
            };
            Value::payload(kind, &bytes).expect("it is short")
        }
    })
}

/// A big integer.
pub fn bigint(number: i128) -> Value {
    Value::bigint(number < 0, &number.unsigned_abs().to_le_bytes()).expect("it is short")
}

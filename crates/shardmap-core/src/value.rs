//! The value type: scalars and short payloads in place, long payloads shared.

mod packed;

use crate::{
    error::{Code, Error, Result},
    packed::Packed,
};

/// The longest payload, in bytes.
pub const MAX_BYTES: usize = 1 << 30;

/// How a payload is to be read. The core only compares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A string of code units below 256, one byte each.
    Latin1,
    /// Any other string: UTF-16, little endian.
    Utf16,
    /// A sign byte (1: negative), then the magnitude, little endian, without leading zeros.
    BigInt,
    /// Bytes of the user.
    Bytes,
    /// An encoding of plain data.
    Packed,
    /// A structured clone in which everything can be frozen.
    Clone,
    /// A structured clone that holds something that cannot be frozen.
    Mixed,
}

const UNDEFINED: u8 = 1;
const NULL: u8 = 2;
const FALSE: u8 = 3;
const TRUE: u8 = 4;
const NUMBER: u8 = 5;
/// The tag of a payload is this and its kind.
const PAYLOAD: u8 = 6;

const KINDS: [Kind; 7] = [Kind::Latin1, Kind::Utf16, Kind::BigInt, Kind::Bytes, Kind::Packed, Kind::Clone, Kind::Mixed];

/// An immutable value: scalars and payloads of up to 14 bytes in place, longer payloads shared. Cloning copies 16 bytes and counts a
/// reference.
#[derive(Clone)]
pub struct Value(Packed);

/// What a value is.
#[derive(Debug, PartialEq)]
pub enum View<'a> {
    /// A stored `undefined`, which is not absence.
    Undefined,
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number, its bits kept (-0 too).
    Number(f64),
    /// Bytes, and how they are to be read.
    Payload(Kind, &'a [u8]),
}

impl Value {
    /// A stored `undefined`.
    pub const UNDEFINED: Self = Self(Packed::empty(UNDEFINED));
    /// `null`.
    pub const NULL: Self = Self(Packed::empty(NULL));

    /// A boolean.
    pub const fn bool(value: bool) -> Self {
        Self(Packed::empty(if value { TRUE } else { FALSE }))
    }

    /// A number.
    #[inline]
    pub const fn number(value: f64) -> Self {
        Self(Packed::word(NUMBER, value.to_bits(), 8))
    }

    /// A payload; `ERR_SHARDMAP_VALUE` beyond [`MAX_BYTES`].
    #[inline]
    pub fn payload(kind: Kind, bytes: &[u8]) -> Result<Self> {
        if bytes.len() > MAX_BYTES {
            return Err(Error::new(Code::Value, format!("the value has {} bytes; at most {MAX_BYTES} are possible", bytes.len())));
        }
        Ok(Self(Packed::new(PAYLOAD + kind as u8, bytes)))
    }

    /// What it is.
    #[inline]
    pub fn view(&self) -> View<'_> {
        match self.0.tag() {
            UNDEFINED => View::Undefined,
            NULL => View::Null,
            FALSE => View::Bool(false),
            TRUE => View::Bool(true),
            NUMBER => View::Number(f64::from_bits(self.0.low())),
            tag => View::Payload(KINDS[usize::from(tag - PAYLOAD)], self.0.bytes()),
        }
    }

    /// The number, `None` for anything else.
    #[inline]
    pub fn as_number(&self) -> Option<f64> {
        (self.0.tag() == NUMBER).then(|| f64::from_bits(self.0.low()))
    }

    /// Whether it is a stored `undefined`.
    pub fn is_undefined(&self) -> bool {
        self.0.tag() == UNDEFINED
    }

    /// Kind and bytes of a payload, `None` for a scalar kept in place.
    #[inline]
    pub fn as_payload(&self) -> Option<(Kind, &[u8])> {
        match self.view() {
            View::Payload(kind, bytes) => Some((kind, bytes)),
            _ => None,
        }
    }

    /// Equality of `compareAndSet`: SameValueZero for scalars, kind and bytes for payloads.
    pub fn same(&self, other: &Self) -> bool {
        match (self.view(), other.view()) {
            (View::Number(a), View::Number(b)) => a == b || (a.is_nan() && b.is_nan()),
            (a, b) => a == b,
        }
    }

    /// Its tag, which with its bytes makes it again: see [`Value::from_parts`].
    pub fn tag(&self) -> u8 {
        self.0.tag()
    }

    /// The bytes of a payload or number; none of the other scalars.
    pub fn bytes(&self) -> &[u8] {
        self.0.bytes()
    }

    /// The value of a tag and bytes that may come from elsewhere, `None` for what no value has.
    pub fn from_parts(tag: u8, bytes: &[u8]) -> Option<Self> {
        match tag {
            UNDEFINED..=TRUE => bytes.is_empty().then(|| Self(Packed::empty(tag))),
            NUMBER => bytes.try_into().ok().map(|bits| Self(Packed::word(NUMBER, u64::from_le_bytes(bits), 8))),
            _ => Self::foreign(*KINDS.get(usize::from(tag.checked_sub(PAYLOAD)?))?, bytes),
        }
    }

    /// A payload that may come from elsewhere; `None` where the face could not have made it. Of a big integer or a string there is one form, so that equal
    /// ones have equal bytes. Structured clones are the runtime's: nothing is known of them here.
    pub fn foreign(kind: Kind, bytes: &[u8]) -> Option<Self> {
        let can_be = match kind {
            Kind::BigInt => matches!(bytes, [0] | [0 | 1, .., 1..=u8::MAX]),
            Kind::Utf16 => bytes.len().is_multiple_of(2) && bytes.iter().skip(1).step_by(2).any(|&high| high != 0),
            Kind::Packed => packed::is_packed(bytes),
            Kind::Latin1 | Kind::Bytes | Kind::Clone | Kind::Mixed => true,
        };
        can_be.then(|| Self::payload(kind, bytes).ok()).flatten()
    }

    /// Whether both are the same to the last bit: -0 is not 0, and a NaN is itself.
    pub fn identical(&self, other: &Self) -> bool {
        self.0.tag() == other.0.tag() && self.0.bytes() == other.0.bytes()
    }

    /// Bytes on the heap.
    pub(crate) fn heap(&self) -> u64 {
        self.0.heap()
    }

    /// A big integer from its sign and little-endian magnitude.
    pub fn bigint(negative: bool, magnitude: &[u8]) -> Result<Self> {
        let len = magnitude.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        let mut bytes = Vec::with_capacity(len + 1);
        bytes.push(u8::from(negative && len > 0));
        bytes.extend_from_slice(&magnitude[..len]);
        Self::payload(Kind::BigInt, &bytes)
    }

    /// The number in a big integer of at most 15 bytes, which is what `increment` adds in place.
    pub fn as_i128(&self) -> Option<i128> {
        match self.as_payload() {
            Some((Kind::BigInt, [sign, magnitude @ ..])) if magnitude.len() < 16 => {
                let mut bytes = [0; 16];
                bytes[..magnitude.len()].copy_from_slice(magnitude);
                let number = i128::from_le_bytes(bytes);
                Some(if *sign == 1 { -number } else { number })
            }
            _ => None,
        }
    }

    /// A big integer in place; `None` when it needs the heap.
    pub(crate) fn from_i128(number: i128) -> Option<Self> {
        let magnitude = number.unsigned_abs().to_le_bytes();
        let len = magnitude.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        if len > 13 {
            return None;
        }
        let mut bytes = [u8::from(number < 0); 14];
        bytes[1..=len].copy_from_slice(&magnitude[..len]);
        Some(Self(Packed::new(PAYLOAD + Kind::BigInt as u8, &bytes[..=len])))
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.view().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_big_integer_and_a_string_one_form_is_taken_from_elsewhere() {
        let taken = |kind, bytes: &[u8]| Value::from_parts(PAYLOAD + kind as u8, bytes).is_some();
        for number in [0, 1, -1, 255, 256, i128::MAX] {
            let value = Value::bigint(number < 0, &number.unsigned_abs().to_le_bytes()).unwrap();
            assert!(taken(Kind::BigInt, value.bytes()), "{number}");
        }
        for bytes in [&[][..], &[1], &[2], &[2, 1], &[0, 0], &[1, 5, 0]] {
            assert!(!taken(Kind::BigInt, bytes), "{bytes:?}");
        }
        assert!(taken(Kind::Utf16, &[1, 0, 0, 1]));
        for bytes in [&[][..], &[1], &[1, 0], &[0, 1, 0]] {
            assert!(!taken(Kind::Utf16, bytes), "{bytes:?}");
        }
        assert!(taken(Kind::Latin1, &[]) && taken(Kind::Clone, &[]));
    }
}

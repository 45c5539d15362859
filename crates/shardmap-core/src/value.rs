//! The value type: scalars in place, short payloads in place, long ones shared.

use crate::error::{Code, Error, Result};
use std::sync::Arc;

/// The longest payload, in bytes.
pub const MAX_BYTES: usize = 1 << 30;
const INLINE: usize = 21;

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

/// An immutable value. Cloning copies at most 24 bytes and counts a reference.
#[derive(Debug)]
pub enum Value {
    /// A stored `undefined`, which is not absence.
    Undefined,
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number, its bits kept (-0 too).
    Number(f64),
    /// A payload of at most 21 bytes.
    Small(Kind, u8, [u8; INLINE]),
    /// A longer payload.
    Large(Kind, Arc<[u8]>),
}

impl Clone for Value {
    /// Written by hand because a copy field by field, read back as a whole, stalls the processor on every read of a map.
    #[inline]
    fn clone(&self) -> Self {
        match self {
            Self::Large(kind, bytes) => Self::Large(*kind, bytes.clone()),
            // SAFETY: every other variant is plain data, for which a bitwise copy is a clone.
            _ => unsafe { std::ptr::read(self) },
        }
    }
}

impl Value {
    /// A payload; `ERR_SHARDMAP_VALUE` beyond [`MAX_BYTES`].
    pub fn payload(kind: Kind, bytes: &[u8]) -> Result<Self> {
        if bytes.len() <= INLINE {
            let mut data = [0; INLINE];
            data[..bytes.len()].copy_from_slice(bytes);
            return Ok(Self::Small(kind, bytes.len() as u8, data));
        }
        if bytes.len() > MAX_BYTES {
            return Err(Error::new(Code::Value, format!("the value has {} bytes; at most {MAX_BYTES} are possible", bytes.len())));
        }
        Ok(Self::Large(kind, bytes.into()))
    }

    /// Kind and bytes of a payload, `None` for a scalar kept in place.
    #[inline]
    pub fn as_payload(&self) -> Option<(Kind, &[u8])> {
        match self {
            Self::Small(kind, len, data) => Some((*kind, &data[..usize::from(*len)])),
            Self::Large(kind, bytes) => Some((*kind, bytes)),
            _ => None,
        }
    }

    /// Equality of `compareAndSet`: SameValueZero for scalars, kind and bytes for payloads.
    pub fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Undefined, Self::Undefined) | (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a == b || (a.is_nan() && b.is_nan()),
            _ => match (self.as_payload(), other.as_payload()) {
                (Some(a), Some(b)) => a == b,
                _ => false,
            },
        }
    }

    /// Bytes on the heap: the payload with its two counters, rounded as allocators do.
    pub(crate) fn heap(&self) -> u64 {
        match self {
            Self::Large(_, bytes) => (bytes.len() as u64 + 16).next_multiple_of(16),
            _ => 0,
        }
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

    /// A big integer in place; `None` when it needs more than 15 bytes.
    pub(crate) fn from_i128(number: i128) -> Option<Self> {
        let magnitude = number.unsigned_abs().to_le_bytes();
        let len = magnitude.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        if len > 15 {
            return None;
        }
        let mut data = [0; INLINE];
        data[0] = u8::from(number < 0);
        data[1..=len].copy_from_slice(&magnitude[..len]);
        Some(Self::Small(Kind::BigInt, len as u8 + 1, data))
    }
}

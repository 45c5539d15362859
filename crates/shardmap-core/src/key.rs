//! Keys as typed bytes: a tag, then a payload whose byte order is the order of the values; a tuple is its tag and its parts.
//!
//! Parts end by themselves, so tuples concatenate and a tuple's prefix is a prefix of its bytes, see [`begins_with`]. Strings are WTF-8 (lone
//! surrogates have three bytes of their own and stay distinct); a zero byte in a string or bytes is written `00 FF`, and `00` ends it.

mod decode;
mod encode;

pub use decode::{parts, Part, Parts};
pub use encode::KeyBuf;

use crate::{hash, packed::Packed};

/// The longest encoded key, in bytes.
pub const MAX_BYTES: usize = 65_535;

pub(crate) mod tag {
    pub const FALSE: u8 = 0x10;
    pub const TRUE: u8 = 0x11;
    pub const NUMBER: u8 = 0x20;
    pub const NEGATIVE: u8 = 0x28;
    pub const POSITIVE: u8 = 0x29;
    pub const STRING: u8 = 0x30;
    pub const BYTES: u8 = 0x38;
    pub const TUPLE: u8 = 0x40;
}

/// An owned, encoded key: up to 14 bytes in place, longer ones shared by its clones.
#[derive(Clone)]
pub struct Key(Packed);

impl Key {
    /// Copies encoded bytes, as a [`KeyBuf`] made them.
    #[inline]
    pub fn new(bytes: &[u8]) -> Self {
        Self(Packed::new(1, bytes))
    }

    /// The encoded bytes.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.bytes()
    }
}

/// Whether a [`KeyBuf`] could have written these bytes. For bytes that come from elsewhere.
pub fn is_valid(bytes: &[u8]) -> bool {
    let (tuple, parts) = parts(bytes);
    let mut again = KeyBuf::new();
    if tuple {
        again.tuple();
    }
    for part in parts {
        match part {
            Part::Bool(value) => again.bool(value),
            Part::Number(value) => again.number(value),
            Part::BigInt(negative, words) => {
                if again.bigint(negative, &words).is_err() {
                    return false;
                }
            }
            Part::Ascii(text) => again.string(&text.iter().map(|&byte| u16::from(byte)).collect::<Vec<_>>()),
            Part::Utf16(units) => again.string(&units),
            Part::Bytes(bytes) => again.bytes(&bytes),
        }
        if !tuple {
            break;
        }
    }
    !bytes.is_empty() && again.finish().is_ok_and(|key| key.bytes == bytes)
}

/// Whether a tuple begins with the parts of another one, both encoded. The zero byte that ends the last part of the prefix may be the first half of a
/// zero byte within a longer part; then what follows it is no tag.
#[inline]
pub fn begins_with(tuple: &[u8], prefix: &[u8]) -> bool {
    tuple.strip_prefix(prefix).is_some_and(|rest| rest.first() != Some(&0xFF))
}

impl PartialEq for Key {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Key {}

impl std::hash::Hash for Key {
    #[inline]
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({:02x?})", self.as_bytes())
    }
}

/// Encoded bytes with their hash: what a look-up needs, computed once.
#[derive(Clone, Copy)]
pub struct KeyRef<'a> {
    /// The encoded bytes.
    pub bytes: &'a [u8],
    /// Their hash.
    pub hash: u64,
}

impl<'a> KeyRef<'a> {
    /// Hashes encoded bytes.
    #[inline]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, hash: hash::of(bytes) }
    }
}

//! Reading keys back.

use super::tag;
use std::borrow::Cow;

/// One part of a key.
#[derive(Debug, PartialEq)]
pub enum Part<'a> {
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A sign (true: negative) and 64-bit words, least significant first.
    BigInt(bool, Vec<u64>),
    /// A string of code units below 128.
    Ascii(Cow<'a, [u8]>),
    /// Any other string.
    Utf16(Vec<u16>),
    /// Bytes.
    Bytes(Cow<'a, [u8]>),
}

/// The parts of a key, in order.
pub struct Parts<'a> {
    rest: &'a [u8],
}

/// Whether the key is a tuple, and its parts; a key that is no tuple has one.
pub fn parts(key: &[u8]) -> (bool, Parts<'_>) {
    match key {
        [tag::TUPLE, rest @ ..] => (true, Parts { rest }),
        _ => (false, Parts { rest: key }),
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Part<'a>;

    /// `None` at the end, and at bytes that no `KeyBuf` writes.
    fn next(&mut self) -> Option<Part<'a>> {
        let (&tag, rest) = self.rest.split_first()?;
        let (part, rest) = match tag {
            tag::FALSE => (Part::Bool(false), rest),
            tag::TRUE => (Part::Bool(true), rest),
            tag::NUMBER => {
                let (bytes, rest) = rest.split_first_chunk::<8>()?;
                let ordered = u64::from_be_bytes(*bytes);
                let bits = if ordered >> 63 == 1 { ordered & (u64::MAX >> 1) } else { !ordered };
                (Part::Number(f64::from_bits(bits)), rest)
            }
            tag::NEGATIVE | tag::POSITIVE => bigint(tag == tag::NEGATIVE, rest)?,
            tag::STRING => {
                let (bytes, rest) = terminated(rest)?;
                (if bytes.is_ascii() { Part::Ascii(bytes) } else { Part::Utf16(utf16(&bytes)) }, rest)
            }
            tag::BYTES => {
                let (bytes, rest) = terminated(rest)?;
                (Part::Bytes(bytes), rest)
            }
            _ => return None,
        };
        self.rest = rest;
        Some(part)
    }
}

fn bigint(negative: bool, rest: &[u8]) -> Option<(Part<'static>, &[u8])> {
    let flip = if negative { u64::MAX } else { 0 };
    let (size, rest) = rest.split_first_chunk::<2>()?;
    let len = usize::from(u16::from_be_bytes(*size) ^ flip as u16);
    let (bytes, rest) = rest.split_at_checked(len * 8)?;
    let words = bytes.rchunks_exact(8).map(|word| word.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte)) ^ flip).collect();
    Some((Part::BigInt(negative, words), rest))
}

/// Everything up to the ending zero byte, `00 FF` read as a zero byte.
fn terminated(bytes: &[u8]) -> Option<(Cow<'_, [u8]>, &[u8])> {
    let mut plain = Vec::new();
    let mut from = 0;
    loop {
        let zero = from + bytes[from..].iter().position(|&byte| byte == 0)?;
        if bytes.get(zero + 1) != Some(&0xFF) {
            let run = &bytes[from..zero];
            let whole = if plain.is_empty() { Cow::Borrowed(run) } else { Cow::Owned([&plain, run].concat()) };
            return Some((whole, &bytes[zero + 1..]));
        }
        plain.extend_from_slice(&bytes[from..=zero]);
        from = zero + 2;
    }
}

fn utf16(wtf8: &[u8]) -> Vec<u16> {
    let mut units = Vec::with_capacity(wtf8.len());
    let mut bytes = wtf8.iter().map(|&byte| u32::from(byte));
    let tail = |bytes: &mut dyn Iterator<Item = u32>| bytes.next().unwrap_or(0) & 0x3F;
    while let Some(lead) = bytes.next() {
        let scalar = match lead {
            0..=0x7F => lead,
            0x80..=0xDF => (lead & 0x1F) << 6 | tail(&mut bytes),
            0xE0..=0xEF => (lead & 0x0F) << 12 | tail(&mut bytes) << 6 | tail(&mut bytes),
            _ => (lead & 0x07) << 18 | tail(&mut bytes) << 12 | tail(&mut bytes) << 6 | tail(&mut bytes),
        };
        if scalar < 0x1_0000 {
            units.push(scalar as u16);
        } else {
            let offset = scalar - 0x1_0000;
            units.extend([0xD800 | (offset >> 10) as u16, 0xDC00 | (offset & 0x3FF) as u16]);
        }
    }
    units
}

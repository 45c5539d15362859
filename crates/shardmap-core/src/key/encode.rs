//! Writing keys, without allocation while they are short.

use super::{tag, KeyRef, MAX_BYTES};
use crate::error::{Code, Error, Result};

use std::mem::MaybeUninit;

const STACK: usize = 256;

/// A buffer that one key is written into, part by part.
pub struct KeyBuf {
    /// Written up to `len` as long as `heap` is empty.
    stack: [MaybeUninit<u8>; STACK],
    len: usize,
    heap: Vec<u8>,
}

impl Default for KeyBuf {
    fn default() -> Self {
        Self::new()
    }
}

impl KeyBuf {
    /// An empty buffer; nothing is allocated for keys of up to 256 encoded bytes.
    #[inline]
    pub fn new() -> Self {
        Self { stack: [MaybeUninit::uninit(); STACK], len: 0, heap: Vec::new() }
    }

    #[inline(always)]
    fn push(&mut self, bytes: &[u8]) {
        let end = self.len + bytes.len();
        if self.heap.is_empty() && end <= STACK {
            for (place, &byte) in self.stack[self.len..end].iter_mut().zip(bytes) {
                place.write(byte);
            }
        } else {
            if self.heap.is_empty() {
                self.heap = self.as_bytes().to_vec();
            }
            self.heap.extend_from_slice(bytes);
        }
        self.len = end;
    }

    /// Begins a tuple: the parts written next are its own.
    pub fn tuple(&mut self) {
        self.push(&[tag::TUPLE]);
    }

    /// A boolean.
    pub fn bool(&mut self, value: bool) {
        self.push(&[if value { tag::TRUE } else { tag::FALSE }]);
    }

    /// A number; -0 is 0 and every NaN the same.
    #[inline(always)]
    pub fn number(&mut self, value: f64) {
        let bits = if value == 0.0 {
            0
        } else if value.is_nan() {
            f64::NAN.to_bits() & (u64::MAX >> 1)
        } else {
            value.to_bits()
        };
        let ordered = if bits >> 63 == 1 { !bits } else { bits | 1 << 63 };
        let mut bytes = [tag::NUMBER; 9];
        bytes[1..].copy_from_slice(&ordered.to_be_bytes());
        self.push(&bytes);
    }

    /// A big integer from its sign and 64-bit words, least significant first.
    pub fn bigint(&mut self, negative: bool, words: &[u64]) -> Result<()> {
        let len = words.iter().rposition(|&word| word != 0).map_or(0, |last| last + 1);
        if len * 8 > MAX_BYTES {
            return Err(too_long(len * 8));
        }
        let flip = if negative && len > 0 { u64::MAX } else { 0 };
        let size = (len as u16) ^ flip as u16;
        self.push(&[if flip == 0 { tag::POSITIVE } else { tag::NEGATIVE }]);
        self.push(&size.to_be_bytes());
        for word in words[..len].iter().rev() {
            self.push(&(word ^ flip).to_be_bytes());
        }
        Ok(())
    }

    /// A string of UTF-16 code units, well formed or not.
    #[inline(always)]
    pub fn string(&mut self, units: &[u16]) {
        self.push(&[tag::STRING]);
        if self.heap.is_empty() && self.len + units.len() < STACK && narrow(units, &mut self.stack[self.len..self.len + units.len()]) {
            self.len += units.len();
            return self.push(&[0]);
        }
        self.wtf8(units);
        self.push(&[0]);
    }

    #[cold]
    fn wtf8(&mut self, units: &[u16]) {
        for decoded in char::decode_utf16(units.iter().copied()) {
            match decoded {
                Ok('\0') => self.push(&[0, 0xFF]),
                Ok(scalar) => self.push(scalar.encode_utf8(&mut [0; 4]).as_bytes()),
                Err(lone) => {
                    let unit = lone.unpaired_surrogate();
                    self.push(&[0xE0 | (unit >> 12) as u8, 0x80 | (unit >> 6 & 0x3F) as u8, 0x80 | (unit & 0x3F) as u8]);
                }
            }
        }
    }

    /// Bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.push(&[tag::BYTES]);
        for run in bytes.split_inclusive(|&byte| byte == 0) {
            self.push(run);
            if run.ends_with(&[0]) {
                self.push(&[0xFF]);
            }
        }
        self.push(&[0]);
    }

    /// The encoded bytes so far.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        if !self.heap.is_empty() {
            return &self.heap;
        }
        // SAFETY: while the heap is empty, `len` counts the bytes of the stack that were written, and is at most its size.
        unsafe { std::slice::from_raw_parts(self.stack.as_ptr().cast(), self.len) }
    }

    /// The finished key with its hash; `ERR_SHARDMAP_KEY` beyond [`MAX_BYTES`].
    #[inline(always)]
    pub fn finish(&self) -> Result<KeyRef<'_>> {
        if self.len > MAX_BYTES {
            return Err(too_long(self.len));
        }
        Ok(KeyRef::new(self.as_bytes()))
    }
}

/// Writes each unit's lower byte; whether all units are 1 to 127, and so their own encoding. Four at a time within a word: most keys are
/// too short for wider registers to pay.
#[inline(always)]
fn narrow(units: &[u16], out: &mut [MaybeUninit<u8>]) -> bool {
    const HIGH: u64 = 0xFF80_FF80_FF80_FF80;
    const BELOW_80: u64 = 0x007F_007F_007F_007F;
    const BIT_7: u64 = 0x0080_0080_0080_0080;
    let (mut high, mut positive) = (0, BIT_7);
    let (fours, rest) = units.as_chunks::<4>();
    let (out_fours, out_rest) = out.as_chunks_mut::<4>();
    for (&[a, b, c, d], bytes) in fours.iter().zip(out_fours) {
        let word = u64::from(a) | u64::from(b) << 16 | u64::from(c) << 32 | u64::from(d) << 48;
        high |= word;
        positive &= (word & BELOW_80) + BELOW_80;
        let pairs = word | word >> 8;
        *bytes = (u32::from(pairs as u16) | u32::from((pairs >> 32) as u16) << 16).to_le_bytes().map(MaybeUninit::new);
    }
    let mut plain = high & HIGH == 0 && positive == BIT_7;
    for (&unit, byte) in rest.iter().zip(out_rest) {
        byte.write(unit as u8);
        plain &= unit.wrapping_sub(1) < 0x7F;
    }
    plain
}

fn too_long(len: usize) -> Error {
    Error::new(Code::Key, format!("the key has {len} encoded bytes; at most {MAX_BYTES} are possible, so use a digest of it"))
}

//! Sixteen bytes that are a short byte string in place, or a shared long one, each with a tag: what keys and values are made of.
//!
//! Two words and not an enum, so that a move is two registers, and a map's row fits in half a cache line.

use std::{mem::ManuallyDrop, num::NonZeroU64};
use triomphe::ThinArc;

#[cfg(target_endian = "big")]
compile_error!("the bytes in place are laid out for little-endian processors");

/// Bytes that need no heap.
const INLINE: usize = 14;
const SHARED: u64 = 0xFF;
const LEN_SHIFT: u32 = 48;
const TAG_SHIFT: u32 = 56;

/// `low` and the six lower bytes of `high` hold short bytes in their order in memory, or `low` the address of an arc that this owns a count
/// of. Above them in `high`: the length (`SHARED` for an arc), then the tag, which is not 0.
#[repr(C)]
pub(crate) struct Packed {
    low: u64,
    high: NonZeroU64,
}

impl Packed {
    /// A tag without bytes.
    pub const fn empty(tag: u8) -> Self {
        Self::word(tag, 0, 0)
    }

    /// Up to eight bytes, given as a word; the tag is not 0.
    #[inline]
    pub const fn word(tag: u8, low: u64, len: u8) -> Self {
        Self::parts(low, (tag as u64) << TAG_SHIFT | (len as u64) << LEN_SHIFT)
    }

    #[inline]
    const fn parts(low: u64, high: u64) -> Self {
        match NonZeroU64::new(high) {
            Some(high) => Self { low, high },
            None => panic!("a tag is not 0"),
        }
    }

    /// A copy of bytes under a tag that is not 0.
    #[inline]
    pub fn new(tag: u8, bytes: &[u8]) -> Self {
        if bytes.len() > INLINE {
            let arc = ThinArc::from_header_and_slice((), bytes).into_raw();
            return Self::parts(arc.expose_provenance() as u64, (tag as u64) << TAG_SHIFT | SHARED << LEN_SHIFT);
        }
        let mut words = [0; 16];
        words[..bytes.len()].copy_from_slice(bytes);
        let [low, high] = [0, 8].map(|at| u64::from_le_bytes(std::array::from_fn(|byte| words[at + byte])));
        Self::parts(low, (tag as u64) << TAG_SHIFT | (bytes.len() as u64) << LEN_SHIFT | high)
    }

    #[inline]
    pub fn tag(&self) -> u8 {
        (self.high.get() >> TAG_SHIFT) as u8
    }

    /// The first eight bytes of a short string.
    #[inline]
    pub fn low(&self) -> u64 {
        self.low
    }

    #[inline]
    fn len(&self) -> u64 {
        self.high.get() >> LEN_SHIFT & 0xFF
    }

    /// The arc, whose count stays with `self`.
    #[inline]
    fn arc(&self) -> Option<ManuallyDrop<ThinArc<(), u8>>> {
        if self.len() != SHARED {
            return None;
        }
        let raw = std::ptr::with_exposed_provenance(self.low as usize);
        // SAFETY: the address came from `into_raw` and `self` owns a count of that arc; the copy is never dropped.
        Some(ManuallyDrop::new(unsafe { ThinArc::from_raw(raw) }))
    }

    #[inline]
    pub fn bytes(&self) -> &[u8] {
        let (start, len) = match self.arc() {
            Some(arc) => (arc.slice.as_ptr(), arc.slice.len()),
            None => (std::ptr::from_ref(self).cast(), self.len() as usize),
        };
        // SAFETY: either the slice of an arc that lives as long as `self` and never changes, or up to 14 bytes from the start of `self`.
        unsafe { std::slice::from_raw_parts(start, len) }
    }

    /// Bytes on the heap.
    #[inline]
    pub fn heap(&self) -> u64 {
        self.arc().map_or(0, |arc| heap(arc.slice.len()))
    }
}

/// What a string of this length takes on the heap: itself, a count and a length, rounded as allocators do.
#[inline]
pub(crate) fn heap(len: usize) -> u64 {
    if len > INLINE {
        (len as u64 + 16).next_multiple_of(16)
    } else {
        0
    }
}

impl Clone for Packed {
    #[inline]
    fn clone(&self) -> Self {
        if let Some(arc) = self.arc() {
            std::mem::forget(ThinArc::clone(&arc));
        }
        Self { low: self.low, high: self.high }
    }
}

impl Drop for Packed {
    #[inline]
    fn drop(&mut self) {
        if let Some(arc) = self.arc() {
            drop(ManuallyDrop::into_inner(arc));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_every_length_come_back_with_their_tag_and_from_clones() {
        let all: Vec<u8> = (1..=40).collect();
        for len in 0..=all.len() {
            let packed = Packed::new(len as u8 + 1, &all[..len]);
            let copy = packed.clone();
            assert_eq!((packed.tag(), packed.bytes()), (len as u8 + 1, &all[..len]));
            drop(packed);
            assert_eq!(copy.bytes(), &all[..len]);
            assert_eq!(copy.heap() > 0, len > INLINE);
        }
    }

    #[test]
    fn a_word_is_its_bytes() {
        assert_eq!(Packed::word(3, 0x0201, 2).bytes(), [1, 2]);
        assert_eq!(Packed::empty(9).bytes(), []);
        assert_eq!(size_of::<Option<Packed>>(), 16);
    }
}

//! Whether bytes are an encoding of plain data as the face writes it, a part of MessagePack.
//!
//! The face's decoder makes room for as many elements as an array says it has, nested ones too, and takes extensions that the face never writes. So what comes from a
//! file, dump or delta is checked before it is a value.

/// Deeper than the face packs, which makes structured clones of such values.
const MAX_DEPTH: usize = 256;

/// Whether it is one whole value of null, booleans, numbers, `undefined`, text, arrays and objects. Costs one pass.
pub fn is_packed(bytes: &[u8]) -> bool {
    one(bytes).is_some_and(<[u8]>::is_empty)
}

/// Skips one value. Whoever is above it is kept as what it has still to come, so nothing recurses.
fn one(mut rest: &[u8]) -> Option<&[u8]> {
    let mut above: Vec<Open> = Vec::new();
    let mut open = Open { left: 1, keys: false };
    loop {
        while open.left == 0 {
            let Some(outer) = above.pop() else { return Some(rest) };
            open = outer;
        }
        open.left -= 1;
        if open.keys {
            rest = key(rest)?;
        }
        let (inner, after) = value(rest)?;
        rest = after;
        if let Some(inner) = inner {
            // Each element takes a byte at least.
            if above.len() == MAX_DEPTH || inner.left > rest.len() {
                return None;
            }
            above.push(open);
            open = inner;
        }
    }
}

/// An array or object whose elements are being read.
struct Open {
    left: usize,
    keys: bool,
}

/// A value, of an array or object only its head.
fn value(bytes: &[u8]) -> Option<(Option<Open>, &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let opened = |keys, (left, rest): (usize, _)| Some((Some(Open { left, keys }), rest));
    let skip = |len| rest.get(len..).map(|rest| (None, rest));
    match tag {
        0x00..=0x7F | 0xE0..=0xFF | 0xC0 | 0xC2 | 0xC3 => skip(0),
        0x80..=0x8F => opened(true, (usize::from(tag & 0x0F), rest)),
        0x90..=0x9F => opened(false, (usize::from(tag & 0x0F), rest)),
        0xA0..=0xBF | 0xD9..=0xDB => Some((None, text(bytes)?.1)),
        0xCC | 0xD0 => skip(1),
        0xCD | 0xD1 => skip(2),
        0xCA | 0xCE | 0xD2 => skip(4),
        0xCB | 0xCF | 0xD3 => skip(8),
        // `undefined`.
        0xD4 => rest.strip_prefix(&[0, 0]).map(|rest| (None, rest)),
        0xDC => opened(false, number::<2>(rest)?),
        0xDD => opened(false, number::<4>(rest)?),
        0xDE => opened(true, number::<2>(rest)?),
        0xDF => opened(true, number::<4>(rest)?),
        _ => None,
    }
}

/// The key of an object, which an assignment must not take for its prototype.
fn key(bytes: &[u8]) -> Option<&[u8]> {
    let (key, rest) = text(bytes)?;
    (key != "__proto__").then_some(rest)
}

fn text(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (len, rest) = match tag {
        0xA0..=0xBF => (usize::from(tag & 0x1F), rest),
        0xD9 => number::<1>(rest)?,
        0xDA => number::<2>(rest)?,
        0xDB => number::<4>(rest)?,
        _ => return None,
    };
    let (text, rest) = rest.split_at_checked(len)?;
    Some((str::from_utf8(text).ok()?, rest))
}

/// A number of so many bytes, the highest first.
fn number<const N: usize>(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<N>()?;
    Some((number.iter().fold(0, |number, &byte| number << 8 | usize::from(byte)), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_face_writes_is_taken() {
        let text = |len: u8| [&[0xD9, len][..], &vec![b'x'; usize::from(len)]].concat();
        let whole: &[&[u8]] = &[
            &[0xC0],
            &[0x80],
            &[0x90],
            &[0xCB, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0xD4, 0, 0],
            &[0x82, 0xA1, b'a', 0x01, 0xA1, b'b', 0x92, 0xC2, 0xFF],
            &[0xDD, 0, 0, 0, 2, 0x90, 0xDE, 0, 0],
            &[0xA2, 0xC3, 0xA9],
            &text(200),
        ];
        for bytes in whole {
            assert!(is_packed(bytes), "{bytes:02x?}");
            for len in 0..bytes.len() {
                assert!(!is_packed(&bytes[..len]), "{bytes:02x?} cut to {len}");
            }
            assert!(!is_packed(&[bytes, &[0xC0][..]].concat()), "{bytes:02x?} and one more");
        }
    }

    #[test]
    fn more_elements_than_there_are_bytes_another_depth_and_all_that_the_face_never_writes_are_refused() {
        let never: &[&[u8]] = &[
            &[0xDD, 0x01, 0xC9, 0xC3, 0x80],
            &[0xDF, 0xFF, 0xFF, 0xFF, 0xFF, 0xA1, b'a'],
            &[0xDB, 0xFF, 0xFF, 0xFF, 0xFF, b'a'],
            &[0xC1],
            &[0xC4, 1, 0],
            &[0xC7, 1, 0x65, 0],
            &[0xD4, 0x65, 0x91, 0xA1, b'x'],
            &[0xD4, 0, 1],
            &[0xD6, 0x70, 0, 0, 0, 0],
            &[0xA1, 0xFF],
            &[0x81, 0x01, 0x01],
            b"\x81\xA9__proto__\x80",
        ];
        for bytes in never {
            assert!(!is_packed(bytes), "{bytes:02x?}");
        }
        let nested = |depth| [vec![0x91; depth], vec![0xC0]].concat();
        assert!(is_packed(&nested(MAX_DEPTH)));
        assert!(!is_packed(&nested(MAX_DEPTH + 1)));
        assert!(!is_packed(&nested(1 << 20)));
    }
}

//! Keys: their bytes order as their values do, differ as they do, and come back as they went in.

use proptest::prelude::*;
use shardmap_core::{
    key::{begins_with, parts, KeyBuf, Part, MAX_BYTES},
    Code,
};

const LONGEST: usize = if cfg!(miri) { 40 } else { 300 };

#[derive(Clone, Debug)]
enum Given {
    Bool(bool),
    Number(f64),
    BigInt(bool, Vec<u64>),
    Text(Vec<u16>),
    Bytes(Vec<u8>),
}

impl Given {
    fn write(&self, key: &mut KeyBuf) {
        match self {
            Self::Bool(value) => key.bool(*value),
            Self::Number(value) => key.number(*value),
            Self::BigInt(negative, words) => key.bigint(*negative, words).unwrap(),
            Self::Text(units) => key.string(units),
            Self::Bytes(bytes) => key.bytes(bytes),
        }
    }

    fn encoded(&self) -> Vec<u8> {
        let mut key = KeyBuf::new();
        self.write(&mut key);
        key.finish().unwrap().bytes.to_vec()
    }

    fn matches(&self, part: &Part<'_>) -> bool {
        match (self, part) {
            (Self::Bool(a), Part::Bool(b)) => a == b,
            (Self::Number(a), Part::Number(b)) => a == b || (a.is_nan() && b.is_nan()),
            (Self::BigInt(sign, words), Part::BigInt(other, found)) => {
                let len = words.iter().rposition(|&word| word != 0).map_or(0, |last| last + 1);
                words[..len] == found[..] && (len == 0 || sign == other)
            }
            (Self::Text(units), Part::Ascii(bytes)) => units.iter().copied().eq(bytes.iter().map(|&byte| u16::from(byte))),
            (Self::Text(units), Part::Utf16(found)) => units == found,
            (Self::Bytes(bytes), Part::Bytes(found)) => bytes[..] == found[..],
            _ => false,
        }
    }
}

fn unit() -> impl Strategy<Value = u16> {
    prop_oneof![Just(0), 1..128u16, any::<u16>(), 0xD7F0..0xE010u16]
}

fn given_part() -> impl Strategy<Value = Given> {
    prop_oneof![
        any::<bool>().prop_map(Given::Bool),
        any::<f64>().prop_map(Given::Number),
        (any::<bool>(), prop::collection::vec(prop_oneof![Just(0), any::<u64>()], 0..4))
            .prop_map(|(sign, words)| Given::BigInt(sign, words)),
        prop::collection::vec(unit(), 0..LONGEST).prop_map(Given::Text),
        prop::collection::vec(prop_oneof![Just(0), Just(255), any::<u8>()], 0..LONGEST).prop_map(Given::Bytes),
    ]
}

proptest! {
    #[test]
    fn a_key_comes_back(part in given_part()) {
        let encoded = part.encoded();
        let (tuple, mut found) = parts(&encoded);
        prop_assert!(!tuple);
        prop_assert!(part.matches(&found.next().unwrap()));
        prop_assert!(found.next().is_none());
    }

    #[test]
    fn a_tuple_comes_back_and_starts_with_its_prefixes(given in prop::collection::vec(given_part(), 0..6)) {
        let mut key = KeyBuf::new();
        key.tuple();
        let mut prefixes = vec![key.as_bytes().to_vec()];
        for part in &given {
            part.write(&mut key);
            prefixes.push(key.as_bytes().to_vec());
        }
        for prefix in &prefixes {
            prop_assert!(begins_with(key.as_bytes(), prefix));
        }
        let (tuple, found) = parts(key.as_bytes());
        let found: Vec<_> = found.collect();
        prop_assert!(tuple);
        prop_assert_eq!(found.len(), given.len());
        prop_assert!(given.iter().zip(&found).all(|(given, found)| given.matches(found)));
    }

    #[test]
    fn numbers_order_as_their_bytes(a in any::<f64>(), b in any::<f64>()) {
        prop_assume!(!a.is_nan() && !b.is_nan());
        prop_assert_eq!(a.partial_cmp(&b).unwrap(), Given::Number(a).encoded().cmp(&Given::Number(b).encoded()));
    }

    #[test]
    fn bigints_order_as_their_bytes(a in any::<i128>(), b in any::<i128>()) {
        let encoded = |n: i128| {
            let magnitude = n.unsigned_abs();
            Given::BigInt(n < 0, vec![magnitude as u64, (magnitude >> 64) as u64]).encoded()
        };
        prop_assert_eq!(a.cmp(&b), encoded(a).cmp(&encoded(b)));
    }

    #[test]
    fn strings_order_by_code_point(a in any::<String>(), b in any::<String>()) {
        let encoded = |text: &str| Given::Text(text.encode_utf16().collect()).encoded();
        prop_assert_eq!(a.cmp(&b), encoded(&a).cmp(&encoded(&b)));
    }

    #[test]
    fn bytes_that_no_key_has_end_the_parts_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        parts(&bytes).1.for_each(drop);
    }
}

fn tuple(part: &Given) -> Vec<u8> {
    let mut key = KeyBuf::new();
    key.tuple();
    part.write(&mut key);
    key.as_bytes().to_vec()
}

/// The zero byte that is escaped in the longer part is the one that ends the shorter.
#[test]
fn a_tuple_does_not_begin_with_one_whose_last_part_goes_on_with_a_zero_in_it() {
    let text = |text: &str| tuple(&Given::Text(text.encode_utf16().collect()));
    assert!(!begins_with(&text("a\0b"), &text("a")) && !begins_with(&text("\0"), &text("")));
    assert!(!begins_with(&tuple(&Given::Bytes(vec![1, 0])), &tuple(&Given::Bytes(vec![1]))));
    assert!(begins_with(&text("a"), &text("a")) && begins_with(&[text("a"), vec![0x10]].concat(), &text("a")));
}

#[test]
fn nan_is_one_key_and_zero_has_no_sign() {
    assert_eq!(Given::Number(f64::NAN).encoded(), Given::Number(-f64::NAN).encoded());
    assert_eq!(Given::Number(0.0).encoded(), Given::Number(-0.0).encoded());
}

#[test]
fn a_short_string_is_written_to_its_last_unit_whatever_its_length() {
    for len in 0..20 {
        let given = Given::Text((0..len).map(|unit| 65 + unit).collect());
        assert!(given.matches(&parts(&given.encoded()).1.next().unwrap()), "{len}");
    }
}

#[test]
fn a_key_of_the_longest_length_is_taken_and_one_more_byte_refused() {
    let key = |len: usize| {
        let mut key = KeyBuf::new();
        key.string(&vec![97; len]);
        key.finish().map(|key| key.bytes.len()).map_err(|error| error.code())
    };
    assert_eq!(key(MAX_BYTES - 2), Ok(MAX_BYTES));
    assert_eq!(key(MAX_BYTES - 1), Err(Code::Key));
}

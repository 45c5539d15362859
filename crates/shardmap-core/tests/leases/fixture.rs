//! Keys and terms of the tests and of the model.

use shardmap_core::{
    key::{Key, KeyBuf},
    leases::Term,
};

pub fn key(number: u32) -> Key {
    let mut key = KeyBuf::new();
    key.number(f64::from(number));
    Key::new(key.finish().unwrap().bytes)
}

pub fn term(ms: u64) -> Term {
    Term::from_ms(ms).unwrap()
}

//! Caches, keys and values of the tests and of the model.

use shardmap_core::{
    cache::{Cache, Options, Policy},
    clock::{Clock, Hand},
    key::{Key, KeyRef},
    value::Kind,
    Value,
};
use std::sync::Arc;

pub fn lru(max: u64) -> Options {
    Options { max: Some(max), policy: Some(Policy::Lru), ..Options::default() }
}

/// A cache with a clock that stands until it is turned.
pub fn timed(options: Options) -> (Arc<Cache>, Hand) {
    let (clock, hand) = Clock::manual();
    (Cache::with_clock(options, clock).unwrap(), hand)
}

pub fn key(number: u32) -> Key {
    let mut key = shardmap_core::key::KeyBuf::new();
    key.number(f64::from(number));
    Key::new(key.as_bytes())
}

pub fn with<R>(number: u32, f: impl FnOnce(KeyRef<'_>) -> R) -> R {
    f(KeyRef::new(key(number).as_bytes()))
}

/// A value of so many bytes on the heap, more or less.
pub fn bytes(len: usize) -> Value {
    Value::payload(Kind::Bytes, &vec![7; len]).unwrap()
}

/// Every fresh key, by pages.
pub fn keys(cache: &Cache) -> Vec<Key> {
    let (mut keys, mut from) = (Vec::new(), Some(0));
    while let Some(cursor) = from {
        let page = cache.page(cursor).unwrap();
        keys.extend(page.rows.into_iter().map(|(key, _)| key));
        from = page.next;
    }
    keys
}

//! The cache: its bounds, its time, its order of use, and its loads, against models and under threads.

#[path = "../counting/mod.rs"]
mod counting;

mod basics;
mod ends;
mod listening;
mod loads;
mod memory;
mod model;
mod scene;
mod threads;
mod time;

use shardmap_core::{
    cache::{Cache, Cause, Options, Policy, Stats, Terms, Ttl},
    clock::{Clock, Hand},
    key::{Key, KeyRef},
    value::Kind,
    Value,
};
use std::sync::Arc;

fn lru(max: u64) -> Options {
    Options { max: Some(max), policy: Some(Policy::Lru), ..Options::default() }
}

fn cache(options: Options) -> Arc<Cache> {
    Cache::new(options).unwrap()
}

/// A cache with a clock that stands until it is turned.
fn timed(options: Options) -> (Arc<Cache>, Hand) {
    let (clock, hand) = Clock::manual();
    (Cache::with_clock(options, clock).unwrap(), hand)
}

fn key(number: u32) -> Key {
    let mut key = shardmap_core::key::KeyBuf::new();
    key.number(f64::from(number));
    Key::new(key.as_bytes())
}

fn with<R>(number: u32, f: impl FnOnce(KeyRef<'_>) -> R) -> R {
    f(KeyRef::new(key(number).as_bytes()))
}

fn number(value: u32) -> Value {
    Value::number(f64::from(value))
}

/// A value of so many bytes on the heap, more or less.
fn bytes(len: usize) -> Value {
    Value::payload(Kind::Bytes, &vec![7; len]).unwrap()
}

fn put(cache: &Cache, at: u32, value: u32) {
    with(at, |key| cache.set(key, number(value), &Terms::default())).unwrap();
}

fn put_for(cache: &Cache, at: u32, value: u32, ms: u64) {
    with(at, |key| cache.set(key, number(value), &Terms { ttl: Some(Ttl::Ms(ms)), ..Terms::default() })).unwrap();
}

fn get(cache: &Cache, at: u32) -> Option<u32> {
    number_of(with(at, |key| cache.get(key)).unwrap().value)
}

fn peek(cache: &Cache, at: u32) -> Option<u32> {
    number_of(with(at, |key| cache.peek(key)).unwrap())
}

fn number_of(value: Option<Value>) -> Option<u32> {
    value.map(|value| value.as_number().unwrap() as u32)
}

/// Every fresh key, by pages.
fn keys(cache: &Cache) -> Vec<Key> {
    let (mut keys, mut from) = (Vec::new(), Some(0));
    while let Some(cursor) = from {
        let page = cache.page(cursor).unwrap();
        keys.extend(page.rows.into_iter().map(|(key, _)| key));
        from = page.next;
    }
    keys
}

fn gone(stats: &Stats, cause: Cause) -> u64 {
    stats.gone[cause as usize]
}

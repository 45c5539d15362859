//! The cache: its bounds, its time, its order of use, and its loads, against models and under threads.

#[path = "../counting/mod.rs"]
mod counting;

mod basics;
mod ends;
mod fixture;
mod listening;
mod loads;
mod memory;
mod model;
mod properties;
mod scene;
mod threads;
mod time;

use fixture::{bytes, key, keys, lru, timed, with};
use shardmap_core::{
    cache::{Cache, Cause, Options, Policy, Stats, Terms, Ttl},
    clock::Hand,
    key::{Key, KeyRef},
    value::Kind,
    Value,
};
use std::sync::Arc;

fn cache(options: Options) -> Arc<Cache> {
    Cache::new(options).unwrap()
}

fn number(value: u32) -> Value {
    Value::number(f64::from(value))
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

fn gone(stats: &Stats, cause: Cause) -> u64 {
    stats.gone[cause as usize]
}

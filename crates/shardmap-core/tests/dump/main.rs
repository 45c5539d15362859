//! Dumps of a cache: what comes back, what does not, and what a file must be to be believed.

#[path = "../disks/mod.rs"]
mod disks;

mod contents;
mod files;
mod room;

use shardmap_core::{
    cache::{Cache, Options, Policy, Terms, Ttl},
    clock::{Clock, Hand},
    key::{Key, KeyBuf, KeyRef},
    Value,
};
use std::{path::Path, sync::Arc};

fn lru(max: u64) -> Options {
    Options { max: Some(max), policy: Some(Policy::Lru), ..Options::default() }
}

/// A cache with a clock that stands until it is turned.
fn cache(options: Options) -> (Arc<Cache>, Hand) {
    let (clock, hand) = Clock::manual();
    (Cache::with_clock(options, clock).unwrap(), hand)
}

fn key(number: u32) -> Key {
    let mut key = KeyBuf::new();
    key.number(f64::from(number));
    Key::new(key.finish().unwrap().bytes)
}

fn with<R>(number: u32, f: impl FnOnce(KeyRef<'_>) -> R) -> R {
    f(KeyRef::new(key(number).as_bytes()))
}

fn ttl(ms: u64) -> Terms {
    Terms { ttl: Some(Ttl::Ms(ms)), ..Terms::default() }
}

fn tagged(tag: &str) -> Terms {
    Terms { tags: vec![tag.into()], ..Terms::default() }
}

fn put(cache: &Cache, at: u32, value: u32, terms: &Terms) {
    with(at, |key| cache.set(key, Value::number(value.into()), terms)).unwrap();
}

fn peek(cache: &Cache, at: u32) -> Option<u32> {
    with(at, |key| cache.peek(key)).unwrap().map(|value| value.as_number().unwrap() as u32)
}

/// The keys from 0 on that are there.
fn present(cache: &Cache, keys: u32) -> Vec<u32> {
    (0..keys).filter(|&at| peek(cache, at).is_some()).collect()
}

/// A dump at the second 1 and its loading into another cache at the same time. Returns how many were loaded.
fn over(from: &Cache, path: &Path, to: &Cache) -> u64 {
    from.dump_at(path, 1_000).unwrap();
    to.load_at(path, 1_000).unwrap()
}

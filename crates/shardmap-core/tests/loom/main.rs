//! Protocols of the core under every interleaving that loom finds, within a number of preemptions.
#![cfg(shardmap_loom)]

mod cache;
mod end;
mod flights;
mod growth;
mod leases;
mod map;
mod publication;
mod slots;
mod snapshots;
mod stats;
mod time;
mod versions;

use loom::{
    model::Builder,
    sync::{
        atomic::{AtomicBool, Ordering},
        Arc,
    },
    thread,
};
use shardmap_core::{
    key::{Key, KeyBuf, KeyRef},
    slots::Slots,
    Value,
};
use std::sync::OnceLock;

/// Runs what may be long: with at most two preemptions, unless `LOOM_MAX_PREEMPTIONS` says otherwise.
fn explore(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(2));
    builder.max_branches = 100_000;
    builder.check(model);
}

fn number(value: Option<&Value>) -> Option<u32> {
    value.and_then(Value::as_number).map(|number| number as u32)
}

fn value(number: u32) -> Value {
    Value::number(number.into())
}

/// The key of this number.
fn key(number: u8) -> KeyRef<'static> {
    static KEYS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    let encoded = |number: u8| {
        let mut key = KeyBuf::new();
        key.number(number.into());
        key.finish().unwrap().bytes.to_vec()
    };
    KeyRef::new(&KEYS.get_or_init(|| (0..64).map(encoded).collect())[usize::from(number)])
}

fn owned(number: u8) -> Key {
    Key::new(key(number).bytes)
}

/// Runs this beside the rest of the test.
fn beside<M: Send + Sync + 'static, T: 'static>(
    map: &std::sync::Arc<M>,
    run: impl FnOnce(&std::sync::Arc<M>) -> T + 'static,
) -> thread::JoinHandle<T> {
    let map = map.clone();
    thread::spawn(move || run(&map))
}

/// One writes and tells of it, while another one reads, remembers what it read with its slot and version, and looks whether that still holds.
/// `written` says whether a value is what there is after the write.
fn nothing_told_of_is_missed<M: Send + Sync + 'static>(
    map: std::sync::Arc<M>,
    write: impl FnOnce(&M) + 'static,
    read: impl FnOnce(&M) -> (Option<u32>, usize, u32),
    written: Option<u32>,
) {
    let told = Arc::new(AtomicBool::new(false));
    let writer = {
        let told = told.clone();
        beside(&map, move |map| {
            write(map);
            told.store(true, Ordering::Release);
        })
    };
    let (value, slot, version) = read(&map);
    if told.load(Ordering::Acquire) && Slots::process().version(slot) == version {
        assert_eq!(value, written, "a hit contradicts a write that the reader was told of");
    }
    writer.join().unwrap();
}

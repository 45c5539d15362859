//! The versioned map: against a list of `HashMap` versions, in the matrix of its conflicts, and under threads.

#[path = "../counting/mod.rs"]
mod counting;

mod bank;
mod batches;
mod conflicts;
mod deltas;
mod durable;
mod fixture;
mod lifetimes;
mod model;
mod properties;
mod publication;
mod threads;

use fixture::{encoded, key, map, MODES};
use shardmap_core::{
    key::{Key, KeyRef},
    versions::{Base, Change, Commit, Tree, VersionedMap, Write},
    Code, Result, Value,
};
use std::{
    sync::{
        atomic::{AtomicBool, Ordering},
        Arc,
    },
    thread,
};

fn put(at: u32, value: f64) -> Write {
    Write::new(key(at), Some(Value::number(value)))
}

fn delete(at: u32) -> Write {
    Write::new(key(at), None)
}

/// A commit without conditions.
fn writes<const N: usize>(writes: [Write; N]) -> Commit {
    Commit::of(Change::Writes(writes.into()))
}

fn commit<const N: usize>(map: &Arc<VersionedMap>, all: [Write; N]) -> u64 {
    map.commit_sync(writes(all)).unwrap()
}

fn replace(map: &Arc<VersionedMap>, all: Vec<Write>) -> Result<u64> {
    map.commit_sync(Commit::of(Change::Replace(map.replacement(all)?)))
}

fn number(tree: &Tree, at: u32) -> Option<f64> {
    tree.get(KeyRef::new(key(at).as_bytes())).map(|entry| entry.value.as_number().unwrap())
}

/// Commits what is made from the latest version, again and again until no other commit has written what it read.
fn until_done(map: &Arc<VersionedMap>, make: impl Fn(&Tree) -> (Vec<Key>, Vec<Write>)) -> u64 {
    loop {
        let base = map.latest().unwrap();
        let (reads, all) = make(&base.tree);
        match map.commit_sync(Commit { base: Base::Seen(base), reads, ..Commit::of(Change::Writes(all)) }) {
            Ok(version) => return version,
            Err(error) => assert_eq!(error.code(), Code::Conflict),
        }
    }
}

/// Runs readers beside writers until the last writer is done.
fn beside(writers: Vec<Box<dyn FnOnce() + Send + '_>>, readers: Vec<Box<dyn FnMut() + Send + '_>>) {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for mut reader in readers {
            let done = &done;
            scope.spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    reader();
                }
                reader();
            });
        }
        let writers: Vec<_> = writers.into_iter().map(|writer| scope.spawn(writer)).collect();
        let ends: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
        done.store(true, Ordering::Relaxed);
        ends.into_iter().for_each(|end| end.unwrap());
    });
}

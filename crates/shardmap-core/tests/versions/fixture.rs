//! Maps and keys of the tests and of the model.

use shardmap_core::{
    key::{Key, KeyBuf},
    versions::{Mode, Options, VersionedMap},
};
use std::sync::Arc;

pub const MODES: [Mode; 2] = [Mode::Delta, Mode::Copy];

pub fn map(mode: Mode, history: u64) -> Arc<VersionedMap> {
    VersionedMap::new(Options { mode: Some(mode), history: Some(history), ..Options::default() }).unwrap()
}

pub fn key(number: u32) -> Key {
    let mut key = KeyBuf::new();
    key.number(f64::from(number));
    Key::new(key.as_bytes())
}

/// As an error names keys.
pub fn encoded(keys: impl IntoIterator<Item = Key>) -> Vec<Box<[u8]>> {
    keys.into_iter().map(|key| key.as_bytes().into()).collect()
}

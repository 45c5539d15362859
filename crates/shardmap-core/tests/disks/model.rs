//! What a file must hold after each commit.

use shardmap_core::{
    key::{Key, KeyBuf},
    store::{Change, Loaded, Logged},
    Value,
};
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_128;

pub const LINEAGE: [u8; 16] = *b"one lineage only";

pub fn key(text: &str) -> Key {
    let mut buf = KeyBuf::new();
    buf.bytes(text.as_bytes());
    Key::new(buf.finish().unwrap().bytes)
}

/// The content of each version, and the commits between them.
#[derive(Clone, Default)]
pub struct Model {
    pub contents: Vec<BTreeMap<Vec<u8>, Value>>,
    pub commits: Vec<Logged>,
}

impl Model {
    pub fn new() -> Self {
        Self { contents: vec![BTreeMap::new()], commits: vec![] }
    }

    pub fn version(&self) -> u64 {
        self.commits.len() as u64
    }

    /// The next commit: it sets or deletes these keys.
    pub fn commit(&mut self, changes: impl IntoIterator<Item = (Key, Option<Value>)>, tx_id: Option<&str>) -> Logged {
        let mut content = self.contents.last().unwrap().clone();
        let changes = changes.into_iter().map(|(key, after)| {
            let before = match after.clone() {
                Some(value) => content.insert(key.as_bytes().to_vec(), value),
                None => content.remove(key.as_bytes()),
            };
            Change { key, before, after }
        });
        let changes = changes.collect();
        let version = self.version() + 1;
        let commit = Logged { version, at: 1_000 + version, tx_id: tx_id.map(str::to_owned), changes };
        self.contents.push(content);
        self.commits.push(commit.clone());
        commit
    }

    /// Some commit: a few sets, a deletion, now and then a long value, and a transaction.
    pub fn some_commit(&mut self) -> Logged {
        let version = self.version() + 1;
        let mut changes: Vec<_> =
            (0..4).map(|place| (key(&format!("key {}", (version * 7 + place * 3) % 60)), Some(Value::number(version as f64)))).collect();
        changes.push((key(&format!("key {}", (version * 7 + 2) % 60)), None));
        if version.is_multiple_of(3) {
            let bytes = vec![version as u8; 3_000 * version as usize % 20_000];
            changes.push((key("long"), Some(Value::payload(shardmap_core::Kind::Bytes, &bytes).unwrap())));
        }
        let tx_id = format!("tx {version}");
        self.commit(changes, version.is_multiple_of(2).then_some(tx_id.as_str()))
    }

    /// What a file at this version must load, written out.
    pub fn told(&self, version: u64, history: u64) -> String {
        let entries = self.contents[version as usize].iter().map(|(key, value)| (Key::new(key), value.clone())).collect();
        let commits = &self.commits[..version as usize];
        let log = commits[commits.len() - commits.len().min(history as usize)..].to_vec();
        let tx_ids: Vec<_> = commits.iter().filter_map(|commit| Some((commit.tx_id.clone()?, commit.version))).collect();
        let tx_ids = tx_ids[tx_ids.len() - tx_ids.len().min(10_000)..].to_vec();
        let lineage = if version == 0 { [0; 16] } else { LINEAGE };
        let at = commits.last().map_or(0, |commit| commit.at);
        tell(&Loaded { lineage, version, at, entries, log, tx_ids })
    }
}

/// Everything in it, long payloads by their hashes.
pub fn tell(loaded: &Loaded) -> String {
    let Loaded { lineage, version, at, entries, log, tx_ids } = loaded;
    let mut told = format!("{lineage:?} {version} {at} {tx_ids:?}");
    entries.iter().for_each(|(key, value)| told += &format!("\n{key:?} {}", tell_value(Some(value))));
    for commit in log {
        told += &format!("\n{} {} {:?}", commit.version, commit.at, commit.tx_id);
        for Change { key, before, after } in &commit.changes {
            told += &format!("\n{key:?} {} {}", tell_value(before.as_ref()), tell_value(after.as_ref()));
        }
    }
    told
}

fn tell_value(value: Option<&Value>) -> String {
    match value.and_then(Value::as_payload) {
        Some((kind, bytes)) if bytes.len() > 64 => format!("{kind:?} {} {:x}", bytes.len(), xxh3_128(bytes)),
        _ => format!("{value:?}"),
    }
}

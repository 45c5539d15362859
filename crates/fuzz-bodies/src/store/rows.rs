//! Rows that nobody wrote, with checksums that fit: what only a forger makes.

use super::{check_panics, watch_panics};
use crate::{
    disk::{File, Memory},
    given::{key, value, Encoded},
};
use arbitrary::{Arbitrary, Result, Unstructured};
use redb::{Builder, Database, TableDefinition};
use shardmap_core::{
    key,
    versions::{Change, Commit, Delta, Options, Total, VersionedMap, Write},
    Code, Value, View,
};
use std::{
    fs,
    ops::ControlFlow,
    path::Path,
    sync::{Arc, OnceLock},
};
use xxhash_rust::xxh3::{xxh3_128_with_seed, xxh3_64_with_seed};

const TABLES: [&str; 4] = ["entries", "log", "tx", "head"];
const ENTRIES: usize = 0;
const LOG: usize = 1;
const TX: usize = 2;
const HEAD: usize = 3;

fn define(table: usize) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
    TableDefinition::new(TABLES[table])
}

/// A table, a key and a body.
type Row = (usize, Vec<u8>, Vec<u8>);

fn put_value(body: &mut Vec<u8>, value: Option<&Value>) {
    match value.map(Value::view) {
        None => body.push(0),
        Some(View::Payload(kind, bytes)) => {
            body.push(6 + kind as u8);
            body.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
            body.extend_from_slice(bytes);
        }
        Some(_) => {
            let value = value.expect("it was seen");
            body.push(value.tag());
            body.extend_from_slice(value.bytes());
        }
    }
}

fn some_key(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    Ok(if u.ratio(3, 4)? { key(u.int_in_range(0..=5)?).as_bytes().to_vec() } else { Encoded::arbitrary(u)?.bytes() })
}

fn maybe(u: &mut Unstructured<'_>, body: &mut Vec<u8>) -> Result<()> {
    let value = if u.arbitrary()? { Some(value(u)?) } else { None };
    put_value(body, value.as_ref());
    Ok(())
}

/// Mostly small, now and then any.
fn number(u: &mut Unstructured<'_>) -> Result<u64> {
    if u.ratio(7, 8)? {
        return u.int_in_range(0..=6);
    }
    u.arbitrary()
}

fn log_key(version: u64, part: u32) -> Vec<u8> {
    [&version.to_be_bytes()[..], &part.to_be_bytes()].concat()
}

/// The record of a commit, of which something may not fit.
fn commit(u: &mut Unstructured<'_>, version: u64, rows: &mut Vec<Row>) -> Result<()> {
    let mut part = Vec::new();
    let changes = u.int_in_range(0..=3_u64)?;
    for _ in 0..changes {
        let key = some_key(u)?;
        part.extend_from_slice(&(key.len() as u32).to_le_bytes());
        part.extend_from_slice(&key);
        maybe(u, &mut part)?;
    }
    let off = |u: &mut Unstructured<'_>| Ok(if u.ratio(1, 16)? { number(u)? } else { 0 });
    let parts = u32::from(changes > 0);
    let mut head = version.wrapping_sub(1).wrapping_add(off(u)?).to_le_bytes().to_vec();
    head.extend_from_slice(&number(u)?.to_le_bytes());
    head.extend_from_slice(&changes.wrapping_add(off(u)?).to_le_bytes());
    head.extend_from_slice(&parts.wrapping_add(off(u)? as u32).to_le_bytes());
    let id: Option<Vec<u8>> = u.arbitrary()?;
    head.push(id.is_some().into());
    head.extend(id.into_iter().flatten());
    rows.push((LOG, log_key(version, 0), head));
    if parts > 0 {
        rows.push((LOG, log_key(version, 1), part));
    }
    Ok(())
}

struct Rows {
    rows: Vec<Row>,
    version: u64,
    at: u64,
    next_tx: u64,
    sound: bool,
}

fn read(u: &mut Unstructured<'_>) -> Result<Rows> {
    let mut rows = Vec::new();
    for _ in 0..u.int_in_range(0..=4)? {
        let (key, mut body) = (some_key(u)?, Vec::new());
        if u.ratio(7, 8)? {
            put_value(&mut body, Some(&value(u)?));
        } else {
            body = u.arbitrary()?;
        }
        rows.push((ENTRIES, key, body));
    }
    let version = number(u)?;
    let commits = u.int_in_range(0..=3_u64)?.min(version);
    for commit in version - commits..version {
        self::commit(u, commit + 1, &mut rows)?;
    }
    let (txs, next_tx) = (u.int_in_range(0..=2_u64)?, number(u)?);
    let next_tx = next_tx.max(txs);
    for tx in next_tx - txs..next_tx {
        let mut body = number(u)?.to_le_bytes().to_vec();
        body.extend(u.arbitrary::<Vec<u8>>()?);
        rows.push((TX, tx.to_be_bytes().to_vec(), body));
    }
    while !u.is_empty() && u.arbitrary()? {
        rows.push((u.int_in_range(0..=2)?, u.arbitrary()?, u.arbitrary()?));
    }
    // Of one key the last counts, in the file too.
    let mut last: Vec<Row> = Vec::new();
    for row in rows {
        last.retain(|(table, key, _)| (*table, key) != (row.0, &row.1));
        last.push(row);
    }
    Ok(Rows { rows: last, version, at: number(u)?, next_tx, sound: !u.ratio(1, 32)? })
}

fn sum(table: usize, key: &[u8], body: &[u8]) -> u128 {
    xxh3_128_with_seed(body, xxh3_64_with_seed(key, table as u64 + 1))
}

impl Rows {
    fn head(&self) -> Vec<u8> {
        let mut head = b"shardmap\x01\0\0\0one lineage only".to_vec();
        head.extend_from_slice(&self.version.to_le_bytes());
        head.extend_from_slice(&self.at.to_le_bytes());
        for table in [ENTRIES, LOG, TX] {
            let rows = self.rows.iter().filter(|row| row.0 == table);
            let tally = rows.fold((0, 0_u128), |(count, all), (table, key, body)| (count + 1, all.wrapping_add(sum(*table, key, body))));
            head.extend_from_slice(&(tally.0 + u64::from(!self.sound)).to_le_bytes());
            head.extend_from_slice(&tally.1.to_le_bytes());
        }
        head.extend_from_slice(&self.next_tx.to_le_bytes());
        head
    }

    /// The file, closed in order.
    fn bytes(&self) -> Vec<u8> {
        static EMPTY: OnceLock<Vec<u8>> = OnceLock::new();
        let create = |disk: Memory| -> Database { Builder::new().create_with_backend(disk).expect("a sound disk") };
        let empty = EMPTY.get_or_init(|| {
            let disk = Memory::default();
            drop(create(disk.clone()));
            disk.bytes()
        });
        let disk = Memory::new(empty.clone());
        let database = create(disk.clone());
        let transaction = database.begin_write().expect("a sound disk");
        for table in [ENTRIES, LOG, TX, HEAD] {
            let mut open = transaction.open_table(define(table)).expect("a sound disk");
            let head = (HEAD, b"head".to_vec(), self.head());
            for (_, key, body) in self.rows.iter().chain([&head]).filter(|row| row.0 == table) {
                let row = [&body[..], &sum(table, key, body).to_le_bytes()].concat();
                open.insert(&key[..], &row[..]).expect("a sound disk");
            }
        }
        transaction.commit().expect("a sound disk");
        drop(database);
        disk.bytes()
    }
}

fn map(path: &Path) -> shardmap_core::Result<Arc<VersionedMap>> {
    VersionedMap::new(Options { path: Some(path.to_owned()), history: Some(2), ..Options::default() })
}

fn check(map: &VersionedMap) {
    let latest = map.latest().expect("it is open");
    for kept in map.kept().expect("it is open") {
        let root = map.at(kept.version).expect("it is kept");
        assert_eq!(root.total, Total::of(&root.tree), "version {}", kept.version);
        root.tree.walk(0, &mut |entry| {
            assert!(key::is_valid(entry.key.as_bytes()), "{:?}", entry.key);
            let value = Value::from_parts(entry.value.tag(), entry.value.bytes());
            assert!(value.is_some(), "{:?} is no value", entry.value);
            ControlFlow::Continue(())
        });
        if kept.version < latest.version {
            map.changes(kept.version + 1).expect("it is kept");
        }
    }
    assert!(Delta::decode(&map.export_delta(0).expect("everything can be exported")).is_ok());
}

/// What is opened is refused and stays as it is, or is a map that can be read, written and opened again.
pub fn open(data: &[u8]) {
    watch_panics();
    let Ok(rows) = read(&mut Unstructured::new(data)) else { return };
    let bytes = rows.bytes();
    let file = File::new("rows", &bytes);
    match map(&file.0) {
        Err(error) => {
            assert_eq!(error.code(), Code::Corrupt, "{error}");
            assert!(fs::read(&file.0).expect("it is there") == bytes, "it was changed");
        }
        Ok(map) => {
            check(&map);
            let before = map.latest().expect("it is open");
            let write = Write::new(key(0), Some(Value::number(7.5)));
            let version = map.commit_sync(Commit::of(Change::Writes(vec![write])));
            check(&map);
            let total = map.latest().expect("it is open").total;
            map.destroy().expect("it can be closed");
            let again = self::map(&file.0).expect("what was written");
            let latest = again.latest().expect("it is open");
            assert_eq!((latest.version, latest.total), (version.unwrap_or(before.version), total));
            check(&again);
            again.destroy().expect("it can be closed");
        }
    }
    check_panics();
}

//! Reads a whole file without changing it, and believes nothing that does not fit its checksums and counts.

use super::{
    damaged,
    disk::Disk,
    guard::Guard,
    overlay::Overlay,
    record::{checked, unseal, Head, Reader, Table, Tally, HEAD_KEY},
    redb::{wants_repair, Db, Opening, Visit},
    Change, Loaded, Logged,
};
use crate::{
    error::{Code, Error, Result},
    key::Key,
    sync::Arc,
    value::Value,
    versions::MAX_VERSION,
};
use std::collections::{HashMap, HashSet, VecDeque};

/// A verified file.
pub struct Found {
    pub head: Head,
    /// Version and number of parts of each record of the log, oldest first.
    pub log: VecDeque<(u64, u32)>,
    pub loaded: Loaded,
    /// It was not closed in order.
    pub repair: bool,
}

/// Verifies and loads. What redb writes while it opens goes to memory.
pub fn load(disk: &Arc<dyn Disk>, history: u64) -> Result<Found> {
    let unreadable = |error| Error::new(Code::Io, format!("the file cannot be read: {error}"));
    let len = disk.len().map_err(unreadable)?;
    // Opening, verifying and loading read each page a few times.
    let budget = len.saturating_mul(64);
    let guarded = || Ok(Guard::new(Arc::new(Overlay::new(disk.clone()).map_err(unreadable)?), budget));
    let db = Db::open(guarded()?, Opening::Check)?;
    let found = read(&db, history);
    db.discard();
    let found = found?;
    Ok(Found { repair: wants_repair(guarded()?)?, ..found })
}

/// The head alone.
pub fn head(db: &Db) -> Result<Head> {
    let mut head = None;
    db.read(Table::Head, 1, &mut |key, row| {
        if key != HEAD_KEY {
            return Err(damaged("its head has another name"));
        }
        head = Some(Head::decode(unseal(Table::Head, key, row)?.0)?);
        Ok(())
    })?;
    head.ok_or_else(|| damaged("it has no head"))
}

fn read(db: &Db, history: u64) -> Result<Found> {
    let head = head(db)?;
    // A transaction is one of a commit, each commit has a version of its own, and before the first there is nothing.
    let is_empty = head.tallies.iter().all(|tally| tally.rows == 0);
    if head.version > MAX_VERSION || head.next_tx > head.version || (head.version == 0 && !is_empty) {
        return Err(damaged("it has numbers that none has"));
    }
    let mut entries = Vec::new();
    rows(db, &head, Table::Entries, &mut |key, body| {
        let mut body = Reader(body);
        let value = body.value()?.ok_or_else(|| damaged("a key has no value"))?;
        entries.push((Key::new(checked(key)?), value));
        body.end()
    })?;
    let mut log = Records { head: head.clone(), done: VecDeque::new() };
    rows(db, &head, Table::Log, &mut |key, body| log.row(key, body))?;
    log.end()?;
    let mut tx_ids = Vec::new();
    let mut next = head.next_tx.checked_sub(head.tallies[Table::Tx as usize].rows).ok_or_else(|| damaged("transactions are missing"))?;
    rows(db, &head, Table::Tx, &mut |key, body| {
        if key != next.to_be_bytes() {
            return Err(damaged("transactions are missing"));
        }
        next += 1;
        let mut body = Reader(body);
        let version = body.u64()?;
        if version > head.version {
            return Err(damaged("a transaction is of a version to come"));
        }
        tx_ids.push((text(body.rest())?, version));
        Ok(())
    })?;
    let kept = log.done.iter().map(|record| (record.version, record.parts)).collect();
    let log = logged(&entries, log.done, history);
    let loaded = Loaded { lineage: head.lineage, version: head.version, at: head.at, entries, log, tx_ids };
    Ok(Found { head, log: kept, loaded, repair: false })
}

/// Visits the bodies of a table, and compares their number and sum with the head.
fn rows(db: &Db, head: &Head, table: Table, each: &mut Visit<'_>) -> Result<()> {
    let said = head.tallies[table as usize];
    let mut tally = Tally::default();
    db.read(table, said.rows, &mut |key, row| {
        let (body, sum) = unseal(table, key, row)?;
        tally.add(sum);
        each(key, body)
    })?;
    if tally != said {
        return Err(damaged("records are missing"));
    }
    Ok(())
}

fn text(bytes: &[u8]) -> Result<String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| damaged("a transaction has no readable name"))
}

/// A commit as the log has it: the values it replaced.
struct Record {
    version: u64,
    at: u64,
    tx_id: Option<String>,
    /// Parts that belong to it, and changes in them.
    parts: u32,
    changes: u64,
    seen: u32,
    before: Vec<(Key, Option<Value>)>,
}

/// The records of the log, in which each names the version before it, and the last one leads to the head.
struct Records {
    head: Head,
    done: VecDeque<Record>,
}

impl Records {
    fn row(&mut self, key: &[u8], body: &[u8]) -> Result<()> {
        let mut key = Reader(key);
        let (version, part) = (u64::from_be_bytes(key.array()?), u32::from_be_bytes(key.array()?));
        key.end()?;
        let mut body = Reader(body);
        if part == 0 {
            self.complete()?;
            let (previous, at, changes, parts) = (body.u64()?, body.u64()?, body.u64()?, body.u32()?);
            if previous >= version || self.done.back().is_some_and(|last| last.version != previous) {
                return Err(damaged("versions are missing"));
            }
            let tx_id = match body.array::<1>()? {
                [0] => None,
                _ => Some(text(body.rest())?),
            };
            self.done.push_back(Record { version, at, tx_id, parts, changes, seen: 0, before: Vec::new() });
            return body.end();
        }
        let record = self.done.back_mut().filter(|record| record.version == version && record.seen + 1 == part);
        let record = record.ok_or_else(|| damaged("parts of a version are missing"))?;
        record.seen = part;
        while !body.0.is_empty() {
            let key = Key::new(body.key()?);
            record.before.push((key, body.value()?));
        }
        Ok(())
    }

    fn complete(&self) -> Result<()> {
        match self.done.back() {
            Some(record) if record.seen != record.parts || record.before.len() as u64 != record.changes => {
                Err(damaged("parts of a version are missing"))
            }
            Some(record) if record.before.iter().map(|(key, _)| key.as_bytes()).collect::<HashSet<_>>().len() != record.before.len() => {
                Err(damaged("a version changes a key twice"))
            }
            _ => Ok(()),
        }
    }

    fn end(&self) -> Result<()> {
        self.complete()?;
        match self.done.back() {
            Some(record) if record.version != self.head.version => Err(damaged("versions are missing")),
            _ => Ok(()),
        }
    }
}

/// The newest commits of the log. What a commit wrote is what the next one of that key replaced, or the entry there is now.
fn logged(entries: &[(Key, Value)], log: VecDeque<Record>, history: u64) -> Vec<Logged> {
    let mut newer: HashMap<Vec<u8>, Option<Value>> = HashMap::new();
    let mut commits = Vec::new();
    for record in log.into_iter().rev().zip(0..history).map(|(record, _)| record) {
        let changes = record.before.into_iter().map(|(key, before)| {
            let after = newer.insert(key.as_bytes().to_vec(), before.clone()).unwrap_or_else(|| {
                let place = entries.binary_search_by(|(other, _)| other.as_bytes().cmp(key.as_bytes()));
                place.ok().map(|place| entries[place].1.clone())
            });
            Change { key, before, after }
        });
        commits.push(Logged { version: record.version, at: record.at, tx_id: record.tx_id, changes: changes.collect() });
    }
    commits.reverse();
    commits
}

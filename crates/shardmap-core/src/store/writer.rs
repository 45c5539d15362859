//! Writes commits: entries forward, the log backward, and the head that binds them.

use super::{
    load::Found,
    record::{put_key, put_value, seal, Head, Table, HEAD_KEY},
    redb::{Db, Rows},
    Logged, Store,
};
use crate::error::{Code, Error, Result};
use std::collections::VecDeque;

/// Applied transactions that are remembered.
pub const TX_IDS: u64 = 10_000;
/// A part of a log record takes changes until it has this many bytes.
const PART: usize = 32 << 10;

/// A file open for writing.
pub struct Writer {
    db: Db,
    head: Head,
    /// Version and number of parts of each record of the log, oldest first.
    log: VecDeque<(u64, u32)>,
    history: u64,
}

/// Begins a file that holds nothing.
pub fn begin(db: &Db) -> Result<()> {
    db.write(true, |rows| put_head(rows, &Head::default()))
}

impl Writer {
    pub fn new(db: Db, found: Found, history: u64) -> (Self, super::Loaded) {
        (Self { db, head: found.head, log: found.log, history }, found.loaded)
    }
}

impl Store for Writer {
    fn append(&mut self, lineage: [u8; 16], commits: &[Logged], sync: bool) -> Result<()> {
        let mut draft = Draft { head: self.head.clone(), added: Vec::new() };
        draft.head.lineage = lineage;
        // Of commits that the log would not keep, it gets nothing.
        let unlogged = commits.len() - commits.len().min(usize::try_from(self.history).unwrap_or(usize::MAX));
        let mut dropped = 0;
        self.db.write(sync, |rows| {
            for (place, commit) in commits.iter().enumerate() {
                draft.commit(rows, commit, place >= unlogged)?;
            }
            let kept = self.history.saturating_sub(draft.added.len() as u64);
            dropped = self.log.len() - self.log.len().min(usize::try_from(kept).unwrap_or(usize::MAX));
            for &(version, parts) in self.log.range(..dropped) {
                for part in 0..=parts {
                    draft.take(rows, Table::Log, &log_key(version, part))?;
                }
            }
            while draft.head.tallies[Table::Tx as usize].rows > TX_IDS {
                let oldest = draft.head.next_tx - draft.head.tallies[Table::Tx as usize].rows;
                draft.take(rows, Table::Tx, &oldest.to_be_bytes())?;
            }
            put_head(rows, &draft.head)
        })?;
        self.head = draft.head;
        self.log.drain(..dropped);
        self.log.extend(draft.added);
        Ok(())
    }

    fn sync(&mut self) -> Result<()> {
        self.db.write(true, |_| Ok(()))
    }
}

impl Drop for Writer {
    /// Both commit slots of redb hold the same afterwards, so that damage to the switch between them cannot bring an older version back.
    fn drop(&mut self) {
        let _ = self.sync();
    }
}

fn put_head(rows: &mut Rows<'_>, head: &Head) -> Result<()> {
    let mut body = head.encode();
    seal(Table::Head, HEAD_KEY, &mut body);
    rows.put(Table::Head, HEAD_KEY, &body).map(drop)
}

/// Big endian, so that the rows lie in the order of the versions.
fn log_key(version: u64, part: u32) -> [u8; 12] {
    let mut key = [0; 12];
    key[..8].copy_from_slice(&version.to_be_bytes());
    key[8..].copy_from_slice(&part.to_be_bytes());
    key
}

/// The file as it will be.
struct Draft {
    head: Head,
    added: Vec<(u64, u32)>,
}

impl Draft {
    fn commit(&mut self, rows: &mut Rows<'_>, commit: &Logged, log: bool) -> Result<()> {
        let previous = self.head.version;
        if commit.version <= previous {
            return Err(Error::new(Code::Panic, format!("version {} cannot follow version {previous}", commit.version)));
        }
        (self.head.version, self.head.at) = (commit.version, commit.at);
        let mut body = Vec::new();
        for change in &commit.changes {
            let key = change.key.as_bytes();
            let had = match &change.after {
                None => self.take(rows, Table::Entries, key)?,
                after => {
                    body.clear();
                    put_value(&mut body, after.as_ref());
                    self.put(rows, Table::Entries, key, &mut body)?
                }
            };
            if had != change.before.is_some() {
                return Err(Error::new(Code::Panic, "the map and its file differ"));
            }
        }
        drop(body);
        if log {
            let parts = self.parts(rows, commit)?;
            self.log_head(rows, commit, previous, parts)?;
            self.added.push((commit.version, parts));
        }
        if let Some(tx_id) = &commit.tx_id {
            let mut body = commit.version.to_le_bytes().to_vec();
            body.extend_from_slice(tx_id.as_bytes());
            let place = self.head.next_tx;
            self.head.next_tx += 1;
            self.put(rows, Table::Tx, &place.to_be_bytes(), &mut body)?;
        }
        Ok(())
    }

    /// Writes what the commit replaced, in as many parts as it takes.
    fn parts(&mut self, rows: &mut Rows<'_>, commit: &Logged) -> Result<u32> {
        let mut parts = 0;
        let mut body = Vec::new();
        let mut changes = commit.changes.iter().peekable();
        while let Some(change) = changes.next() {
            put_key(&mut body, change.key.as_bytes());
            put_value(&mut body, change.before.as_ref());
            if body.len() >= PART || changes.peek().is_none() {
                parts += 1;
                self.put(rows, Table::Log, &log_key(commit.version, parts), &mut body)?;
                body.clear();
            }
        }
        Ok(parts)
    }

    fn log_head(&mut self, rows: &mut Rows<'_>, commit: &Logged, previous: u64, parts: u32) -> Result<()> {
        let mut body = previous.to_le_bytes().to_vec();
        body.extend_from_slice(&commit.at.to_le_bytes());
        body.extend_from_slice(&(commit.changes.len() as u64).to_le_bytes());
        body.extend_from_slice(&parts.to_le_bytes());
        body.push(u8::from(commit.tx_id.is_some()));
        body.extend_from_slice(commit.tx_id.as_deref().unwrap_or_default().as_bytes());
        self.put(rows, Table::Log, &log_key(commit.version, 0), &mut body).map(drop)
    }

    /// Seals the body and puts it; returns whether there was a row.
    fn put(&mut self, rows: &mut Rows<'_>, table: Table, key: &[u8], body: &mut Vec<u8>) -> Result<bool> {
        let tally = &mut self.head.tallies[table as usize];
        tally.add(seal(table, key, body));
        let replaced = rows.put(table, key, body)?;
        Ok(replaced.inspect(|&sum| tally.remove(sum)).is_some())
    }

    /// Removes a row; returns whether there was one.
    fn take(&mut self, rows: &mut Rows<'_>, table: Table, key: &[u8]) -> Result<bool> {
        let removed = rows.take(table, key)?;
        Ok(removed.inspect(|&sum| self.head.tallies[table as usize].remove(sum)).is_some())
    }
}

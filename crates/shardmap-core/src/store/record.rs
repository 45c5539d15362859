//! The rows of the file: a body and its 128-bit checksum, which covers table, key and body. The head row has the sum of all others.

use super::damaged;
use crate::{
    error::Result,
    key,
    value::{Kind, Value, View},
};
use xxhash_rust::xxh3::{xxh3_128_with_seed, xxh3_64_with_seed};

/// The format this code writes and reads.
const FORMAT: u32 = 1;
const MAGIC: &[u8; 8] = b"shardmap";
const SUM: usize = 16;

const ABSENT: u8 = 0;
const UNDEFINED: u8 = 1;
const NULL: u8 = 2;
const FALSE: u8 = 3;
const TRUE: u8 = 4;
const NUMBER: u8 = 5;
/// The tag of a payload is this and its place in `KINDS`.
const PAYLOAD: u8 = 6;
const KINDS: [Kind; 7] = [Kind::Latin1, Kind::Utf16, Kind::BigInt, Kind::Bytes, Kind::Packed, Kind::Clone, Kind::Mixed];

/// The tables of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// A key and its value.
    Entries,
    /// Version and part: the head of a commit is its part 0, what it replaced the parts above.
    Log,
    /// A running number: an applied transaction.
    Tx,
    /// One row: [`Head`].
    Head,
}

impl Table {
    pub const ALL: [Self; 4] = [Self::Entries, Self::Log, Self::Tx, Self::Head];

    pub const fn name(self) -> &'static str {
        ["entries", "log", "tx", "head"][self as usize]
    }
}

/// The key of the one row of [`Table::Head`].
pub const HEAD_KEY: &[u8] = b"head";

fn sum(table: Table, key: &[u8], body: &[u8]) -> u128 {
    xxh3_128_with_seed(body, xxh3_64_with_seed(key, table as u64 + 1))
}

/// Makes a body a row.
pub fn seal(table: Table, key: &[u8], body: &mut Vec<u8>) -> u128 {
    let sum = sum(table, key, body);
    body.extend_from_slice(&sum.to_le_bytes());
    sum
}

/// The body and checksum of a row that is what was written under this key.
pub fn unseal<'a>(table: Table, key: &[u8], row: &'a [u8]) -> Result<(&'a [u8], u128)> {
    match sum_of(row) {
        Some(kept) if kept == sum(table, key, &row[..row.len() - SUM]) => Ok((&row[..row.len() - SUM], kept)),
        _ => Err(damaged("a record does not fit its checksum")),
    }
}

/// The checksum a row says it has.
pub fn sum_of(row: &[u8]) -> Option<u128> {
    row.last_chunk::<SUM>().map(|bytes| u128::from_le_bytes(*bytes))
}

/// How many rows, and the sum of their checksums, which each change of a row moves by that row alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub rows: u64,
    pub sum: u128,
}

impl Tally {
    pub fn add(&mut self, sum: u128) {
        self.rows += 1;
        self.sum = self.sum.wrapping_add(sum);
    }

    pub fn remove(&mut self, sum: u128) {
        self.rows = self.rows.wrapping_sub(1);
        self.sum = self.sum.wrapping_sub(sum);
    }
}

/// What the file says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    pub lineage: [u8; 16],
    pub version: u64,
    pub at: u64,
    /// Of [`Table::Entries`], [`Table::Log`] and [`Table::Tx`].
    pub tallies: [Tally; 3],
    /// The running number of the next transaction.
    pub next_tx: u64,
}

impl Head {
    pub fn encode(&self) -> Vec<u8> {
        let mut body = MAGIC.to_vec();
        body.extend_from_slice(&FORMAT.to_le_bytes());
        body.extend_from_slice(&self.lineage);
        body.extend_from_slice(&self.version.to_le_bytes());
        body.extend_from_slice(&self.at.to_le_bytes());
        for tally in &self.tallies {
            body.extend_from_slice(&tally.rows.to_le_bytes());
            body.extend_from_slice(&tally.sum.to_le_bytes());
        }
        body.extend_from_slice(&self.next_tx.to_le_bytes());
        body
    }

    pub fn decode(body: &[u8]) -> Result<Self> {
        let mut body = Reader(body);
        if body.array::<8>()? != *MAGIC {
            return Err(damaged("another program wrote it"));
        }
        let format = u32::from_le_bytes(body.array()?);
        if format != FORMAT {
            return Err(damaged(&format!("it has format {format}, this shardmap reads format {FORMAT}")));
        }
        let mut head = Self { lineage: body.array()?, version: body.u64()?, at: body.u64()?, ..Self::default() };
        for tally in &mut head.tallies {
            *tally = Tally { rows: body.u64()?, sum: u128::from_le_bytes(body.array()?) };
        }
        head.next_tx = body.u64()?;
        body.end()?;
        Ok(head)
    }
}

/// Appends a value, or its absence.
pub fn put_value(body: &mut Vec<u8>, value: Option<&Value>) {
    match value.map(Value::view) {
        None => body.push(ABSENT),
        Some(View::Undefined) => body.push(UNDEFINED),
        Some(View::Null) => body.push(NULL),
        Some(View::Bool(value)) => body.push(if value { TRUE } else { FALSE }),
        Some(View::Number(value)) => {
            body.push(NUMBER);
            body.extend_from_slice(&value.to_bits().to_le_bytes());
        }
        Some(View::Payload(kind, bytes)) => {
            body.reserve_exact(5 + bytes.len() + SUM);
            body.push(PAYLOAD + kind as u8);
            body.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
            body.extend_from_slice(bytes);
        }
    }
}

/// Appends a key.
pub fn put_key(body: &mut Vec<u8>, key: &[u8]) {
    body.extend_from_slice(&(key.len() as u32).to_le_bytes());
    body.extend_from_slice(key);
}

/// The encoded key, if it is one.
pub fn checked(key: &[u8]) -> Result<&[u8]> {
    if !key::is_valid(key) {
        return Err(damaged("a key is none"));
    }
    Ok(key)
}

/// Reads a body from its start; nothing is allocated for a length that is not there.
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn bytes(&mut self, len: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or_else(|| damaged("a record is cut short"))?;
        self.0 = rest;
        Ok(taken)
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk().ok_or_else(|| damaged("a record is cut short"))?;
        self.0 = rest;
        Ok(*taken)
    }

    pub fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    pub fn end(&self) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(damaged("a record is too long"))
    }

    pub fn key(&mut self) -> Result<&'a [u8]> {
        let len = self.u32()? as usize;
        checked(self.bytes(len)?)
    }

    pub fn value(&mut self) -> Result<Option<Value>> {
        Ok(Some(match self.array::<1>()?[0] {
            ABSENT => return Ok(None),
            UNDEFINED => Value::UNDEFINED,
            NULL => Value::NULL,
            FALSE => Value::bool(false),
            TRUE => Value::bool(true),
            NUMBER => Value::number(f64::from_bits(self.u64()?)),
            tag => {
                let kind = *KINDS.get(usize::from(tag - PAYLOAD)).ok_or_else(|| damaged("a value has an unknown kind"))?;
                let len = self.u32()? as usize;
                Value::foreign(kind, self.bytes(len)?).ok_or_else(|| damaged("a value is none"))?
            }
        }))
    }
}

//! The tables of a file, as the store uses them: all calls to redb pass here.
//!
//! redb may panic on a damaged file, so every call to it is caught; after a panic, as after any error of a transaction, it gets no more bytes.

use super::{
    damaged, failed,
    guard::Guard,
    record::{sum_of, Table},
};
use crate::{
    error::{Error, Result},
    sync::Arc,
};
pub use shardmap_redb::Opening;
use shardmap_redb::{Opened, StorageBackend, Transaction};
use std::{
    io,
    panic::{catch_unwind, AssertUnwindSafe},
};

/// Pages kept for the next commits; the map has the values, so these are mostly branches of trees.
const CACHE: usize = 32 << 20;

#[derive(Debug)]
struct Backend(Arc<Guard>);

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }
    fn sync_data(&self) -> io::Result<()> {
        self.0.sync()
    }
    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.write(offset, bytes)
    }
}

/// Takes the key and the row of one row after the other.
pub type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> Result<()> + 'a;

/// An open database.
pub struct Db {
    /// Taken by drop alone.
    database: Option<shardmap_redb::Db>,
    guard: Arc<Guard>,
}

/// Runs redb; a panic becomes an error, and what the disk refused goes first.
fn caught<T>(guard: &Guard, run: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err(damaged("redb gave up on it"))).map_err(|error| guard.blame(error))
}

fn fault(said: String) -> Error {
    damaged(&said)
}

fn attempt(guard: &Arc<Guard>, opening: Opening) -> Result<Opened> {
    // Without a cache every page read is counted by the guard, so that a tree that leads to itself ends.
    let cache = if opening == Opening::Check { 0 } else { CACHE };
    caught(guard, || shardmap_redb::Db::open(Box::new(Backend(guard.clone())), opening, cache).map_err(fault))
}

/// Whether redb would change more than its marks before it lets this file be read.
pub fn wants_repair(guard: Arc<Guard>) -> Result<bool> {
    let Opened::Whole(database) = attempt(&guard, Opening::Closed)? else { return Ok(true) };
    guard.close();
    drop(Db { database: Some(database), guard });
    Ok(false)
}

impl Db {
    /// Opens what lies behind the guard, or begins a database if nothing does.
    pub fn open(guard: Arc<Guard>, opening: Opening) -> Result<Self> {
        match attempt(&guard, opening)? {
            Opened::Whole(database) => Ok(Self { database: Some(database), guard }),
            Opened::WantsRepair => Err(guard.blame(damaged("it was not closed in order"))),
        }
    }

    /// Lets nothing of this database reach its disk any more.
    pub fn discard(self) {
        self.guard.close();
    }

    fn database(&self) -> Result<&shardmap_redb::Db> {
        self.database.as_ref().ok_or_else(|| damaged("it is closed"))
    }

    /// Visits the rows of a table in the order of their keys, and one row more than there should be at most.
    pub fn read(&self, table: Table, rows: u64, each: &mut Visit<'_>) -> Result<()> {
        caught(&self.guard, || {
            let mut seen = 0;
            let mut result = Ok(());
            let visited = self.database()?.read(table.name(), &mut |key, row| {
                result = if seen == rows { Err(damaged("it has more records than it says")) } else { each(key, row) };
                seen += 1;
                result.is_ok()
            });
            result.and(visited.map_err(fault))
        })
    }

    /// One transaction: all of `change`, or nothing and the end of this database. With `sync` it is durable when this returns.
    pub fn write(&self, sync: bool, change: impl FnOnce(&mut Rows<'_>) -> Result<()>) -> Result<()> {
        self.guard.mark()?;
        let result = caught(&self.guard, || {
            let transaction = self.database()?.write(sync).map_err(fault)?;
            change(&mut Rows::open(&transaction)?)?;
            transaction.commit().map_err(fault)
        });
        match result {
            Err(error) if !self.guard.settle() => Err(failed(format!("nothing was committed: {}", error.message()))),
            _ => Ok(()),
        }
    }
}

impl Drop for Db {
    /// Without a failure before, everything committed is durable afterwards and the next open needs no repair.
    fn drop(&mut self) {
        let database = self.database.take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(database)));
    }
}

/// The tables of a transaction.
pub struct Rows<'a>([shardmap_redb::Rows<'a>; 4]);

impl<'a> Rows<'a> {
    fn open(transaction: &'a Transaction) -> Result<Self> {
        let [entries, log, tx, head] = Table::ALL.map(|table| transaction.table(table.name()).map_err(fault));
        Ok(Self([entries?, log?, tx?, head?]))
    }

    /// Puts a row and returns the checksum of the one it replaced.
    pub fn put(&mut self, table: Table, key: &[u8], row: &[u8]) -> Result<Option<u128>> {
        let mut replaced = None;
        self.0[table as usize].put(key, row, &mut |row| replaced = sum_of(row)).map_err(fault)?;
        Ok(replaced)
    }

    /// Removes a row and returns its checksum.
    pub fn take(&mut self, table: Table, key: &[u8]) -> Result<Option<u128>> {
        let mut removed = None;
        self.0[table as usize].take(key, &mut |row| removed = sum_of(row)).map_err(fault)?;
        Ok(removed)
    }
}

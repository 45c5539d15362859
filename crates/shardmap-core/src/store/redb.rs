//! redb, the only place that names it: tables of byte rows in one file, changed in transactions.
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
use redb::{
    Builder, Database, DatabaseError, Durability, ReadableDatabase, ReadableTable, StorageBackend, TableDefinition, WriteTransaction,
};
use std::{
    io,
    panic::{catch_unwind, AssertUnwindSafe},
};

/// Pages kept for the next commits; the map has the values, so these are mostly branches of trees.
const CACHE: usize = 32 << 20;

const fn definition(table: Table) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
    TableDefinition::new(table.name())
}

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

/// What an open does with the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Verifies the checksum of a page before it follows what the page says.
    Check,
    /// Trusts a file that was closed in order, and refuses one that needs repair.
    Closed,
    /// Goes back to the last whole commit after a crash.
    Repair,
}

/// An open database.
pub struct Db {
    /// Taken by drop alone.
    database: Option<Database>,
    guard: Arc<Guard>,
}

/// Runs redb; a panic becomes an error, and what the disk refused goes first.
fn caught<T>(guard: &Guard, run: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err(damaged("redb gave up on it"))).map_err(|error| guard.blame(error))
}

fn fault(error: impl Into<redb::Error>) -> Error {
    damaged(&error.into().to_string())
}

fn attempt(guard: &Arc<Guard>, opening: Opening) -> Result<std::result::Result<Database, DatabaseError>> {
    let mut builder = Builder::new();
    // Without a cache every page read is counted by the guard, so that a tree that leads to itself ends.
    builder.set_cache_size(if opening == Opening::Check { 0 } else { CACHE });
    builder.set_check_integrity_on_open(opening == Opening::Check);
    if opening == Opening::Closed {
        builder.set_repair_callback(|session| session.abort());
    }
    caught(guard, || Ok(builder.create_with_backend(Backend(guard.clone()))))
}

/// Whether redb would change more than its marks before it lets this file be read.
pub fn wants_repair(guard: Arc<Guard>) -> Result<bool> {
    let opened = attempt(&guard, Opening::Closed)?;
    let db = match opened {
        Err(DatabaseError::RepairAborted) => return Ok(true),
        Err(error) => return Err(guard.blame(fault(error))),
        Ok(database) => Db { database: Some(database), guard },
    };
    db.guard.close();
    Ok(false)
}

impl Db {
    /// Opens what lies behind the guard, or begins a database if nothing does.
    pub fn open(guard: Arc<Guard>, opening: Opening) -> Result<Self> {
        let database = attempt(&guard, opening)?.map_err(|error| guard.blame(fault(error)))?;
        Ok(Self { database: Some(database), guard })
    }

    /// Lets nothing of this database reach its disk any more.
    pub fn discard(self) {
        self.guard.close();
    }

    fn database(&self) -> Result<&Database> {
        self.database.as_ref().ok_or_else(|| damaged("it is closed"))
    }

    /// Visits the rows of a table in the order of their keys, and one row more than there should be at most.
    pub fn read(&self, table: Table, rows: u64, each: &mut Visit<'_>) -> Result<()> {
        caught(&self.guard, || {
            let transaction = self.database()?.begin_read().map_err(fault)?;
            let rows_of = transaction.open_table(definition(table)).map_err(fault)?;
            for (seen, row) in (0..=rows).zip(rows_of.iter().map_err(fault)?) {
                let (key, row) = row.map_err(fault)?;
                if seen == rows {
                    return Err(damaged("it has more records than it says"));
                }
                each(key.value(), row.value())?;
            }
            Ok(())
        })
    }

    /// One transaction: all of `change`, or nothing and the end of this database. With `sync` it is durable when this returns.
    pub fn write(&self, sync: bool, change: impl FnOnce(&mut Rows<'_>) -> Result<()>) -> Result<()> {
        self.guard.mark()?;
        let result = caught(&self.guard, || {
            let mut transaction = self.database()?.begin_write().map_err(fault)?;
            transaction.set_durability(if sync { Durability::Immediate } else { Durability::None }).map_err(fault)?;
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
pub struct Rows<'a>([redb::Table<'a, &'static [u8], &'static [u8]>; 4]);

impl<'a> Rows<'a> {
    fn open(transaction: &'a WriteTransaction) -> Result<Self> {
        let open = |table| transaction.open_table(definition(table)).map_err(fault);
        let [entries, log, tx, head] = Table::ALL.map(open);
        Ok(Self([entries?, log?, tx?, head?]))
    }

    /// Puts a row and returns the checksum of the one it replaced.
    pub fn put(&mut self, table: Table, key: &[u8], row: &[u8]) -> Result<Option<u128>> {
        let replaced = self.0[table as usize].insert(key, row).map_err(fault)?;
        Ok(replaced.and_then(|row| sum_of(row.value())))
    }

    /// Removes a row and returns its checksum.
    pub fn take(&mut self, table: Table, key: &[u8]) -> Result<Option<u128>> {
        let removed = self.0[table as usize].remove(key).map_err(fault)?;
        Ok(removed.and_then(|row| sum_of(row.value())))
    }
}

//! redb, and what of the product names it: tables of byte rows in one file, changed in transactions.
//!
//! Generic code is compiled with the crate that fills in its types. That is this crate for redb's tables, so that they are compiled for size, as
//! redb is, while the maps are compiled for speed. Nothing public here is generic, for it would be compiled elsewhere.
//!
//! redb may panic on a damaged file. Whoever calls catches that.

use redb::{Builder, Database, DatabaseError, Durability, ReadableDatabase, ReadableTable, Table, TableDefinition, WriteTransaction};

pub use redb::StorageBackend;

/// An error is what redb said.
pub type Result<T> = std::result::Result<T, String>;

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

/// What an open led to.
pub enum Opened {
    /// The database.
    Whole(Db),
    /// With [`Opening::Closed`]: the file was not closed in order.
    WantsRepair,
}

/// An open database.
pub struct Db(Database);

#[cold]
fn said(error: impl Into<redb::Error>) -> String {
    error.into().to_string()
}

fn definition(table: &str) -> TableDefinition<'_, &'static [u8], &'static [u8]> {
    TableDefinition::new(table)
}

#[derive(Debug)]
struct Backend(Box<dyn StorageBackend>);

impl StorageBackend for Backend {
    fn len(&self) -> std::io::Result<u64> {
        self.0.len()
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
        self.0.read(offset, out)
    }
    fn set_len(&self, len: u64) -> std::io::Result<()> {
        self.0.set_len(len)
    }
    fn sync_data(&self) -> std::io::Result<()> {
        self.0.sync_data()
    }
    fn write(&self, offset: u64, bytes: &[u8]) -> std::io::Result<()> {
        self.0.write(offset, bytes)
    }
}

impl Db {
    /// Opens what lies there, or begins a database if nothing does. `cache` is the number of bytes that pages may take in memory.
    #[inline(never)]
    pub fn open(backend: Box<dyn StorageBackend>, opening: Opening, cache: usize) -> Result<Opened> {
        let mut builder = Builder::new();
        builder.set_cache_size(cache);
        builder.set_check_integrity_on_open(opening == Opening::Check);
        if opening == Opening::Closed {
            builder.set_repair_callback(|session| session.abort());
        }
        match builder.create_with_backend(Backend(backend)) {
            Ok(database) => Ok(Opened::Whole(Self(database))),
            Err(DatabaseError::RepairAborted) => Ok(Opened::WantsRepair),
            Err(error) => Err(said(error)),
        }
    }

    /// Visits key and row of one row of a table after the other, in the order of the keys, until told to stop by `false`.
    #[inline(never)]
    pub fn read(&self, table: &str, each: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<()> {
        let transaction = self.0.begin_read().map_err(said)?;
        let rows = transaction.open_table(definition(table)).map_err(said)?;
        for row in rows.iter().map_err(said)? {
            let (key, row) = row.map_err(said)?;
            if !each(key.value(), row.value()) {
                break;
            }
        }
        Ok(())
    }

    /// Begins a transaction, of which nothing happens unless it is committed. With `sync` it is durable when its commit returns.
    #[inline(never)]
    pub fn write(&self, sync: bool) -> Result<Transaction> {
        let mut transaction = self.0.begin_write().map_err(said)?;
        transaction.set_durability(if sync { Durability::Immediate } else { Durability::None }).map_err(said)?;
        Ok(Transaction(transaction))
    }
}

/// A transaction.
pub struct Transaction(WriteTransaction);

impl Transaction {
    /// Opens a table, or begins it.
    #[inline(never)]
    pub fn table(&self, table: &str) -> Result<Rows<'_>> {
        self.0.open_table(definition(table)).map(Rows).map_err(said)
    }

    /// All of it happens.
    #[inline(never)]
    pub fn commit(self) -> Result<()> {
        self.0.commit().map_err(said)
    }
}

/// The rows of a table within a transaction.
pub struct Rows<'a>(Table<'a, &'static [u8], &'static [u8]>);

impl Rows<'_> {
    /// Puts a row, and shows the one it replaced.
    #[inline(never)]
    pub fn put(&mut self, key: &[u8], row: &[u8], replaced: &mut dyn FnMut(&[u8])) -> Result<()> {
        if let Some(row) = self.0.insert(key, row).map_err(said)? {
            replaced(row.value());
        }
        Ok(())
    }

    /// Removes a row, and shows it.
    #[inline(never)]
    pub fn take(&mut self, key: &[u8], removed: &mut dyn FnMut(&[u8])) -> Result<()> {
        if let Some(row) = self.0.remove(key).map_err(said)? {
            removed(row.value());
        }
        Ok(())
    }
}

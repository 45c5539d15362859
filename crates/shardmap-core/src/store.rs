//! The file of a map: entries, the log of the last versions and the applied transactions, written commit by commit with redb.
//!
//! redb finds a commit that a crash cut short. It does not find damage in a file that was closed in order, so each record has a checksum of
//! its own and the head of the file binds them all. An existing file is read and verified as a whole before anything in it changes, and one
//! that needs repair is repaired as a copy. A file has one user at a time, held by a lock on the file itself.
//!
//! Limits: the last commit before a crash cannot be told from one the crash cut short, so damage to exactly that commit brings back the one
//! before. A value may have [`crate::value::MAX_BYTES`], a key [`crate::key::MAX_BYTES`]; a long value takes up to twice its size in the file,
//! and once more in the log when it is replaced.

mod disk;
mod guard;
mod load;
mod overlay;
mod place;
mod record;
mod redb;
mod writer;

pub use disk::Disk;
pub use place::real_path;
pub(crate) use place::replace;
pub(crate) use record::Reader;
pub use writer::TX_IDS;

use crate::{
    error::{Code, Error, Result},
    key::Key,
    sync::Arc,
    value::Value,
};
use std::{
    fs::File,
    io::{self, Seek},
    path::Path,
};

/// One commit as it stands in the log.
#[derive(Clone, Debug)]
pub struct Logged {
    /// The version it made.
    pub version: u64,
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// The transaction it applied.
    pub tx_id: Option<String>,
    /// One per key.
    pub changes: Vec<Change>,
}

/// What a commit did to a key.
#[derive(Clone, Debug)]
pub struct Change {
    /// The key.
    pub key: Key,
    /// The value there was.
    pub before: Option<Value>,
    /// The value there is.
    pub after: Option<Value>,
}

/// What a file held. A new file has version 0, a lineage of zeros, and nothing else.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The lineage of the last commit.
    pub lineage: [u8; 16],
    /// The last version.
    pub version: u64,
    /// When it was made, in milliseconds since 1970.
    pub at: u64,
    /// The entries, in the order of their key bytes.
    pub entries: Vec<(Key, Value)>,
    /// The last versions, oldest first.
    pub log: Vec<Logged>,
    /// The last applied transactions with their versions, oldest first.
    pub tx_ids: Vec<(String, u64)>,
}

/// A file open for writing; dropping it makes everything durable and lets go of the file.
pub trait Store: Send {
    /// Writes commits in order in one transaction; with `sync` they are durable when it returns, and all that was appended before them.
    /// `ERR_SHARDMAP_IO`: none of them is in the file, and the store refuses everything from now on. Only when the disk refuses even to take the
    /// commit back, the next open may find it whole.
    fn append(&mut self, lineage: [u8; 16], commits: &[Logged], sync: bool) -> Result<()>;

    /// Makes durable what was appended without.
    fn sync(&mut self) -> Result<()>;
}

/// `ERR_SHARDMAP_CORRUPT`, and what shows it.
pub(crate) fn damaged(detail: &str) -> Error {
    let message = format!("the file is damaged, or no file of this version of shardmap ({detail}); restore a backup, or give another path");
    Error::new(Code::Corrupt, message)
}

/// Says of an error which file it is about.
pub(crate) fn locate(path: &Path) -> impl Fn(Error) -> Error + '_ {
    |error| Error::new(error.code(), format!("'{}': {}", path.display(), error.message()))
}

fn failed(message: String) -> Error {
    Error::new(Code::Io, message)
}

/// Opens a file, or creates one that only its owner may use; `history` is the number of versions its log keeps. An empty file is a new one.
///
/// `ERR_SHARDMAP_CORRUPT`: the file is damaged, cut, foreign or newer, and still is what it was. `ERR_SHARDMAP_LOCKED`: it is open elsewhere.
pub fn open(path: &Path, history: u64) -> Result<(Box<dyn Store>, Loaded)> {
    open_real(path, history).map_err(locate(path))
}

fn open_real(path: &Path, history: u64) -> Result<(Box<dyn Store>, Loaded)> {
    let mut place = place::Place::lock(real_path(path)?)?;
    let unreadable = |error: io::Error| failed(format!("the file cannot be read: {error}"));
    if Disk::is_empty(&**place.file()).map_err(unreadable)? {
        place.replace(|file| create(as_disk(file)))?;
    }
    let mut found = load::load(&as_disk(place.file()), history)?;
    if found.repair {
        let (head, broken) = (found.head, place.file().clone());
        drop(found.loaded);
        found = place.replace(move |file| {
            // On Windows every read has moved the file's own place.
            let copied = (&*broken).rewind().and_then(|()| io::copy(&mut &*broken, &mut &**file));
            copied.map_err(|error| failed(format!("no copy to repair can be made: {error}")))?;
            drop(redb::Db::open(guard::Guard::new(as_disk(file), u64::MAX), redb::Opening::Repair)?);
            load::load(&as_disk(file), history)
        })?;
        if found.head != head || found.repair {
            return Err(damaged("its repair led to something else"));
        }
    }
    write(as_disk(place.file()), found, redb::Opening::Closed, history)
}

fn as_disk(file: &Arc<File>) -> Arc<dyn Disk> {
    file.clone()
}

/// [`open`] on any disk, where a file that needs repair is repaired in place.
pub fn open_on(disk: Arc<dyn Disk>, history: u64) -> Result<(Box<dyn Store>, Loaded)> {
    if disk.is_empty().map_err(|error| failed(format!("the disk cannot be read: {error}")))? {
        create(disk.clone())?;
    }
    let found = load::load(&disk, history)?;
    write(disk, found, redb::Opening::Repair, history)
}

fn create(disk: Arc<dyn Disk>) -> Result<()> {
    let db = redb::Db::open(guard::Guard::new(disk, u64::MAX), redb::Opening::Closed)?;
    writer::begin(&db)
}

/// Opens what was verified for writing, after a last look that it is the same.
fn write(disk: Arc<dyn Disk>, found: load::Found, opening: redb::Opening, history: u64) -> Result<(Box<dyn Store>, Loaded)> {
    let db = redb::Db::open(guard::Guard::new(disk, u64::MAX), opening)?;
    if load::head(&db)? != found.head {
        return Err(damaged("it changed while it was read"));
    }
    let (writer, loaded) = writer::Writer::new(db, found, history);
    Ok((Box::new(writer), loaded))
}

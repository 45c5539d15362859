//! A lock on the file itself says whose it is. It goes on through a rename, and any file may be renamed over.

use super::{refused, regular, taken};
use crate::error::{Code, Result};
use std::{
    fs::{self, File, Metadata, OpenOptions, TryLockError},
    io,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
};

/// The locked file is enough.
pub struct Door;

/// The file that goes is held until another one is in its place.
pub const MUST_CLOSE: bool = false;

/// Only the owner may read or write a new file.
pub fn new_file(options: &mut OpenOptions) -> &mut OpenOptions {
    options.mode(0o600).read(true).write(true)
}

fn lock(file: &File) -> Result<()> {
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => taken(),
        TryLockError::Error(error) => refused("the file cannot be locked", error),
    })
}

fn same(one: &Metadata, other: &Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Opens or creates a file and locks it.
pub fn own(path: &Path) -> Result<(Door, File)> {
    let cannot = |error| refused("the file cannot be opened for reading and writing", error);
    loop {
        let file = new_file(OpenOptions::new().create(true).truncate(false)).open(path).map_err(cannot)?;
        let opened = file.metadata().map_err(cannot)?;
        regular(&opened)?;
        lock(&file)?;
        // Another file may have been put here between the open and the lock; then that one counts.
        if fs::metadata(path).is_ok_and(|present| same(&opened, &present)) {
            return Ok((Door, file));
        }
    }
}

/// Locks a draft; `false` when somebody has taken it, before that, for one that was left.
pub fn is_own(draft: &File, path: &Path) -> Result<bool> {
    let made = draft.metadata().map_err(|error| refused("the new file cannot be looked at", error))?;
    match lock(draft) {
        Ok(()) => Ok(fs::metadata(path).is_ok_and(|present| same(&made, &present))),
        Err(error) if error.code() == Code::Locked => Ok(false),
        Err(error) => Err(error),
    }
}

/// Removes a draft that nobody has locked: a crash has left it.
pub fn remove_left(path: &Path) {
    let Ok(file) = File::open(path) else { return };
    // Held until the name is gone: who has just made the file and has not locked it yet then sees that it is none of his.
    if file.try_lock().is_ok() {
        let _ = fs::remove_file(path);
    }
}

pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

/// Returns when the name is durable.
pub fn sync_name(_: &File, path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

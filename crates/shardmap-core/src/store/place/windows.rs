//! Whose a file is, its share mode says: who has it open lets nobody else open it for writing. Reading it, to copy it, is open to all; locked bytes
//! could not even be read.
//!
//! Not every file system here lets a file be renamed over while it is open, so the one that goes is closed first. That nobody opens it just then, the
//! door is for: a file beside it, which is there while a store is being opened, and of which there is one at a time. Where files that are open can be
//! renamed over, it keeps that from happening to a store as well.

use super::{refused, regular, taken};
use crate::error::{Error, Result};
use std::{
    fs::{self, File, OpenOptions},
    io,
    os::windows::fs::OpenOptionsExt,
    path::Path,
    thread,
    time::Duration,
};

const SHARE_READ: u32 = 1;
const SHARE_DELETE: u32 = 4;
const DELETE_ON_CLOSE: u32 = 0x0400_0000;
/// Also of a name that goes away when its last user has closed it.
const ACCESS_DENIED: i32 = 5;
const SHARING_VIOLATION: i32 = 32;
const DOOR: &str = ".shardmap-lock";

/// Who has it is the only one that opens or replaces the file beside it. The system removes it with its owner.
pub struct Door {
    _file: File,
}

/// What is open cannot be renamed over everywhere.
pub const MUST_CLOSE: bool = true;

/// Who may use a new file, its directory says. A draft is renamed while it is open, hence it can be.
pub fn new_file(options: &mut OpenOptions) -> &mut OpenOptions {
    options.read(true).write(true).share_mode(SHARE_READ | SHARE_DELETE)
}

fn refusal(error: io::Error) -> Error {
    if error.raw_os_error() == Some(SHARING_VIOLATION) {
        return taken();
    }
    refused("the file cannot be opened for reading and writing", error)
}

/// Tries again, for a second, what somebody hinders who has a file open for a moment: a reader, or a scanner, which looks at every file that is new.
fn patiently<T>(hindered: &[i32], mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    for pause in (0..10).map(|power| Duration::from_millis(1 << power)) {
        match attempt() {
            Err(error) if error.raw_os_error().is_some_and(|code| hindered.contains(&code)) => thread::sleep(pause),
            result => return result,
        }
    }
    attempt()
}

impl Door {
    fn open(beside: &Path) -> Result<Self> {
        let mut name = beside.file_name().unwrap_or_default().to_owned();
        name.push(DOOR);
        let path = beside.with_file_name(name);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).share_mode(SHARE_READ).custom_flags(DELETE_ON_CLOSE);
        Ok(Self { _file: patiently(&[ACCESS_DENIED], || options.open(&path)).map_err(refusal)? })
    }
}

/// Opens or creates a file for this alone.
pub fn own(path: &Path) -> Result<(Door, File)> {
    let door = Door::open(path)?;
    let file = new_file(OpenOptions::new().create(true).truncate(false)).open(path).map_err(refusal)?;
    regular(&file.metadata().map_err(refusal)?)?;
    Ok((door, file))
}

/// A draft is its maker's from its start.
pub fn is_own(_: &File, _: &Path) -> Result<bool> {
    Ok(true)
}

/// Removes a draft that nobody has open: a crash has left it.
pub fn remove_left(path: &Path) {
    if new_file(&mut OpenOptions::new()).open(path).is_ok() {
        let _ = fs::remove_file(path);
    }
}

pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    patiently(&[ACCESS_DENIED, SHARING_VIOLATION], || fs::rename(from, to))
}

/// There is no call for a directory. Names are kept by a journal, which is written in order: up to here with the file.
pub fn sync_name(file: &File, _: &Path) -> io::Result<()> {
    file.sync_all()
}

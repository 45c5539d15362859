//! Where a store lies: the real path, the locked file, and another file put in its place in one step.

use crate::{
    error::{Code, Error, Result},
    hash::random,
    sync::Arc,
};
use std::{
    fs::{self, File, Metadata, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
};

/// Of a file that is not yet in its place: its name is that of the place, 16 random digits and this.
const EXTENSION: &str = ".shardmap-tmp";

fn option(message: &'static str) -> Error {
    Error::new(Code::Option, message)
}

fn refused(what: &str, error: io::Error) -> Error {
    Error::new(Code::Io, format!("{what}: {error}"))
}

/// The one spelling of a path: absolute and without links, whether the file is there or not. `ERR_SHARDMAP_OPTION` when no file can be there.
pub fn real_path(path: &Path) -> Result<PathBuf> {
    let bytes = path.as_os_str().as_encoded_bytes();
    if bytes.is_empty() || bytes.contains(&0) {
        return Err(option("the path is empty or has a zero byte; give the path of a file"));
    }
    match path.canonicalize() {
        Ok(real) => {
            let kind = fs::metadata(&real).map_err(|error| refused("the file cannot be looked at", error))?;
            regular(&kind)?;
            Ok(real)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if fs::symlink_metadata(path).is_ok() {
                return Err(option("the path is a link to a file that does not exist; give the path of the file itself"));
            }
            let named = !matches!(bytes.last(), Some(b'/')) && !path.ends_with(".");
            let name = path.file_name().filter(|_| named).ok_or_else(|| option("the path names a directory; give the path of a file"))?;
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let parent = parent.canonicalize().map_err(|error| refused("its directory cannot be used, create it first", error))?;
            if !parent.is_dir() {
                return Err(option("what should be its directory is a file; give another path"));
            }
            Ok(parent.join(name))
        }
        Err(error) => Err(refused("the path cannot be used", error)),
    }
}

fn regular(kind: &Metadata) -> Result<()> {
    if kind.is_file() {
        return Ok(());
    }
    Err(option(if kind.is_dir() {
        "the path is a directory; give the path of a file in it"
    } else {
        "the path is not a regular file; give another path"
    }))
}

/// Only the owner may read or write a new file.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.read(true).write(true)
}

fn lock(file: &File) -> Result<()> {
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => Error::new(Code::Locked, "the file is open in another process or map; close that one first"),
        TryLockError::Error(error) => refused("the file cannot be locked", error),
    })
}

#[cfg(unix)]
fn same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Elsewhere a file that is open and locked cannot be renamed over.
#[cfg(not(unix))]
fn same(_: &Metadata, _: &Metadata) -> bool {
    true
}

/// A locked file at its path.
pub struct Place {
    path: PathBuf,
    file: Arc<File>,
}

impl Place {
    /// Opens or creates the file at a real path, and locks it. `ERR_SHARDMAP_LOCKED` when anybody else has it.
    pub fn lock(path: PathBuf) -> Result<Self> {
        let cannot = |error| refused("the file cannot be opened for reading and writing", error);
        loop {
            let file = private(&mut OpenOptions::new()).create(true).truncate(false).open(&path).map_err(cannot)?;
            let opened = file.metadata().map_err(cannot)?;
            regular(&opened)?;
            lock(&file)?;
            // Another file may have been put here between the open and the lock; then that one counts.
            if fs::metadata(&path).is_ok_and(|present| same(&opened, &present)) {
                return Ok(Self { path, file: Arc::new(file) });
            }
        }
    }

    pub fn file(&self) -> &Arc<File> {
        &self.file
    }

    /// See [`replace`].
    pub fn replace<T>(&mut self, make: impl FnOnce(&Arc<File>) -> Result<T>) -> Result<T> {
        let (file, made) = replace(&self.path, make)?;
        self.file = file;
        Ok(made)
    }
}

/// Makes a file, locked from its start, and puts it at a real path when `make` is done and its bytes are durable. After an error everything is
/// as before.
pub fn replace<T>(path: &Path, make: impl FnOnce(&Arc<File>) -> Result<T>) -> Result<(Arc<File>, T)> {
    let cannot = |error| refused("the new file cannot be put in its place", error);
    let draft = Draft::new(path)?;
    let made = make(&draft.file)?;
    draft.file.sync_all().map_err(cannot)?;
    fs::rename(&draft.path, path).map_err(cannot)?;
    sync_directory(path).map_err(cannot)?;
    Ok((draft.file.clone(), made))
}

fn sync_directory(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if cfg!(unix) => File::open(parent)?.sync_all(),
        _ => Ok(()),
    }
}

/// A file beside another one that is removed unless it was renamed.
struct Draft {
    path: PathBuf,
    file: Arc<File>,
}

impl Draft {
    fn new(beside: &Path) -> Result<Self> {
        left(beside).iter().for_each(|path| remove_left(path));
        loop {
            let mut name = beside.file_name().unwrap_or_default().to_owned();
            name.push(format!(".{:016x}{EXTENSION}", random()));
            let path = beside.with_file_name(name);
            let cannot = |error| refused("no new file can be made in its directory", error);
            let file = match private(&mut OpenOptions::new()).create_new(true).open(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(cannot(error)),
            };
            let draft = Self { path, file: Arc::new(file) };
            let made = draft.file.metadata().map_err(cannot)?;
            // Before it was locked, somebody may have taken it for one that was left.
            match lock(&draft.file) {
                Ok(()) if fs::metadata(&draft.path).is_ok_and(|present| same(&made, &present)) => return Ok(draft),
                Err(error) if error.code() != Code::Locked => return Err(error),
                _ => {}
            }
        }
    }
}

/// Removes a draft that nobody has locked: a crash has left it.
fn remove_left(path: &Path) {
    if File::open(path).is_ok_and(|file| file.try_lock().is_ok()) {
        let _ = fs::remove_file(path);
    }
}

/// The drafts beside a file.
fn left(beside: &Path) -> Vec<PathBuf> {
    let name = beside.file_name().unwrap_or_default().as_encoded_bytes();
    let is_draft = |path: &PathBuf| {
        let middle = path.file_name().and_then(|other| other.as_encoded_bytes().strip_prefix(name)?.strip_suffix(EXTENSION.as_bytes()));
        middle.is_some_and(|middle| middle.len() == 17 && middle[0] == b'.' && middle[1..].iter().all(u8::is_ascii_hexdigit))
    };
    let entries = beside.parent().and_then(|parent| fs::read_dir(parent).ok());
    entries.into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).filter(is_draft).collect()
}

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

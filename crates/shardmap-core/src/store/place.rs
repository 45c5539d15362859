//! Where a store lies: the real path, the file that nobody else may open, and another file put in its place in one step.

#[cfg_attr(unix, path = "place/unix.rs")]
#[cfg_attr(windows, path = "place/windows.rs")]
mod system;

use crate::{
    error::{Code, Error, Result},
    hash::random,
    sync::Arc,
};
use std::{
    fs::{self, File, Metadata, OpenOptions},
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
            let named = !bytes.last().is_some_and(|&last| std::path::is_separator(last.into())) && !path.ends_with(".");
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

fn taken() -> Error {
    Error::new(Code::Locked, "the file is open in another process or map; close that one first")
}

/// A file at its path that nobody else may open, nor put another one there.
pub struct Place {
    path: PathBuf,
    file: Arc<File>,
    _door: system::Door,
}

impl Place {
    /// Opens or creates the file at a real path, for this alone. `ERR_SHARDMAP_LOCKED` when anybody else has it.
    pub fn lock(path: PathBuf) -> Result<Self> {
        let (door, file) = system::own(&path)?;
        Ok(Self { path, file: Arc::new(file), _door: door })
    }

    pub fn file(&self) -> &Arc<File> {
        &self.file
    }

    /// See [`replace`]. Nobody else may have the file that goes, nor this process by another count than that of the place.
    pub fn replace<T>(&mut self, make: impl FnOnce(&Arc<File>) -> Result<T>) -> Result<T> {
        let (draft, made) = Draft::made(&self.path, make)?;
        if system::MUST_CLOSE {
            self.file = draft.file.clone();
        }
        self.file = draft.place(&self.path)?;
        Ok(made)
    }
}

/// Makes a file, nobody else's from its start, and puts it at a real path when `make` is done and its bytes are durable. After an error everything
/// is as before.
pub fn replace<T>(path: &Path, make: impl FnOnce(&Arc<File>) -> Result<T>) -> Result<T> {
    let (draft, made) = Draft::made(path, make)?;
    draft.place(path)?;
    Ok(made)
}

fn misplaced(error: io::Error) -> Error {
    refused("the new file cannot be put in its place", error)
}

/// A file beside another one that is removed unless it was renamed.
struct Draft {
    path: PathBuf,
    file: Arc<File>,
}

impl Draft {
    fn new(beside: &Path) -> Result<Self> {
        left(beside).iter().for_each(|path| system::remove_left(path));
        loop {
            let mut name = beside.file_name().unwrap_or_default().to_owned();
            name.push(format!(".{:016x}{EXTENSION}", random()));
            let path = beside.with_file_name(name);
            let cannot = |error| refused("no new file can be made in its directory", error);
            let file = match system::new_file(OpenOptions::new().create_new(true)).open(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(cannot(error)),
            };
            let draft = Self { path, file: Arc::new(file) };
            if system::is_own(&draft.file, &draft.path)? {
                return Ok(draft);
            }
        }
    }

    /// A draft that is done and durable.
    fn made<T>(beside: &Path, make: impl FnOnce(&Arc<File>) -> Result<T>) -> Result<(Self, T)> {
        let draft = Self::new(beside)?;
        let made = make(&draft.file)?;
        draft.file.sync_all().map_err(misplaced)?;
        Ok((draft, made))
    }

    fn place(self, path: &Path) -> Result<Arc<File>> {
        system::rename(&self.path, path).map_err(misplaced)?;
        system::sync_name(&self.file, path).map_err(misplaced)?;
        Ok(self.file.clone())
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

//! A disk in memory, and files.

use redb::StorageBackend;
use shardmap_core::store::Disk;
use std::{
    io,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard},
};

/// An array of bytes.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Mutex<Vec<u8>>>);

impl Memory {
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(bytes)))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.lock().clone()
    }
}

fn range(offset: u64, len: usize, end: usize) -> io::Result<std::ops::Range<usize>> {
    let start = usize::try_from(offset).ok();
    let range = start.and_then(|start| Some(start..start.checked_add(len)?)).filter(|range| range.end <= end);
    range.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

impl Disk for Memory {
    fn len(&self) -> io::Result<u64> {
        Ok(self.lock().len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let bytes = self.lock();
        out.copy_from_slice(&bytes[range(offset, out.len(), bytes.len())?]);
        Ok(())
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut all = self.lock();
        let range = range(offset, bytes.len(), all.len())?;
        all[range].copy_from_slice(bytes);
        Ok(())
    }

    /// There is room for no more than a few megabytes.
    fn set_len(&self, len: u64) -> io::Result<()> {
        if len > 64 << 20 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.lock().resize(len as usize, 0);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

impl StorageBackend for Memory {
    fn len(&self) -> io::Result<u64> {
        Disk::len(self)
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        Disk::read(self, offset, out)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        Disk::set_len(self, len)
    }
    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }
    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        Disk::write(self, offset, bytes)
    }
}

/// A file of this process in the directory for temporary ones, removed with it.
pub struct File(pub PathBuf);

impl File {
    pub fn new(name: &str, bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("shardmap-fuzz-{name}-{}", std::process::id()));
        std::fs::write(&path, bytes).expect("room for a file");
        Self(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

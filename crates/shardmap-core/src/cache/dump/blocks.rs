//! The file of a dump: a head, blocks of rows, and an end, each with a checksum that goes on from the one before it.
//!
//! So a block that was lost, moved or doubled does not fit either, and the last checksum is one of the whole file. The checksums find damage;
//! against somebody who can write the file they are none, but nothing is allocated for a length that is not there, and no key or value comes
//! out that could not have gone in.

use super::row::Row;
use crate::{
    error::{Code, Error, Result},
    store::{damaged, Disk, Reader},
};
use std::io::{self, Write};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// The last byte is the version of the format.
const MAGIC: &[u8; 8] = b"SMCACHE1";
/// Of the file: the magic number and the time.
const HEAD: usize = 8 + 8;
/// Of a block: its section, its number of rows, and their length.
const BLOCK_HEAD: usize = 4 + 4 + 8;
const SUM: usize = 8;
/// Rows are gathered up to so many bytes.
const BLOCK: usize = 256 << 10;
/// In the place of the section: the end.
const END: u32 = u32::MAX;
/// More than a cache has shards.
const MAX_SECTIONS: usize = 256;

fn refused(what: &'static str) -> impl Fn(io::Error) -> Error {
    move |error| Error::new(Code::Io, format!("the file cannot be {what}: {error}"))
}

/// Writes a file from its start.
pub struct Writer<W> {
    out: W,
    sum: u64,
    section: u32,
    rows: u32,
    total: u64,
    /// What is written next, with room for the head of a block.
    block: Vec<u8>,
}

impl<W: Write> Writer<W> {
    /// `at`: the time, in milliseconds since 1970.
    pub fn new(out: W, at: u64) -> Result<Self> {
        let block = [&MAGIC[..], &at.to_le_bytes()].concat();
        let mut writer = Self { out, sum: 0, section: 0, rows: 0, total: 0, block };
        writer.write()?;
        Ok(writer)
    }

    /// The rows of one shard, in their order.
    pub fn section(&mut self, rows: &[Row]) -> Result<()> {
        for row in rows {
            row.encode(&mut self.block);
            self.rows += 1;
            if self.block.len() >= BLOCK {
                self.write_block(self.section)?;
            }
        }
        if self.rows > 0 {
            self.write_block(self.section)?;
        }
        self.section += u32::from(!rows.is_empty());
        Ok(())
    }

    /// Writes the end. Returns the number of rows.
    pub fn end(mut self) -> Result<u64> {
        self.block.extend_from_slice(&self.total.to_le_bytes());
        self.write_block(END)?;
        Ok(self.total)
    }

    fn write_block(&mut self, section: u32) -> Result<()> {
        let len = (self.block.len() - BLOCK_HEAD) as u64;
        self.block[..4].copy_from_slice(&section.to_le_bytes());
        self.block[4..8].copy_from_slice(&self.rows.to_le_bytes());
        self.block[8..BLOCK_HEAD].copy_from_slice(&len.to_le_bytes());
        self.total += u64::from(std::mem::take(&mut self.rows));
        self.write()
    }

    fn write(&mut self) -> Result<()> {
        self.sum = xxh3_64_with_seed(&self.block, self.sum);
        self.block.extend_from_slice(&self.sum.to_le_bytes());
        self.out.write_all(&self.block).map_err(refused("written"))?;
        self.block.clear();
        self.block.shrink_to(2 * BLOCK);
        self.block.resize(BLOCK_HEAD, 0);
        Ok(())
    }
}

/// Where something begins, and the checksum that its own goes on from.
#[derive(Clone, Copy)]
struct Place {
    offset: u64,
    sum: u64,
}

/// Rows that stand together in a file that was verified.
pub struct Section {
    start: Place,
    pub rows: u64,
}

/// A file to read.
pub struct Dumped {
    disk: Box<dyn Disk>,
    size: u64,
    /// When it was written, in milliseconds since 1970.
    pub at: u64,
    start: Place,
}

struct Block {
    section: u32,
    rows: u32,
    bytes: Vec<u8>,
    next: Place,
}

impl Dumped {
    pub fn open(disk: Box<dyn Disk>) -> Result<Self> {
        let size = disk.len().map_err(refused("read"))?;
        let mut dumped = Self { disk, size, at: 0, start: Place { offset: 0, sum: 0 } };
        let (head, start) = dumped.read(dumped.start, HEAD as u64)?;
        let (magic, at) = head.split_at(MAGIC.len());
        if magic != MAGIC {
            return Err(damaged("it is no dump of a cache, or one of another format"));
        }
        (dumped.at, dumped.start) = (Reader(at).u64()?, start);
        Ok(dumped)
    }

    /// Reads all of it. Every row is seen, with the number of its section, before it is known whether the file is sound.
    pub fn verify(&self, mut each: impl FnMut(usize, Row)) -> Result<Vec<Section>> {
        let (mut sections, mut place) = (Vec::<Section>::new(), self.start);
        loop {
            let block = self.block(place)?;
            let mut rows = Reader(&block.bytes[BLOCK_HEAD..]);
            if block.section == END {
                let total: u64 = sections.iter().map(|section| section.rows).sum();
                if rows.u64()? != total || block.rows != 0 || block.next.offset != self.size {
                    return Err(damaged("its end does not fit"));
                }
                rows.end()?;
                return Ok(sections);
            }
            let section = block.section as usize;
            if section == sections.len() && section < MAX_SECTIONS {
                sections.push(Section { start: place, rows: 0 });
            }
            let last = sections.len().checked_sub(1).filter(|&last| last == section).ok_or_else(|| damaged("its sections do not fit"))?;
            sections[last].rows += u64::from(block.rows);
            for _ in 0..block.rows {
                each(section, Row::decode(&mut rows)?);
            }
            rows.end()?;
            place = block.next;
        }
    }

    /// Reads a section once more, checking it again.
    pub fn rows<'a>(&'a self, section: &Section) -> Rows<'a> {
        let none = Block { section: 0, rows: 0, bytes: Vec::new(), next: section.start };
        Rows { dumped: self, block: none, cursor: 0, left: section.rows }
    }

    fn block(&self, place: Place) -> Result<Block> {
        let mut head = [0; BLOCK_HEAD];
        self.fits(place, BLOCK_HEAD as u64)?;
        self.disk.read(place.offset, &mut head).map_err(refused("read"))?;
        let mut head = Reader(&head);
        let (section, rows, len) = (head.u32()?, head.u32()?, head.u64()?);
        let (bytes, next) = self.read(place, len.saturating_add(BLOCK_HEAD as u64))?;
        Ok(Block { section, rows, bytes, next })
    }

    /// As many bytes, which their checksum follows.
    fn read(&self, place: Place, len: u64) -> Result<(Vec<u8>, Place)> {
        let (len, next) = self.fits(place, len.saturating_add(SUM as u64))?;
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(len).map_err(|_| Error::memory())?;
        bytes.resize(len, 0);
        self.disk.read(place.offset, &mut bytes).map_err(refused("read"))?;
        let sum = Reader(&bytes.split_off(len - SUM)).u64()?;
        if sum != xxh3_64_with_seed(&bytes, place.sum) {
            return Err(damaged("a block does not fit its checksum"));
        }
        Ok((bytes, Place { offset: next, sum }))
    }

    /// A length that is there, and the offset behind it.
    fn fits(&self, place: Place, len: u64) -> Result<(usize, u64)> {
        let end = place.offset.checked_add(len).filter(|&end| end <= self.size);
        usize::try_from(len).ok().zip(end).ok_or_else(|| damaged("it is cut short"))
    }
}

/// The rows of a section.
pub struct Rows<'a> {
    dumped: &'a Dumped,
    block: Block,
    /// Where the next row begins in the block, which has `block.rows` more.
    cursor: usize,
    left: u64,
}

impl Rows<'_> {
    /// How many are to come.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// The next one; `None` at the end.
    pub fn next(&mut self) -> Result<Option<Row>> {
        if self.left == 0 {
            return Ok(None);
        }
        while self.block.rows == 0 {
            self.block = self.dumped.block(self.block.next)?;
            self.cursor = BLOCK_HEAD;
        }
        let mut rest = Reader(&self.block.bytes[self.cursor..]);
        let row = Row::decode(&mut rest)?;
        self.cursor = self.block.bytes.len() - rest.0.len();
        self.block.rows -= 1;
        self.left -= 1;
        Ok(Some(row))
    }
}

#[cfg(test)]
mod tests;

//! The entries of a shard, each at a place where it stays: in chunks, so that growth moves nothing, and a chunk without entries is given back.

use super::entry::Entry;
use crate::error::{Error, Result};
use std::ops::{Index, IndexMut};

const BITS: u32 = 7;
/// Entries of a chunk, 8 KiB.
pub(super) const CHUNK: usize = 1 << BITS;
/// Places of a shard, so that place and shard fit into a ticket, and a place leaves a bit free.
const MOST: usize = 1 << 27;
const NONE: u32 = u32::MAX;

enum Cell {
    /// The next free cell of the chunk; `CHUNK` after the last.
    Free(u32),
    Full(Entry),
}

struct Chunk {
    /// `None` while it has no entries.
    cells: Option<Box<[Cell; CHUNK]>>,
    full: u32,
    free: u32,
}

#[derive(Default)]
pub(super) struct Slab {
    chunks: Vec<Chunk>,
    /// The chunks with a free cell, each once; has room for all.
    roomy: Vec<u32>,
    /// A chunk that is kept although it has no entries, so that one that comes and goes does not cost a chunk each time.
    spare: Option<u32>,
    len: usize,
}

fn cells() -> Result<Box<[Cell; CHUNK]>> {
    let mut cells = Vec::new();
    cells.try_reserve_exact(CHUNK).map_err(|_| Error::memory())?;
    cells.extend((1..=CHUNK as u32).map(Cell::Free));
    cells.into_boxed_slice().try_into().map_err(|_| Error::memory())
}

impl Slab {
    pub fn len(&self) -> usize {
        self.len
    }

    /// Chunks, with those that are given back.
    pub fn chunks(&self) -> usize {
        self.chunks.len()
    }

    /// Whether there is a free place.
    #[inline]
    pub fn has_room(&self) -> bool {
        self.roomy.last().is_some_and(|&chunk| self.chunks[chunk as usize].cells.is_some())
    }

    /// Makes free places where there are none, those of one chunk; what can fail of an insertion.
    #[cold]
    pub fn grow(&mut self) -> Result<()> {
        let cells = cells()?;
        if let Some(&empty) = self.roomy.last() {
            self.chunks[empty as usize] = Chunk { cells: Some(cells), full: 0, free: 0 };
            return Ok(());
        }
        if self.chunks.len() == MOST / CHUNK {
            return Err(Error::memory());
        }
        self.chunks.try_reserve(1).map_err(|_| Error::memory())?;
        self.roomy.try_reserve(self.chunks.len() + 1).map_err(|_| Error::memory())?;
        self.roomy.push(self.chunks.len() as u32);
        self.chunks.push(Chunk { cells: Some(cells), full: 0, free: 0 });
        Ok(())
    }

    /// Stores an entry where there is room and says where.
    #[inline]
    pub fn insert(&mut self, entry: Entry) -> u32 {
        let number = self.roomy.last().copied().unwrap_or(NONE);
        let chunk = &mut self.chunks[number as usize];
        let (at, Some(cells)) = (chunk.free, &mut chunk.cells) else { unreachable!("room was made") };
        let Cell::Free(next) = cells[at as usize] else { unreachable!("a free cell is free") };
        cells[at as usize] = Cell::Full(entry);
        chunk.free = next;
        chunk.full += 1;
        if next as usize == CHUNK {
            self.roomy.pop();
        }
        if self.spare == Some(number) {
            self.spare = None;
        }
        self.len += 1;
        number << BITS | at
    }

    /// Takes an entry out of a place that is taken.
    #[inline]
    pub fn remove(&mut self, place: u32) -> Entry {
        let number = place >> BITS;
        let chunk = &mut self.chunks[number as usize];
        let at = place as usize & (CHUNK - 1);
        let Some(cell) = chunk.cells.as_mut().map(|cells| &mut cells[at]) else { unreachable!("the place is taken") };
        let Cell::Full(entry) = std::mem::replace(cell, Cell::Free(chunk.free)) else { unreachable!("the place is taken") };
        if chunk.free as usize == CHUNK {
            self.roomy.push(number);
        }
        chunk.free = at as u32;
        chunk.full -= 1;
        self.len -= 1;
        if chunk.full == 0 {
            match self.spare {
                None => self.spare = Some(number),
                // Its cells are made anew in their order when it is needed again.
                Some(_) => (chunk.cells, chunk.free) = (None, 0),
            }
        }
        entry
    }

    /// The entry of a place, if it is taken.
    #[inline]
    pub fn get(&self, place: u32) -> Option<&Entry> {
        match self.chunks.get((place >> BITS) as usize)?.cells.as_ref()?[place as usize & (CHUNK - 1)] {
            Cell::Full(ref entry) => Some(entry),
            Cell::Free(_) => None,
        }
    }

    #[inline]
    fn get_mut(&mut self, place: u32) -> Option<&mut Entry> {
        match self.chunks.get_mut((place >> BITS) as usize)?.cells.as_mut()?[place as usize & (CHUNK - 1)] {
            Cell::Full(ref mut entry) => Some(entry),
            Cell::Free(_) => None,
        }
    }

    /// The entries of a chunk.
    pub fn chunk(&self, chunk: usize) -> impl Iterator<Item = &Entry> {
        let cells = self.chunks.get(chunk).and_then(|chunk| chunk.cells.as_ref());
        cells.into_iter().flat_map(|cells| cells.iter()).filter_map(|cell| match cell {
            Cell::Full(entry) => Some(entry),
            Cell::Free(_) => None,
        })
    }

    /// All entries.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        (0..self.chunks()).flat_map(|chunk| self.chunk(chunk))
    }
}

/// Of places that are taken.
impl Index<u32> for Slab {
    type Output = Entry;

    #[inline]
    fn index(&self, place: u32) -> &Entry {
        self.get(place).unwrap_or_else(|| unreachable!("the place is taken"))
    }
}

impl IndexMut<u32> for Slab {
    #[inline]
    fn index_mut(&mut self, place: u32) -> &mut Entry {
        self.get_mut(place).unwrap_or_else(|| unreachable!("the place is taken"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cache::{entry::NEVER, wheel::Links},
        key::Key,
        value::Value,
    };

    fn insert(slab: &mut Slab, number: u32) -> u32 {
        if !slab.has_room() {
            slab.grow().unwrap();
        }
        let value = Value::number(f64::from(number));
        slab.insert(Entry { key: Key::new(&[1]), value, hash: 0, deadline: NEVER, rare: None, links: Links::default() })
    }

    fn held(slab: &Slab) -> usize {
        slab.chunks.iter().filter(|chunk| chunk.cells.is_some()).count()
    }

    #[test]
    fn entries_stay_at_their_places_while_others_come_and_go() {
        const ENTRIES: usize = if cfg!(miri) { 2 * CHUNK } else { 1_000 };
        const ROUNDS: u32 = if cfg!(miri) { 3 } else { 50 };
        let mut slab = Slab::default();
        let mut places: Vec<(u32, u32)> = (0..ENTRIES as u32).map(|number| (number, insert(&mut slab, number))).collect();
        for round in 1..=ROUNDS {
            let (gone, stay) = places.into_iter().partition(|(number, _)| (number * 7 + round) % 3 == 0);
            let gone: Vec<_> = gone;
            gone.iter().for_each(|&(number, place)| assert_eq!(slab.remove(place).value.as_number(), Some(f64::from(number))));
            gone.iter().for_each(|&(_, place)| assert!(slab.get(place).is_none()));
            places = stay;
            places.extend(gone.into_iter().map(|(number, _)| (number + 1_000, insert(&mut slab, number + 1_000))));
            assert_eq!((slab.len(), slab.iter().count()), (ENTRIES, ENTRIES));
            places.iter().for_each(|&(number, place)| assert_eq!(slab[place].value.as_number(), Some(f64::from(number))));
        }
        assert_eq!(slab.chunks(), ENTRIES.div_ceil(CHUNK));
    }

    #[test]
    fn a_chunk_without_entries_is_given_back_but_one() {
        let mut slab = Slab::default();
        let places: Vec<u32> = (0..4 * CHUNK as u32).map(|number| insert(&mut slab, number)).collect();
        assert_eq!(held(&slab), 4);
        places.iter().for_each(|&place| drop(slab.remove(place)));
        assert_eq!((held(&slab), slab.len()), (1, 0));
        let again: std::collections::BTreeSet<u32> = (0..4 * CHUNK as u32).map(|number| insert(&mut slab, number)).collect();
        assert!(again.into_iter().eq(places), "places come again, each once");
    }

    #[test]
    fn a_cell_is_no_larger_than_an_entry() {
        assert_eq!((size_of::<Cell>(), align_of::<Cell>()), (size_of::<Entry>(), 64));
    }
}

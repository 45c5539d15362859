//! Doubly linked lists of places, all in one array: a node stands at its place, so a list costs two words an entry and allocates nothing.

use crate::{
    error::{Error, Result},
    prefetch::prefetch,
};

/// So many places lie between the one that is dealt with and those that are fetched from memory for it.
const AHEAD: usize = 4;

/// `LISTS` rings over one array. Each has a head of its own before the places, so that linking has no case for an empty list.
pub struct Links<T, const LISTS: usize> {
    nodes: Vec<Node<T>>,
}

#[derive(Clone, Copy)]
struct Node<T> {
    /// Towards the warm end; from the head to the coldest.
    warmer: u32,
    /// Towards the cold end; from the head to the warmest.
    colder: u32,
    data: T,
}

impl<T, const LISTS: usize> Default for Links<T, LISTS> {
    /// No places yet, and nothing allocated.
    fn default() -> Self {
        Self { nodes: Vec::new() }
    }
}

impl<T: Copy + Default, const LISTS: usize> Links<T, LISTS> {
    /// Makes sure of room for all places below this, so that `put` asks for no memory.
    #[inline]
    pub fn reserve(&mut self, places: usize) -> Result<()> {
        let more = (places + LISTS).saturating_sub(self.nodes.len());
        self.nodes.try_reserve(more).map_err(|_| Error::memory())
    }

    /// Makes place known, with its data; it is in no list yet.
    pub fn put(&mut self, place: u32, data: T) {
        let at = place as usize + LISTS;
        for head in self.nodes.len()..=at {
            let alone = head as u32;
            self.nodes.push(Node { warmer: alone, colder: alone, data: T::default() });
        }
        self.nodes[at].data = data;
    }

    /// What is kept with a known place.
    #[inline]
    pub fn data(&self, place: u32) -> T {
        self.nodes[place as usize + LISTS].data
    }

    /// The same, to change it.
    #[inline]
    pub fn data_mut(&mut self, place: u32) -> &mut T {
        &mut self.nodes[place as usize + LISTS].data
    }

    /// What is kept with every place, known or not.
    pub fn all_data_mut(&mut self) -> impl ExactSizeIterator<Item = &mut T> {
        self.nodes.iter_mut().map(|node| &mut node.data)
    }

    /// Puts a place that is in no list at the warm end of one.
    #[inline]
    pub fn link(&mut self, list: usize, place: u32) {
        let (head, at) = (list as u32, place + LISTS as u32);
        let before = self.nodes[list].colder;
        self.nodes[list].colder = at;
        self.nodes[before as usize].warmer = at;
        let node = &mut self.nodes[at as usize];
        (node.warmer, node.colder) = (head, before);
    }

    /// Takes a place out of the list it is in.
    #[inline]
    pub fn unlink(&mut self, place: u32) {
        let Node { warmer, colder, .. } = self.nodes[place as usize + LISTS];
        self.nodes[warmer as usize].colder = colder;
        self.nodes[colder as usize].warmer = warmer;
    }

    /// Takes a place out for good: it is in no list until it is linked again.
    #[inline]
    pub fn free(&mut self, place: u32) {
        self.unlink(place);
        let at = place + LISTS as u32;
        let node = &mut self.nodes[at as usize];
        (node.warmer, node.colder) = (at, at);
    }

    /// Whether a place, which may be any number, is in a list.
    #[inline]
    pub fn has(&self, place: u32) -> bool {
        let at = place as usize + LISTS;
        self.nodes.get(at).is_some_and(|node| node.warmer as usize != at)
    }

    /// Where many places are gone through: starts to fetch those behind the `at`-th, and what is linked with the nearer of them.
    #[inline]
    pub fn fetch_ahead(&self, places: &[u32], at: usize) {
        let node = |at: usize| self.nodes.get(*places.get(at)? as usize + LISTS);
        if let Some(node) = node(at + 2 * AHEAD) {
            prefetch(node);
        }
        if let Some(node) = node(at + AHEAD) {
            prefetch(&self.nodes[node.warmer as usize]);
            prefetch(&self.nodes[node.colder as usize]);
        }
    }

    /// Moves a place to the warm end of its list.
    #[inline]
    pub fn warm(&mut self, list: usize, place: u32) {
        if self.nodes[list].colder != place + LISTS as u32 {
            self.unlink(place);
            self.link(list, place);
        }
    }

    /// The coldest of a list.
    #[inline]
    pub fn coldest(&self, list: usize) -> Option<u32> {
        self.places(list).next()
    }

    /// The warmest of a list.
    #[inline]
    pub fn warmest(&self, list: usize) -> Option<u32> {
        self.nodes.get(list)?.colder.checked_sub(LISTS as u32)
    }

    /// The places of a list, coldest first.
    pub fn places(&self, list: usize) -> impl Iterator<Item = u32> + '_ {
        let mut at = list as u32;
        std::iter::from_fn(move || {
            at = self.nodes.get(at as usize)?.warmer;
            at.checked_sub(LISTS as u32)
        })
    }

    /// Forgets all and frees it.
    pub fn clear(&mut self) {
        self.nodes = Vec::new();
    }
}

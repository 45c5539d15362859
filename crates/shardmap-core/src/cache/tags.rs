//! Which entries of a shard have a tag, by their places.
//!
//! Most tags are those of one entry or of very many. One place stands in the row itself; more are in a set, so that an entry goes in constant
//! time however many others have its tag.

use super::Tag;
use crate::{
    error::{Error, Result},
    hash,
};
use hashbrown::HashTable;
use std::collections::{hash_map::Entry, HashMap};

/// Tags with their places; none without a place.
pub struct Tags {
    rows: HashMap<Tag, Places, ahash::RandomState>,
}

enum Places {
    One(u32),
    Many(HashTable<u32>),
}

/// Places are small numbers given by the cache, so multiplying spreads them well enough.
fn spread(place: &u32) -> u64 {
    u64::from(*place).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Whether a table has become so empty that moving what is left is paid for by what has gone.
fn is_sparse(len: usize, capacity: usize) -> bool {
    capacity > 32 && len < capacity / 8
}

impl Places {
    fn add(&mut self, place: u32) {
        match self {
            Self::One(one) if *one == place => {}
            Self::One(one) => {
                let mut set = HashTable::with_capacity(2);
                set.insert_unique(spread(one), *one, spread);
                set.insert_unique(spread(&place), place, spread);
                *self = Self::Many(set);
            }
            Self::Many(set) => {
                set.entry(spread(&place), |&other| other == place, spread).or_insert(place);
            }
        }
    }

    /// Returns whether none is left.
    fn remove(&mut self, place: u32) -> bool {
        match self {
            Self::One(one) => *one == place,
            Self::Many(set) => {
                if let Ok(found) = set.find_entry(spread(&place), |&other| other == place) {
                    found.remove();
                }
                if is_sparse(set.len(), set.capacity()) {
                    set.shrink_to_fit(spread);
                }
                set.is_empty()
            }
        }
    }
}

impl Default for Tags {
    fn default() -> Self {
        Self { rows: HashMap::with_hasher(hash::state().clone()) }
    }
}

impl Tags {
    /// Makes sure of room for one more place under each of these tags, so that [`Tags::add`] moves no table.
    pub fn reserve(&mut self, tags: &[Tag]) -> Result<()> {
        self.rows.try_reserve(tags.len()).map_err(|_| Error::memory())?;
        for tag in tags {
            if let Some(Places::Many(set)) = self.rows.get_mut(tag) {
                set.try_reserve(1, spread).map_err(|_| Error::memory())?;
            }
        }
        Ok(())
    }

    /// Gives a place a tag. Returns the tag for the entry to keep, which all entries of this shard that have it share.
    pub fn add(&mut self, tag: &Tag, place: u32) -> Tag {
        match self.rows.entry(tag.clone()) {
            Entry::Occupied(mut row) => {
                row.get_mut().add(place);
                row.key().clone()
            }
            Entry::Vacant(row) => {
                row.insert(Places::One(place));
                tag.clone()
            }
        }
    }

    /// Takes a tag from a place, if it has it.
    pub fn remove(&mut self, tag: &str, place: u32) {
        if self.rows.get_mut(tag).is_some_and(|places| places.remove(place)) {
            self.forget(tag);
        }
    }

    /// Takes a tag from all places that have it.
    pub fn take(&mut self, tag: &str) -> Vec<u32> {
        match self.forget(tag) {
            None => Vec::new(),
            Some(Places::One(place)) => vec![place],
            Some(Places::Many(set)) => set.into_iter().collect(),
        }
    }

    fn forget(&mut self, tag: &str) -> Option<Places> {
        let places = self.rows.remove(tag);
        if is_sparse(self.rows.len(), self.rows.capacity()) {
            self.rows.shrink_to_fit();
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn tag(number: u8) -> Tag {
        format!("tag {number}").into()
    }

    fn sorted(mut places: Vec<u32>) -> Vec<u32> {
        places.sort_unstable();
        places
    }

    #[test]
    fn entries_with_one_tag_share_it() {
        let mut tags = Tags::default();
        let first = tags.add(&tag(1), 1);
        assert!(Tag::ptr_eq(&first, &tags.add(&tag(1), 2)));
    }

    #[test]
    fn a_tag_that_nobody_has_any_more_is_forgotten_with_its_memory() {
        let mut tags = Tags::default();
        for place in 0..10_000 {
            tags.add(&tag(0), place);
            tags.add(&format!("own {place}").into(), place);
        }
        for place in 0..10_000 {
            tags.remove("tag 0", place);
            tags.remove(&format!("own {place}"), place);
        }
        assert!(tags.rows.is_empty());
        assert!(tags.rows.capacity() <= 32);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Add(u8, u32),
        Remove(u8, u32),
        Take(u8),
    }

    fn step() -> impl Strategy<Value = Step> {
        let (tag, place) = (0..4_u8, 0..80_u32);
        prop_oneof![
            8 => (tag.clone(), place.clone()).prop_map(|(tag, place)| Step::Add(tag, place)),
            6 => (tag.clone(), place).prop_map(|(tag, place)| Step::Remove(tag, place)),
            1 => tag.prop_map(Step::Take),
        ]
    }

    proptest! {
        #[test]
        fn what_is_taken_is_what_was_added_and_not_removed(steps in prop::collection::vec(step(), 1..200)) {
            let (mut tags, mut model) = (Tags::default(), vec![BTreeSet::new(); 4]);
            for step in steps {
                match step {
                    Step::Add(number, place) => {
                        tags.add(&tag(number), place);
                        model[usize::from(number)].insert(place);
                    }
                    Step::Remove(number, place) => {
                        tags.remove(&tag(number), place);
                        model[usize::from(number)].remove(&place);
                    }
                    Step::Take(number) => {
                        let places: Vec<_> = std::mem::take(&mut model[usize::from(number)]).into_iter().collect();
                        prop_assert_eq!(sorted(tags.take(&tag(number))), places);
                    }
                }
                prop_assert_eq!(tags.rows.is_empty(), model.iter().all(BTreeSet::is_empty));
            }
        }
    }
}

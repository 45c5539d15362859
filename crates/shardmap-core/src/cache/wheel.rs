//! Which entries go by time: wheels of 64 lists each, the next wheel 64 times as coarse, the finest by milliseconds. An entry is put, and moved to a
//! finer wheel when its list's time has come, at most six times, so that it costs little however many others there are.
//!
//! An entry that lasts longer than it was put down for stays where it is, and is put down anew when its list's time has come.

use super::{
    entry::{Entry, NEVER},
    slab::Slab,
};

const BITS: u32 = 6;
const LISTS: usize = 1 << BITS;
const LEVELS: usize = 6;
/// What lies farther than this is put as far as this: two years. It is a list less than a turn of the coarsest wheel, so that none of the
/// next turn has the list of the present time, which would be taken for the first.
const FAR: u64 = (LISTS as u64 - 1) << (BITS * (LEVELS as u32 - 1));
/// The list of those whose time has come, or who are to be moved.
const DUE: usize = LISTS * LEVELS;

const NONE: u32 = u32::MAX;
/// Marks the number of a list where the first of it has the place before.
const LIST: u32 = 1 << 31;

/// An entry's neighbours in its list.
pub(super) struct Links {
    /// A place, a list marked as such, or `NONE` where it is in no list.
    before: u32,
    after: u32,
}

impl Default for Links {
    fn default() -> Self {
        Self { before: NONE, after: NONE }
    }
}

/// Nothing is allocated while there is no entry with a deadline.
#[derive(Default)]
pub(super) struct Wheel(Option<Box<Lists>>);

struct Lists {
    first: [u32; DUE + 1],
    /// A bit for each list that is not empty.
    taken: [u64; LEVELS],
    /// Everything before this is done.
    time: u64,
    len: usize,
}

impl Lists {
    /// The list for a time after `self.time`, as (level, list).
    fn list(&self, end: u64) -> (usize, usize) {
        let end = end.clamp(self.time + 1, self.time + FAR);
        let level = ((63 - ((self.time ^ end) | (LISTS as u64 - 1)).leading_zeros()) / BITS).min(LEVELS as u32 - 1);
        (level as usize, (end >> (level * BITS)) as usize & (LISTS - 1))
    }

    fn link(&mut self, slab: &mut Slab, place: u32, (level, list): (usize, usize)) {
        self.taken[level] |= 1 << list;
        let list = level * LISTS + list;
        let after = std::mem::replace(&mut self.first[list], place);
        if after != NONE {
            slab[after].links.before = place;
        }
        slab[place].links = Links { before: LIST | list as u32, after };
        self.len += 1;
    }

    fn unlink(&mut self, slab: &mut Slab, place: u32) {
        let Links { before, after } = std::mem::take(&mut slab[place].links);
        if after != NONE {
            slab[after].links.before = before;
        }
        if before & LIST == 0 {
            slab[before].links.after = after;
        } else {
            let list = (before ^ LIST) as usize;
            self.first[list] = after;
            if after == NONE && list != DUE {
                self.taken[list / LISTS] &= !(1 << (list % LISTS));
            }
        }
        self.len -= 1;
    }

    /// The first list that is not empty, and when its time begins.
    fn next(&self) -> Option<(usize, u64)> {
        let level = (0..LEVELS).find(|&level| self.taken[level] != 0)?;
        let shift = level as u32 * BITS;
        let now = (self.time >> shift) as u32 & (LISTS as u32 - 1);
        // Lists of this turn lie after the present one; those of the coarsest wheel may belong to its next turn.
        let list = (self.taken[level].rotate_right(now).trailing_zeros() + now) as u64 & (LISTS as u64 - 1);
        let turn = LISTS as u64;
        let start = ((self.time >> shift & !(turn - 1)) + list) << shift;
        let start = if start <= self.time { start + (turn << shift) } else { start };
        Some((level * LISTS + list as usize, start))
    }

    /// Lets the time go on to `now`, but not past a list whose time has come: that one becomes the list of those who are due.
    fn turn(&mut self, slab: &mut Slab, now: u64) -> bool {
        let Some((list, start)) = self.next().filter(|&(_, start)| start <= now) else {
            self.time = self.time.max(now);
            return false;
        };
        self.time = start;
        self.taken[list / LISTS] &= !(1 << (list % LISTS));
        let first = std::mem::replace(&mut self.first[list], NONE);
        self.first[DUE] = first;
        slab[first].links.before = LIST | DUE as u32;
        true
    }
}

impl Wheel {
    /// Whether no entry has a deadline.
    pub fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|lists| lists.len == 0)
    }

    /// Puts an entry down that is to go at `end`, or takes it off if that is [`NEVER`]. An entry that was to go earlier may stay where it is.
    pub fn put(&mut self, slab: &mut Slab, place: u32, end: u64, was: u64, now: u64) {
        let is_linked = slab[place].links.before != NONE;
        if is_linked && end >= was && end != NEVER {
            return;
        }
        self.remove(slab, place);
        if end != NEVER {
            let lists = self.0.get_or_insert_with(|| Box::new(Lists { first: [NONE; DUE + 1], taken: [0; LEVELS], time: now, len: 0 }));
            lists.link(slab, place, lists.list(end));
        }
    }

    /// Takes an entry off.
    #[inline]
    pub fn remove(&mut self, slab: &mut Slab, place: u32) {
        if slab[place].links.before == NONE {
            return;
        }
        if let Some(lists) = &mut self.0 {
            lists.unlink(slab, place);
        }
    }

    /// An entry whose end has come, taken off. `None` when there is none, or when `steps`, which moves count against too, are used up.
    pub fn pop(&mut self, slab: &mut Slab, now: u64, end: impl Fn(&Entry) -> u64, steps: &mut usize) -> Option<u32> {
        let lists = self.0.as_mut()?;
        loop {
            let place = lists.first[DUE];
            if place == NONE {
                if !lists.turn(slab, now) {
                    return None;
                }
                continue;
            }
            *steps = steps.checked_sub(1)?;
            lists.unlink(slab, place);
            match end(&slab[place]) {
                due if due <= now => return Some(place),
                NEVER => {}
                later => lists.link(slab, place, lists.list(later)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{key::Key, value::Value};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[derive(Default)]
    struct Timed {
        slab: Slab,
        wheel: Wheel,
    }

    impl Timed {
        fn insert(&mut self, end: u64, now: u64) -> u32 {
            if !self.slab.has_room() {
                self.slab.grow().unwrap();
            }
            let links = Links::default();
            let place = self.slab.insert(Entry { key: Key::new(&[1]), value: Value::NULL, hash: 0, deadline: end, rare: None, links });
            self.wheel.put(&mut self.slab, place, end, NEVER, now);
            place
        }

        fn set(&mut self, place: u32, end: u64, now: u64) {
            let was = std::mem::replace(&mut self.slab[place].deadline, end);
            self.wheel.put(&mut self.slab, place, end, was, now);
        }

        fn pop(&mut self, now: u64) -> Vec<u32> {
            let mut gone = Vec::new();
            loop {
                // Few steps at a time, as the sweep does it.
                let mut steps = 3;
                while let Some(place) = self.wheel.pop(&mut self.slab, now, |entry| entry.deadline, &mut steps) {
                    self.slab.remove(place);
                    gone.push(place);
                }
                if steps > 0 {
                    return gone;
                }
            }
        }
    }

    #[derive(Clone, Debug)]
    enum Step {
        Insert(u64),
        Set(usize, u64),
        Never(usize),
        Remove(usize),
        Pass(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        // Of all magnitudes, past the end of the coarsest wheel.
        let span = || (0..40_u32, 0..64_u64).prop_map(|(bits, low)| (1 << bits) + low);
        prop_oneof![
            4 => span().prop_map(Step::Insert),
            2 => (any::<usize>(), span()).prop_map(|(which, span)| Step::Set(which, span)),
            1 => any::<usize>().prop_map(Step::Never),
            1 => any::<usize>().prop_map(Step::Remove),
            4 => span().prop_map(Step::Pass),
        ]
    }

    proptest! {
        #[test]
        fn entries_go_when_their_end_has_come_and_not_before(start in prop_oneof![Just(0), Just((1_u64 << 36) - 9), any::<u32>().prop_map(u64::from)],
                                                             steps in prop::collection::vec(step(), 1..120)) {
            let (mut timed, mut model, mut now) = (Timed::default(), BTreeMap::new(), start);
            for step in steps {
                let which = |model: &BTreeMap<u32, u64>, which: usize| model.keys().nth(which % model.len().max(1)).copied();
                match step {
                    Step::Insert(span) => drop(model.insert(timed.insert(now + span, now), now + span)),
                    Step::Set(nth, span) => if let Some(place) = which(&model, nth) {
                        timed.set(place, now + span, now);
                        model.insert(place, now + span);
                    },
                    Step::Never(nth) => if let Some(place) = which(&model, nth) {
                        timed.set(place, NEVER, now);
                        model.insert(place, NEVER);
                    },
                    Step::Remove(nth) => if let Some(place) = which(&model, nth) {
                        timed.wheel.remove(&mut timed.slab, place);
                        timed.slab.remove(place);
                        model.remove(&place);
                    },
                    Step::Pass(span) => {
                        now += span;
                        let mut gone = timed.pop(now);
                        gone.sort_unstable();
                        let expected: Vec<u32> = model.iter().filter(|(_, &end)| end <= now).map(|(&place, _)| place).collect();
                        prop_assert_eq!(gone, expected);
                        model.retain(|_, end| *end > now);
                    }
                }
                prop_assert_eq!(timed.slab.len(), model.len());
                prop_assert_eq!(timed.wheel.is_empty(), model.values().all(|&end| end == NEVER));
            }
        }
    }
}

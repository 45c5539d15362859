//! Least recently used, exactly: one list in the order of use.

use super::{links::Links, policy::Eviction};
use crate::error::Result;

/// One list; weights do not matter to it.
#[derive(Default)]
pub struct Lru {
    order: Links<(), 1>,
}

impl Eviction for Lru {
    fn reserve(&mut self, places: usize) -> Result<()> {
        self.order.reserve(places)
    }

    fn insert(&mut self, place: u32, _hash: u64, _weight: u32) {
        self.order.put(place, ());
        self.order.link(0, place);
    }

    fn touch(&mut self, place: u32) {
        self.order.warm(0, place);
    }

    fn has(&self, place: u32) -> bool {
        self.order.has(place)
    }

    fn fetch_ahead(&self, places: &[u32], at: usize) {
        self.order.fetch_ahead(places, at);
    }

    fn replace(&mut self, place: u32, _weight: u32) {
        self.touch(place);
    }

    fn remove(&mut self, place: u32) {
        self.order.free(place);
    }

    fn victim(&mut self) -> Option<u32> {
        self.order.coldest(0)
    }

    fn miss(&mut self, _hash: u64) {}

    fn coldest_first(&self, each: &mut dyn FnMut(u32)) {
        self.order.places(0).for_each(each);
    }

    fn clear(&mut self) {
        self.order.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn order(policy: &Lru) -> Vec<u32> {
        let mut places = Vec::new();
        policy.coldest_first(&mut |place| places.push(place));
        places
    }

    #[test]
    fn an_empty_one_has_no_victim_before_use_and_after_clear() {
        let mut policy = Lru::default();
        assert_eq!(policy.victim(), None);
        policy.insert(3, 0, 1);
        assert_eq!(policy.victim(), Some(3));
        policy.clear();
        assert_eq!((policy.victim(), order(&policy)), (None, vec![]));
        policy.insert(0, 0, 1);
        policy.remove(0);
        assert_eq!(policy.victim(), None);
    }

    #[test]
    fn uses_come_in_their_order_and_those_of_free_places_do_nothing() {
        let mut policy = Lru::default();
        (0..20).for_each(|place| policy.insert(place, 0, 1));
        policy.remove(7);
        policy.touch_all(&[5, 7, 99, 3, 7, 11, 3]);
        assert_eq!(order(&policy).split_off(16), [5, 11, 3]);
        policy.insert(7, 0, 1);
        assert_eq!(order(&policy).last(), Some(&7));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Insert(u32),
        Touch(u32),
        Replace(u32),
        Remove(u32),
        Evict,
    }

    fn step() -> impl Strategy<Value = Step> {
        let place = 0..12_u32;
        prop_oneof![
            place.clone().prop_map(Step::Insert),
            place.clone().prop_map(Step::Touch),
            place.clone().prop_map(Step::Replace),
            place.prop_map(Step::Remove),
            Just(Step::Evict),
        ]
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_the_last_uses(steps in prop::collection::vec(step(), 0..200)) {
            let (mut policy, mut model) = (Lru::default(), Vec::new());
            for step in steps {
                let known = |model: &[u32], place| model.iter().position(|&other| other == place);
                match step {
                    Step::Insert(place) => if known(&model, place).is_none() {
                        policy.insert(place, 0, 1);
                        model.push(place);
                    },
                    Step::Touch(place) | Step::Replace(place) => if let Some(at) = known(&model, place) {
                        if matches!(step, Step::Touch(_)) { policy.touch(place) } else { policy.replace(place, 2) }
                        model.remove(at);
                        model.push(place);
                    },
                    Step::Remove(place) => if let Some(at) = known(&model, place) {
                        policy.remove(place);
                        model.remove(at);
                    },
                    Step::Evict => {
                        let victim = policy.victim();
                        prop_assert_eq!(victim, model.first().copied());
                        if let Some(place) = victim {
                            policy.remove(place);
                            model.remove(0);
                        }
                    }
                }
                prop_assert_eq!(order(&policy), model.clone());
            }
        }
    }
}

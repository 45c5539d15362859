//! Any sequence of steps agrees with the model.

use super::model::{agree, Step, KEYS};
use proptest::prelude::*;

fn step() -> impl Strategy<Value = Step> {
    let writes = || prop::collection::vec((0..KEYS, prop::option::of(0..5u8)), 0..5);
    prop_oneof![
        4 => writes().prop_map(Step::Write),
        4 => (0..6usize, prop::collection::btree_set(0..KEYS, 0..4), writes()).prop_map(|(back, reads, writes)| Step::After(back, reads, writes)),
        2 => (0..3u8, writes()).prop_map(|(id, writes)| Step::Named(id, writes)),
        1 => (prop::collection::vec((0..KEYS, 0..5u8), 0..6), prop::option::of(writes())).prop_map(|(all, meanwhile)| Step::Replace(all, meanwhile)),
        2 => (0..6usize).prop_map(Step::Rollback),
        2 => Just(Step::Follow),
    ]
}

proptest! {
    #[test]
    fn agrees_with_a_list_of_hash_maps(mode in 0..2usize, other in 0..2usize, keep in 0..5usize, steps in prop::collection::vec(step(), 0..40)) {
        agree([mode, other], keep, steps);
    }
}

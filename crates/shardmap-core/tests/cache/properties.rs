//! Any sequence of steps agrees with the model.

use super::{
    fixture::lru,
    model::{check, Step, KEYS},
};
use proptest::prelude::*;
use shardmap_core::cache::{Options, Policy};

fn step() -> impl Strategy<Value = Step> {
    let at = || 0..KEYS;
    let ttl = || prop::option::of(1..200_u64);
    prop_oneof![
        4 => at().prop_map(Step::Get),
        1 => at().prop_map(Step::Peek),
        2 => at().prop_map(Step::Touch),
        8 => (at(), 0..900_usize, ttl(), prop_oneof![2 => Just(0), 1 => 0..100_u64], 0..8_u8).prop_map(|(at, len, ttl, grace, tags)| Step::Set(at, len, ttl, grace, tags)),
        4 => (at(), 0..20_usize).prop_map(|(at, len)| Step::Set(at, len, None, 0, 0)),
        2 => (at(), ttl()).prop_map(|(at, ttl)| Step::Increment(at, ttl)),
        2 => at().prop_map(Step::Delete),
        1 => (0..3_usize).prop_map(Step::Invalidate),
        1 => Just(Step::Clear),
        3 => (0..120_u64).prop_map(Step::Pass),
        1 => Just(Step::Sweep),
    ]
}

proptest! {
    #[test]
    fn agrees_with_a_list_bounded_by_entries(steps in prop::collection::vec(step(), 1..150)) {
        check(lru(4), steps);
    }

    #[test]
    fn agrees_with_a_list_bounded_by_bytes(steps in prop::collection::vec(step(), 1..150)) {
        let max_bytes = Some(3_000);
        check(Options { max_bytes, max_entry_bytes: Some(1_000), policy: Some(Policy::Lru), ..Options::default() }, steps);
    }

    #[test]
    fn agrees_with_a_list_with_a_ttl_of_its_own(steps in prop::collection::vec(step(), 1..150)) {
        check(Options { ttl: Some(90), ..lru(8) }, steps);
    }

    #[test]
    fn agrees_with_a_list_bounded_by_both(steps in prop::collection::vec(step(), 1..150)) {
        check(Options { max_bytes: Some(2_000), ..lru(6) }, steps);
    }
}

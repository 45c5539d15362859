//! Any sequence of steps agrees with the model.

use super::model::{agrees, Step};
use proptest::prelude::*;

fn step() -> impl Strategy<Value = Step> {
    let (holder, term, at) = (0..3_u64, 1..40_u64, 0..30_usize);
    let keys = prop::collection::vec(0..6_u32, 1..4);
    prop_oneof![
        24 => (keys, holder.clone(), term.clone()).prop_map(|(keys, holder, term)| Step::Ask { keys, holder, term }),
        12 => at.clone().prop_map(Step::Release),
        6 => at.clone().prop_map(Step::Cancel),
        6 => (at, term).prop_map(|(at, term)| Step::Renew(at, term)),
        2 => holder.prop_map(Step::EndHolder),
        1 => Just(Step::Destroy),
        8 => (0..20_u64).prop_map(Step::Pass),
        4 => (0..20_u64).prop_map(Step::Stall),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn every_request_fares_as_in_the_model(steps in prop::collection::vec(step(), 1..60)) {
        agrees(steps);
    }
}

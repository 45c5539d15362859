//! Leases beside the model of their tests.

#[path = "../../shardmap-core/tests/leases/fixture.rs"]
mod fixture;
#[path = "../../shardmap-core/tests/leases/model.rs"]
mod model;
#[path = "../../shardmap-core/tests/leases/rules.rs"]
mod rules;

use arbitrary::{Result, Unstructured};
use model::Step;

fn step(u: &mut Unstructured<'_>) -> Result<Step> {
    let place = |u: &mut Unstructured<'_>| u.int_in_range(0..=29_usize);
    Ok(match u.int_in_range(0..=8_u8)? {
        0 | 1 => {
            let keys = (0..u.int_in_range(1..=3_u8)?).map(|_| u.int_in_range(0..=5)).collect::<Result<_>>()?;
            Step::Ask { keys, holder: u.int_in_range(0..=2)?, term: u.int_in_range(1..=40)? }
        }
        2 => Step::Release(place(u)?),
        3 => Step::Cancel(place(u)?),
        4 => Step::Renew(place(u)?, u.int_in_range(1..=40)?),
        5 => Step::EndHolder(u.int_in_range(0..=2)?),
        6 => Step::Pass(u.int_in_range(0..=50)?),
        7 => Step::Stall(u.int_in_range(0..=50)?),
        // Now and then: nothing but refusals follows.
        _ if u.int_in_range(0..=7_u8)? == 7 => Step::Destroy,
        _ => Step::Pass(1),
    })
}

/// Any sequence of requests fares as in the model.
pub fn operate(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let mut steps = Vec::new();
    while !u.is_empty() {
        steps.extend(step(&mut u));
    }
    model::agrees(steps);
}

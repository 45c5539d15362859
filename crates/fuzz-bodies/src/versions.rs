//! The versioned map beside the model of its tests.

#[path = "../../shardmap-core/tests/versions/fixture.rs"]
mod fixture;
#[path = "../../shardmap-core/tests/versions/model.rs"]
mod model;

use arbitrary::{Result, Unstructured};
use model::{Step, Writes, KEYS};

fn some<T>(u: &mut Unstructured<'_>, most: u8, mut one: impl FnMut(&mut Unstructured<'_>) -> Result<T>) -> Result<Vec<T>> {
    (0..u.int_in_range(0..=most)?).map(|_| one(u)).collect()
}

fn key(u: &mut Unstructured<'_>) -> Result<u32> {
    u.int_in_range(0..=KEYS - 1)
}

fn writes(u: &mut Unstructured<'_>) -> Result<Writes> {
    some(u, 5, |u| Ok((key(u)?, if u.arbitrary()? { Some(u.int_in_range(0..=4)?) } else { None })))
}

fn step(u: &mut Unstructured<'_>) -> Result<Step> {
    Ok(match u.int_in_range(0..=6_u8)? {
        0 | 1 => Step::Write(writes(u)?),
        2 => Step::After(u.int_in_range(0..=5)?, some(u, 4, key)?.into_iter().collect(), writes(u)?),
        3 => Step::Named(u.int_in_range(0..=2)?, writes(u)?),
        4 => {
            let all = some(u, 6, |u| Ok((key(u)?, u.int_in_range(0..=4)?)))?;
            Step::Replace(all, if u.arbitrary()? { Some(writes(u)?) } else { None })
        }
        5 => Step::Rollback(u.int_in_range(0..=5)?),
        _ => Step::Follow,
    })
}

fn run(u: &mut Unstructured<'_>) -> Result<()> {
    let (modes, keep) = ([u.int_in_range(0..=1)?, u.int_in_range(0..=1)?], u.int_in_range(0..=4)?);
    let mut steps = Vec::new();
    while !u.is_empty() {
        steps.push(step(u)?);
    }
    model::agree(modes, keep, steps);
    Ok(())
}

/// Any sequence of commits agrees with a list of maps.
pub fn operate(data: &[u8]) {
    let _ = run(&mut Unstructured::new(data));
}

//! The cache beside the model of its tests.

#[path = "../../shardmap-core/tests/cache/fixture.rs"]
mod fixture;
#[path = "../../shardmap-core/tests/cache/model.rs"]
mod model;

use arbitrary::{Result, Unstructured};
use fixture::lru;
use model::{Step, KEYS};
use shardmap_core::cache::Options;

fn step(u: &mut Unstructured<'_>) -> Result<Step> {
    let at = u.int_in_range(0..=KEYS - 1)?;
    let ttl = |u: &mut Unstructured<'_>| Ok(if u.arbitrary()? { Some(u.int_in_range(1..=200)?) } else { None });
    Ok(match u.int_in_range(0..=11_u8)? {
        0 | 1 => Step::Get(at),
        2 => Step::Peek(at),
        3 => Step::Touch(at),
        4 | 5 => Step::Set(at, u.int_in_range(0..=1_100)?, ttl(u)?, u.int_in_range(0..=100)?, u.int_in_range(0..=7)?),
        6 => Step::Increment(at, ttl(u)?),
        7 => Step::Delete(at),
        8 => Step::Invalidate(u.int_in_range(0..=2)?),
        9 => Step::Clear,
        10 => Step::Pass(u.int_in_range(0..=400)?),
        _ => Step::Sweep,
    })
}

fn run(u: &mut Unstructured<'_>) -> Result<()> {
    let max = u.int_in_range(1..=9)?;
    let options = match u.int_in_range(0..=3_u8)? {
        0 => lru(max),
        1 => Options { max: None, max_bytes: Some(300 * max), max_entry_bytes: Some(1_000), ..lru(max) },
        2 => Options { max_bytes: Some(u.int_in_range(1..=3_000)?), ..lru(max) },
        _ => Options { ttl: Some(u.int_in_range(1..=200)?), ..lru(max) },
    };
    let mut steps = Vec::new();
    while !u.is_empty() {
        steps.push(step(u)?);
    }
    model::check(options, steps);
    Ok(())
}

/// Any sequence of calls agrees with the model, bounds and counts included.
pub fn operate(data: &[u8]) {
    let _ = run(&mut Unstructured::new(data));
}

//! Bytes that an entry takes, by the allocator's count: in a version, and in each of a thousand versions that change one key each. The keys
//! themselves are shared by all and not counted.

#[path = "../../shardmap-core/tests/counting/mod.rs"]
mod counting;

use shardmap_bench::contenders::{keys, Chunks, Contender, Copy, Delta, Imbl, Rpds, Whole, ENTRIES};
use shardmap_core::{key::Key, Value};

fn contender<C: Contender>(keys: &[Key], versions: usize) -> String {
    let before = counting::live();
    let mut map = C::build(keys);
    let one = counting::live() - before;
    let mut kept = Vec::with_capacity(versions);
    let before = counting::live();
    for key in keys.iter().step_by(keys.len() / versions) {
        kept.push(map.clone());
        map.change(key, Value::NULL);
    }
    let more = (counting::live() - before) / versions as i64;
    format!("\"{}\":{{\"entry\":{:.1},\"version\":{more}}}", C::NAME, one as f64 / keys.len() as f64)
}

fn main() {
    let keys = keys(ENTRIES);
    let figures = [
        contender::<Delta>(&keys, 1_000),
        contender::<Rpds>(&keys, 1_000),
        contender::<Imbl>(&keys, 1_000),
        contender::<Chunks>(&keys, 1_000),
        contender::<Copy>(&keys, 2),
        contender::<Whole>(&keys, 2),
    ];
    println!("{{{}}}", figures.join(","));
}

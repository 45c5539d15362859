//! The most entries that one lock covered the move of, while two million new keys arrive; beside dashmap with its default shards.

use dashmap::DashMap;
use shardmap_core::{key::KeyRef, Options, ShardedMap, Value};

const KEYS: u32 = 2_000_000;

fn main() {
    let map = ShardedMap::new(Options::default()).expect("default options");
    let dashmap: DashMap<[u8; 4], f64> = DashMap::new();
    let mut largest = 0;
    for key in 0..KEYS {
        let bytes = key.to_be_bytes();
        map.set(KeyRef::new(&bytes), Value::number(0.0)).expect("no limit is set");
        // dashmap moves a whole shard when it is full; seen from outside as a shard whose capacity changes.
        let shard = &dashmap.shards()[dashmap.determine_map(&bytes)];
        let before = shard.read().capacity();
        dashmap.insert(bytes, 0.0);
        let after = shard.read();
        if after.capacity() != before {
            largest = largest.max(after.len() - 1);
        }
    }
    let stats = map.stats().expect("not destroyed");
    println!(
        "{{\"shardmap_largest_move\":{},\"dashmap_largest_move\":{largest},\"shardmap_growths\":{}}}",
        stats.largest_move, stats.growths
    );
}

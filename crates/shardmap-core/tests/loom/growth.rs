//! Growth ahead of need, under every interleaving: whoever asks for it gets it.

use super::{beside, explore, key, value};
use shardmap_core::{thread, Options, ShardedMap};
use std::sync::Arc;

fn map() -> Arc<ShardedMap> {
    ShardedMap::new(Options { shards: Some(2), ..Options::default() }).unwrap()
}

/// Three keys fill a small table so far that it asks to grow; this many of them fall into one shard.
fn keys() -> Vec<u8> {
    let shard = |at: u8| (key(at).hash << 7) >> 63;
    (0..64).filter(|&at| shard(at) == shard(0)).take(3).collect()
}

fn grown(map: &ShardedMap) -> u64 {
    map.stats().unwrap().growths
}

/// Found by reading, and then by this: a pass that begins did not see who had asked just before, and that map was never grown ahead again.
#[test]
fn a_shard_that_asks_while_a_pass_begins_is_grown() {
    explore(|| {
        let (map, other) = (map(), map());
        let keys = keys();
        for &at in &keys {
            other.set(key(at), value(1)).unwrap();
        }
        keys[..2].iter().for_each(|&at| drop(map.set(key(at), value(1)).unwrap()));
        let last = keys[2];
        let writer = beside(&map, move |map| drop(map.set(key(last), value(1)).unwrap()));
        // The pass that the other map has asked for.
        thread::pass();
        writer.join().unwrap();
        thread::pass();
        thread::rest();
        assert_eq!((grown(&map), grown(&other)), (1, 1), "a crowded shard is forgotten");
    });
}

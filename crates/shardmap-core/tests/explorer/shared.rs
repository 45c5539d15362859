//! Slots under a shard's lock: a map of two keys, on one slot or two, in one shard or two.

use super::search::{fails, holds, Go, Lock, Program};

/// Each write of a key raises its value by one, a removal too, so that the writes of a key are in an order that is known.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Map {
    locks: [Lock; 2],
    slots: [u8; 2],
    values: [u8; 2],
    /// What somebody who has ended has written or read.
    known: [u8; 2],
}

#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Local {
    /// Value and version of each key.
    kept: [Option<(u8, u8)>; 2],
    /// What was known when the call began.
    known: u8,
    value: u8,
    version: u8,
    written: [u8; 2],
}

/// Which slot and shard a key has.
#[derive(Clone, Copy)]
struct Layout {
    slots: [usize; 2],
    shards: [usize; 2],
}

const LAYOUTS: [(&str, Layout); 4] = [
    ("one slot, one shard", Layout { slots: [0, 0], shards: [0, 0] }),
    ("one slot, two shards", Layout { slots: [0, 0], shards: [0, 1] }),
    ("two slots, one shard", Layout { slots: [0, 1], shards: [0, 0] }),
    ("two slots, two shards", Layout { slots: [0, 1], shards: [0, 1] }),
];

type Steps = Program<Map, Local>;

#[derive(Clone, Copy)]
enum Writes {
    Lock,
    Advance,
    Store,
    Unlock,
}

const WRITE: [Writes; 4] = [Writes::Lock, Writes::Advance, Writes::Store, Writes::Unlock];

#[derive(Clone, Copy)]
enum Reads {
    Lock,
    Value,
    Version,
    Unlock,
}

const READ: [Reads; 4] = [Reads::Lock, Reads::Value, Reads::Version, Reads::Unlock];

fn write(layout: Layout, key: usize, order: &[Writes]) -> Steps {
    let (slot, shard) = (layout.slots[key], layout.shards[key]);
    let last = order.len() - 1;
    let step = |(at, step): (usize, &Writes)| {
        let step = *step;
        let run = move |map: &mut Map, local: &mut Local| {
            let go = match step {
                Writes::Lock => map.locks[shard].write(),
                Writes::Advance => {
                    map.slots[slot] += 1;
                    Go::On
                }
                Writes::Store => {
                    map.values[key] += 1;
                    local.written[key] = map.values[key];
                    Go::On
                }
                Writes::Unlock => map.locks[shard].end_write(),
            };
            if at == last {
                map.known[key] = map.known[key].max(local.written[key]);
            }
            go
        };
        Box::new(run) as _
    };
    order.iter().enumerate().map(step).collect()
}

fn end_read(map: &mut Map, local: &Local, key: usize, value: u8) -> Option<&'static str> {
    map.known[key] = map.known[key].max(value);
    (value < local.known).then_some("a read is older than what was known")
}

fn read(layout: Layout, key: usize, order: &[Reads]) -> Steps {
    let (slot, shard, last) = (layout.slots[key], layout.shards[key], order.len() - 1);
    let hit = move |map: &mut Map, local: &mut Local| {
        local.known = map.known[key];
        match local.kept[key] {
            Some((value, version)) if version == map.slots[slot] => end_read(map, local, key, value).map_or(Go::Skip(last + 1), Go::Wrong),
            _ => Go::On,
        }
    };
    let miss = order.iter().enumerate().map(|(at, step)| {
        let step = *step;
        let run = move |map: &mut Map, local: &mut Local| {
            let go = match step {
                Reads::Lock => map.locks[shard].read(),
                Reads::Value => {
                    local.value = map.values[key];
                    Go::On
                }
                Reads::Version => {
                    local.version = map.slots[slot];
                    Go::On
                }
                Reads::Unlock => map.locks[shard].end_read(),
            };
            if at < last {
                return go;
            }
            local.kept[key] = Some((local.value, local.version));
            end_read(map, local, key, local.value).map_or(go, Go::Wrong)
        };
        Box::new(run) as _
    });
    let hit: super::search::Step<Map, Local> = Box::new(hit);
    [hit].into_iter().chain(miss).collect()
}

/// Removes the keys shard by shard; `ahead` is the fault of advancing all slots before that and not with it.
fn clear(layout: Layout, ahead: bool) -> Steps {
    let mut steps: Steps = Vec::new();
    let advance = |key: usize| {
        let slot = layout.slots[key];
        Box::new(move |map: &mut Map, _: &mut Local| {
            map.slots[slot] += 1;
            Go::On
        }) as _
    };
    if ahead {
        steps.extend((0..2).map(advance));
    }
    for shard in 0..2 {
        let keys: Vec<usize> = (0..2).filter(|&key| layout.shards[key] == shard).collect();
        steps.push(Box::new(move |map, _| map.locks[shard].write()));
        if !ahead {
            steps.extend(keys.iter().map(|&key| advance(key)));
        }
        steps.push(Box::new(move |map, local| {
            for &key in &keys {
                map.values[key] += 1;
                local.written[key] = map.values[key];
            }
            Go::On
        }));
        steps.push(Box::new(move |map, _| map.locks[shard].end_write()));
    }
    steps.push(Box::new(|map, local| {
        (0..2).for_each(|key| map.known[key] = map.known[key].max(local.written[key]));
        Go::On
    }));
    steps
}

/// Two writers, of one key and of both, and two readers, of whom one comes back to a key.
fn threads(layout: Layout, writes: &[Writes], reads: &[Reads]) -> Vec<Steps> {
    let read = |keys: &[usize]| keys.iter().flat_map(|&key| read(layout, key, reads)).collect();
    let write = |keys: &[usize]| keys.iter().flat_map(|&key| write(layout, key, writes)).collect();
    vec![write(&[0, 1]), write(&[0]), read(&[0, 1, 0]), read(&[0])]
}

fn all_hold(writes: &[Writes], reads: &[Reads]) {
    for (name, layout) in LAYOUTS {
        holds(name, Map::default(), &threads(layout, writes, reads));
    }
}

fn all_fail(writes: &[Writes], reads: &[Reads]) {
    for (name, layout) in LAYOUTS {
        fails(name, "a read is older than what was known", Map::default(), &threads(layout, writes, reads));
    }
}

#[test]
fn a_slot_advanced_before_the_store_and_under_the_lock_holds() {
    all_hold(&WRITE, &READ);
}

#[test]
fn a_slot_advanced_after_the_store_and_under_the_lock_holds() {
    all_hold(&[Writes::Lock, Writes::Store, Writes::Advance, Writes::Unlock], &READ);
}

#[test]
fn a_version_read_just_before_the_lock_holds() {
    let reads = [Reads::Version, Reads::Lock, Reads::Value, Reads::Unlock];
    let (name, layout) = LAYOUTS[0];
    holds(name, Map::default(), &threads(layout, &WRITE, &reads));
}

#[test]
fn a_slot_advanced_before_the_lock_is_found() {
    all_fail(&[Writes::Advance, Writes::Lock, Writes::Store, Writes::Unlock], &READ);
}

#[test]
fn a_slot_advanced_after_the_lock_is_found() {
    all_fail(&[Writes::Lock, Writes::Store, Writes::Unlock, Writes::Advance], &READ);
}

#[test]
fn a_version_read_after_the_lock_is_found() {
    all_fail(&WRITE, &[Reads::Lock, Reads::Value, Reads::Unlock, Reads::Version]);
}

fn clearing(layout: Layout, ahead: bool) -> Vec<Steps> {
    let read = |keys: &[usize]| keys.iter().flat_map(|&key| read(layout, key, &READ)).collect();
    vec![clear(layout, ahead), write(layout, 1, &WRITE), read(&[1, 0, 1]), read(&[1])]
}

#[test]
fn a_clear_that_advances_the_slots_of_a_shard_with_its_removals_holds() {
    for (name, layout) in LAYOUTS {
        holds(name, Map::default(), &clearing(layout, false));
    }
}

#[test]
fn a_clear_that_advances_all_slots_first_is_found() {
    for (name, layout) in LAYOUTS {
        fails(name, "a read is older than what was known", Map::default(), &clearing(layout, true));
    }
}

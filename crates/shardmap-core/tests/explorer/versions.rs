//! Slots, turn and root of a versioned map of two keys: whoever has seen one key of a commit sees all of it.

use super::search::{fails, holds, Go, Lock, Program, Step};

const VERSIONS: usize = 5;

#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Map {
    writer: Lock,
    turn: u8,
    slots: [u8; 2],
    /// The latest version.
    root: usize,
    /// For each version the versions in which its keys were written last, which are their values.
    values: [[usize; 2]; VERSIONS],
    /// A version that somebody who has ended has made or seen something of.
    known: usize,
}

#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Local {
    kept: [Option<(usize, u8)>; 2],
    known: usize,
    turn: u8,
    version: u8,
    value: usize,
}

type Steps = Program<Map, Local>;

#[derive(Clone, Copy, PartialEq)]
enum Writes {
    Begin,
    Advance,
    Swap,
    End,
}

const COMMIT: [Writes; 4] = [Writes::Begin, Writes::Advance, Writes::Swap, Writes::End];

#[derive(Clone, Copy)]
enum Reads {
    Turn,
    Version,
    Root,
    Turned,
}

const READ: [Reads; 4] = [Reads::Turn, Reads::Version, Reads::Root, Reads::Turned];

fn commit(keys: &'static [usize], slots: [usize; 2], order: &[Writes]) -> Steps {
    let mut steps: Steps = vec![Box::new(|map, _| map.writer.write())];
    for step in order {
        match step {
            Writes::Advance => steps.extend(keys.iter().map(|&key| {
                Box::new(move |map: &mut Map, _: &mut Local| {
                    map.slots[slots[key]] += 1;
                    Go::On
                }) as _
            })),
            Writes::Swap => steps.push(Box::new(|map, _| {
                let mut values = map.values[map.root];
                map.root += 1;
                keys.iter().for_each(|&key| values[key] = map.root);
                map.values[map.root] = values;
                Go::On
            })),
            Writes::Begin | Writes::End => steps.push(Box::new(|map, _| {
                map.turn += 1;
                Go::On
            })),
        }
    }
    steps.push(Box::new(|map, _| {
        map.known = map.known.max(map.root);
        map.writer.end_write()
    }));
    steps
}

fn end_read(map: &mut Map, local: &Local, key: usize, value: usize) -> Option<&'static str> {
    map.known = map.known.max(value);
    (value < map.values[local.known][key]).then_some("a read is older than what was known")
}

fn read(key: usize, slots: [usize; 2], order: &[Reads]) -> Steps {
    let (slot, last) = (slots[key], order.len() - 1);
    let asks = order.iter().any(|step| matches!(step, Reads::Turned));
    let hit = move |map: &mut Map, local: &mut Local| {
        local.known = map.known;
        match local.kept[key] {
            Some((value, version)) if version == map.slots[slot] => end_read(map, local, key, value).map_or(Go::Skip(last + 1), Go::Wrong),
            _ => Go::On,
        }
    };
    let miss = order.iter().enumerate().map(|(at, step)| {
        let step = *step;
        let run = move |map: &mut Map, local: &mut Local| {
            let mut holds = !asks;
            match step {
                Reads::Turn => local.turn = map.turn,
                Reads::Version => local.version = map.slots[slot],
                Reads::Root => local.value = map.values[map.root][key],
                Reads::Turned => holds = local.turn.is_multiple_of(2) && local.turn == map.turn,
            }
            if at < last {
                return Go::On;
            }
            local.kept[key] = holds.then_some((local.value, local.version));
            end_read(map, local, key, local.value).map_or(Go::On, Go::Wrong)
        };
        Box::new(run) as Step<Map, Local>
    });
    let hit: Step<Map, Local> = Box::new(hit);
    [hit].into_iter().chain(miss).collect()
}

/// One commits both keys, another one the second key; one reads a key, the other one, and comes back.
fn threads(slots: [usize; 2], writes: &[Writes], reads: &[Reads]) -> Vec<Steps> {
    let read = |keys: &[usize]| keys.iter().flat_map(|&key| read(key, slots, reads)).collect();
    vec![commit(&[0, 1], slots, writes), commit(&[1], slots, writes), read(&[1, 0, 1])]
}

const LAYOUTS: [(&str, [usize; 2]); 2] = [("one slot", [0, 0]), ("two slots", [0, 1])];

fn all_hold(writes: &[Writes], reads: &[Reads]) {
    LAYOUTS.into_iter().for_each(|(name, slots)| holds(name, Map::default(), &threads(slots, writes, reads)));
}

fn all_fail(writes: &[Writes], reads: &[Reads]) {
    let what = "a read is older than what was known";
    LAYOUTS.into_iter().for_each(|(name, slots)| fails(name, what, Map::default(), &threads(slots, writes, reads)));
}

#[test]
fn slots_then_root_within_a_turn_that_readers_ask_for_hold() {
    all_hold(&COMMIT, &READ);
}

#[test]
fn a_root_read_before_the_version_holds_too() {
    all_hold(&COMMIT, &[Reads::Turn, Reads::Root, Reads::Version, Reads::Turned]);
}

#[test]
fn a_root_swapped_before_the_slots_is_found() {
    all_fail(&[Writes::Begin, Writes::Swap, Writes::Advance, Writes::End], &READ);
}

#[test]
fn slots_advanced_after_the_turn_are_found() {
    all_fail(&[Writes::Begin, Writes::Swap, Writes::End, Writes::Advance], &READ);
}

#[test]
fn a_reader_that_does_not_ask_for_turns_is_found() {
    all_fail(&COMMIT, &[Reads::Version, Reads::Root]);
}

#[test]
fn a_turn_that_begins_after_the_slots_is_found() {
    all_fail(&[Writes::Advance, Writes::Begin, Writes::Swap, Writes::End], &READ);
}

#[test]
fn a_turn_that_ends_before_the_swap_is_found() {
    all_fail(&[Writes::Begin, Writes::Advance, Writes::End, Writes::Swap], &READ);
}

#[test]
fn a_turn_that_is_never_odd_is_found() {
    all_fail(&[Writes::Advance, Writes::Swap, Writes::Begin, Writes::End], &READ);
}

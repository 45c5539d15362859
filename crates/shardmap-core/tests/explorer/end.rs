//! The end of a map of one key whose readers ask whether it is there after they have read, which is the order of a `SharedMap` and of a `SnapshotMap`:
//! marked, then all slots advanced, then emptied.

use super::search::{fails, holds, Go, Lock, Program};

#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Map {
    lock: Lock,
    slot: u8,
    is_empty: bool,
    is_marked: bool,
    /// `destroy` has returned.
    is_over: bool,
}

#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Local {
    kept: Option<u8>,
    was_over: bool,
    version: u8,
    is_empty: bool,
    is_closed: bool,
}

type Steps = Program<Map, Local>;

#[derive(Clone, Copy)]
enum Ends {
    Mark,
    /// Waits until nobody reads who began before.
    Pass,
    Advance,
    Empty,
}

#[derive(Clone, Copy)]
enum Reads {
    Lock,
    Ask,
    Read,
    Unlock,
}

fn end(order: &[Ends]) -> Steps {
    let mut steps: Steps = Vec::new();
    for step in order {
        match step {
            Ends::Mark => steps.push(Box::new(|map, _| {
                map.is_marked = true;
                Go::On
            })),
            Ends::Advance => steps.push(Box::new(|map, _| {
                map.slot += 1;
                Go::On
            })),
            Ends::Pass | Ends::Empty => {
                let empties = matches!(step, Ends::Empty);
                steps.push(Box::new(|map, _| map.lock.write()));
                steps.push(Box::new(move |map, _| {
                    map.is_empty |= empties;
                    map.lock.end_write()
                }));
            }
        }
    }
    steps.push(Box::new(|map, _| {
        map.is_over = true;
        Go::On
    }));
    steps
}

fn read(order: &[Reads]) -> Steps {
    let last = order.len() - 1;
    let mut steps: Steps = vec![Box::new(move |map, local| {
        local.was_over = map.is_over;
        match local.kept {
            Some(version) if version == map.slot && local.was_over => Go::Wrong("a value holds after the end"),
            Some(version) if version == map.slot => Go::Skip(last + 1),
            _ => Go::On,
        }
    })];
    for (at, step) in order.iter().enumerate() {
        let step = *step;
        steps.push(Box::new(move |map, local| {
            let go = match step {
                Reads::Lock => map.lock.read(),
                Reads::Unlock => map.lock.end_read(),
                Reads::Ask => {
                    local.is_closed = map.is_marked;
                    Go::On
                }
                Reads::Read => {
                    (local.is_empty, local.version) = (map.is_empty, map.slot);
                    Go::On
                }
            };
            if at < last || local.is_closed {
                return go;
            }
            local.kept = Some(local.version);
            match (local.is_empty, local.was_over) {
                (true, _) => Go::Wrong("emptiness was read"),
                (_, true) => Go::Wrong("a value was read after the end"),
                _ => go,
            }
        }));
    }
    steps
}

fn threads(ends: &[Ends], reads: &[Reads]) -> Vec<Steps> {
    let twice = || (0..3).flat_map(|_| read(reads)).collect();
    vec![end(ends), twice(), twice()]
}

/// Of a map whose readers share the lock, and ask last.
const SHARED: [Reads; 4] = [Reads::Lock, Reads::Read, Reads::Unlock, Reads::Ask];
/// Of a map whose readers take no lock.
const VERSIONED: [Reads; 2] = [Reads::Read, Reads::Ask];
/// Of a cache, whose readers ask first, under the lock.
const CACHED: [Reads; 4] = [Reads::Lock, Reads::Ask, Reads::Read, Reads::Unlock];

#[test]
fn a_mark_before_the_slots_holds_for_readers_that_ask_last() {
    let ends = [Ends::Mark, Ends::Advance, Ends::Empty];
    holds("shared", Map::default(), &threads(&ends, &SHARED));
    holds("versioned", Map::default(), &threads(&ends, &VERSIONED));
}

#[test]
fn an_end_that_waits_for_readers_holds_for_those_that_ask_first() {
    holds("cached", Map::default(), &threads(&[Ends::Mark, Ends::Pass, Ends::Advance, Ends::Empty], &CACHED));
}

#[test]
fn an_end_that_does_not_wait_for_readers_that_ask_first_is_found() {
    fails("cached", "a value holds after the end", Map::default(), &threads(&[Ends::Mark, Ends::Advance, Ends::Empty], &CACHED));
}

#[test]
fn slots_advanced_before_the_mark_are_found() {
    let ends = [Ends::Advance, Ends::Mark, Ends::Empty];
    fails("shared", "a value holds after the end", Map::default(), &threads(&ends, &SHARED));
    fails("versioned", "a value holds after the end", Map::default(), &threads(&ends, &VERSIONED));
}

/// How a `SnapshotMap` looked empty while it was destroyed.
#[test]
fn a_reader_without_a_lock_that_asks_first_is_found() {
    fails(
        "versioned",
        "emptiness was read",
        Map::default(),
        &threads(&[Ends::Mark, Ends::Empty, Ends::Advance], &[Reads::Ask, Reads::Read]),
    );
}

#[test]
fn a_map_that_is_emptied_before_it_is_marked_is_found() {
    fails("shared", "emptiness was read", Map::default(), &threads(&[Ends::Empty, Ends::Mark, Ends::Advance], &SHARED));
}

//! Deadlines: one entry of a cache, its slot, the clock word, and the ticker that moves the word while there is an entry with a deadline.
//!
//! Time passes only when the ticker, if it runs, has shown the time before: a ticker that is kept from running is late by design.

use super::search::{fails, holds, Go, Lock, Program};

const GUARD: u8 = 1;
const TTL: u8 = 2;
const HOURS: usize = 4;

#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Cache {
    now: u8,
    word: u8,
    slot: u8,
    shard: Lock,
    /// The deadline of the entry.
    entry: Option<u8>,
    ticker: Lock,
    is_running: bool,
    is_wanted: bool,
    /// Whether the ticker is in the midst of a tick.
    is_ticking: bool,
}

#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Local {
    kept: Option<(u8, u8)>,
    /// When a read began.
    began: u8,
    was_timed: bool,
    is_timed: bool,
}

type Steps = Program<Cache, Local>;

#[derive(Clone, Copy, Default)]
struct Faults {
    /// The ticker forgets who asked for it when the tick is over, and not when it begins.
    forgets_late: bool,
    /// The ticker is started when the shard's lock was let go.
    starts_late: bool,
    /// A thread trusts the word up to the deadline itself.
    trusts_without_a_guard: bool,
}

fn hours() -> Steps {
    let pass = |cache: &mut Cache, _: &mut Local| {
        if cache.is_running && (cache.word != cache.now || cache.is_ticking) {
            return Go::Rest;
        }
        cache.now += 1;
        Go::On
    };
    (0..HOURS).map(|_| Box::new(pass) as _).collect()
}

fn start() -> Steps {
    vec![
        Box::new(|cache, local| if local.was_timed { Go::Skip(2) } else { cache.ticker.write() }),
        Box::new(|cache, _| {
            cache.is_wanted = true;
            if !cache.is_running {
                cache.is_running = true;
                cache.word = cache.now;
            }
            Go::On
        }),
        Box::new(|cache, _| cache.ticker.end_write()),
    ]
}

fn set(faults: Faults) -> Steps {
    let mut steps: Steps = vec![
        Box::new(|cache, _| cache.shard.write()),
        Box::new(|cache, local| {
            local.was_timed = cache.entry.is_some();
            cache.slot += 1;
            cache.entry = Some(cache.now + TTL);
            Go::On
        }),
    ];
    let unlock = |cache: &mut Cache, _: &mut Local| cache.shard.end_write();
    if faults.starts_late {
        steps.push(Box::new(unlock));
        steps.extend(start());
    } else {
        steps.extend(start());
        steps.push(Box::new(unlock));
    }
    steps
}

fn delete() -> Steps {
    vec![
        Box::new(|cache, _| cache.shard.write()),
        Box::new(|cache, _| {
            if cache.entry.take().is_some() {
                cache.slot += 1;
            }
            cache.shard.end_write()
        }),
    ]
}

/// So many ticks, each when the ticker runs.
fn ticks(many: usize, faults: Faults) -> Steps {
    let tick = || -> Steps {
        vec![
            Box::new(move |cache, _| {
                if !cache.is_running || matches!(cache.ticker.write(), Go::Wait) {
                    return Go::Rest;
                }
                cache.is_ticking = true;
                cache.is_wanted &= faults.forgets_late;
                Go::On
            }),
            Box::new(|cache, _| cache.ticker.end_write()),
            Box::new(|cache, _| {
                cache.word = cache.now;
                Go::On
            }),
            Box::new(|cache, _| cache.shard.write()),
            Box::new(|cache, local| {
                if cache.entry.is_some_and(|deadline| deadline <= cache.now) {
                    cache.slot += 1;
                    cache.entry = None;
                }
                local.is_timed = cache.entry.is_some();
                cache.shard.end_write()
            }),
            Box::new(|cache, _| cache.ticker.write()),
            Box::new(move |cache, local| {
                cache.is_wanted &= !faults.forgets_late;
                cache.is_running = local.is_timed || cache.is_wanted;
                cache.is_ticking = false;
                cache.ticker.end_write()
            }),
        ]
    };
    (0..many).flat_map(|_| tick()).collect()
}

/// What a thread remembers, it trusts while the slot has not moved and the word is more than the guard before the deadline.
fn read(faults: Faults) -> Steps {
    let guard = if faults.trusts_without_a_guard { 0 } else { GUARD };
    vec![
        Box::new(|cache, local| {
            local.began = cache.now;
            if local.kept.is_some_and(|(_, version)| version == cache.slot) {
                Go::On
            } else {
                Go::Skip(1)
            }
        }),
        Box::new(move |cache, local| match local.kept {
            Some((deadline, _)) if cache.word + guard < deadline => {
                if local.began >= deadline {
                    return Go::Wrong("a value outlives its deadline");
                }
                Go::Skip(2)
            }
            _ => Go::On,
        }),
        Box::new(|cache, _| cache.shard.write()),
        Box::new(move |cache, local| {
            let fresh = cache.entry.filter(|&deadline| cache.now + guard < deadline);
            local.kept = fresh.map(|deadline| (deadline, cache.slot));
            cache.shard.end_write()
        }),
    ]
}

/// An entry comes, goes, and comes again, while ticks end and begin, and one reads all the time.
fn threads(faults: Faults) -> Vec<Steps> {
    let writes = set(faults).into_iter().chain(delete()).chain(set(faults)).collect();
    let reads = (0..2).flat_map(|_| read(faults)).collect();
    // As many as time has hours, and more; those that are not needed never come.
    vec![hours(), writes, reads, ticks(4, faults)]
}

#[test]
fn a_clock_word_that_a_ticker_moves_while_there_are_deadlines_holds() {
    holds("the ticker", Cache::default(), &threads(Faults::default()));
}

#[test]
fn a_ticker_that_forgets_late_who_asked_for_it_is_found() {
    let faults = Faults { forgets_late: true, ..Faults::default() };
    fails("forgotten", "a value outlives its deadline", Cache::default(), &threads(faults));
}

#[test]
fn a_ticker_that_is_started_after_the_lock_is_found() {
    let faults = Faults { starts_late: true, ..Faults::default() };
    fails("started late", "a value outlives its deadline", Cache::default(), &threads(faults));
}

#[test]
fn a_thread_that_trusts_a_word_up_to_the_deadline_is_found() {
    let faults = Faults { trusts_without_a_guard: true, ..Faults::default() };
    fails("no guard", "a value outlives its deadline", Cache::default(), &threads(faults));
}

//! Goes through all orders of the steps of some threads, with memory of the states it has seen.

use std::{collections::HashSet, fmt::Debug, hash::Hash};

/// What comes after a step.
pub enum Go {
    On,
    /// So many of the steps to come are left out.
    Skip(usize),
    /// The step cannot be made now, and nothing has changed.
    Wait,
    /// The same, and it need never be made.
    Rest,
    Wrong(&'static str),
}

/// One access to what is shared, and whatever the thread does by itself until the next one.
pub type Step<S, L> = Box<dyn Fn(&mut S, &mut L) -> Go>;

/// What a thread does.
pub type Program<S, L> = Vec<Step<S, L>>;

type State<S, L> = (S, Vec<(usize, L)>);

/// An execution that should not be: what is wrong with it, and the threads in the order of their steps.
#[derive(Debug)]
pub struct Fault {
    pub what: &'static str,
    pub schedule: Vec<usize>,
}

/// How many states there are, none of which is wrong, or the first fault.
pub fn explore<S, L>(shared: S, threads: &[Program<S, L>]) -> Result<usize, Fault>
where
    S: Clone + Eq + Hash,
    L: Clone + Eq + Hash + Default,
{
    let start: State<S, L> = (shared, threads.iter().map(|_| (0, L::default())).collect());
    let mut seen = HashSet::from([start.clone()]);
    // States on the way to the present one, with the next thread to step there, whether any has stepped and whether any waits; and who stepped.
    let (mut path, mut schedule) = (vec![(start, 0, false, false)], Vec::new());
    while let Some((state, next, has_moved, is_waiting)) = path.last_mut() {
        if *next == threads.len() {
            if *is_waiting && !*has_moved {
                return Err(Fault { what: "deadlock", schedule });
            }
            path.pop();
            schedule.pop();
            continue;
        }
        let thread = *next;
        *next += 1;
        let Some(step) = threads[thread].get(state.1[thread].0) else { continue };
        let mut after = state.clone();
        let (at, locals) = &mut after.1[thread];
        match step(&mut after.0, locals) {
            Go::Rest => continue,
            Go::Wait => {
                *is_waiting = true;
                continue;
            }
            Go::On => *at += 1,
            Go::Skip(many) => *at += 1 + many,
            Go::Wrong(what) => {
                schedule.push(thread);
                return Err(Fault { what, schedule });
            }
        }
        *has_moved = true;
        if seen.insert(after.clone()) {
            path.push((after, 0, false, false));
            schedule.push(thread);
        }
    }
    Ok(seen.len())
}

/// Demands that nothing is wrong, and says how much was looked at.
pub fn holds<S, L>(name: &str, shared: S, threads: &[Program<S, L>])
where
    S: Clone + Eq + Hash,
    L: Clone + Eq + Hash + Default,
{
    match explore(shared, threads) {
        Ok(states) => println!("{name}: {states} states"),
        Err(fault) => panic!("{name}: {fault:?}"),
    }
}

/// Demands that this is found.
pub fn fails<S, L>(name: &str, what: &str, shared: S, threads: &[Program<S, L>])
where
    S: Clone + Eq + Hash,
    L: Clone + Eq + Hash + Default,
{
    match explore(shared, threads) {
        Ok(states) => panic!("{name}: nothing was found in {states} states"),
        Err(fault) if fault.what == what => println!("{name}: found by {} steps", fault.schedule.len()),
        Err(fault) => panic!("{name}: found something else, {fault:?}"),
    }
}

/// A lock for readers and writers.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Lock {
    readers: u8,
    is_written: bool,
}

impl Lock {
    pub fn write(&mut self) -> Go {
        if self.is_written || self.readers > 0 {
            return Go::Wait;
        }
        self.is_written = true;
        Go::On
    }

    pub fn end_write(&mut self) -> Go {
        self.is_written = false;
        Go::On
    }

    pub fn read(&mut self) -> Go {
        if self.is_written {
            return Go::Wait;
        }
        self.readers += 1;
        Go::On
    }

    pub fn end_read(&mut self) -> Go {
        self.readers -= 1;
        Go::On
    }
}

#[test]
fn two_that_take_two_locks_in_opposite_orders_are_found_to_wait_for_ever() {
    let take = |order: [usize; 2]| -> Program<[Lock; 2], ()> {
        vec![
            Box::new(move |locks: &mut [Lock; 2], _: &mut ()| locks[order[0]].write()),
            Box::new(move |locks: &mut [Lock; 2], _: &mut ()| locks[order[1]].write()),
            Box::new(move |locks: &mut [Lock; 2], _: &mut ()| locks[order[0]].end_write()),
            Box::new(move |locks: &mut [Lock; 2], _: &mut ()| locks[order[1]].end_write()),
        ]
    };
    holds("one order", Default::default(), &[take([0, 1]), take([0, 1])]);
    fails("two orders", "deadlock", Default::default(), &[take([0, 1]), take([1, 0])]);
}

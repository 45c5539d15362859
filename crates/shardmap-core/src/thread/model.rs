//! Stands in for the process's own threads in a model: they end when they have nothing to do, and it is the model that lets time pass.

use crate::sync::{lock, process, spawn, JoinHandle, Mutex};
use std::{collections::VecDeque, time::Instant};

/// Work for a thread.
pub type Job = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Work {
    jobs: VecDeque<Job>,
    is_served: bool,
}

process! {
    NOW: Mutex<Work> = Mutex::default();
    LATER: Mutex<Vec<Job>> = Mutex::default();
    STARTED: Mutex<Vec<JoinHandle<()>>> = Mutex::default();
}

fn start(work: impl FnOnce() + Send + 'static) {
    let thread = spawn(work);
    lock(&STARTED).push(thread);
}

/// Runs a job soon, after those that were given before.
pub fn run(job: Job) {
    let mut work = lock(&NOW);
    work.jobs.push_back(job);
    if !std::mem::replace(&mut work.is_served, true) {
        start(serve);
    }
}

fn serve() {
    loop {
        let mut work = lock(&NOW);
        let Some(job) = work.jobs.pop_front() else {
            work.is_served = false;
            return;
        };
        drop(work);
        job();
    }
}

/// Runs a long job on a thread of its own.
pub fn apart(job: Job) {
    start(job);
}

/// Runs a job when time passes.
pub fn at(_: Instant, job: Job) -> bool {
    lock(&LATER).push(job);
    true
}

/// Waits until no job is at work or waits for others.
pub fn rest() {
    loop {
        let Some(thread) = lock(&STARTED).pop() else { return };
        thread.join().unwrap();
    }
}

/// Lets the time come of all jobs that wait for one, in the order in which they were given. Returns how many.
pub fn pass() -> usize {
    let jobs = std::mem::take(&mut *lock(&LATER));
    let many = jobs.len();
    jobs.into_iter().for_each(|job| job());
    many
}

//! The process's own threads, for what must not run on an event loop: one for work that may wait for a disk, one for what has a time and must not
//! wait behind that. Started at first need, asleep while there is nothing to do, never joined: they live as long as the process.

use crate::sync::{lock, Arc, Condvar, Mutex, OnceLock};
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    panic::{catch_unwind, AssertUnwindSafe},
    time::Instant,
};

/// Work for a thread.
pub type Job = Box<dyn FnOnce() + Send>;

struct Later {
    at: Instant,
    /// In the order they came, among those of one instant.
    number: u64,
    job: Job,
}

impl PartialEq for Later {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Later {}

impl PartialOrd for Later {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Later {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

#[derive(Default)]
struct Work {
    now: VecDeque<Job>,
    later: BinaryHeap<Reverse<Later>>,
    number: u64,
    started: bool,
}

#[derive(Default)]
struct Thread {
    work: Mutex<Work>,
    wake: Condvar,
}

static WORK: OnceLock<Thread> = OnceLock::new();
static CLOCK: OnceLock<Thread> = OnceLock::new();

/// Runs a job soon, after those that were given before. It may block. Where the system refuses a thread, it runs here and now.
pub fn run(job: Job) {
    WORK.get_or_init(Thread::default).add(|work| work.now.push_back(job));
}

/// Runs a long job on a thread of its own, so that what is soon done does not wait for it.
pub fn apart(job: Job) {
    // Shared, because a thread that is refused does not give back what it was to do.
    let job = Arc::new(Mutex::new(Some(job)));
    let given = job.clone();
    let work = move || {
        let job = lock(&given).take();
        if let Some(job) = job {
            let _ = catch_unwind(AssertUnwindSafe(job));
        }
    };
    if std::thread::Builder::new().name("shardmap-long".into()).spawn(work).is_err() {
        let refused = lock(&job).take();
        if let Some(job) = refused {
            run(job);
        }
    }
}

/// Runs a job at that time or soon after. It must be short. Returns whether there is a thread for it; where the system refuses one, the job waits until
/// a later call finds one.
pub fn at(at: Instant, job: Job) -> bool {
    CLOCK.get_or_init(Thread::default).add(|work| {
        work.number += 1;
        work.later.push(Reverse(Later { at, number: work.number, job }));
    })
}

impl Thread {
    /// Returns whether there is a thread; otherwise what was to be done now is done here.
    fn add(&'static self, add: impl FnOnce(&mut Work)) -> bool {
        let mut work = lock(&self.work);
        add(&mut work);
        if !work.started {
            work.started = std::thread::Builder::new().name("shardmap".into()).spawn(|| self.serve()).is_ok();
        }
        if work.started {
            self.wake.notify_one();
            return true;
        }
        let jobs: Vec<Job> = work.now.drain(..).collect();
        drop(work);
        jobs.into_iter().for_each(|job| job());
        false
    }

    fn serve(&self) {
        loop {
            let job = self.next();
            // A job that panics has lost its own work only; what waits for it is told by what it dropped.
            let _ = catch_unwind(AssertUnwindSafe(job));
        }
    }

    fn next(&self) -> Job {
        let mut work = lock(&self.work);
        loop {
            let now = Instant::now();
            let due = work.later.peek().map(|Reverse(later)| later.at.saturating_duration_since(now));
            if due.is_some_and(|wait| wait.is_zero()) {
                if let Some(Reverse(later)) = work.later.pop() {
                    return later.job;
                }
            }
            if let Some(job) = work.now.pop_front() {
                return job;
            }
            work = match due {
                Some(wait) => self.wake.wait_timeout(work, wait).unwrap_or_else(|poisoned| poisoned.into_inner()).0,
                None => self.wake.wait(work).unwrap_or_else(|poisoned| poisoned.into_inner()),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::mpsc, time::Duration};

    #[test]
    fn jobs_run_in_order_and_a_panic_ends_only_its_own() {
        let (tell, told) = mpsc::channel();
        for number in 0..10 {
            let tell = tell.clone();
            run(Box::new(move || {
                tell.send(number).unwrap();
                assert_ne!(number, 3, "asked for by the test");
            }));
        }
        assert_eq!(told.iter().take(10).collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn later_jobs_run_by_their_time_and_not_before() {
        let (tell, told) = mpsc::channel();
        let start = Instant::now();
        for wait in [40, 20, 30] {
            let tell = tell.clone();
            at(start + Duration::from_millis(wait), Box::new(move || tell.send((wait, Instant::now())).unwrap()));
        }
        let ran: Vec<_> = told.iter().take(3).collect();
        assert_eq!(ran.iter().map(|(wait, _)| *wait).collect::<Vec<_>>(), [20, 30, 40]);
        assert!(ran.iter().all(|(wait, at)| *at >= start + Duration::from_millis(*wait)));
    }
}

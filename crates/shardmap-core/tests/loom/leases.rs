//! The arbiter of leases under every interleaving: nobody waits for ever, nobody holds what another one holds, and what is told comes in order.

use loom::{
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc, Arc, Mutex,
    },
    thread,
};
use shardmap_core::{
    key::{Key, KeyBuf},
    leases::{Arbiter, Completion, Ended, Request, Term},
};
use std::time::Duration;

const START: Duration = Duration::ZERO;
const TERM: Duration = Duration::from_millis(10);

fn arbiter() -> Arc<Arbiter> {
    Arc::new(Arbiter::new(Box::new(|_| ())))
}

fn key(number: u32) -> Key {
    let mut key = KeyBuf::new();
    key.number(f64::from(number));
    Key::new(key.finish().unwrap().bytes)
}

fn request(keys: &[u32], holder: u64, completion: Completion, ended: Ended) -> Request {
    let keys = keys.iter().map(|&number| key(number)).collect();
    Request { keys, holder, term: Term::from_ms(TERM.as_millis() as u64).unwrap(), completion, ended }
}

/// Takes the keys and waits until they are granted.
fn hold(arbiter: &Arbiter, keys: &[u32]) -> u64 {
    let (tell, told) = mpsc::channel();
    let completion = Box::new(move |granted: Result<_, _>| tell.send(granted).unwrap());
    arbiter.ask(START, request(keys, 0, completion, Box::new(|| ()))).unwrap();
    told.recv().unwrap().unwrap().token
}

/// What was told of the requests of a test, in the order of the telling.
#[derive(Clone)]
struct Log(Arc<Mutex<Vec<&'static str>>>);

impl Log {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Vec::new())))
    }

    fn add(&self, event: &'static str) {
        self.0.lock().unwrap().push(event);
    }

    fn request(&self, holder: u64) -> Request {
        let (granted, ended) = (self.clone(), self.clone());
        let completion = Box::new(move |result: Result<_, _>| granted.add(if result.is_ok() { "granted" } else { "closed" }));
        request(&[1], holder, completion, Box::new(move || ended.add("ended")))
    }

    fn read(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().clone()
    }
}

/// Runs both at once, to the end.
fn both<A: 'static, B>(arbiter: &Arc<Arbiter>, one: impl FnOnce(&Arbiter) -> A + 'static, other: impl FnOnce(&Arbiter) -> B) -> (A, B) {
    let thread = {
        let arbiter = arbiter.clone();
        thread::spawn(move || one(&arbiter))
    };
    let result = other(arbiter);
    (thread.join().unwrap(), result)
}

#[test]
fn sets_taken_in_opposite_orders_exclude_each_other_and_are_both_granted() {
    loom::model(|| {
        let arbiter = arbiter();
        let inside = Arc::new(AtomicUsize::new(0));
        let enter = |keys: [u32; 2]| {
            let inside = inside.clone();
            move |arbiter: &Arbiter| {
                let token = hold(arbiter, &keys);
                assert_eq!(inside.fetch_add(1, Ordering::Relaxed), 0, "two hold the same keys");
                inside.fetch_sub(1, Ordering::Relaxed);
                assert!(arbiter.release(START, token));
            }
        };
        both(&arbiter, enter([1, 2]), enter([2, 1]));
        assert_eq!((arbiter.held(), arbiter.waiting()), (0, 0));
    });
}

#[test]
fn a_lease_that_runs_out_while_it_is_handed_over_is_told_of_in_order() {
    loom::model(|| {
        let arbiter = arbiter();
        let token = hold(&arbiter, &[1]);
        let log = Log::new();
        arbiter.ask(START, log.request(1)).unwrap();
        both(&arbiter, move |arbiter| arbiter.release(START, token), |arbiter| arbiter.advance(TERM));
        arbiter.advance(TERM * 2);
        assert_eq!(log.read(), ["granted", "ended"]);
    });
}

#[test]
fn a_destroyed_map_answers_each_request_once() {
    loom::model(|| {
        let arbiter = arbiter();
        let token = hold(&arbiter, &[1]);
        let log = Log::new();
        arbiter.ask(START, log.request(1)).unwrap();
        both(&arbiter, move |arbiter| arbiter.release(START, token), |arbiter| arbiter.destroy(START));
        assert!([&["granted", "ended"][..], &["closed"]].contains(&&log.read()[..]), "{:?}", log.read());
    });
}

#[test]
fn a_request_is_either_cancelled_or_answered() {
    loom::model(|| {
        let arbiter = arbiter();
        let token = hold(&arbiter, &[1]);
        let log = Log::new();
        let waiting = arbiter.ask(START, log.request(1)).unwrap();
        let (cancelled, _) = both(&arbiter, move |arbiter| arbiter.cancel(START, waiting), |arbiter| arbiter.release(START, token));
        assert_eq!(usize::from(cancelled) + log.read().len(), 1);
    });
}

#[test]
fn a_holder_that_dies_while_it_is_granted_leaves_nothing_behind() {
    loom::model(|| {
        let arbiter = arbiter();
        let token = hold(&arbiter, &[1]);
        let log = Log::new();
        arbiter.ask(START, log.request(1)).unwrap();
        both(&arbiter, move |arbiter| arbiter.release(START, token), |arbiter| arbiter.end_holder(START, 1));
        assert!([&["granted", "ended"][..], &[]].contains(&&log.read()[..]), "{:?}", log.read());
        let next = hold(&arbiter, &[1]);
        assert!(next > token);
    });
}

/// The planted fault: threads that call back each for itself, after their own change, tell of an end before its grant.
#[test]
#[should_panic(expected = "told out of order")]
fn callbacks_called_by_each_thread_for_itself_are_caught() {
    loom::model(|| {
        let (live, log) = (Arc::new(Mutex::new(false)), Log::new());
        let granter = {
            let (live, log) = (live.clone(), log.clone());
            thread::spawn(move || {
                *live.lock().unwrap() = true;
                log.add("granted");
            })
        };
        let was_live = std::mem::take(&mut *live.lock().unwrap());
        if was_live {
            log.add("ended");
        }
        granter.join().unwrap();
        assert!(!was_live || log.read() == ["granted", "ended"], "told out of order");
    });
}

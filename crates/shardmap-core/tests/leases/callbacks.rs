//! How callbacks are called and dropped.

use super::{ask, key, request, term, LONG};
use shardmap_core::{
    leases::{Granted, Leases, Request},
    Result,
};
use std::sync::{mpsc, Arc};

#[test]
fn leases_that_are_dropped_are_freed_though_a_timer_is_set() {
    let leases = Leases::new();
    let (_, held) = ask(&leases, &[1], 0, LONG);
    held.token();
    let (_, waiting) = ask(&leases, &[1], 0, LONG);
    let weak = Arc::downgrade(&leases);
    drop(leases);
    assert!(weak.upgrade().is_none() && waiting.is_dropped());
    assert!(held.ended.recv().is_err());
}

/// Asks for key 1 from within a completion that releases it, so many times over.
fn relay(leases: &Arc<Leases>, left: u32, done: mpsc::Sender<u64>) {
    let next = leases.clone();
    let completion = Box::new(move |granted: Result<Granted>| {
        let token = granted.unwrap().token;
        assert!(next.release(token));
        match left {
            0 => done.send(token).unwrap(),
            _ => relay(&next, left - 1, done),
        }
    });
    leases.ask(Request { keys: vec![key(1)], holder: 0, term: term(LONG), completion, ended: Box::new(|| ()) }).unwrap();
}

#[test]
fn callbacks_may_call_back_in_and_a_long_chain_of_them_does_not_recurse() {
    let leases = Leases::new();
    let (done, told) = mpsc::channel();
    relay(&leases, 100_000, done);
    assert_eq!(told.recv().unwrap(), 100_001);
}

#[test]
fn a_callback_that_panics_takes_no_other_with_it() {
    let leases = Leases::new();
    let (mut broken, _) = request(&[1], 0, LONG);
    let (_, first) = ask(&leases, &[1, 2], 0, LONG);
    broken.completion = Box::new(|_| panic!("asked for by the test"));
    leases.ask(broken).unwrap();
    let (_, other) = ask(&leases, &[2], 0, LONG);
    assert!(leases.release(first.token()));
    other.token();
}

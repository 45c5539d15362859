//! Who gets the keys, and when.

use super::{ask, key, request, term, LONG};
use shardmap_core::{
    holders::Holders,
    leases::{Granted, Leases, Request, Term},
    Code, Result,
};
use std::{
    sync::{
        atomic::{AtomicBool, AtomicU64, Ordering},
        Arc, Mutex,
    },
    thread,
};

#[test]
fn overlapping_requests_are_granted_in_order_and_others_pass() {
    let leases = Leases::new();
    let (_, first) = ask(&leases, &[1, 2, 1], 0, LONG);
    let first = first.token();
    let (_, second) = ask(&leases, &[2, 3], 0, LONG);
    let (_, third) = ask(&leases, &[3, 4], 0, LONG);
    let (_, other) = ask(&leases, &[5], 0, LONG);
    assert!(other.token() > first);
    assert!(second.is_waiting() && third.is_waiting(), "3 is free and wanted by an older request");
    assert_eq!((leases.held(), leases.waiting()), (2, 2));
    assert!(leases.release(first));
    let second = second.token();
    assert!(third.is_waiting());
    assert!(leases.release(second) && !leases.release(second));
    assert!(third.token() > second);
}

#[test]
fn threads_that_lock_overlapping_sets_in_any_order_all_get_them_and_none_shares() {
    const KEYS: u32 = 6;
    const THREADS: u32 = 6;
    const ROUNDS: u32 = if cfg!(miri) { 3 } else { 300 };
    let leases = Leases::new();
    let taken: [AtomicBool; KEYS as usize] = Default::default();
    let fences: [AtomicU64; KEYS as usize] = Default::default();
    thread::scope(|scope| {
        for number in 0..THREADS {
            let (leases, taken, fences) = (&leases, &taken, &fences);
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let from = number * 5 + round * 7;
                    let mut keys: Vec<u32> = (from..from + 1 + round % 3).map(|key| key % KEYS).collect();
                    if number % 2 == 0 {
                        keys.reverse();
                    }
                    let token = ask(leases, &keys, u64::from(number), LONG).1.token();
                    for &key in &keys {
                        assert!(!taken[key as usize].swap(true, Ordering::Relaxed), "two hold {key}");
                        assert!(fences[key as usize].swap(token, Ordering::Relaxed) < token, "a token fell");
                    }
                    keys.iter().for_each(|&key| taken[key as usize].store(false, Ordering::Relaxed));
                    assert!(leases.release(token));
                }
            });
        }
    });
    assert_eq!((leases.held(), leases.waiting()), (0, 0));
}

#[test]
fn a_cancelled_request_is_dropped_uncalled_and_lets_others_pass() {
    let leases = Leases::new();
    let (held, first) = ask(&leases, &[1], 0, LONG);
    let first = first.token();
    let (second, dropped) = ask(&leases, &[1, 2], 0, LONG);
    let (_, third) = ask(&leases, &[2], 0, LONG);
    assert!(third.is_waiting());
    assert!(leases.cancel(second) && !leases.cancel(second));
    assert!(dropped.is_dropped());
    third.token();
    assert!(!leases.cancel(held), "what is granted is released, not cancelled");
    assert!(leases.is_live(first));
}

#[test]
fn a_holder_that_dies_frees_its_keys_and_its_requests_vanish() {
    let leases = Leases::new();
    let (_, held) = ask(&leases, &[1], 7, LONG);
    let token = held.token();
    let (_, dead) = ask(&leases, &[1, 2], 7, LONG);
    let (_, alive) = ask(&leases, &[2, 1], 8, LONG);
    leases.end_holder(7);
    assert!(dead.is_dropped());
    held.ended.recv().unwrap();
    assert!(alive.token() > token && !leases.is_live(token));
    assert_eq!((leases.held(), leases.waiting()), (1, 0));
}

#[test]
fn a_destroyed_map_ends_leases_and_refuses_what_waits_and_what_comes() {
    let leases = Leases::new();
    let (_, held) = ask(&leases, &[1], 0, LONG);
    let token = held.token();
    let (_, waiting) = ask(&leases, &[1], 0, LONG);
    leases.destroy();
    held.ended.recv().unwrap();
    assert_eq!(waiting.granted.recv().unwrap().unwrap_err().code(), Code::Closed);
    assert!(waiting.ended.recv().is_err(), "what never began does not end");
    assert!(!leases.is_live(token) && !leases.renew(token, term(1)) && !leases.release(token));
    let (late, told) = request(&[1], 0, LONG);
    assert_eq!(leases.ask(late).unwrap_err().code(), Code::Closed);
    assert!(told.is_dropped());
}

#[test]
fn no_keys_and_impossible_terms_are_refused() {
    let (empty, told) = request(&[], 0, LONG);
    assert_eq!(Leases::new().ask(empty).unwrap_err().code(), Code::Key);
    assert!(told.is_dropped());
    assert!([1, (1 << 31) - 1].into_iter().all(|ms| Term::from_ms(ms).is_ok()));
    assert!([0, 1 << 31, u64::MAX].into_iter().all(|ms| Term::from_ms(ms).unwrap_err().code() == Code::Option));
}

#[test]
fn ten_thousand_requests_behind_one_lease_are_all_granted_when_it_ends() {
    let leases = Leases::new();
    let keys: Vec<u32> = (0..10_000).collect();
    let (_, all) = ask(&leases, &keys, 0, LONG);
    let all = all.token();
    let order = Arc::new(Mutex::new(Vec::new()));
    for &number in &keys {
        let order = order.clone();
        let completion = Box::new(move |granted: Result<Granted>| order.lock().unwrap().push((granted.unwrap().token, number)));
        let request = Request { keys: vec![key(number)], holder: 0, term: term(LONG), completion, ended: Box::new(|| ()) };
        leases.ask(request).unwrap();
    }
    assert_eq!((leases.held(), leases.waiting()), (1, 10_000));
    assert!(leases.release(all));
    let order = order.lock().unwrap();
    assert!(order.iter().zip(&keys).all(|(&(token, number), &key)| number == key && token == all + 1 + u64::from(key)));
    assert_eq!((order.len(), leases.held(), leases.waiting()), (10_000, 10_000, 0));
}

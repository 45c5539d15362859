//! Deadlines, by the clock and by timers.

use super::{ask, request, term, LONG};
use shardmap_core::leases::{Arbiter, Leases};
use std::{
    sync::{
        atomic::{AtomicUsize, Ordering},
        Arc,
    },
    time::Duration,
};

#[test]
fn a_lease_that_runs_out_hands_over_and_is_told() {
    let leases = Leases::new();
    let (_, first) = ask(&leases, &[1], 0, 20);
    let first_token = first.token();
    let (_, second) = ask(&leases, &[1], 1, LONG);
    let second_token = second.token();
    first.ended.recv().unwrap();
    assert!(second_token > first_token);
    assert!(!leases.is_live(first_token) && leases.is_live(second_token));
    assert!(!leases.renew(first_token, term(LONG)) && !leases.release(first_token));
}

#[test]
fn a_renewed_lease_lasts_from_the_renewal_and_may_become_shorter() {
    let leases = Leases::new();
    let (_, longer) = ask(&leases, &[1], 0, 20_000);
    let (_, shorter) = ask(&leases, &[2], 0, LONG);
    let longer_token = longer.token();
    assert!(leases.renew(longer_token, term(LONG)));
    assert!(leases.renew(shorter.token(), term(10)));
    shorter.ended.recv().unwrap();
    assert!(leases.is_live(longer_token));
    assert!(leases.renew(longer_token, term(10)));
    longer.ended.recv().unwrap();
}

#[test]
fn a_deadline_holds_though_no_timer_runs() {
    let arbiter = Arbiter::new(Box::new(|_| ()));
    let at = Duration::from_millis;
    let (first, told) = request(&[1], 0, 10);
    arbiter.ask(at(0), first).unwrap();
    let token = told.token();
    assert!(arbiter.is_live(at(9), token) && !arbiter.is_live(at(10), token));
    assert!(arbiter.renew(at(9), token, term(10)) && arbiter.is_live(at(18), token));
    assert!(!arbiter.renew(at(19), token, term(10)));
    told.ended.recv().unwrap();
    let (next, told) = request(&[1], 0, 10);
    arbiter.ask(at(20), next).unwrap();
    let (late, _) = request(&[1], 0, 10);
    arbiter.ask(at(30), late).unwrap();
    assert_eq!((arbiter.held(), arbiter.waiting()), (1, 0));
    told.ended.recv().unwrap();
}

#[test]
fn renewals_and_releases_share_one_timer() {
    let set = Arc::new(AtomicUsize::new(0));
    let arbiter = {
        let set = set.clone();
        Arbiter::new(Box::new(move |_| {
            set.fetch_add(1, Ordering::Relaxed);
        }))
    };
    for number in 0..1_000 {
        let now = Duration::from_millis(number);
        let (request, told) = request(&[1], 0, LONG);
        arbiter.ask(now, request).unwrap();
        let token = told.token();
        assert!(arbiter.renew(now, token, term(LONG)) && arbiter.release(now, token));
    }
    assert_eq!(set.load(Ordering::Relaxed), 1);
}

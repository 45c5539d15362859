//! The flight table behind a shard's lock, under every interleaving: one leader at a time, nobody forgotten or told twice, and nothing stored that
//! is older than a write.

mod shard;

use shard::{asker, key, leader, spawn, waiter, Fetched, Shard, Spoiling};
use shardmap_core::cache::flights::News;

#[test]
fn two_that_ask_at_once_load_once() {
    loom::model(|| {
        let shard = Shard::new();
        let other = spawn(&shard, |shard| shard.fetch_and_load(&mut asker(1)));
        let loaded = shard.fetch_and_load(&mut asker(2));
        assert!(other.join().unwrap() != loaded, "loaded twice, or not at all");
        shard.is_settled_and_fresh();
    });
}

fn write_during_a_load(spoiling: Spoiling) {
    loom::model(move || {
        let shard = Shard::new();
        let askers = [1, 2].map(|request| spawn(&shard, move |shard| shard.fetch_and_load(&mut asker(request))));
        shard.write(spoiling);
        for asker in askers {
            asker.join().unwrap();
        }
        shard.is_settled_and_fresh();
    });
}

#[test]
fn what_was_loaded_before_a_write_is_never_stored_after_it() {
    write_during_a_load(Spoiling::UnderTheLock);
}

/// The planted fault: the flight is settled between the delete and its spoiling.
#[test]
#[should_panic(expected = "an old value was stored after a write")]
fn a_flight_spoiled_outside_the_lock_is_caught() {
    write_during_a_load(Spoiling::AfterTheLock);
}

#[test]
fn who_asks_after_a_write_gets_nothing_older() {
    loom::model(|| {
        let shard = Shard::new();
        let (_leader, flight) = leader(&shard);
        let loaded = shard.load();
        let settles = spawn(&shard, move |shard| assert!(shard.settle(flight, loaded)));
        shard.write(Spoiling::UnderTheLock);
        let mut asker = asker(1);
        let lead = match shard.fetch(&mut asker) {
            Fetched::Lead(flight) => flight,
            Fetched::Wait => asker.wait().expect("answered by a load that is older than the write"),
            Fetched::Hit | Fetched::Closed => panic!("nothing was stored"),
        };
        assert!(shard.settle(lead, shard.load()));
        asker.was_told_all();
        settles.join().unwrap();
        shard.is_settled_and_fresh();
    });
}

/// The leader gives up, by this, while another one waits and a third one writes.
fn handover_during_a_write(give_up: fn(&Shard, u32)) {
    loom::model(move || {
        let shard = Shard::new();
        let (_leader, flight) = leader(&shard);
        let waiter = waiter(&shard, 1);
        let leads = spawn(&shard, move |shard| {
            let flight = waiter.wait().expect("the leader has not settled");
            assert!(shard.settle(flight, shard.load()));
            waiter.was_told_all();
        });
        let writes = spawn(&shard, |shard| shard.write(Spoiling::UnderTheLock));
        give_up(&shard, flight);
        leads.join().unwrap();
        writes.join().unwrap();
        shard.is_settled_and_fresh();
    });
}

#[test]
fn who_takes_over_during_a_write_stores_nothing_older() {
    handover_during_a_write(Shard::abandon);
}

#[test]
fn a_leader_that_dies_is_succeeded() {
    handover_during_a_write(|shard, _| shard.end_holder(0));
}

/// The planted fault: the flight of a leader that gives up is taken out of the table, and nobody is promoted.
#[test]
#[should_panic(expected = "deadlock")]
fn a_forgotten_promotion_is_caught() {
    handover_during_a_write(|shard, flight| {
        shard.change(|state, letters| {
            let ended = state.flights.settle(key(), flight, |_| None, letters).unwrap();
            ended.waiters.iter().chain([&ended.leader]).for_each(|party| letters.forget(party));
        })
    });
}

/// A leader that has loaded gives up all the same, and settles late, when another one leads and there was a write.
fn late_result(settle: fn(&Shard, u32, u32)) {
    loom::model(move || {
        let shard = Shard::new();
        let (_leader, flight) = leader(&shard);
        let waiter = waiter(&shard, 1);
        let loaded = shard.load();
        let late = spawn(&shard, move |shard| {
            shard.abandon(flight);
            settle(shard, flight, loaded);
        });
        shard.write(Spoiling::UnderTheLock);
        if let Some(flight) = waiter.wait() {
            shard.settle(flight, shard.load());
        }
        waiter.was_told_all();
        late.join().unwrap();
        shard.is_settled_and_fresh();
    });
}

#[test]
fn a_former_leader_settles_nothing() {
    late_result(|shard, flight, value| assert!(!shard.settle(flight, value), "settled the flight of another leader"));
}

/// The planted fault: a result is taken from whoever brings it, without its flight's number.
#[test]
#[should_panic(expected = "an old value was stored after a write")]
fn a_result_without_its_flight_is_caught() {
    late_result(|shard, flight, value| {
        shard.settle(flight + 1, value);
    });
}

#[test]
fn a_waiter_has_left_or_is_answered() {
    loom::model(|| {
        let shard = Shard::new();
        let (_leader, flight) = leader(&shard);
        let waiter = waiter(&shard, 1);
        let settles = spawn(&shard, move |shard| assert!(shard.settle(flight, 0)));
        if !shard.leave(1) {
            assert!(waiter.wait().is_none());
        }
        settles.join().unwrap();
        waiter.was_told_all();
        shard.is_settled_and_fresh();
    });
}

/// The first waiter leaves, or leads and gives up, while the leader goes and a third one comes: that one is served in any case.
fn served_in_any_case(give_up: fn(&Shard, u32)) {
    loom::model(move || {
        let shard = Shard::new();
        let (_leader, flight) = leader(&shard);
        let first = waiter(&shard, 1);
        let third = spawn(&shard, |shard| assert!(shard.fetch_and_load(&mut asker(2)), "nobody else loads"));
        let goes = spawn(&shard, move |shard| give_up(shard, flight));
        if !shard.leave(1) {
            shard.abandon(first.wait().expect("nobody has settled while this one was there"));
        }
        first.was_told_all();
        third.join().unwrap();
        goes.join().unwrap();
        shard.is_settled_and_fresh();
    });
}

#[test]
fn a_waiter_that_leaves_while_its_turn_comes_strands_nobody() {
    served_in_any_case(Shard::abandon);
}

#[test]
fn a_waiter_that_leaves_while_the_leader_dies_strands_nobody() {
    served_in_any_case(|shard, _| shard.end_holder(0));
}

/// The next who waits dies while the leader goes. What it is told then is read by nobody, and its lead must not be lost with that.
fn death_of_the_next(give_up: fn(&Shard, u32)) {
    loom::model(move || {
        let shard = Shard::new();
        let (_leader, flight) = leader(&shard);
        let waiter = waiter(&shard, 1);
        let dies = spawn(&shard, |shard| shard.end_holder(1));
        let asks = spawn(&shard, |shard| assert!(shard.fetch_and_load(&mut asker(2)), "nobody else loads"));
        give_up(&shard, flight);
        dies.join().unwrap();
        asks.join().unwrap();
        let _ = waiter.news.try_recv();
        shard.is_settled_and_fresh();
    });
}

#[test]
fn holders_that_die_together_leave_nothing_behind() {
    death_of_the_next(|shard, _| shard.end_holder(0));
}

#[test]
fn a_lead_that_is_told_to_a_dying_holder_is_passed_on() {
    death_of_the_next(Shard::abandon);
}

#[test]
fn a_destroyed_cache_answers_everybody_once() {
    loom::model(|| {
        let shard = Shard::new();
        let (first, flight) = leader(&shard);
        let waiter = waiter(&shard, 1);
        let asks = spawn(&shard, |shard| {
            let mut asker = asker(2);
            match shard.fetch(&mut asker) {
                Fetched::Lead(flight) => {
                    shard.settle(flight, 0);
                }
                Fetched::Wait => assert!(asker.wait().is_none()),
                Fetched::Hit | Fetched::Closed => {}
            }
        });
        let settles = spawn(&shard, move |shard| shard.settle(flight, 0));
        shard.destroy();
        assert!(waiter.wait().is_none());
        waiter.was_told_all();
        asks.join().unwrap();
        assert!(settles.join().unwrap() != matches!(first.news.try_recv(), Ok(News::Closed)), "the leader has settled, or is told");
        assert!(shard.state.lock().unwrap().flights.is_empty());
    });
}

//! One load per key: who leads, who waits, and what is stored.

use super::{
    scene::{lead, short, stale, told, Desk, Scene},
    *,
};
use shardmap_core::{
    cache::{Ask, Fetched, News, Party},
    holders::Holders,
    Code,
};
use std::{
    collections::HashMap,
    sync::{
        atomic::{AtomicU32, Ordering},
        Barrier, Mutex,
    },
    thread,
};

#[test]
fn of_eight_threads_that_miss_a_key_one_loads_it() {
    for _ in 0..50 {
        let (cache, desk, loads, start) = (cache(lru(10)), Arc::<Desk>::default(), AtomicU32::new(0), Barrier::new(8));
        thread::scope(|scope| {
            for request in 0..8 {
                let (cache, desk, loads, start) = (&cache, &desk, &loads, &start);
                scope.spawn(move || {
                    start.wait();
                    let party = desk.party(request, request, Terms::default());
                    let value = match with(1, |key| cache.fetch(key, party, Ask::default())).unwrap() {
                        Fetched::Hit(lookup) => lookup.value,
                        Fetched::Wait => match desk.wait(request) {
                            News::Loaded(value) => Some(value),
                            other => panic!("{other:?}"),
                        },
                        fetched => {
                            let value = number(loads.fetch_add(1, Ordering::Relaxed) + 7);
                            assert!(with(1, |key| cache.settle(key, lead(fetched), value.clone())).unwrap());
                            Some(value)
                        }
                    };
                    assert_eq!(number_of(value), Some(7));
                });
            }
        });
        let stats = cache.stats().unwrap();
        assert_eq!((loads.into_inner(), stats.loads, stats.hits + stats.misses), (1, 1, 8));
    }
}

#[test]
fn each_of_many_cold_keys_is_loaded_once_by_four_threads() {
    let keys = 20_000;
    let (cache, desk, loads) = (cache(Options { max: Some(40_000), ..Options::default() }), Arc::<Desk>::default(), AtomicU32::new(0));
    thread::scope(|scope| {
        for holder in 0..4_u64 {
            let (cache, desk, loads) = (&cache, &desk, &loads);
            scope.spawn(move || {
                for at in 0..keys {
                    let party = desk.party(holder, holder * 1_000_000 + u64::from(at), Terms::default());
                    let fetched = with(at, |key| cache.fetch(key, party, Ask::default())).unwrap();
                    if matches!(fetched, Fetched::Lead { .. }) {
                        loads.fetch_add(1, Ordering::Relaxed);
                        assert!(with(at, |key| cache.settle(key, lead(fetched), number(at))).unwrap());
                    }
                }
            });
        }
    });
    let stats = cache.stats().unwrap();
    assert_eq!((loads.into_inner(), stats.loads, stats.entries, stats.hits + stats.misses), (keys, 20_000, 20_000, 80_000));
    assert!(desk
        .told
        .lock()
        .unwrap()
        .iter()
        .all(|(request, news)| matches!(news, News::Loaded(value) if value.as_number() == Some((request % 1_000_000) as f64))));
}

#[test]
fn a_value_that_was_loaded_goes_to_all_who_wait_and_is_stored_on_the_terms_of_its_leader() {
    let scene = Scene::new(lru(10));
    let flight = scene.flight(Terms { ttl: Some(Ttl::Ms(100)), tags: vec!["tag".into()], ..Terms::default() });
    assert!(scene.settle(flight, 5));
    assert_eq!(scene.desk.take(), told([(2, "loaded 5"), (3, "loaded 5")]));
    assert!(matches!(scene.fetch(1, 4), Fetched::Hit(lookup) if number_of(lookup.value.clone()) == Some(5)));
    scene.hand.advance(100);
    assert_eq!(get(&scene.cache, 1), None);
    let flight = scene.flight(Terms { tags: vec!["tag".into()], ..Terms::default() });
    assert!(scene.settle(flight, 6));
    assert_eq!(scene.cache.invalidate("tag").unwrap(), 1);
    let stats = scene.cache.stats().unwrap();
    assert_eq!((stats.loads, stats.load_errors, stats.hits, stats.misses), (2, 0, 1, 7));
}

#[test]
fn what_was_written_meanwhile_is_not_overwritten_by_a_load_that_began_before() {
    type Write = fn(&Cache);
    let writes: [(&str, Write, Option<u32>); 7] = [
        ("set", |cache| put(cache, 1, 9), Some(9)),
        ("delete", |cache| drop(with(1, |key| cache.delete(key))), None),
        ("clear", |cache| cache.clear().unwrap(), None),
        ("increment", |cache| drop(with(1, |key| cache.increment(key, 9.0, &Terms::default()))), Some(9)),
        ("set of what is too large", |cache| assert!(with(1, |key| cache.set(key, bytes(5_000), &Terms::default())).is_err()), None),
        ("invalidation of the leader's tag", |cache| drop(cache.invalidate("leader")), None),
        ("set and eviction", |cache| (1..20).for_each(|at| put(cache, at, 9)), None),
    ];
    for (name, write, left) in writes {
        let scene = Scene::new(Options { max_entry_bytes: Some(4_000), ..lru(10) });
        let flight = scene.flight(Terms { tags: vec!["leader".into()], ..Terms::default() });
        write(&scene.cache);
        assert!(!scene.settle(flight, 5), "{name}");
        assert_eq!(scene.desk.take(), told([(2, "loaded 5"), (3, "loaded 5")]), "{name}");
        assert_eq!(peek(&scene.cache, 1), left, "{name}");
    }
    let scene = Scene::new(lru(10));
    with(1, |key| scene.cache.set(key, number(1), &Terms { tags: vec!["entry".into()], ..Terms::default() })).unwrap();
    let flight = lead(scene.ask(1, 1, Terms::default(), Ask { force: true, ..Ask::default() }));
    assert_eq!(scene.cache.invalidate("entry").unwrap(), 1);
    assert!(!scene.settle(flight, 5), "invalidation of the entry's tag");
    assert_eq!(peek(&scene.cache, 1), None);
}

#[test]
fn what_only_made_room_or_ran_out_of_time_does_not_keep_a_load_from_being_stored() {
    let scene = Scene::new(lru(2));
    put_for(&scene.cache, 1, 1, 50);
    let flight = lead(scene.ask(1, 1, Terms::default(), Ask { force: true, ..Ask::default() }));
    scene.hand.advance(50);
    scene.cache.sweep();
    (2..5).for_each(|at| put(&scene.cache, at, at));
    assert!(scene.settle(flight, 5));
    assert_eq!(get(&scene.cache, 1), Some(5));
}

#[test]
fn a_leader_that_gives_up_passes_the_load_on_and_changes_nothing_any_more() {
    let scene = Scene::new(lru(10));
    let first = scene.flight(Terms::default());
    with(1, |key| scene.cache.set(key, number(9), &Terms { ttl: Some(Ttl::Ms(100)), grace: 50, ..Terms::default() })).unwrap();
    scene.hand.advance(100);
    with(1, |key| scene.cache.abandon(key, first)).unwrap();
    assert!(!scene.settle(first, 5));
    assert!(with(1, |key| scene.cache.fail(key, first, number(6))).unwrap().is_none());
    let News::Lead { flight, stale, .. } = scene.desk.wait(2) else { panic!("the next one leads") };
    assert_eq!((number_of(stale), scene.desk.take()), (Some(9), vec![]));
    // Its load began after the write, which so does not count against it.
    assert!(scene.settle(flight, 7));
    assert_eq!((scene.desk.take(), peek(&scene.cache, 1)), (told([(3, "loaded 7")]), Some(7)));
    let last = lead(scene.ask(1, 4, Terms::default(), Ask { force: true, ..Ask::default() }));
    with(1, |key| scene.cache.abandon(key, last)).unwrap();
    assert!(!scene.settle(last, 8));
    let stats = scene.cache.stats().unwrap();
    assert_eq!((stats.loads, stats.load_errors), (3, 0));
}

#[test]
fn one_who_waits_no_more_is_not_told_and_one_who_leads_does_not_wait() {
    let scene = Scene::new(lru(10));
    let flight = scene.flight(Terms::default());
    let leave = |request| with(1, |key| scene.cache.leave(key, 0, request)).unwrap();
    assert_eq!([1, 2, 2, 7].map(leave), [false, true, false, false]);
    assert!(scene.settle(flight, 5));
    assert!(!leave(3));
    assert_eq!(scene.desk.take(), told([(3, "loaded 5")]));
}

#[test]
fn a_holder_that_ends_waits_no_more_and_what_it_led_is_passed_on() {
    let scene = Scene::new(Options { max: Some(100_000), ..Options::default() });
    // Holder 1 leads key 1 and waits for key 2, which holder 2 leads.
    lead(scene.fetch(1, 100));
    let other = lead(scene.fetch(2, 200));
    assert!(matches!((scene.fetch(1, 201), scene.fetch(2, 101)), (Fetched::Wait, Fetched::Wait)));
    lead(scene.fetch(3, 102));
    scene.cache.end_holder(1);
    assert_eq!(scene.desk.take(), told([(201, "leads anew")]));
    assert!(with(2, |key| scene.cache.settle(key, other, number(2))).unwrap());
    assert_eq!(scene.desk.take(), vec![]);
    lead(scene.fetch(3, 202));
    assert_eq!(scene.cache.stats().unwrap().loads, 5);
}

#[test]
fn an_old_value_answers_within_the_window_that_is_asked_for_while_one_loads() {
    let scene = Scene::new(lru(10));
    let terms = || Terms { ttl: Some(Ttl::Ms(100)), grace: 50, ..Terms::default() };
    let ask = |request, stale_while_revalidate, force| scene.ask(1, request, terms(), Ask { force, stale_while_revalidate });
    with(1, |key| scene.cache.set(key, number(1), &terms())).unwrap();
    scene.hand.advance(100);
    let first = ask(1, 50, false);
    assert!(matches!(first, Fetched::Stale { lead: Some(_), .. }) && stale(&first) == Some(1));
    let second = ask(2, 50, false);
    assert!(matches!(second, Fetched::Stale { lead: None, .. }) && stale(&second) == Some(1));
    assert!(matches!(ask(3, 0, false), Fetched::Wait));
    assert!(matches!(ask(4, 50, true), Fetched::Wait));
    scene.hand.advance(20);
    assert!(matches!(ask(5, 20, false), Fetched::Wait));
    assert!(scene.settle(lead(first), 2));
    assert_eq!(scene.desk.take(), told([(3, "loaded 2"), (4, "loaded 2"), (5, "loaded 2")]));
    scene.hand.advance(149);
    let late = ask(6, 49, false);
    assert!(matches!(late, Fetched::Lead { .. }) && stale(&late) == Some(2));
    scene.hand.advance(1);
    with(1, |key| scene.cache.abandon(key, lead(late))).unwrap();
    assert_eq!(stale(&ask(7, 1_000, false)), None);
}

#[test]
fn a_refresh_that_is_forced_loads_although_a_fresh_value_is_there_and_joins_a_load_that_runs() {
    let scene = Scene::new(lru(10));
    put(&scene.cache, 1, 1);
    let force = Ask { force: true, ..Ask::default() };
    let first = scene.ask(1, 1, Terms::default(), force);
    assert_eq!(stale(&first), Some(1));
    assert!(matches!(scene.fetch(1, 2), Fetched::Hit(_)));
    assert!(matches!(scene.ask(1, 3, Terms::default(), force), Fetched::Wait));
    assert!(scene.settle(lead(first), 2));
    assert_eq!((scene.desk.take(), get(&scene.cache, 1)), (told([(3, "loaded 2")]), Some(2)));
}

/// The next one loaded all the same, was handed the fresh value as an old one, and put what it loaded in its place.
#[test]
fn a_value_that_was_set_meanwhile_answers_those_who_would_load_next_unless_they_force_it() {
    for gives_up in [false, true] {
        let scene = Scene::new(lru(10));
        let first = lead(scene.fetch(1, 1));
        with(1, |key| scene.cache.delete(key)).unwrap();
        assert!(matches!(scene.fetch(1, 2), Fetched::Wait));
        assert!(matches!(scene.ask(1, 3, Terms::default(), Ask { force: true, ..Ask::default() }), Fetched::Wait));
        assert!(matches!(scene.fetch(1, 4), Fetched::Wait));
        put(&scene.cache, 1, 7);
        if gives_up {
            with(1, |key| scene.cache.abandon(key, first)).unwrap();
        } else {
            assert!(!scene.settle(first, 5));
        }
        assert_eq!(scene.desk.take(), told([(2, "loaded 7"), (3, "leads 7"), (4, "loaded 7")]));
        assert_eq!(get(&scene.cache, 1), Some(7));
        assert!(matches!(scene.ask(1, 5, Terms::default(), Ask { force: true, ..Ask::default() }), Fetched::Wait), "the third one leads");
    }
}

#[test]
fn an_error_reaches_all_who_wait_unless_an_old_value_may_answer() {
    let scene = Scene::new(lru(10));
    let flight = scene.flight(Terms::default());
    assert!(with(1, |key| scene.cache.fail(key, flight, number(4))).unwrap().is_none());
    assert_eq!((scene.desk.take(), get(&scene.cache, 1)), (told([(2, "failed 4"), (3, "failed 4")]), None));
    for (allow_stale, grace, kept) in [(false, 50, true), (true, 0, true), (false, 0, false)] {
        let scene = Scene::new(Options { allow_stale: Some(allow_stale), ..lru(10) });
        let terms = || Terms { ttl: Some(Ttl::Ms(100)), grace, ..Terms::default() };
        with(1, |key| scene.cache.set(key, number(1), &terms())).unwrap();
        scene.hand.advance(100);
        let flight = scene.flight(terms());
        let old = with(1, |key| scene.cache.fail(key, flight, number(4))).unwrap();
        let answer = if kept { "loaded 1" } else { "failed 4" };
        assert_eq!((number_of(old), scene.desk.take()), (kept.then_some(1), told([(2, answer), (3, answer)])));
        let stats = scene.cache.stats().unwrap();
        assert_eq!((stats.loads, stats.load_errors), (1, 1));
    }
}

#[test]
fn a_loaded_value_too_large_to_be_kept_still_answers_and_the_old_one_goes() {
    let scene = Scene::new(Options { max_entry_bytes: Some(1_000), ..lru(10) });
    put_for(&scene.cache, 1, 1, 100);
    let flight = lead(scene.ask(1, 1, Terms::default(), Ask { force: true, ..Ask::default() }));
    assert!(matches!(scene.ask(1, 2, Terms::default(), Ask { force: true, ..Ask::default() }), Fetched::Wait));
    assert!(!with(1, |key| scene.cache.settle(key, flight, bytes(2_000))).unwrap());
    assert_eq!((scene.desk.take(), get(&scene.cache, 1)), (told([(2, "loaded large")]), None));
    lead(scene.fetch(1, 3));
}

#[test]
fn a_loaded_value_finds_room_in_all_shards() {
    let scene = Scene::new(Options { max_bytes: Some(16 << 20), ..Options::default() });
    (100..60_000).for_each(|at| with(at, |key| scene.cache.set(key, bytes(200), &Terms::default())).unwrap());
    let flight = lead(scene.fetch(1, 1));
    assert!(with(1, |key| scene.cache.settle(key, flight, bytes(10 << 20))).unwrap());
    let stats = scene.cache.stats().unwrap();
    assert!(stats.bytes <= 16 << 20 && with(1, |key| scene.cache.has(key)).unwrap());
    assert!(stats.entries > 10_000, "more went than was needed: {stats:?}");
}

#[test]
fn who_asks_a_cache_that_ends_is_told_so_once() {
    let scene = Scene::new(lru(10));
    let flight = scene.flight(Terms::default());
    scene.cache.destroy();
    scene.cache.destroy();
    assert_eq!(scene.desk.take(), told([(1, "closed"), (2, "closed"), (3, "closed")]));
    let code = with(1, |key| scene.cache.settle(key, flight, number(5))).unwrap_err().code();
    let party = scene.desk.party(0, 4, Terms::default());
    assert_eq!((code, with(1, |key| scene.cache.fetch(key, party, Ask::default())).unwrap_err().code()), (Code::Closed, Code::Closed));
    assert_eq!(scene.desk.take(), vec![]);
}

#[test]
fn a_telling_may_call_back_in() {
    let (cache, told) = (cache(lru(10)), Arc::new(Mutex::new(HashMap::new())));
    let party = |request| {
        let (cache, told) = (cache.clone(), told.clone());
        let tell = Arc::new(move |request, news| {
            put(&cache, 2, 2);
            told.lock().unwrap().insert(request, (short(&news), get(&cache, 1)));
        });
        Party::new(1, request, Terms::default(), tell)
    };
    let flight = lead(with(1, |key| cache.fetch(key, party(1), Ask::default())).unwrap());
    with(1, |key| cache.fetch(key, party(2), Ask::default())).unwrap();
    assert!(with(1, |key| cache.settle(key, flight, number(5))).unwrap());
    assert_eq!(told.lock().unwrap().get(&2), Some(&("loaded 5".to_owned(), Some(5))));
}

//! Events: which come, in which order, and how many when nobody takes them.

use super::*;
use shardmap_core::{
    cache::{events::MAX_EVENTS, Event, EventKind, Listener},
    holders::Holders,
};
use std::{
    collections::HashMap,
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

const ALL: u8 = 15;

/// Listens for holder 1, and counts how often it is rung.
fn listen(cache: &Cache, kinds: u8) -> Arc<AtomicU32> {
    let rung = Arc::new(AtomicU32::new(0));
    let ring = {
        let rung = rung.clone();
        Arc::new(move || {
            rung.fetch_add(1, Ordering::Relaxed);
        })
    };
    cache.listen(Listener { holder: 1, kinds, ring });
    rung
}

fn causes(events: &[Event]) -> Vec<(Key, EventKind, Cause)> {
    events.iter().map(|event| (event.key.clone(), event.kind, event.cause)).collect()
}

#[test]
fn each_way_in_which_a_value_goes_makes_its_event() {
    let (cache, hand) = timed(lru(2));
    let rung = listen(&cache, ALL);
    let tagged = |at: u32| with(at, |key| cache.set(key, number(at), &Terms { tags: vec!["tag".into()], ..Terms::default() })).unwrap();
    put(&cache, 1, 1);
    put(&cache, 1, 2);
    with(1, |key| cache.increment(key, 1.0, &Terms::default())).unwrap();
    put(&cache, 2, 2);
    put(&cache, 3, 3);
    with(2, |key| cache.delete(key)).unwrap();
    tagged(4);
    cache.invalidate("tag").unwrap();
    put_for(&cache, 5, 5, 10);
    hand.advance(10);
    cache.sweep();
    cache.clear().unwrap();
    let (dropped, events) = cache.take_events(1);
    let expected = [
        (1, EventKind::Replace, Cause::Replaced),
        (1, EventKind::Replace, Cause::Replaced),
        (1, EventKind::Evict, Cause::Size),
        (2, EventKind::Delete, Cause::Deleted),
        (4, EventKind::Delete, Cause::Invalidated),
        (5, EventKind::Expire, Cause::Expired),
        (3, EventKind::Delete, Cause::Deleted),
    ];
    assert_eq!((dropped, causes(&events)), (0, expected.map(|(at, kind, cause)| (key(at), kind, cause)).into()));
    assert_eq!(rung.load(Ordering::Relaxed), 1);
}

#[test]
fn only_what_is_listened_to_comes_and_nothing_after_the_holder_has_ended() {
    let cache = cache(lru(1));
    let rung = listen(&cache, EventKind::Evict.bit());
    put(&cache, 1, 1);
    put(&cache, 1, 1);
    put(&cache, 2, 2);
    assert_eq!(causes(&cache.take_events(1).1), [(key(1), EventKind::Evict, Cause::Size)]);
    cache.end_holder(1);
    put(&cache, 3, 3);
    assert_eq!((cache.take_events(1), rung.load(Ordering::Relaxed)), ((0, vec![]), 1));
}

#[test]
fn the_events_of_a_key_come_in_the_order_of_its_changes() {
    let cache = cache(Options { max: Some(100_000), ..Options::default() });
    listen(&cache, ALL);
    let mut events = Vec::new();
    for _ in 0..20 {
        // As many as a queue holds, so that none is dropped however late they are taken.
        thread::scope(|scope| {
            for thread in 0..4 {
                let cache = &cache;
                scope.spawn(move || {
                    for at in (0..300).map(|round| thread * 100 + round % 3) {
                        put(cache, at, at);
                        put(cache, at, at);
                        assert!(with(at, |key| cache.delete(key)).unwrap());
                    }
                });
            }
            events.extend(cache.take_events(1).1);
        });
        let (dropped, rest) = cache.take_events(1);
        assert_eq!(dropped, 0);
        events.extend(rest);
    }
    let mut by_key: HashMap<Key, Vec<Cause>> = HashMap::new();
    events.into_iter().for_each(|event| by_key.entry(event.key).or_default().push(event.cause));
    assert_eq!(by_key.len(), 12);
    assert!(by_key.values().all(|causes| causes.len() == 4_000 && causes.chunks(2).all(|pair| pair == [Cause::Replaced, Cause::Deleted])));
}

#[test]
fn a_queue_that_overflows_drops_the_oldest_and_says_how_many() {
    let cache = cache(lru(10));
    listen(&cache, ALL);
    let most = MAX_EVENTS as u32;
    (0..most + 100).for_each(|at| {
        put(&cache, at, at);
        with(at, |key| cache.delete(key)).unwrap();
    });
    let (dropped, events) = cache.take_events(1);
    assert_eq!((dropped, events.len(), &events[0].key), (100, MAX_EVENTS, &key(100)));
}

#[test]
fn a_ring_may_call_back_in() {
    let cache = cache(lru(10));
    let ring = {
        let cache = Arc::downgrade(&cache);
        Arc::new(move || cache.upgrade().into_iter().for_each(|cache| put(&cache, 1, 7)))
    };
    put(&cache, 1, 1);
    cache.listen(Listener { holder: 1, kinds: EventKind::Delete.bit(), ring });
    with(1, |key| cache.delete(key)).unwrap();
    assert_eq!(get(&cache, 1), Some(7));
}

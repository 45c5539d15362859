//! A [`Cache`] under every interleaving: the slots of its own reads and writes, its bounds, events and end.

use super::{beside, explore, key, nothing_told_of_is_missed, number, value};
use loom::sync::{Arc as LoomArc, Condvar, Mutex};
use shardmap_core::{
    cache::{Cache, EventKind, Listener, Options, Terms},
    slots::Slots,
};
use std::sync::Arc;

fn cache(options: Options) -> Arc<Cache> {
    Cache::new(options).unwrap()
}

fn set(cache: &Cache, at: u8, to: u32) {
    cache.set(key(at), value(to), &Terms::default()).unwrap();
}

fn get(cache: &Cache, at: u8) -> (Option<u32>, usize, u32) {
    let found = cache.get(key(at)).unwrap();
    (number(found.value.as_ref()), found.slot, found.version)
}

fn small() -> Options {
    Options { max: Some(2), ..Options::default() }
}

/// A key that is 0 is written, and should then be this.
fn told(write: fn(&Cache), written: Option<u32>) {
    explore(move || {
        let cache = cache(small());
        cache.set(key(1), value(0), &Terms { tags: vec!["tag".into()], ..Terms::default() }).unwrap();
        nothing_told_of_is_missed(cache, write, |cache| get(cache, 1), written);
    });
}

#[test]
fn a_hit_is_never_older_than_a_set() {
    told(|cache| set(cache, 1, 1), Some(1));
}

#[test]
fn a_hit_is_never_older_than_a_set_in_place() {
    explore(|| {
        let cache = cache(small());
        set(&cache, 1, 0);
        nothing_told_of_is_missed(cache, |cache| set(cache, 1, 1), |cache| get(cache, 1), Some(1));
    });
}

#[test]
fn a_hit_is_never_older_than_an_increment() {
    told(|cache| assert_eq!(cache.increment(key(1), 1.0, &Terms::default()).unwrap(), 1.0), Some(1));
}

#[test]
fn a_hit_is_never_older_than_a_deletion() {
    told(|cache| assert!(cache.delete(key(1)).unwrap()), None);
}

#[test]
fn a_hit_is_never_older_than_an_invalidation() {
    told(|cache| assert_eq!(cache.invalidate("tag").unwrap(), 1), None);
}

#[test]
fn a_hit_is_never_older_than_a_clear() {
    told(|cache| cache.clear().unwrap(), None);
}

#[test]
fn a_hit_is_never_older_than_an_eviction() {
    explore(|| {
        let cache = cache(Options { max: Some(1), ..Options::default() });
        set(&cache, 1, 0);
        nothing_told_of_is_missed(cache, |cache| set(cache, 2, 1), |cache| get(cache, 1), None);
    });
}

#[test]
fn what_was_remembered_ends_with_the_cache() {
    explore(|| {
        let cache = cache(small());
        set(&cache, 1, 1);
        let reader = beside(&cache, |cache| cache.get(key(1)).ok());
        cache.destroy();
        if let Some(found) = reader.join().unwrap() {
            assert_eq!(number(found.value.as_ref()), Some(1), "an entry is gone before the end");
            assert_ne!(Slots::process().version(found.slot), found.version, "a value holds after the end");
        }
    });
}

#[test]
fn the_bound_is_never_passed_and_the_last_place_is_taken() {
    explore(|| {
        let cache = cache(Options { max: Some(1), ..Options::default() });
        let writers = [1, 2].map(|at| beside(&cache, move |cache| set(cache, at, 1)));
        assert!(cache.entries().unwrap() <= 1, "more than the bound");
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        let there = [1, 2].map(|at| get(&cache, at).0.is_some());
        assert_eq!((cache.entries().unwrap(), there[0] != there[1]), (1, true));
    });
}

#[test]
fn writers_of_bytes_of_which_each_needs_what_the_other_has_reserved_both_end() {
    explore(|| {
        let cache = cache(Options { max: Some(2), max_bytes: Some(200), ..Options::default() });
        let writers = [1, 2].map(|at| beside(&cache, move |cache| set(cache, at, 1)));
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        let stats = cache.stats().unwrap();
        assert!(stats.bytes <= 200 && stats.entries > 0);
    });
}

/// Who sleeps until it is rung, and takes what there is, has it all in the end.
#[test]
fn no_event_waits_for_a_ring_that_never_comes() {
    explore(|| {
        let cache = cache(small());
        (1..3).for_each(|at| set(&cache, at, 0));
        let bell = LoomArc::new((Mutex::new(false), Condvar::new()));
        let ring = {
            let bell = std::sync::Mutex::new(bell.clone());
            Arc::new(move || {
                let bell = bell.lock().unwrap().clone();
                *bell.0.lock().unwrap() = true;
                bell.1.notify_one();
            })
        };
        cache.listen(Listener { holder: 1, kinds: EventKind::Delete.bit(), ring });
        let writers = [1, 2].map(|at| beside(&cache, move |cache| assert!(cache.delete(key(at)).unwrap())));
        let mut events = 0;
        while events < 2 {
            let mut is_rung = bell.0.lock().unwrap();
            while !std::mem::take(&mut *is_rung) {
                is_rung = bell.1.wait(is_rung).unwrap();
            }
            drop(is_rung);
            events += cache.take_events(1).1.len();
        }
        writers.into_iter().for_each(|writer| writer.join().unwrap());
    });
}

#[test]
fn who_listens_before_it_tells_a_writer_hears_of_the_write() {
    explore(|| {
        let cache = cache(small());
        set(&cache, 1, 0);
        cache.listen(Listener { holder: 1, kinds: EventKind::Delete.bit(), ring: Arc::new(|| ()) });
        let writer = beside(&cache, |cache| assert!(cache.delete(key(1)).unwrap()));
        // Another one that comes and goes meanwhile.
        cache.listen(Listener { holder: 2, kinds: EventKind::Evict.bit(), ring: Arc::new(|| ()) });
        cache.unlisten(2);
        writer.join().unwrap();
        assert_eq!(cache.take_events(1).1.len(), 1);
    });
}

//! Caches under refusals.

use super::{is_done, refusing, with, Refusal};
use shardmap_core::{
    cache::{Ask, Cache, Fetched, Options, Party, Policy, Terms},
    Value,
};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

/// The requests of one insertion that may be refused, and more.
const REQUESTS: u32 = 8;

fn cache(policy: Policy) -> Arc<Cache> {
    Cache::new(Options { max: Some(1 << 20), policy: Some(policy), ..Options::default() }).unwrap()
}

fn keys(cache: &Cache) -> usize {
    let (mut keys, mut from) = (0, Some(0));
    while let Some(cursor) = from {
        let page = cache.page(cursor).unwrap();
        keys += page.rows.len();
        from = page.next;
    }
    keys
}

/// The cache has the keys of the model, each once, and is charged for no more.
fn check(cache: &Cache, model: &BTreeSet<u32>) {
    assert_eq!((keys(cache), cache.entries().unwrap()), (model.len(), model.len() as u64), "nothing is lost, nothing doubled");
    assert!(model.iter().all(|&at| with(at, |key| cache.has(key)).unwrap()));
}

/// Stores keys one after the other, each on its terms, while each request of its own is refused; every refusal is an error that has changed nothing.
fn fills(policy: Policy, entries: u32, least: usize, terms: impl Fn(u32) -> Terms) -> u32 {
    let mut failures = 0;
    for after in 0..REQUESTS {
        let (cache, mut model) = (cache(policy), BTreeSet::new());
        for at in 0..entries {
            let terms = terms(at);
            let set = || with(at, |key| cache.set(key, Value::number(f64::from(at)), &terms));
            let (done, refused) = refusing(Refusal::One { after, least }, || is_done(set()));
            assert_eq!(done, refused == 0);
            if !done {
                failures += 1;
                assert!(!with(at, |key| cache.has(key)).unwrap());
                if failures % 7 == 0 {
                    check(&cache, &model);
                }
                set().unwrap();
            }
            model.insert(at);
        }
        check(&cache, &model);
        let bytes = cache.stats().unwrap().bytes;
        for at in &model {
            assert!(with(*at, |key| cache.delete(key)).unwrap());
        }
        assert!(bytes > 0);
        assert_eq!((cache.stats().unwrap().bytes, cache.stats().unwrap().entries), (0, 0), "all that was charged is given back");
    }
    failures
}

#[test]
fn an_entry_for_which_a_cache_cannot_grow_is_not_stored_and_nothing_else_has_changed() {
    for policy in [Policy::Lru, Policy::TinyLfu] {
        let failures = fills(policy, 12_000, 0, |_| Terms::default());
        assert!(failures > 300, "{failures} growths were refused");
    }
}

#[test]
fn an_entry_for_whose_tags_there_is_no_room_is_not_stored() {
    let tagged = |at: u32| Terms { tags: vec!["all".into(), format!("tag {}", at % 5_000).into()], ..Terms::default() };
    assert!(fills(Policy::TinyLfu, 10_000, 4 << 10, tagged) > 50);
}

#[test]
fn a_value_whose_new_tags_find_no_room_stays_as_it_was() {
    let cache = cache(Policy::Lru);
    let set = |at: u32, value: f64, terms: &Terms| with(at, |key| cache.set(key, Value::number(value), terms));
    let value = |at: u32| with(at, |key| cache.get(key)).unwrap().value.and_then(|value| value.as_number());
    (0..10_000).for_each(|at| set(at, 1.0, &Terms::default()).unwrap());
    let terms = Terms { tags: vec!["tag".into()], ..Terms::default() };
    let mut failures = 0;
    for at in 0..10_000 {
        let (done, refused) = refusing(Refusal::One { after: 0, least: 1 << 10 }, || is_done(set(at, 2.0, &terms)));
        assert_eq!(done, refused == 0);
        if !done {
            failures += 1;
            assert_eq!(value(at), Some(1.0));
            set(at, 2.0, &terms).unwrap();
        }
        assert_eq!(value(at), Some(2.0));
    }
    assert!(failures > 5, "{failures} growths were refused");
    assert_eq!(cache.invalidate("tag").unwrap(), 10_000);
}

#[test]
fn a_load_that_cannot_be_stored_is_given_to_all_who_wait() {
    let cache = cache(Policy::TinyLfu);
    let told = Arc::new(Mutex::new(Vec::with_capacity(1 << 16)));
    let mut refused_loads = 0;
    for at in 0..8_000_u32 {
        let party = |request| {
            let told = told.clone();
            Party::new(1, request, Terms::default(), Arc::new(move |request, _| told.lock().unwrap().push(request)))
        };
        let fetch = |request| with(at, |key| cache.fetch(key, party(request), Ask::default())).unwrap();
        let Fetched::Lead { flight, .. } = fetch(1) else { panic!("nobody loads {at}") };
        assert!(matches!(fetch(2), Fetched::Wait));
        let settle = || with(at, |key| cache.settle(key, flight, Value::number(f64::from(at)))).unwrap();
        let (stored, refused) = refusing(Refusal::One { after: 0, least: 512 }, settle);
        assert_eq!((stored, with(at, |key| cache.has(key)).unwrap()), (refused == 0, refused == 0));
        assert_eq!(std::mem::replace(&mut *told.lock().unwrap(), Vec::with_capacity(8)), [2], "who waits is told");
        if !stored {
            refused_loads += 1;
            assert!(
                matches!(fetch(3), Fetched::Lead { flight, .. } if with(at, |key| cache.abandon(key, flight)).is_ok()),
                "no flight is left"
            );
        }
    }
    assert!(refused_loads > 20, "{refused_loads} loads were refused their room");
}

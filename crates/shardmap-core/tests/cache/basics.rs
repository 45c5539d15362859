//! What each operation does, one after the other.

use super::*;
use shardmap_core::{
    cache::{EventKind, Listener, Remaining},
    registry,
    slots::Slots,
    Code,
};

#[test]
fn the_entry_that_was_used_longest_ago_makes_room() {
    let cache = cache(lru(3));
    (0..3).for_each(|at| put(&cache, at, at));
    assert_eq!(get(&cache, 0), Some(0));
    put(&cache, 1, 10);
    put(&cache, 3, 3);
    assert_eq!([0, 1, 2, 3].map(|at| peek(&cache, at)), [Some(0), Some(10), None, Some(3)]);
    let stats = cache.stats().unwrap();
    assert_eq!((stats.entries, stats.hits, gone(&stats, Cause::Size), gone(&stats, Cause::Replaced)), (3, 1, 1, 1));
}

#[test]
fn a_peek_and_a_has_are_no_uses_and_a_touch_by_ticket_is_one() {
    let cache = cache(lru(2));
    (0..2).for_each(|at| put(&cache, at, at));
    assert_eq!(peek(&cache, 0), Some(0));
    assert!(with(0, |key| cache.has(key)).unwrap());
    put(&cache, 2, 2);
    assert_eq!([0, 1, 2].map(|at| peek(&cache, at)), [None, Some(1), Some(2)]);
    let lookup = with(1, |key| cache.get(key)).unwrap();
    put(&cache, 2, 3);
    cache.touch(&[lookup.ticket, lookup.ticket, shardmap_core::cache::NO_TICKET]);
    put(&cache, 4, 4);
    assert_eq!([1, 2, 4].map(|at| peek(&cache, at)), [Some(1), None, Some(4)]);
    let stats = cache.stats().unwrap();
    assert_eq!((stats.hits, stats.near_hits, stats.misses), (4, 3, 0));
}

#[test]
fn touches_by_tickets_of_many_shards_are_uses_of_their_entries() {
    let cache = cache(lru(16_384));
    (0..16_384).for_each(|at| put(&cache, at, at));
    let mut tickets: Vec<u32> = (0..1_000).map(|at| with(at, |key| cache.get(key)).unwrap().ticket).collect();
    (1_000..16_384).for_each(|at| assert!(get(&cache, at).is_some()));
    tickets.truncate(500);
    cache.touch(&tickets);
    // Fewer in each shard than there are others that were not used since.
    (20_000..20_200).for_each(|at| put(&cache, at, at));
    assert!((0..500).all(|at| peek(&cache, at).is_some()));
    assert_eq!((500..1_000).filter(|&at| peek(&cache, at).is_none()).count(), 200);
}

#[test]
fn a_value_never_goes_for_the_one_that_replaces_it() {
    for policy in [Policy::Lru, Policy::TinyLfu] {
        let cache = cache(Options { max_bytes: Some(100 * 1_200), policy: Some(policy), ..Options::default() });
        cache.listen(Listener { holder: 1, kinds: EventKind::Evict.bit(), ring: Arc::new(|| ()) });
        for at in 0..2_000 {
            // New ones too, which a policy may hold dear or not.
            for (at, len) in [(at, 900), (at, 1_500), (at, 3_000), (at / 2, 3_500)] {
                with(at, |key| cache.set(key, bytes(len), &Terms::default())).unwrap();
                let (_, events) = cache.take_events(1);
                assert!(events.iter().all(|event| event.key != key(at)), "{policy:?}");
            }
        }
        assert!(gone(&cache.stats().unwrap(), Cause::Size) > 1_000);
    }
}

#[test]
fn what_is_deleted_is_absent_and_counted_once() {
    let cache = cache(lru(10));
    (0..5).for_each(|at| put(&cache, at, at));
    assert!(with(1, |key| cache.delete(key)).unwrap());
    assert!(!with(1, |key| cache.delete(key)).unwrap());
    assert_eq!((get(&cache, 1), cache.entries().unwrap()), (None, 4));
    cache.clear().unwrap();
    let stats = cache.stats().unwrap();
    assert_eq!((stats.entries, stats.bytes, gone(&stats, Cause::Deleted), stats.misses), (0, 0, 5, 1));
    put(&cache, 1, 7);
    assert_eq!(get(&cache, 1), Some(7));
}

#[test]
fn a_value_beyond_a_bound_is_refused_and_the_old_one_goes() {
    let cache = cache(Options { max_entry_bytes: Some(1_000), ..lru(10) });
    put(&cache, 1, 1);
    let refused = with(1, |key| cache.set(key, bytes(2_000), &Terms::default())).unwrap_err();
    assert_eq!(refused.code(), Code::Full);
    assert!(refused.message().contains("maxEntryBytes"));
    let stats = cache.stats().unwrap();
    assert_eq!((get(&cache, 1), stats.entries, stats.bytes, gone(&stats, Cause::Replaced)), (None, 0, 0, 1));
}

#[test]
fn several_values_are_stored_together_or_none_of_them() {
    let cache = cache(Options { max_entry_bytes: Some(1_000), ..lru(10) });
    put(&cache, 1, 1);
    let refused = cache.set_all(vec![(key(1), number(2)), (key(2), bytes(2_000))], &Terms::default()).unwrap_err();
    assert_eq!((refused.code(), refused.keys(), get(&cache, 1)), (Code::Full, &[Box::from(key(2).as_bytes())][..], Some(1)));
    cache.set_all(vec![(key(1), number(2)), (key(2), number(3)), (key(1), number(4))], &Terms::default()).unwrap();
    assert_eq!([1, 2].map(|at| get(&cache, at)), [Some(4), Some(3)]);
}

#[test]
fn a_counter_begins_at_nothing_and_keeps_its_deadline() {
    let (cache, hand) = timed(lru(10));
    let add = |by: f64, ms| with(1, |key| cache.increment(key, by, &Terms { ttl: Some(Ttl::Ms(ms)), ..Terms::default() }));
    assert_eq!(add(2.0, 100).unwrap(), 2.0);
    hand.advance(60);
    assert_eq!(add(0.5, 1_000).unwrap(), 2.5);
    assert_eq!(with(1, |key| cache.remaining(key)).unwrap(), Remaining::Ms(40));
    hand.advance(40);
    assert_eq!(add(1.0, 50).unwrap(), 1.0);
    assert_eq!(with(1, |key| cache.remaining(key)).unwrap(), Remaining::Ms(50));
    with(2, |key| cache.set(key, Value::NULL, &Terms::default())).unwrap();
    assert_eq!(with(2, |key| cache.increment(key, 1.0, &Terms::default())).unwrap_err().code(), Code::Value);
    assert_eq!(with(2, |key| cache.remaining(key)).unwrap(), Remaining::Never);
}

#[test]
fn every_entry_with_a_tag_goes_by_it_and_no_other() {
    let cache = cache(lru(100));
    let tagged = |at: u32, tags: &[&str]| {
        let terms = Terms { tags: tags.iter().map(|&tag| tag.into()).collect(), ..Terms::default() };
        with(at, |key| cache.set(key, number(at), &terms)).unwrap();
    };
    (0..10).for_each(|at| tagged(at, &["all", if at % 2 == 0 { "even" } else { "odd" }]));
    tagged(3, &["all"]);
    assert_eq!(cache.invalidate("odd").unwrap(), 4);
    assert_eq!(cache.invalidate("odd").unwrap(), 0);
    assert_eq!((get(&cache, 3), get(&cache, 5), get(&cache, 4)), (Some(3), None, Some(4)));
    assert_eq!(cache.invalidate("all").unwrap(), 6);
    let stats = cache.stats().unwrap();
    assert_eq!((stats.entries, stats.bytes, gone(&stats, Cause::Invalidated)), (0, 0, 10));
}

#[test]
fn a_reader_that_kept_slot_and_version_learns_of_every_kind_of_change() {
    type Change = fn(&Cache, &Hand);
    let changes: [(&str, Change); 9] = [
        ("set", |cache, _| put(cache, 1, 2)),
        ("delete", |cache, _| drop(with(1, |key| cache.delete(key)))),
        ("clear", |cache, _| cache.clear().unwrap()),
        ("increment", |cache, _| drop(with(1, |key| cache.increment(key, 1.0, &Terms::default())))),
        ("invalidate", |cache, _| drop(cache.invalidate("tag"))),
        ("evict", |cache, _| (2..6).for_each(|at| put(cache, at, at))),
        ("expire by a sweep", |cache, hand| {
            hand.advance(1_000);
            cache.sweep();
        }),
        ("expire by a read", |cache, hand| {
            hand.advance(1_000);
            assert_eq!(get(cache, 1), None);
        }),
        ("destroy", |cache, _| cache.destroy()),
    ];
    let rich = Terms { ttl: Some(Ttl::Ms(1_000)), tags: vec!["tag".into()], ..Terms::default() };
    let plain = Terms::default();
    let of_all = changes.iter().map(|change| (change, &rich));
    let of_plain = changes.iter().filter(|(name, _)| !name.starts_with("expire") && *name != "invalidate").map(|change| (change, &plain));
    for (&(name, change), terms) in of_all.chain(of_plain) {
        let (cache, hand) = timed(lru(3));
        with(1, |key| cache.set(key, number(1), terms)).unwrap();
        let lookup = with(1, |key| cache.get(key)).unwrap();
        let slots = Slots::process();
        assert_eq!(slots.version(lookup.slot), lookup.version, "{name}");
        change(&cache, &hand);
        assert_ne!(slots.version(lookup.slot), lookup.version, "{name}");
    }
}

#[test]
fn a_destroyed_cache_is_closed_to_everything() {
    let cache = cache(lru(3));
    put(&cache, 1, 1);
    cache.destroy();
    let terms = Terms::default();
    with(1, |key| {
        let code = |error: Option<shardmap_core::Error>| error.map(|error| error.code());
        for found in [
            code(cache.get(key).err()),
            code(cache.peek(key).err()),
            code(cache.has(key).err()),
            code(cache.set(key, Value::NULL, &terms).err()),
            code(cache.set_all(vec![], &terms).err()),
            code(cache.increment(key, 1.0, &terms).err()),
            code(cache.delete(key).err()),
            code(cache.clear().err()),
            code(cache.remaining(key).err()),
            code(cache.page(0).err()),
            code(cache.entries().err()),
            code(cache.invalidate("tag").err()),
            code(cache.stats().err()),
        ] {
            assert_eq!(found, Some(Code::Closed));
        }
    });
    cache.touch(&[0, 1, 2]);
}

#[test]
fn a_name_is_one_cache_and_options_that_differ_are_refused() {
    let name = "a cache and its options";
    assert_eq!(registry::open::<Cache>(name, Options::default()).err().unwrap().code(), Code::Option);
    let cache = registry::open::<Cache>(name, Options { ttl: Some(5), ..lru(3) }).unwrap();
    assert!(Arc::ptr_eq(&cache, &registry::open::<Cache>(name, Options::default()).unwrap()));
    assert!(registry::names::<Cache>().contains(&name.to_owned()));
    let other = registry::open::<Cache>(name, Options { ttl: Some(6), ..Options::default() }).err().unwrap();
    assert_eq!(other.code(), Code::Mismatch);
    assert!(other.message().contains("ttl 5") && other.message().contains('6'), "{other}");
    let other = registry::open::<shardmap_core::ShardedMap>(name, shardmap_core::Options::default()).err().unwrap();
    assert!(other.message().contains("SharedCache"), "{other}");
    assert!(registry::destroy::<Cache>(name).unwrap());
    assert_eq!(cache.entries().unwrap_err().code(), Code::Closed);
}

//! What of an entry comes back.

use super::{cache, disks::Dir, key, lru, over, peek, put, tagged, ttl, with};
use shardmap_core::{
    cache::{Ask, Fetched, Options, Party, Remaining, Terms, Ttl},
    key::{Key, KeyBuf, KeyRef},
    value::Kind,
    Value,
};
use std::sync::Arc;

fn keys() -> Vec<Key> {
    let make: [fn(&mut KeyBuf); 7] = [
        |key| key.bool(true),
        |key| key.number(-0.5),
        |key| key.bigint(true, &[7, 7, 7]).unwrap(),
        |key| key.string(&"a string beyond fourteen bytes".encode_utf16().collect::<Vec<_>>()),
        |key| key.string(&[0xD800, 0, 0xFFFF]),
        |key| key.bytes(&[0, 255, 0]),
        |key| {
            key.tuple();
            key.string(&[]);
            key.number(f64::NAN);
        },
    ];
    make.map(|make| {
        let mut key = KeyBuf::new();
        make(&mut key);
        Key::new(key.finish().unwrap().bytes)
    })
    .into()
}

fn values() -> Vec<Value> {
    let kinds = [Kind::Latin1, Kind::Bytes, Kind::Packed, Kind::Clone, Kind::Mixed];
    // As packed data they are arrays.
    let heads: [(&[u8], usize); 3] = [(&[0x90], 0), (&[0x9D], 13), (&[0xDD, 0, 1, 0, 0], 65_536)];
    let payloads =
        kinds.into_iter().flat_map(|kind| heads.map(|(head, len)| Value::payload(kind, &[head, &vec![kind as u8; len]].concat()).unwrap()));
    let numbers = [0, 13, 70_000].map(|len| Value::bigint(true, &vec![7; len]).unwrap());
    let strings = [2, 14, 70_000].map(|len| Value::payload(Kind::Utf16, &vec![4; len]).unwrap());
    let scalars = [Value::UNDEFINED, Value::NULL, Value::bool(false), Value::bool(true), Value::number(-0.0), Value::number(f64::NAN)];
    scalars.into_iter().chain(payloads).chain(numbers).chain(strings).collect()
}

#[test]
fn every_kind_of_key_and_value_comes_back_to_the_bit() {
    let dir = Dir::new();
    let (from, _) = cache(lru(1_000));
    let entries: Vec<_> = keys().into_iter().chain((0..100).map(key)).zip(values().into_iter().cycle()).collect();
    from.set_all(entries.clone(), &Terms::default()).unwrap();
    let (to, _) = cache(lru(1_000));
    assert_eq!(over(&from, &dir.file("cache"), &to), entries.len() as u64);
    for (key, value) in &entries {
        assert!(to.peek(KeyRef::new(key.as_bytes())).unwrap().is_some_and(|found| found.identical(value)), "{key:?} {value:?}");
    }
    let stats = to.stats().unwrap();
    assert_eq!((stats.entries, stats.bytes), (entries.len() as u64, from.stats().unwrap().bytes));
}

#[test]
fn an_empty_cache_has_a_dump_too() {
    let dir = Dir::new();
    let (from, _) = cache(lru(10));
    assert_eq!(over(&from, &dir.file("cache"), &from), 0);
}

#[test]
fn tags_come_back() {
    let dir = Dir::new();
    let (from, _) = cache(lru(10));
    (0..3).for_each(|at| put(&from, at, at, &tagged(["red", "blue"][at as usize % 2])));
    let (to, _) = cache(lru(10));
    over(&from, &dir.file("cache"), &to);
    assert_eq!(to.invalidate("red").unwrap(), 2);
    assert_eq!((peek(&to, 0), peek(&to, 1)), (None, Some(1)));
}

#[test]
fn the_time_the_process_was_down_counts_by_the_wall_clock() {
    let dir = Dir::new();
    let path = dir.file("cache");
    let (from, hand) = cache(lru(10));
    put(&from, 1, 1, &ttl(100));
    put(&from, 2, 2, &ttl(150));
    put(&from, 3, 3, &Terms::default());
    hand.advance(20);
    assert_eq!(from.dump_at(&path, 1_000).unwrap(), 3);
    let left = |wall| {
        let (to, _) = cache(lru(10));
        let loaded = to.load_at(&path, wall).unwrap();
        (loaded, [1, 2, 3].map(|at| with(at, |key| to.remaining(key)).unwrap()))
    };
    let (gone, never) = (Remaining::Absent, Remaining::Never);
    assert_eq!(left(1_000), (3, [Remaining::Ms(80), Remaining::Ms(130), never]));
    assert_eq!(left(1_079), (3, [Remaining::Ms(1), Remaining::Ms(51), never]));
    assert_eq!(left(1_080), (2, [gone, Remaining::Ms(50), never]));
    assert_eq!(left(u64::MAX), (1, [gone, gone, never]));
    // A clock that went back.
    assert_eq!(left(999), left(1_000));
    assert_eq!(left(0), left(1_000));
}

#[test]
fn a_loaded_entry_expires_and_what_was_stale_at_the_dump_stays_away() {
    let dir = Dir::new();
    let options = Options { allow_stale: Some(true), ..lru(10) };
    let (from, hand) = cache(options);
    put(&from, 1, 1, &ttl(100));
    put(&from, 2, 2, &ttl(50));
    hand.advance(60);
    assert_eq!(peek(&from, 2), Some(2));
    let (to, hand) = cache(lru(10));
    assert_eq!(over(&from, &dir.file("cache"), &to), 1);
    hand.advance(39);
    assert_eq!(peek(&to, 1), Some(1));
    hand.advance(1);
    assert_eq!(peek(&to, 1), None);
}

#[test]
fn a_ttl_that_gets_renew_is_that_of_the_entry() {
    let dir = Dir::new();
    let options = Options { ttl: Some(1_000), update_age_on_get: Some(true), ..lru(10) };
    let (from, hand) = cache(options);
    put(&from, 1, 1, &ttl(100));
    put(&from, 2, 2, &Terms::default());
    put(&from, 3, 3, &Terms { ttl: Some(Ttl::Never), ..Terms::default() });
    hand.advance(30);
    let after_a_get = |options| {
        let (to, _) = cache(options);
        assert_eq!(over(&from, &dir.file("cache"), &to), 3);
        [1, 2, 3].map(|at| {
            with(at, |key| to.get(key)).unwrap();
            with(at, |key| to.remaining(key)).unwrap()
        })
    };
    assert_eq!(after_a_get(options), [Remaining::Ms(100), Remaining::Ms(1_000), Remaining::Never]);
    // A cache without a ttl: what had that of the other one has for its own what was left of it.
    assert_eq!(after_a_get(Options { ttl: None, ..options }), [Remaining::Ms(100), Remaining::Ms(970), Remaining::Never]);
}

#[test]
fn an_entry_that_is_kept_as_a_stale_one_is_so_after_a_load() {
    let dir = Dir::new();
    let (from, _) = cache(lru(10));
    put(&from, 1, 1, &Terms { grace: 50, ..ttl(100) });
    let (to, hand) = cache(lru(10));
    over(&from, &dir.file("cache"), &to);
    hand.advance(120);
    let party = Party::new(1, 1, Terms::default(), Arc::new(|_, _| ()));
    let fetched = with(1, |key| to.fetch(key, party, Ask { force: false, stale_while_revalidate: 50 })).unwrap();
    assert!(matches!(fetched, Fetched::Stale { lead: Some(_), .. }), "{fetched:?}");
}

//! The trees of a version against a `HashMap`: the trie with hashes made to collide, the sorted array made from it.

mod counting;

use proptest::prelude::*;
use shardmap_core::{
    hash,
    key::{parts, Key, KeyBuf, KeyRef, Part},
    versions::{Difference, Entry, Mode, Tree, Trie, Write},
    Kind, Value,
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ops::ControlFlow,
};

const KEYS: u32 = 40;

fn key(number: u32) -> Key {
    let mut key = KeyBuf::new();
    key.number(f64::from(number));
    Key::new(key.as_bytes())
}

/// Ways to hash a key, from harmless to all alike.
const HASHES: [fn(u32) -> u64; 8] = [
    |number| hash::of(key(number).as_bytes()),
    |_| 0,
    |_| u64::MAX,
    // They differ in the last level only, each alone or in threes.
    u64::from,
    |number| u64::MAX << 5 | u64::from(number / 3),
    // They differ in the first level only.
    |number| u64::from(number) << 59 | 7,
    // First and last level.
    |number| u64::from(number % 4) << 59 | u64::from(number / 4),
    // One chain of nodes, with an entry beside every step.
    |number| u64::MAX.checked_shl(64 - 5 * (number % 13)).unwrap_or(0),
];

fn entry(hash: fn(u32) -> u64, number: u32, value: f64, stamp: u64) -> Entry {
    Entry { hash: hash(number), key: key(number), value: Value::number(value), stamp }
}

fn number(value: &Value) -> f64 {
    value.as_number().unwrap_or_else(|| panic!("{value:?} is no number"))
}

type Model = HashMap<u32, f64>;

#[derive(Clone, Debug)]
enum Step {
    Insert(u32, f64),
    Remove(u32),
    Keep,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..KEYS, (0..3u8).prop_map(f64::from)).prop_map(|(key, value)| Step::Insert(key, value)),
        4 => (0..KEYS).prop_map(Step::Remove),
        1 => Just(Step::Keep),
    ];
    prop::collection::vec(step, 0..120)
}

/// Runs the steps; returns the versions kept on the way and the last one, each as it was in the model at that time.
fn run(hash: fn(u32) -> u64, steps: Vec<Step>) -> Vec<(Trie, Model)> {
    let (mut trie, mut model) = (Trie::default(), Model::new());
    let mut kept = Vec::new();
    for (stamp, step) in (0..).zip(steps) {
        match step {
            Step::Insert(at, value) => {
                let old = trie.insert(entry(hash, at, value, stamp));
                assert_eq!(old.map(|old| number(&old.value)), model.insert(at, value));
            }
            Step::Remove(at) => {
                let old = trie.remove(KeyRef { bytes: key(at).as_bytes(), hash: hash(at) });
                assert_eq!(old.map(|old| number(&old.value)), model.remove(&at));
            }
            Step::Keep => kept.push((trie.clone(), model.clone())),
        }
        assert_eq!((trie.len(), trie.is_empty()), (model.len(), model.is_empty()));
    }
    kept.push((trie, model));
    kept
}

fn walked(tree: &Tree, from: u64) -> Vec<Entry> {
    let mut entries = Vec::new();
    tree.walk(from, &mut |entry| {
        entries.push(entry.clone());
        ControlFlow::Continue(())
    });
    entries
}

fn check(hash: fn(u32) -> u64, tree: &Tree, model: &Model) {
    assert_eq!(tree.len(), model.len());
    for at in 0..KEYS {
        let found = tree.get(KeyRef { bytes: key(at).as_bytes(), hash: hash(at) });
        assert_eq!(found.map(|entry| number(&entry.value)), model.get(&at).copied());
    }
    let all = walked(tree, 0);
    assert!(all.windows(2).all(|pair| pair[0].hash <= pair[1].hash), "out of order");
    let values: HashMap<_, _> = all.iter().map(|entry| (entry.key.clone(), number(&entry.value))).collect();
    assert_eq!(values, model.iter().map(|(&at, &value)| (key(at), value)).collect());
    for from in all.iter().flat_map(|entry| [entry.hash, entry.hash.saturating_add(1), entry.hash & !0x7FF]) {
        let rest = all.iter().skip_while(|entry| entry.hash < from);
        assert!(walked(tree, from).iter().map(|entry| &entry.key).eq(rest.map(|entry| &entry.key)), "from {from:x}");
    }
}

type Naive = BTreeMap<u32, (Option<f64>, Option<f64>)>;

fn differences(found: Vec<Difference>) -> Naive {
    let count = found.len();
    let read = |value: Option<Value>| value.as_ref().map(number);
    let at = |key: &Key| match parts(key.as_bytes()).1.next() {
        Some(Part::Number(number)) => number as u32,
        part => panic!("{part:?} is none of the keys"),
    };
    let naive: Naive = found.into_iter().map(|one| (at(&one.key), (read(one.before), read(one.after)))).collect();
    assert_eq!(naive.len(), count, "a key came twice");
    naive
}

fn naive(older: &Model, newer: &Model) -> Naive {
    let both = (0..KEYS).map(|at| (at, (older.get(&at).copied(), newer.get(&at).copied())));
    both.filter(|(_, (before, after))| before != after).collect()
}

proptest! {
    #[test]
    fn every_version_agrees_with_its_model_and_stays_as_it_was(scheme in 0..HASHES.len(), steps in steps()) {
        let kept = run(HASHES[scheme], steps);
        for (trie, model) in &kept {
            check(HASHES[scheme], &Tree::Trie(trie.clone()), model);
            check(HASHES[scheme], &Tree::of(Mode::Copy, trie.clone()), model);
        }
    }

    #[test]
    fn since_is_the_naive_difference_of_any_two_versions(scheme in 0..HASHES.len(), steps in steps()) {
        let trees = |(trie, model): (Trie, Model)| (Tree::of(Mode::Copy, trie.clone()), Tree::Trie(trie), model);
        let kept: Vec<_> = run(HASHES[scheme], steps).into_iter().map(trees).collect();
        for (older_flat, older, before) in &kept {
            for (newer_flat, newer, after) in &kept {
                let expected = naive(before, after);
                prop_assert_eq!(&differences(newer.since(older)), &expected);
                prop_assert_eq!(&differences(newer_flat.since(older_flat)), &expected);
            }
        }
    }

    #[test]
    fn writes_at_once_are_writes_one_by_one(batches in prop::collection::vec(prop::collection::vec((0..KEYS, prop::option::of(0..3u8)), 0..12), 0..12)) {
        for mode in [Mode::Delta, Mode::Copy] {
            let (mut tree, mut model) = (Tree::empty(mode), Model::new());
            for (stamp, batch) in (0..).zip(&batches) {
                let write = |&(at, value): &(u32, Option<u8>)| Write::new(key(at), value.map(|value| Value::number(f64::from(value))));
                tree = tree.with(&batch.iter().map(write).collect::<Vec<_>>(), stamp);
                for &(at, value) in batch {
                    match value {
                        Some(value) => drop(model.insert(at, f64::from(value))),
                        None => drop(model.remove(&at)),
                    }
                }
                check(HASHES[0], &tree, &model);
            }
        }
    }
}

/// The keys of all pages, each page asked for twice.
fn paged(tree: &Tree) -> Vec<Vec<Key>> {
    let (mut pages, mut from) = (Vec::new(), Some(0));
    while let Some(cursor) = from {
        let (page, again) = (tree.page(cursor), tree.page(cursor));
        let keys = |rows: &[(Key, Value)]| rows.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
        assert_eq!((keys(&page.rows), page.next), (keys(&again.rows), again.next));
        assert!(page.next.is_none_or(|next| next > cursor && next < 1 << 53), "a cursor fits in a JavaScript number");
        pages.push(keys(&page.rows));
        from = page.next;
    }
    pages
}

#[test]
fn pages_give_every_entry_exactly_once_also_where_hashes_collide() {
    // From one group of hashes to as many as there are entries.
    let groups: [fn(u32) -> u64; 5] =
        [HASHES[0], |_| u64::MAX, |number| u64::from(number), |number| u64::from(number % 7) << 40, |number| u64::from(number / 600) << 11];
    for hash in groups {
        let trie: Trie = (0..5_000).map(|at| entry(hash, at, 0.0, 0)).collect();
        for tree in [Tree::Trie(trie.clone()), Tree::of(Mode::Copy, trie.clone())] {
            let pages = paged(&tree);
            let seen: HashSet<_> = pages.iter().flatten().collect();
            assert_eq!((seen.len(), pages.iter().map(Vec::len).sum::<usize>()), (5_000, 5_000));
        }
    }
    let spread: Trie = (0..5_000).map(|at| entry(HASHES[0], at, 0.0, 0)).collect();
    assert!(paged(&Tree::Trie(spread)).len() > 5);
    assert_eq!(paged(&Tree::empty(Mode::Delta)), [[]]);
    assert_eq!(paged(&Tree::empty(Mode::Copy)), [[]]);
}

fn large(at: u32, stamp: u64) -> Entry {
    Entry::new(key(at), Value::payload(Kind::Bytes, &[stamp as u8; 100]).unwrap(), stamp)
}

#[test]
fn versions_share_what_did_not_change_and_give_the_rest_back() {
    let before = counting::live();
    let trie: Trie = (0..10_000).map(|at| large(at, 0)).collect();
    let whole = counting::live() - before;
    let mut versions = vec![trie.clone()];
    for stamp in 1..=100 {
        let mut next = trie.clone();
        next.insert(large(stamp as u32, stamp));
        versions.push(next);
    }
    let shared = counting::live() - before - whole;
    assert!(shared < whole, "100 versions with a change each take {shared} bytes beside {whole}");
    drop(versions);
    assert_eq!(counting::live() - before, whole);
    drop(trie);
    assert_eq!(counting::live(), before);
}

#[test]
fn a_trie_that_was_emptied_takes_no_more_than_a_new_one_and_one_that_was_halved_no_more_than_its_half() {
    let before = counting::live();
    let half: Trie = (0..5_000).map(|at| large(at, 0)).collect();
    let half_bytes = counting::live() - before;
    let mut trie: Trie = (0..10_000).map(|at| large(at, 0)).collect();
    let remove = |trie: &mut Trie, at: u32| assert!(trie.remove(KeyRef::new(key(at).as_bytes())).is_some());
    (5_000..10_000).for_each(|at| remove(&mut trie, at));
    let left = counting::live() - before - half_bytes;
    // Places that were taken in place keep the room for an entry or two.
    assert!(left < half_bytes * 3 / 2, "{left} bytes for what takes {half_bytes}");
    (0..5_000).for_each(|at| remove(&mut trie, at));
    drop(half);
    assert!(trie.is_empty() && counting::live() - before < 4_096);
}

//! Steps at random, against a `HashMap`.

use super::{get, key, map, number, set, two_shards};
use proptest::prelude::*;
use shardmap_core::{Code, Options, Value, Write, ENTRY_BYTES};
use std::collections::HashMap;

#[derive(Clone, Debug)]
enum Step {
    Set(u32, f64),
    Delete(u32),
    GetOrInsert(u32, f64),
    CompareAndSet(u32, Option<f64>, Option<f64>),
    Increment(u32),
    Clear,
}

fn step() -> impl Strategy<Value = Step> {
    let at = 0..12u32;
    let value = (0..4u8).prop_map(f64::from);
    prop_oneof![
        8 => (at.clone(), value.clone()).prop_map(|(at, value)| Step::Set(at, value)),
        4 => at.clone().prop_map(Step::Delete),
        2 => (at.clone(), value.clone()).prop_map(|(at, value)| Step::GetOrInsert(at, value)),
        4 => (at.clone(), prop::option::of(value.clone()), prop::option::of(value)).prop_map(|(at, a, b)| Step::CompareAndSet(at, a, b)),
        4 => at.prop_map(Step::Increment),
        1 => Just(Step::Clear),
    ]
}

fn check(options: Options, steps: &[Step]) {
    let map = map(options);
    let mut twin = HashMap::new();
    let most = options.max_entries.unwrap_or(u64::MAX) as usize;
    for step in steps {
        let full = |twin: &HashMap<u32, f64>, at: &u32| !twin.contains_key(at) && twin.len() >= most;
        match *step {
            Step::Set(at, value) if full(&twin, &at) => assert_eq!(set(&map, at, value).unwrap_err().code(), Code::Full),
            Step::Set(at, value) => assert_eq!(set(&map, at, value).unwrap(), twin.insert(at, value)),
            Step::Delete(at) => assert_eq!(number(map.delete(key(at).finish().unwrap()).unwrap()), twin.remove(&at)),
            Step::GetOrInsert(at, value) => {
                let found = map.get_or_insert(key(at).finish().unwrap(), Value::number(value));
                if full(&twin, &at) {
                    assert_eq!(found.unwrap_err().code(), Code::Full);
                } else {
                    assert_eq!(number(found.unwrap()), twin.get(&at).copied());
                    twin.entry(at).or_insert(value);
                }
            }
            Step::CompareAndSet(at, expected, next) => {
                let done = map.compare_and_set(
                    key(at).finish().unwrap(),
                    expected.map(Value::number).as_ref(),
                    Write::from(next.map(Value::number)),
                );
                let equal = twin.get(&at).copied() == expected;
                if equal && next.is_some() && full(&twin, &at) {
                    assert_eq!(done.unwrap_err().code(), Code::Full);
                } else {
                    assert_eq!(done.unwrap(), equal);
                    match next {
                        Some(next) if equal => drop(twin.insert(at, next)),
                        None if equal => drop(twin.remove(&at)),
                        _ => {}
                    }
                }
            }
            Step::Increment(at) => {
                let sum = map.increment(key(at).finish().unwrap(), None);
                if full(&twin, &at) {
                    assert_eq!(sum.unwrap_err().code(), Code::Full);
                } else {
                    let place = twin.entry(at).or_insert(0.0);
                    *place += 1.0;
                    assert_eq!(number(sum.unwrap()), Some(*place));
                }
            }
            Step::Clear => {
                map.clear().unwrap();
                twin.clear();
            }
        }
        assert_eq!(map.entries().unwrap(), twin.len() as u64);
        assert_eq!(map.stats().unwrap().bytes, twin.len() as u64 * ENTRY_BYTES);
    }
    for at in 0..12 {
        assert_eq!(get(&map, at), twin.get(&at).copied());
    }
}

proptest! {
    #[test]
    fn agrees_with_a_hash_map_on_two_shards(steps in prop::collection::vec(step(), 1..200)) {
        check(two_shards(), &steps);
    }

    #[test]
    fn agrees_with_a_hash_map_at_a_tiny_limit(steps in prop::collection::vec(step(), 1..200)) {
        check(Options { max_entries: Some(3), ..two_shards() }, &steps);
    }

    #[test]
    fn agrees_with_a_hash_map_at_a_byte_limit(steps in prop::collection::vec(step(), 1..200)) {
        // As many bytes as three such entries have.
        let options = Options { max_bytes: Some(3 * ENTRY_BYTES), ..two_shards() };
        let map = map(options);
        for step in &steps {
            if let Step::Set(at, value) = step {
                let _ = set(&map, *at, *value);
            }
            prop_assert!(map.stats().unwrap().bytes <= 3 * ENTRY_BYTES);
        }
    }
}

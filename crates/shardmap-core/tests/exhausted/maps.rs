//! Maps under refusals.

use super::{is_done, key, refusing, with, Refusal};
use shardmap_core::{key::Key, Options, ShardedMap, Value, Write};
use std::collections::BTreeMap;

const KEYS: u32 = 3_000;
/// Bytes of the smallest table, which are more than all else that a write asks for: to have the process's thread grow tables ahead of need is a small thing.
const TABLE: usize = 128;

fn map(max: Option<u64>) -> std::sync::Arc<ShardedMap> {
    ShardedMap::new(Options { shards: Some(2), max_entries: max, ..Options::default() }).unwrap()
}

/// The map's entries are the model's, each once, in whatever way they are asked for.
fn check(map: &ShardedMap, model: &BTreeMap<u32, f64>) {
    let (mut rows, mut from) = (Vec::new(), Some(0));
    while let Some(cursor) = from {
        let page = map.page(cursor, &[]).unwrap();
        rows.extend(page.rows);
        from = page.next;
    }
    assert_eq!(rows.len(), model.len(), "nothing is lost, nothing doubled");
    assert_eq!(map.entries().unwrap(), model.len() as u64);
    for (&at, &value) in model {
        assert_eq!(get(map, at), Some(value), "{at}");
    }
    let bytes = map.stats().unwrap().bytes;
    assert_eq!(bytes, model.len() as u64 * shardmap_core::ENTRY_BYTES);
}

fn get(map: &ShardedMap, at: u32) -> Option<f64> {
    with(at, |key| map.get(key)).unwrap().value.map(|value| value.as_number().unwrap())
}

#[test]
fn a_write_for_which_a_map_cannot_grow_has_changed_nothing_and_succeeds_later() {
    type Op = fn(&ShardedMap, u32) -> bool;
    let ops: [Op; 5] = [
        |map, at| is_done(with(at, |key| map.set(key, Value::number(1.0)))),
        |map, at| is_done(with(at, |key| map.get_or_insert(key, Value::number(1.0)))),
        |map, at| is_done(with(at, |key| map.increment(key, None))),
        |map, at| is_done(with(at, |key| map.compare_and_set(key, None, Write::Put(Value::number(1.0))))),
        |map, at| loop {
            let version = with(at, |key| map.get(key)).unwrap().version;
            // Of the other tests' maps, which write meanwhile, one may have the key's slot in common.
            match with(at, |key| map.replace_if(key, version, Write::Put(Value::number(1.0)))) {
                Ok(false) => {}
                written => return is_done(written),
            }
        },
    ];
    for (number, op) in ops.into_iter().enumerate() {
        for max in [None, Some(u64::from(KEYS))] {
            let (map, mut model, mut failures) = (map(max), BTreeMap::new(), 0);
            for at in 0..KEYS {
                let (done, refused) = refusing(Refusal::One { after: 0, least: TABLE }, || op(&map, at));
                assert_eq!(done, refused == 0, "operation {number}");
                if !done {
                    failures += 1;
                    assert_eq!(get(&map, at), None);
                    check(&map, &model);
                    assert!(op(&map, at));
                }
                model.insert(at, 1.0);
            }
            check(&map, &model);
            assert!(failures >= 10, "{failures} growths were refused");
        }
    }
}

#[test]
fn what_needs_no_memory_goes_on_while_there_is_none() {
    let (map, mut model) = (map(None), BTreeMap::new());
    let all = Refusal::All { least: 1 << 10 };
    for round in 0..20_u32 {
        let room = 10 + 50 * u64::from(round);
        map.reserve(room).unwrap();
        for at in 0..KEYS {
            let (done, refused) = refusing(all, || is_done(with(at, |key| map.set(key, Value::number(f64::from(round))))));
            assert_eq!(done, refused == 0, "only what asked for memory failed");
            if done {
                model.insert(at, f64::from(round));
            }
        }
        // There may be more room: the process's thread is refused nothing, and grows what is crowded.
        assert!(model.len() as u64 >= room, "{} entries where there was room for {room}", model.len());
        check(&map, &model);
        // A pass of the process's thread that is refused leaves it to the writes.
        refusing(all, || map.grow());
        assert!(!refusing(all, || is_done(map.reserve(1 << 20))).0);
        check(&map, &model);
        for at in (0..KEYS).step_by(3) {
            let (deleted, refused) = refusing(Refusal::All { least: 0 }, || with(at, |key| map.delete(key)).unwrap().is_some());
            assert_eq!((deleted, refused), (model.remove(&at).is_some(), 0));
        }
        check(&map, &model);
    }
}

#[test]
fn many_changes_are_all_made_or_none_when_memory_is_refused() {
    for max in [None, Some(1 << 20)] {
        let (map, mut model) = (map(max), BTreeMap::new());
        let mut all = 0;
        for after in 0..2 {
            let (mut next, mut failures) = (0, 0);
            while failures < 8 && next < 40_000 {
                let keys: Vec<u32> = (next..next + 40).collect();
                next += 40;
                let value = f64::from(after);
                let changes = || -> Vec<(Key, Write)> { keys.iter().map(|&at| (key(at), Write::Put(Value::number(value)))).collect() };
                let given = changes();
                // A table that grows is larger than all else that this needs.
                let (done, refused) = refusing(Refusal::One { after: 0, least: 8 << 10 }, || is_done(map.apply_all(given)));
                assert_eq!(done, refused == 0);
                if !done {
                    failures += 1;
                    check(&map, &model);
                    map.apply_all(changes()).unwrap();
                }
                model.extend(keys.iter().map(|&at| (at, value)));
            }
            check(&map, &model);
            all += failures;
        }
        assert!(all >= 5, "{all} growths were refused");
    }
}

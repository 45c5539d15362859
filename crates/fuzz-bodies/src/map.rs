//! Everything one thread can do with a map, against a `BTreeMap`, with exact limits.

use crate::given::{bigint, key, value};
use arbitrary::{Result, Unstructured};
use shardmap_core::{
    key::{Key, KeyRef},
    Code, Error, Kind, Options, ShardedMap, Snapshot, Value, Write, ENTRY_BYTES,
};
use std::{collections::BTreeMap, sync::Arc};

type Rows = BTreeMap<u8, Value>;

fn heap(len: usize) -> u64 {
    if len > 14 {
        (len as u64 + 16).next_multiple_of(16)
    } else {
        0
    }
}

fn cost(at: u8, value: &Value) -> u64 {
    heap(key(at).as_bytes().len()) + heap(value.bytes().len()) + ENTRY_BYTES
}

fn at(u: &mut Unstructured<'_>) -> Result<u8> {
    u.int_in_range(0..=15)
}

fn same(found: Option<&Value>, expected: Option<&Value>) -> bool {
    match (found, expected) {
        (Some(found), Some(expected)) => found.identical(expected),
        (found, expected) => found.is_none() && expected.is_none(),
    }
}

/// The sum of `increment`; `None` where the caller adds by itself, an error where nobody can.
fn sum(present: Option<&Value>, by: Option<&Value>) -> std::result::Result<Option<Value>, ()> {
    let one = Value::number(1.0);
    let Some(present) = present else { return Ok(Some(by.unwrap_or(&one).clone())) };
    if let Some(number) = present.as_number() {
        let by = by.unwrap_or(&one).as_number().ok_or(())?;
        return Ok(Some(Value::number(number + by)));
    }
    let wide = |value: &Value| matches!(value.as_payload(), Some((Kind::BigInt, _)));
    if !wide(present) || !by.is_none_or(wide) {
        return Err(());
    }
    let all = present.as_i128().zip(by.map_or(Some(1), Value::as_i128));
    Ok(all.map(|(one, other)| one + other).filter(|sum| sum.unsigned_abs() < 1 << 104).map(bigint))
}

struct World {
    map: Arc<ShardedMap>,
    rows: Rows,
    max_entries: u64,
    max_bytes: u64,
    snapshots: Vec<(Snapshot, Rows)>,
}

impl World {
    fn new(u: &mut Unstructured<'_>) -> Result<Self> {
        let max_entries = u.arbitrary::<bool>()?.then_some(u.int_in_range(1..=8)?);
        let max_bytes = u.arbitrary::<bool>()?.then_some(u.int_in_range(50..=900)?);
        let options = Options { shards: Some(1 << u.int_in_range(1..=4)?), max_entries, max_bytes, ..Options::default() };
        let map = ShardedMap::new(options).expect("options that can be");
        let (max_entries, max_bytes) = (max_entries.unwrap_or(u64::MAX), max_bytes.unwrap_or(u64::MAX));
        Ok(Self { map, rows: Rows::new(), max_entries, max_bytes, snapshots: Vec::new() })
    }

    /// These writes at once: `None` for one that the limits refuse, which changes nothing.
    fn fits(&self, writes: &[(u8, Option<Value>)]) -> Option<Rows> {
        let bytes = |rows: &Rows| rows.iter().map(|(&at, value)| cost(at, value)).sum::<u64>();
        let mut next = self.rows.clone();
        for (at, value) in writes {
            match value {
                Some(value) => drop(next.insert(*at, value.clone())),
                None => drop(next.remove(at)),
            }
        }
        let (entries, all) = (next.len() as u64, bytes(&next));
        let fits = (entries <= self.max_entries || next.len() <= self.rows.len()) && (all <= self.max_bytes || all <= bytes(&self.rows));
        fits.then_some(next)
    }

    /// What a call that makes these writes must come to.
    fn agrees<T>(&mut self, writes: &[(u8, Option<Value>)], done: std::result::Result<T, Error>) -> Option<T> {
        match (self.fits(writes), done) {
            (Some(next), Ok(result)) => {
                self.rows = next;
                Some(result)
            }
            (None, Err(error)) => {
                assert_eq!(error.code(), Code::Full);
                None
            }
            (fits, done) => panic!("fits: {}, refused: {:?}", fits.is_some(), done.err()),
        }
    }

    fn step(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let map = self.map.clone();
        let with = |at: u8, f: &mut dyn FnMut(KeyRef<'_>)| f(KeyRef::new(key(at).as_bytes()));
        match u.int_in_range(0..=12_u8)? {
            0..=2 => {
                let (at, value) = (at(u)?, value(u)?);
                let before = self.rows.get(&at).cloned();
                let done = map.set(KeyRef::new(key(at).as_bytes()), value.clone());
                if let Some(old) = self.agrees(&[(at, Some(value))], done) {
                    assert!(same(old.as_ref(), before.as_ref()));
                }
            }
            3 => {
                let at = at(u)?;
                let old = map.delete(KeyRef::new(key(at).as_bytes())).expect("nothing forbids it");
                assert!(same(old.as_ref(), self.rows.remove(&at).as_ref()));
            }
            4 => self.compare_and_set(u)?,
            5 => {
                let (at, value) = (at(u)?, value(u)?);
                let done = map.get_or_insert(KeyRef::new(key(at).as_bytes()), value.clone());
                let present = self.rows.get(&at).cloned();
                let writes = if present.is_some() { vec![] } else { vec![(at, Some(value))] };
                if let Some(found) = self.agrees(&writes, done) {
                    assert!(same(found.as_ref(), present.as_ref()));
                }
            }
            6 => self.increment(u)?,
            7 => {
                let mut changes = Vec::new();
                for _ in 0..u.int_in_range(0..=6)? {
                    changes.push((at(u)?, if u.arbitrary()? { Some(value(u)?) } else { None }));
                }
                let last: BTreeMap<_, _> = changes.iter().cloned().collect();
                let present = last.keys().filter(|at| self.rows.contains_key(at)).count();
                let done = map.apply_all(changes.into_iter().map(|(at, value)| (key(at), Write::from(value))).collect());
                if let Some(found) = self.agrees(&last.into_iter().collect::<Vec<_>>(), done) {
                    assert_eq!(found, present);
                }
            }
            8 => {
                let at = at(u)?;
                let version = map.get(KeyRef::new(key(at).as_bytes())).expect("it is open").version;
                let moved = u.arbitrary()?;
                if moved {
                    with(at, &mut |key| drop(map.delete(key)));
                    // Only what was there has moved.
                    if self.rows.remove(&at).is_none() {
                        return Ok(());
                    }
                }
                let value = value(u)?;
                let done = map.replace_if(KeyRef::new(key(at).as_bytes()), version, Write::Put(value.clone()));
                let writes = if moved { vec![] } else { vec![(at, Some(value))] };
                if let Some(replaced) = self.agrees(&writes, done) {
                    assert_eq!(replaced, !moved);
                }
            }
            9 => {
                let keys: Vec<Key> = (0..16).map(key).collect();
                let refs: Vec<_> = keys.iter().map(|key| KeyRef::new(key.as_bytes())).collect();
                let found = map.get_consistent(&refs).expect("it is open");
                assert!((0..16).zip(&found).all(|(at, found)| same(found.as_ref(), self.rows.get(&at))));
            }
            10 => self.snapshots.push((map.snapshot().expect("it is open"), self.rows.clone())),
            11 => drop((!self.snapshots.is_empty()).then(|| self.snapshots.remove(0))),
            _ => {
                map.clear().expect("it is open");
                self.rows.clear();
            }
        }
        Ok(())
    }

    fn compare_and_set(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let (at, next) = (at(u)?, if u.arbitrary()? { Some(value(u)?) } else { None });
        let present = self.rows.get(&at).cloned();
        let expected = match u.int_in_range(0..=2_u8)? {
            0 => present.clone(),
            1 => None,
            _ => Some(value(u)?),
        };
        let absent = |value: &Option<Value>| value.as_ref().is_none_or(Value::is_undefined);
        let hits = match (&present, &expected) {
            (Some(present), Some(expected)) => present.same(expected),
            (present, expected) => absent(present) && absent(expected),
        };
        let done = self.map.compare_and_set(KeyRef::new(key(at).as_bytes()), expected.as_ref(), Write::from(next.clone()));
        let writes = if hits { vec![(at, next)] } else { vec![] };
        if let Some(done) = self.agrees(&writes, done) {
            assert_eq!(done, hits);
        }
        Ok(())
    }

    fn increment(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let at = at(u)?;
        let by = match u.int_in_range(0..=2_u8)? {
            0 => None,
            1 => Some(Value::number(u.arbitrary::<i8>()?.into())),
            _ => Some(bigint(u.arbitrary::<i128>()? >> u.int_in_range(9..=120)?)),
        };
        let done = self.map.increment(KeyRef::new(key(at).as_bytes()), by.as_ref());
        match sum(self.rows.get(&at), by.as_ref()) {
            Err(()) => assert_eq!(done.expect_err("what cannot be added").code(), Code::Value),
            Ok(None) => assert!(done.expect("the caller adds").is_none()),
            Ok(Some(sum)) => {
                if let Some(found) = self.agrees(&[(at, Some(sum.clone()))], done) {
                    assert!(same(found.as_ref(), Some(&sum)), "{found:?} is not {sum:?}");
                }
            }
        }
        Ok(())
    }

    fn check(&self) {
        let stats = self.map.stats().expect("it is open");
        let bytes: u64 = self.rows.iter().map(|(&at, value)| cost(at, value)).sum();
        assert_eq!((stats.entries, stats.bytes), (self.rows.len() as u64, bytes));
        check_rows(&self.rows, |cursor| self.map.page(cursor, &[]).expect("it is open"));
        for at in 0..16 {
            let found = self.map.get(KeyRef::new(key(at).as_bytes())).expect("it is open").value;
            assert!(same(found.as_ref(), self.rows.get(&at)), "{found:?}");
        }
        for (snapshot, rows) in &self.snapshots {
            assert_eq!(snapshot.entries(), rows.len() as u64);
            check_rows(rows, |cursor| snapshot.page(cursor));
        }
    }
}

/// Every row comes once, whatever the pages.
fn check_rows(rows: &Rows, page: impl Fn(u64) -> shardmap_core::Rows) {
    let mut left: Vec<(Key, &Value)> = rows.iter().map(|(&at, value)| (key(at), value)).collect();
    let mut from = Some(0);
    while let Some(cursor) = from {
        let page = page(cursor);
        for (key, value) in page.rows {
            let found = left.iter().position(|(other, expected)| *other == key && expected.identical(&value));
            left.swap_remove(found.unwrap_or_else(|| panic!("{key:?} {value:?} is not there, or came twice")));
        }
        from = page.next;
    }
    assert!(left.is_empty(), "{left:?} did not come");
}

/// Any sequence of calls agrees with the model.
pub fn operate(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let Ok(mut world) = World::new(&mut u) else { return };
    while !u.is_empty() && world.step(&mut u).is_ok() {
        world.check();
    }
    world.check();
    world.map.destroy();
    for (snapshot, rows) in &world.snapshots {
        check_rows(rows, |cursor| snapshot.page(cursor));
    }
}

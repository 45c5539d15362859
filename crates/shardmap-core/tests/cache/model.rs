//! Everything one thread can do, against a list in the order of use.

use super::fixture::{bytes, key, keys, timed, with};
use shardmap_core::{
    cache::{Cache, Cause, Options, Remaining, Terms, Ttl, ENTRY_BYTES},
    clock::Hand,
    key::Key,
    Value,
};

pub const KEYS: u32 = 12;
const TAGS: [&str; 3] = ["a", "b", "c"];

#[derive(Clone, Debug)]
pub enum Step {
    Get(u32),
    Peek(u32),
    Touch(u32),
    /// Key, length of the value, ttl, grace, tags as bits.
    Set(u32, usize, Option<u64>, u64, u8),
    Increment(u32, Option<u64>),
    Delete(u32),
    Invalidate(usize),
    Clear,
    Pass(u64),
    Sweep,
}

struct Row {
    at: u32,
    value: Value,
    deadline: u64,
    end: u64,
    tags: u8,
}

impl Row {
    fn charge(&self) -> u64 {
        let len = self.value.as_payload().map_or(0, |(_, bytes)| bytes.len());
        let heap = if len > 14 { (len as u64 + 16).next_multiple_of(16) } else { 0 };
        let rare = if self.tags != 0 || (self.deadline != u64::MAX && self.end > self.deadline) { 48 } else { 0 };
        ENTRY_BYTES + heap + rare + u64::from(self.tags.count_ones()) * 96
    }
}

/// The longest unused first.
struct Model {
    rows: Vec<Row>,
    max: usize,
    max_bytes: u64,
    largest: u64,
    /// Of the cache.
    ttl: Option<u64>,
    now: u64,
    gone: [u64; 5],
}

impl Model {
    fn count(&mut self, cause: Cause) {
        self.gone[cause as usize] += 1;
    }

    /// Where a key is that is kept; one that is not goes.
    fn kept(&mut self, at: u32) -> Option<usize> {
        let found = self.rows.iter().position(|row| row.at == at)?;
        if self.now < self.rows[found].end {
            return Some(found);
        }
        self.rows.remove(found);
        self.count(Cause::Expired);
        None
    }

    fn fresh(&mut self, at: u32) -> Option<usize> {
        self.kept(at).filter(|&found| self.now < self.rows[found].deadline)
    }

    fn using(&mut self, found: usize) {
        let row = self.rows.remove(found);
        self.rows.push(row);
    }

    fn bytes(&self) -> u64 {
        self.rows.iter().map(Row::charge).sum()
    }

    /// Returns whether it fits.
    fn set(&mut self, row: Row) -> bool {
        if let Some(found) = self.kept(row.at) {
            self.rows.remove(found);
            self.count(Cause::Replaced);
        }
        if row.charge() > self.largest {
            return false;
        }
        self.rows.push(row);
        while self.rows.len() > self.max || self.bytes() > self.max_bytes {
            self.rows.remove(0);
            self.count(Cause::Size);
        }
        true
    }

    fn row(&self, at: u32, value: Value, ttl: Option<u64>, grace: u64, tags: u8) -> Row {
        let ttl = ttl.or(self.ttl);
        let deadline = ttl.map_or(u64::MAX, |ttl| self.now + ttl);
        Row { at, value, deadline, end: deadline.saturating_add(if ttl.is_some() { grace } else { 0 }), tags }
    }
}

fn terms(ttl: Option<u64>, grace: u64, tags: u8) -> Terms {
    let tags = (0..3).filter(|bit| tags & 1 << bit != 0).map(|bit| TAGS[bit].into()).collect();
    Terms { ttl: ttl.map(Ttl::Ms), grace, tags }
}

fn run(cache: &Cache, hand: &Hand, model: &mut Model, step: Step) {
    match step {
        Step::Get(at) => {
            let found = model.fresh(at);
            let lookup = with(at, |key| cache.get(key)).unwrap();
            assert_eq!(lookup.value.map(|value| format!("{value:?}")), found.map(|found| format!("{:?}", model.rows[found].value)));
            if let Some(found) = found {
                model.using(found);
            }
        }
        Step::Peek(at) => {
            let found = model.fresh(at);
            assert_eq!(with(at, |key| cache.peek(key)).unwrap().is_some(), found.is_some());
            assert_eq!(with(at, |key| cache.has(key)).unwrap(), found.is_some());
            let remaining = match found.map(|found| model.rows[found].deadline) {
                None => Remaining::Absent,
                Some(u64::MAX) => Remaining::Never,
                Some(deadline) => Remaining::Ms(deadline - model.now),
            };
            assert_eq!(with(at, |key| cache.remaining(key)).unwrap(), remaining);
        }
        Step::Touch(at) => {
            let found = model.fresh(at);
            cache.touch(&[with(at, |key| cache.get(key)).unwrap().ticket]);
            if let Some(found) = found {
                model.using(found);
            }
        }
        Step::Set(at, len, ttl, grace, tags) => {
            let done = with(at, |key| cache.set(key, bytes(len), &terms(ttl, grace, tags)));
            let row = model.row(at, bytes(len), ttl, grace, tags);
            assert_eq!(done.is_ok(), model.set(row));
        }
        Step::Increment(at, ttl) => {
            let done = with(at, |key| cache.increment(key, 1.0, &terms(ttl, 0, 0)));
            match model.fresh(at) {
                Some(found) => match model.rows[found].value.as_number() {
                    None => assert!(done.is_err()),
                    Some(number) => {
                        assert_eq!(done.unwrap(), number + 1.0);
                        model.rows[found].value = Value::number(number + 1.0);
                        model.using(found);
                        model.count(Cause::Replaced);
                    }
                },
                None => {
                    let row = model.row(at, Value::number(1.0), ttl, 0, 0);
                    assert_eq!(done.ok(), model.set(row).then_some(1.0));
                }
            }
        }
        Step::Delete(at) => {
            let was_fresh = model.fresh(at).is_some();
            if let Some(found) = model.kept(at) {
                model.rows.remove(found);
                model.count(Cause::Deleted);
            }
            assert_eq!(with(at, |key| cache.delete(key)).unwrap(), was_fresh);
        }
        Step::Invalidate(tag) => {
            let (now, mut removed) = (model.now, 0);
            let tagged: Vec<u32> = model.rows.iter().filter(|row| row.tags & 1 << tag != 0).map(|row| row.at).collect();
            for at in tagged {
                let found = model.rows.iter().position(|row| row.at == at).unwrap();
                let is_over = now >= model.rows.remove(found).end;
                model.count(if is_over { Cause::Expired } else { Cause::Invalidated });
                removed += u64::from(!is_over);
            }
            assert_eq!(cache.invalidate(TAGS[tag]).unwrap(), removed);
        }
        Step::Clear => {
            model.gone[Cause::Deleted as usize] += model.rows.len() as u64;
            model.rows.clear();
            cache.clear().unwrap();
        }
        Step::Pass(ms) => {
            model.now += ms;
            hand.advance(ms);
        }
        Step::Sweep => {
            let before = model.rows.len();
            let now = model.now;
            model.rows.retain(|row| now < row.end);
            model.gone[Cause::Expired as usize] += (before - model.rows.len()) as u64;
            assert_eq!(cache.sweep(), model.rows.iter().any(|row| row.deadline != u64::MAX));
        }
    }
}

/// Takes these steps on a cache with the policy LRU.
pub fn check(options: Options, steps: Vec<Step>) {
    let (cache, hand) = timed(options);
    let max_bytes = options.max_bytes.unwrap_or(u64::MAX);
    let mut model = Model {
        rows: Vec::new(),
        max: options.max.map_or(usize::MAX, |max| max as usize),
        max_bytes,
        largest: max_bytes.min(options.max_entry_bytes.unwrap_or(u64::MAX)),
        ttl: options.ttl,
        now: 0,
        gone: [0; 5],
    };
    for step in steps {
        run(&cache, &hand, &mut model, step);
        let stats = cache.stats().unwrap();
        assert_eq!((stats.entries, stats.bytes, stats.gone), (model.rows.len() as u64, model.bytes(), model.gone));
    }
    let now = model.now;
    let mut fresh: Vec<Key> = model.rows.iter().filter(|row| now < row.deadline).map(|row| key(row.at)).collect();
    let mut found = keys(&cache);
    [&mut fresh, &mut found].into_iter().for_each(|keys| keys.sort_unstable_by(|one, other| one.as_bytes().cmp(other.as_bytes())));
    assert_eq!(found, fresh);
}

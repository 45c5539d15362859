//! Files of a cache's dump: any bytes, and any rows under right checksums.

use crate::{disk::File, given::Encoded};
use arbitrary::{Arbitrary, Unstructured};
use shardmap_core::{
    cache::{Cache, Options, Policy},
    clock::{Clock, Hand},
    key::{self, KeyRef},
    Code,
};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64_with_seed;

#[derive(Arbitrary, Debug)]
enum Ms {
    Some(u16),
    Any(u64),
    Never,
}

impl Ms {
    fn get(&self) -> u64 {
        match self {
            Self::Some(ms) => (*ms).into(),
            Self::Any(ms) => *ms,
            Self::Never => u64::MAX,
        }
    }
}

#[derive(Arbitrary, Debug)]
struct Row {
    key: Encoded,
    tag: u8,
    value: Vec<u8>,
    times: [Ms; 3],
    tags: Vec<Vec<u8>>,
}

#[derive(Arbitrary, Debug)]
enum Block {
    Rows(u8, Vec<Row>),
    Any(u32, u32, Vec<u8>),
}

#[derive(Arbitrary, Debug)]
enum Bytes {
    Any(Vec<u8>),
    Blocks { at: Ms, blocks: Vec<Block>, total: Option<u64>, more: Vec<u8> },
}

#[derive(Arbitrary, Debug)]
struct Input {
    max: u8,
    max_bytes: Option<u16>,
    ttl: Option<u16>,
    wall: Ms,
    later: Ms,
    file: Bytes,
}

/// Appends a part with its checksum, which goes on from the one before it.
fn seal(file: &mut Vec<u8>, sum: &mut u64, part: &[u8]) {
    *sum = xxh3_64_with_seed(part, *sum);
    file.extend_from_slice(part);
    file.extend_from_slice(&sum.to_le_bytes());
}

fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out.extend_from_slice(bytes);
}

fn rows(rows: &[Row]) -> Vec<u8> {
    let mut out = Vec::new();
    for Row { key, tag, value, times, tags } in rows {
        put(&mut out, &key.bytes());
        out.push(*tag);
        put(&mut out, value);
        times.iter().for_each(|time| out.extend_from_slice(&time.get().to_le_bytes()));
        out.extend_from_slice(&(tags.len() as u32).to_le_bytes());
        tags.iter().for_each(|tag| put(&mut out, tag));
    }
    out
}

fn block(section: u32, rows: u32, body: &[u8]) -> Vec<u8> {
    [&section.to_le_bytes()[..], &rows.to_le_bytes(), &(body.len() as u64).to_le_bytes(), body].concat()
}

impl Bytes {
    fn get(&self) -> Vec<u8> {
        let (at, blocks, total, more) = match self {
            Self::Any(bytes) => return bytes.clone(),
            Self::Blocks { at, blocks, total, more } => (at, blocks, total, more),
        };
        let (mut file, mut sum, mut count) = (Vec::new(), 0, 0);
        seal(&mut file, &mut sum, &[&b"SMCACHE1"[..], &at.get().to_le_bytes()].concat());
        for one in blocks {
            let part = match one {
                Block::Rows(section, all) => {
                    count += all.len() as u64;
                    block((*section).into(), all.len() as u32, &rows(all))
                }
                Block::Any(section, rows, body) => block(*section, *rows, body),
            };
            seal(&mut file, &mut sum, &part);
        }
        seal(&mut file, &mut sum, &block(u32::MAX, 0, &total.unwrap_or(count).to_le_bytes()));
        file.extend_from_slice(more);
        file
    }
}

fn cache(options: Options) -> (Arc<Cache>, Hand) {
    let (clock, hand) = Clock::manual();
    (Cache::with_clock(options, clock).expect("options that can be"), hand)
}

/// A file is refused and nothing loaded, or what is loaded keeps the bounds, lives out its time, and goes into another dump and comes back.
pub fn load(data: &[u8]) {
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(data)) else { return };
    let options = Options {
        max: Some(u64::from(input.max) + 1),
        max_bytes: input.max_bytes.map(|bytes| u64::from(bytes) + 1),
        ttl: input.ttl.map(|ttl| u64::from(ttl) + 1),
        policy: Some(Policy::Lru),
        ..Options::default()
    };
    let file = File::new("dump", &input.file.get());
    let (to, hand) = cache(options);
    match to.load_at(&file.0, input.wall.get()) {
        Err(error) => {
            assert_eq!(error.code(), Code::Corrupt, "{error}");
            assert_eq!(to.stats().expect("it is open").entries, 0);
        }
        Ok(loaded) => {
            let stats = to.stats().expect("it is open");
            assert_eq!(stats.entries, loaded);
            assert!(stats.entries <= options.max.unwrap_or(u64::MAX) && stats.bytes <= options.max_bytes.unwrap_or(u64::MAX), "{stats:?}");
            check(&to);
            assert_eq!(to.dump_at(&file.0, 5).expect("room for a file"), loaded);
            let (again, _) = cache(options);
            assert_eq!(again.load_at(&file.0, 5).map_err(|error| error.code()), Ok(loaded));
            assert_eq!(again.stats().expect("it is open").bytes, stats.bytes);
            check(&again);
            // A thousand years at most.
            hand.advance(input.later.get() >> 19);
            to.sweep();
            check(&to);
            to.clear().expect("it is open");
            assert_eq!(to.stats().expect("it is open").bytes, 0);
        }
    }
}

/// Every page has keys that can be, with the values they are found with.
fn check(cache: &Cache) {
    let mut from = Some(0);
    while let Some(cursor) = from {
        let page = cache.page(cursor).expect("it is open");
        for (key, value) in page.rows {
            assert!(key::is_valid(key.as_bytes()), "{key:?}");
            let found = cache.get(KeyRef::new(key.as_bytes())).expect("it is open").value;
            assert!(found.is_some_and(|found| found.identical(&value)), "{key:?} {value:?} was not found");
        }
        from = page.next;
    }
}

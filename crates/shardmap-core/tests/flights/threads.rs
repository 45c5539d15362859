//! The loads of a whole cache under threads that load, fail, give up, leave and die, while others write.

use super::{key, of};
use shardmap_core::{
    cache::{Ask, Cache, Cause, Fetched, Lookup, News, Options, Party, Terms},
    holders::Holders,
    key::Key,
    Value,
};
use std::{
    sync::{
        atomic::{AtomicU64, AtomicUsize, Ordering},
        mpsc::{channel, Receiver, Sender},
        Arc, Mutex,
    },
    thread,
    time::Duration,
};

const KEYS: usize = 3;
const THREADS: u64 = 4;
const ROUNDS: u64 = if cfg!(miri) { 12 } else { 3_000 };

/// Where values come from: each is the number of the write before which it was current.
#[derive(Default)]
struct Upstream {
    written: AtomicU64,
    /// The last write of which the cache was told, and has answered.
    told: AtomicU64,
    loading: AtomicUsize,
    writer: Mutex<()>,
}

struct World {
    cache: Arc<Cache>,
    upstream: [Upstream; KEYS],
    leads: AtomicU64,
    holders: AtomicU64,
}

/// A thread that asks, under another holder after each death.
struct Asker<'a> {
    world: &'a World,
    holder: u64,
    request: u64,
    random: u64,
    tell: Sender<(u64, News)>,
    told: Receiver<(u64, News)>,
}

fn number(value: &Value) -> u64 {
    value.as_number().unwrap() as u64
}

fn tagged(at: usize) -> Terms {
    Terms { tags: vec![format!("tag {at}").into()], ..Terms::default() }
}

impl World {
    fn write(&self, at: usize, how: u64) {
        let upstream = &self.upstream[at];
        let _one_at_a_time = upstream.writer.lock().unwrap();
        let number = upstream.written.fetch_add(1, Ordering::AcqRel) + 1;
        let key = key(at);
        match how % 4 {
            0 => {
                self.cache.delete(of(&key)).unwrap();
            }
            1 => {
                self.cache.invalidate(&format!("tag {at}")).unwrap();
            }
            2 => self.cache.set(of(&key), Value::number(number as f64), &tagged(at)).unwrap(),
            _ => self.cache.clear().unwrap(),
        }
        upstream.told.store(number, Ordering::Release);
    }
}

impl Asker<'_> {
    fn chance(&mut self, of: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % of
    }

    fn fetch(&mut self, at: usize) {
        let key = key(at);
        let told = self.world.upstream[at].told.load(Ordering::Acquire);
        self.request += 1;
        let tell = Mutex::new(self.tell.clone());
        let tell = Arc::new(move |request, news| tell.lock().unwrap().send((request, news)).unwrap());
        let party = Party::new(self.holder, self.request, tagged(at), tell);
        match self.world.cache.fetch(of(&key), party, Ask::default()).unwrap() {
            Fetched::Hit(Lookup { value, .. }) => {
                assert!(number(&value.unwrap()) >= told, "a value from before a write was stored after it")
            }
            Fetched::Lead { flight, .. } => self.lead(at, &key, flight),
            Fetched::Wait => self.wait(at, &key),
            Fetched::Stale { .. } => panic!("nothing is stale here"),
        }
    }

    fn lead(&mut self, at: usize, key: &Key, flight: u32) {
        let World { cache, upstream, leads, .. } = self.world;
        leads.fetch_add(1, Ordering::Relaxed);
        assert_eq!(upstream[at].loading.fetch_add(1, Ordering::AcqRel), 0, "two load one key at once");
        let value = Value::number(upstream[at].written.load(Ordering::Acquire) as f64);
        if self.chance(4) == 0 {
            thread::yield_now();
        }
        upstream[at].loading.fetch_sub(1, Ordering::AcqRel);
        match self.chance(6) {
            0 => cache.abandon(of(key), flight).unwrap(),
            1 => self.die(),
            2 => assert!(cache.fail(of(key), flight, Value::NULL).unwrap().is_none()),
            _ => {
                cache.settle(of(key), flight, value).unwrap();
            }
        }
        // Late, and of no effect.
        assert!(!cache.settle(of(key), flight, Value::number(-1.0)).unwrap());
    }

    fn wait(&mut self, at: usize, key: &Key) {
        match self.chance(6) {
            0 if self.world.cache.leave(of(key), self.holder, self.request).unwrap() => return,
            1 => return self.die(),
            _ => {}
        }
        loop {
            let (request, news) = self.told.recv_timeout(Duration::from_secs(60)).expect("a waiter was forgotten");
            if request != self.request {
                continue;
            }
            match news {
                News::Loaded(value) => assert!(number(&value) <= self.world.upstream[at].written.load(Ordering::Acquire)),
                News::Failed(_) => {}
                News::Lead { flight, .. } => self.lead(at, key, flight),
                News::Closed => panic!("nobody destroys it"),
            }
            return;
        }
    }

    fn die(&mut self) {
        self.world.cache.end_holder(self.holder);
        self.holder = self.world.holders.fetch_add(1, Ordering::Relaxed);
        // What the dead one is told is not for this one.
        self.request += 1;
    }
}

#[test]
fn one_load_a_key_nothing_stored_that_is_older_than_a_write_and_nobody_forgotten() {
    let cache = Cache::new(Options { max: Some(100), ..Options::default() }).unwrap();
    let world = World { cache, upstream: Default::default(), leads: AtomicU64::new(0), holders: AtomicU64::new(100) };
    thread::scope(|scope| {
        for number in 0..THREADS {
            let world = &world;
            scope.spawn(move || {
                let (tell, told) = channel();
                let mut asker = Asker { world, holder: number, request: 0, random: number + 1, tell, told };
                for _ in 0..ROUNDS {
                    let at = asker.chance(KEYS as u64) as usize;
                    if asker.chance(4) == 0 {
                        let how = asker.chance(4);
                        world.write(at, how);
                    } else {
                        asker.fetch(at);
                    }
                }
                let late = asker.told.try_iter().filter(|(request, _)| *request == asker.request).count();
                assert_eq!(late, 0, "told twice");
            });
        }
    });
    let stats = world.cache.stats().unwrap();
    // One whose turn came while it died has not loaded.
    assert!(stats.loads >= world.leads.load(Ordering::Relaxed));
    assert_eq!(stats.gone[Cause::Size as usize], 0);
    // Every flight has ended: who asks now leads.
    for at in 0..KEYS {
        let party = Party::new(0, 0, Terms::default(), Arc::new(|_, _| ()));
        world.cache.delete(of(&key(at))).unwrap();
        assert!(matches!(world.cache.fetch(of(&key(at)), party, Ask::default()).unwrap(), Fetched::Lead { .. }));
    }
}

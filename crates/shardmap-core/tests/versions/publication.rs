//! Many small maps' roots, published, dropped and made again by several threads: a load gives a version of its own map, none other's, and never
//! an older one. Beside each, as an oracle, stands a `RwLock<Arc<_>>`.

use shardmap_core::versions::{mismatches, Mode, Published, Root, Total, Tree};
use std::{
    sync::{
        atomic::{AtomicBool, AtomicU64, Ordering},
        Arc, Mutex, RwLock,
    },
    thread,
};

const CELLS: usize = if cfg!(miri) { 2 } else { 32 };
const WRITERS: u64 = 3;
const READERS: u64 = 3;
const ROUNDS: u64 = if cfg!(miri) { 32 } else { 30_000 };
/// Versions of one instance; what is above them is its number.
const SPAN: u64 = 1 << 32;

struct Cell {
    number: u64,
    published: Published,
    twin: RwLock<Arc<Root>>,
}

impl Cell {
    fn new() -> Arc<Self> {
        static NUMBERS: AtomicU64 = AtomicU64::new(0);
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let published = Published::new(number * SPAN, 0, Tree::empty(Mode::Delta), Total::default(), 0);
        let twin = RwLock::new(published.load());
        Arc::new(Self { number, published, twin })
    }

    fn twin(&self) -> u64 {
        self.twin.read().unwrap().version
    }

    /// The next version, in both. What they held is freed before the next one is made, so that addresses come back.
    fn advance(&self) {
        let mut twin = self.twin.write().unwrap();
        let next = Arc::new(Root::next(&self.published, twin.version + 1, 0, Tree::empty(Mode::Delta), Total::default(), 0));
        *twin = next.clone();
        drop(self.published.store(next));
    }

    fn check(&self) {
        let before = self.twin();
        let seen = [self.published.load().version, self.published.with(|root| root.version)];
        let after = self.twin();
        assert!(seen.iter().all(|version| version / SPAN == self.number), "{seen:x?} are not of {:x}", self.number);
        // The twin is written first, so it may be one ahead.
        assert!(before <= seen[0] + 1 && seen[0] <= seen[1] && seen[1] <= after, "{before:x}, {seen:x?}, {after:x}");
    }
}

/// Positions, another order for each thread.
fn random(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    }
}

#[test]
fn a_load_never_gives_the_root_of_another_instance_nor_an_older_one() {
    let cells: Vec<_> = (0..CELLS).map(|_| Mutex::new(Cell::new())).collect();
    let cell = |number: u64| cells[number as usize % CELLS].lock().unwrap().clone();
    let stop = AtomicBool::new(false);
    let readers_done = AtomicU64::new(0);
    thread::scope(|scope| {
        for seed in 0..WRITERS {
            let (cells, cell, stop) = (&cells, &cell, &stop);
            scope.spawn(move || {
                let mut next = random(seed);
                while !stop.load(Ordering::Relaxed) {
                    let number = next();
                    if number.is_multiple_of(8) {
                        *cells[(number / 8) as usize % CELLS].lock().unwrap() = Cell::new();
                    } else {
                        cell(number / 8).advance();
                    }
                }
            });
        }
        for seed in 0..READERS {
            let (cell, stop, readers_done) = (&cell, &stop, &readers_done);
            scope.spawn(move || {
                let mut next = random(seed + WRITERS);
                let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    for _ in 0..ROUNDS / 16 {
                        let cell = cell(next());
                        (0..16).for_each(|_| cell.check());
                    }
                }));
                // Whoever is last, or fails, ends the writers.
                if result.is_err() || readers_done.fetch_add(1, Ordering::Relaxed) + 1 == READERS {
                    stop.store(true, Ordering::Relaxed);
                }
                if let Err(panic) = result {
                    std::panic::resume_unwind(panic);
                }
            });
        }
    });
    println!("{} loads met a stranger and were made again", mismatches());
}

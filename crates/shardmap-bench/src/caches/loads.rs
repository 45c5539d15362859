//! What caches are asked for: recorded traces, and loads made up from a fixed seed.

use flate2::read::GzDecoder;
use std::{fs::File, io::Read, path::Path};

/// Accesses of a load that is made up.
const ACCESSES: usize = 1_000_000;
/// Different keys of a Zipf load.
const KEYS: usize = 100_000;
/// The first key that is in no other part of a load.
const STRANGERS: u64 = 1 << 40;

/// Splitmix64 (Steele, Lea and Flood, 2014).
pub struct Random(pub u64);

impl Random {
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    /// From 0 to below 1.
    pub fn fraction(&mut self) -> f64 {
        (self.draw() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, count: usize) -> usize {
        (self.fraction() * count as f64) as usize
    }
}

/// The keys of a recorded trace, one a line; other lines are marks.
pub fn trace(name: &str) -> Vec<u64> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../bench/traces/{name}.trace.gz"));
    let mut text = String::new();
    GzDecoder::new(File::open(path).expect("the trace is there")).read_to_string(&mut text).expect("the trace is gzip");
    text.lines().filter_map(|line| line.trim().parse().ok()).collect()
}

/// Keys by rank: the k-th most frequent comes in proportion to k to the power of minus `exponent`.
pub fn zipf(exponent: f64) -> impl FnMut() -> u64 {
    let mut sum = 0.0;
    let sums: Vec<f64> = (1..=KEYS)
        .map(|rank| {
            sum += (rank as f64).powf(-exponent);
            sum
        })
        .collect();
    let mut random = Random(42);
    move || {
        let at = random.fraction() * sum;
        sums.partition_point(|&sum| sum < at) as u64
    }
}

/// The first million of them.
pub fn million(next: impl FnMut() -> u64) -> Vec<u64> {
    std::iter::repeat_with(next).take(ACCESSES).collect()
}

/// A quarter of each 20,000 accesses of a Zipf load is a scan over keys that never come again.
pub fn scans() -> Vec<u64> {
    let mut keys = million(zipf(0.9));
    for (at, key) in keys.iter_mut().enumerate().filter(|(at, _)| at % 20_000 < 5_000) {
        *key = STRANGERS + at as u64;
    }
    keys
}

/// 2,000 keys are in use, some more often than others; in one of twenty accesses one ends and a new one takes its turn.
pub fn sessions() -> Vec<u64> {
    let mut random = Random(9);
    let mut live: Vec<u64> = (0..2_000).collect();
    let mut new = STRANGERS..;
    million(|| {
        let at = (random.fraction() * random.fraction() * live.len() as f64) as usize;
        let key = live[at];
        if random.below(20) == 0 {
            let ends = random.below(live.len());
            live[ends] = new.next().expect("keys do not run out");
        }
        key
    })
}

/// In one of ten accesses of a Zipf load comes a new key, which comes four times more within the next 5,000 accesses and then never again.
pub fn bursts() -> Vec<u64> {
    let (mut random, mut zipf) = (Random(7), zipf(0.9));
    let mut keys: Vec<Option<u64>> = vec![None; ACCESSES];
    for at in 0..ACCESSES {
        if keys[at].is_none() && random.below(10) == 0 {
            keys[at] = Some(STRANGERS + at as u64);
            for _ in 0..4 {
                let later = at + 1 + random.below(5_000);
                if let Some(key @ None) = keys.get_mut(later) {
                    *key = Some(STRANGERS + at as u64);
                }
            }
        }
    }
    keys.into_iter().map(|key| key.unwrap_or_else(&mut zipf)).collect()
}

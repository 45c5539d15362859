//! Hit ratios of bounded caches, in percent and one access at a time, on recorded traces, Zipf loads, scans among Zipf, and loads of keys that are
//! used for a short time; and the bytes that an entry of a full one takes. A table for people, and after it one line of JSON.

#[path = "../../shardmap-core/tests/counting/mod.rs"]
mod counting;

use shardmap_bench::caches::{
    loads::{bursts, million, scans, sessions, trace, zipf},
    Contender, Make, CONTENDERS,
};

/// Each ratio is the mean of so many runs with other keys: which ones share counters or shards is chance.
const ROUNDS: u64 = 3;
/// Of the cache whose memory is counted.
const ENTRIES: u64 = 100_000;

type Figures = [f64; CONTENDERS.len()];

struct Load {
    name: &'static str,
    keys: Vec<u64>,
    entries: [u64; 2],
}

fn ratio(cache: &dyn Contender, keys: impl ExactSizeIterator<Item = u64>) -> f64 {
    let all = keys.len() as f64;
    let asked = keys.filter(|key| {
        let hit = cache.ask(&key.to_be_bytes());
        cache.settle();
        hit
    });
    asked.count() as f64 / all * 100.0
}

/// With keys of 21 bytes, each of which is one more allocation, and numbers as values.
fn bytes_per_entry(make: Make) -> f64 {
    let before = counting::live();
    let cache = make(ENTRIES);
    for at in 0..2 * ENTRIES {
        cache.set(format!("user:{at:08}:session").as_bytes());
        cache.settle();
    }
    (counting::live() - before) as f64 / ENTRIES as f64
}

fn table(load: &str, entries: &str, figures: Figures) {
    println!("{load:<16}{entries:>8}{}", figures.map(|figure| format!("{figure:>13.2}")).concat());
}

/// Named figures, as JSON without the braces.
fn fields(figures: Figures) -> String {
    let fields = CONTENDERS.iter().zip(figures).map(|((name, _), figure)| format!("\"{name}\":{figure:.2}"));
    fields.collect::<Vec<_>>().join(",")
}

/// Prints a row for each load and size, and one for the mean, and keeps them as JSON.
fn judge(loads: Vec<Load>, rows: &mut Vec<String>) -> String {
    let (mut mean, count) = (Figures::default(), loads.len() as f64 * 2.0);
    for (Load { name, keys, .. }, entries) in loads.iter().flat_map(|load| load.entries.map(|entries| (load, entries))) {
        let figures = CONTENDERS.map(|(_, make)| {
            let round = |round: u64| ratio(&*make(entries), keys.iter().map(|key| key | round << 48));
            (0..ROUNDS).map(round).sum::<f64>() / ROUNDS as f64
        });
        table(name, &entries.to_string(), figures);
        rows.push(format!("{{\"load\":\"{name}\",\"entries\":{entries},{}}}", fields(figures)));
        mean.iter_mut().zip(figures).for_each(|(mean, figure)| *mean += figure / count);
    }
    table("mean", "", mean);
    fields(mean)
}

fn main() {
    println!("{:24}{}", "", CONTENDERS.map(|(name, _)| format!("{name:>13}")).concat());
    let recorded = ["loop", "multi1", "zigzag", "scan"].map(|name| Load { name, keys: trace(name), entries: [500, 1_000] });
    let zipfs = [("zipf 0.7", 0.7), ("zipf 0.9", 0.9), ("zipf 1.0", 1.0)];
    let zipfs = zipfs.map(|(name, exponent)| Load { name, keys: million(zipf(exponent)), entries: [1_000, 10_000] });
    let scans = [Load { name: "scans", keys: scans(), entries: [1_000, 10_000] }];
    let short = [
        Load { name: "sessions", keys: sessions(), entries: [1_000, 3_000] },
        Load { name: "bursts", keys: bursts(), entries: [1_000, 5_000] },
    ];
    let mut rows = Vec::new();
    let mean = judge(recorded.into_iter().chain(zipfs).chain(scans).collect(), &mut rows);
    let mean_short = judge(short.into(), &mut rows);
    let bytes = CONTENDERS.map(|(_, make)| bytes_per_entry(make));
    table("bytes an entry", &ENTRIES.to_string(), bytes);
    println!(
        "{{\"rows\":[{}],\"mean\":{{{mean}}},\"mean_short_lived\":{{{mean_short}}},\"entry_bytes\":{{{}}}}}",
        rows.join(","),
        fields(bytes)
    );
}

//! Hit ratios of moka and quick_cache in percent, one access at a time, over many sizes: what `bench/cache/hits.ts` sets beside ours, which it measures
//! through JavaScript on the same loads. One line of JSON.

use shardmap_bench::caches::{
    loads::{million, scans, trace, zipf},
    CONTENDERS,
};

const RECORDED: [u64; 7] = [100, 250, 500, 750, 1_000, 1_500, 2_000];
const MADE_UP: [u64; 7] = [500, 1_000, 2_000, 3_000, 5_000, 7_500, 10_000];

fn main() {
    let recorded = ["loop", "multi1", "zigzag", "scan"].map(|name| (name, trace(name), RECORDED));
    let made_up = [("zipf", million(zipf(0.9)), MADE_UP), ("scans", scans(), MADE_UP)];
    let mut rows = Vec::new();
    for (load, keys, sizes) in recorded.into_iter().chain(made_up) {
        for entries in sizes {
            let peers = CONTENDERS.iter().filter(|(name, _)| ["moka", "quick_cache"].contains(name));
            let ratios = peers.map(|(name, make)| {
                let cache = make(entries);
                let asked = keys.iter().filter(|key| {
                    let hit = cache.ask(&key.to_be_bytes());
                    cache.settle();
                    hit
                });
                format!("\"{name}\":{:.3}", asked.count() as f64 / keys.len() as f64 * 100.0)
            });
            rows.push(format!("{{\"load\":\"{load}\",\"entries\":{entries},{}}}", ratios.collect::<Vec<_>>().join(",")));
        }
    }
    println!("{{\"rows\":[{}]}}", rows.join(","));
}

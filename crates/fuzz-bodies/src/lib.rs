//! What the fuzzers of shardmap do with an input. Here it needs no fuzzer: the tests replay the committed corpus.

mod cache;
mod delta;
mod disk;
mod dump;
mod given;
mod keys;
mod leases;
mod map;
mod store;
mod values;
mod versions;

/// What is done with an input. It panics when it finds a bug.
pub type Body = fn(&[u8]);

/// Every body, by the name of its fuzz target and corpus.
pub const BODIES: [(&str, Body); 11] = [
    ("cache", cache::operate),
    ("delta", delta::apply_any),
    ("dump", dump::load),
    ("key_decode", keys::decode),
    ("key_order", keys::order),
    ("leases", leases::operate),
    ("map", map::operate),
    ("store_file", store::file),
    ("store_rows", store::rows),
    ("value", values::decode),
    ("versions", versions::operate),
];

/// Does with an input what the body of this name does.
pub fn run(name: &str, input: &[u8]) {
    let (_, body) = BODIES.iter().find(|(other, _)| *other == name).expect("a body of this name");
    body(input);
}

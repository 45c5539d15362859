//! Every input that is committed, through the body of its fuzz target: what the fuzzers have found stays found without them.

use shardmap_fuzz_bodies::BODIES;
use std::{fs, path::Path, thread};

fn inputs(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|path| (path.display().to_string(), fs::read(&path).unwrap())).collect()
}

fn replay(name: &str) {
    let (_, body) = BODIES.into_iter().find(|(other, _)| *other == name).unwrap();
    let inputs = inputs(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(name));
    assert!(inputs.len() > 3, "{} inputs", inputs.len());
    let failed: Vec<_> = inputs.iter().filter(|(_, input)| thread::scope(|scope| scope.spawn(|| body(input)).join()).is_err()).collect();
    assert!(failed.is_empty(), "{:#?}", failed.iter().map(|(path, _)| path).collect::<Vec<_>>());
    body(&[]);
}

macro_rules! replays {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            replay(stringify!($name));
        })*

        #[test]
        fn every_body_is_replayed() {
            assert_eq!(BODIES.map(|(name, _)| name), [$(stringify!($name)),*]);
        }
    };
}

replays!(cache delta dump key_decode key_order leases map store_file store_rows value versions);

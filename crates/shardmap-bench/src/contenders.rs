//! Ways to keep a version of many entries while the next one is made: ours, two libraries', and copies. All with the same keys, values and hash.

use shardmap_core::{
    hash,
    key::{Key, KeyRef},
    versions::{Entry, Mode, Tree, Trie, Write},
    Value,
};
use std::{collections::HashMap, ops::ControlFlow, sync::Arc};

pub const ENTRIES: usize = 1_000_000;
const CHUNKS: usize = 1_024;

type Hasher = ahash::RandomState;

/// A way to keep versions; a clone is a version that later changes leave alone.
pub trait Contender: Clone {
    const NAME: &'static str;
    fn build(keys: &[Key]) -> Self;
    fn change(&mut self, key: &Key, value: Value);
    fn get(&self, key: &Key) -> Option<&Value>;
    fn walk(&self, each: impl FnMut(&Value));
}

/// Keys as services have them, too long to be kept in place.
pub fn keys(count: usize) -> Vec<Key> {
    (0..count).map(|at| Key::new(format!("user:{at:08}:session").as_bytes())).collect()
}

fn value(at: usize) -> Value {
    Value::number(at as f64)
}

fn pairs(keys: &[Key]) -> impl Iterator<Item = (Key, Value)> + '_ {
    keys.iter().cloned().zip((0..).map(value))
}

/// `mode: 'delta'`.
#[derive(Clone)]
pub struct Delta(Trie);

impl Contender for Delta {
    const NAME: &'static str = "shardmap";

    fn build(keys: &[Key]) -> Self {
        Self(pairs(keys).map(|(key, value)| Entry::new(key, value, 0)).collect())
    }

    fn change(&mut self, key: &Key, value: Value) {
        self.0.insert(Entry::new(key.clone(), value, 1));
    }

    fn get(&self, key: &Key) -> Option<&Value> {
        self.0.get(KeyRef::new(key.as_bytes())).map(|entry| &entry.value)
    }

    fn walk(&self, mut each: impl FnMut(&Value)) {
        self.0.walk(0, &mut |entry| {
            each(&entry.value);
            ControlFlow::Continue(())
        });
    }
}

/// `mode: 'copy'`.
#[derive(Clone)]
pub struct Copy(Tree);

impl Contender for Copy {
    const NAME: &'static str = "shardmap_copy";

    fn build(keys: &[Key]) -> Self {
        Self(Tree::of(Mode::Copy, Delta::build(keys).0))
    }

    fn change(&mut self, key: &Key, value: Value) {
        self.0 = self.0.with(&[Write::new(key.clone(), Some(value))], 1);
    }

    fn get(&self, key: &Key) -> Option<&Value> {
        self.0.get(KeyRef::new(key.as_bytes())).map(|entry| &entry.value)
    }

    fn walk(&self, mut each: impl FnMut(&Value)) {
        self.0.walk(0, &mut |entry| {
            each(&entry.value);
            ControlFlow::Continue(())
        });
    }
}

/// rpds (MIT).
#[derive(Clone)]
pub struct Rpds(rpds::HashTrieMapSync<Key, Value, Hasher>);

impl Contender for Rpds {
    const NAME: &'static str = "rpds";

    fn build(keys: &[Key]) -> Self {
        let mut map = rpds::HashTrieMapSync::new_with_hasher_and_ptr_kind(hash::state().clone());
        pairs(keys).for_each(|(key, value)| map.insert_mut(key, value));
        Self(map)
    }

    fn change(&mut self, key: &Key, value: Value) {
        self.0.insert_mut(key.clone(), value);
    }

    fn get(&self, key: &Key) -> Option<&Value> {
        self.0.get(key)
    }

    fn walk(&self, each: impl FnMut(&Value)) {
        self.0.values().for_each(each);
    }
}

/// imbl (MPL-2.0).
#[derive(Clone)]
pub struct Imbl(imbl::GenericHashMap<Key, Value, Hasher, imbl::shared_ptr::DefaultSharedPtr>);

impl Contender for Imbl {
    const NAME: &'static str = "imbl";

    fn build(keys: &[Key]) -> Self {
        let mut map = imbl::GenericHashMap::with_hasher(hash::state().clone());
        map.extend(pairs(keys));
        Self(map)
    }

    fn change(&mut self, key: &Key, value: Value) {
        self.0.insert(key.clone(), value);
    }

    fn get(&self, key: &Key) -> Option<&Value> {
        self.0.get(key)
    }

    fn walk(&self, each: impl FnMut(&Value)) {
        self.0.values().for_each(each);
    }
}

/// Tables behind pointers, of which a change copies one.
#[derive(Clone)]
pub struct Chunks(Vec<Arc<HashMap<Key, Value, Hasher>>>);

fn chunk(key: &Key) -> usize {
    (hash::state().hash_one(key) >> 32) as usize % CHUNKS
}

impl Contender for Chunks {
    const NAME: &'static str = "chunks";

    fn build(keys: &[Key]) -> Self {
        let mut map = Self((0..CHUNKS).map(|_| Arc::new(HashMap::with_hasher(hash::state().clone()))).collect());
        pairs(keys).for_each(|(key, value)| map.change(&key, value));
        map
    }

    fn change(&mut self, key: &Key, value: Value) {
        Arc::make_mut(&mut self.0[chunk(key)]).insert(key.clone(), value);
    }

    fn get(&self, key: &Key) -> Option<&Value> {
        self.0[chunk(key)].get(key)
    }

    fn walk(&self, each: impl FnMut(&Value)) {
        self.0.iter().flat_map(|chunk| chunk.values()).for_each(each);
    }
}

/// One table, copied whole.
#[derive(Clone)]
pub struct Whole(HashMap<Key, Value, Hasher>);

impl Contender for Whole {
    const NAME: &'static str = "hashmap";

    fn build(keys: &[Key]) -> Self {
        let mut map = HashMap::with_hasher(hash::state().clone());
        map.extend(pairs(keys));
        Self(map)
    }

    fn change(&mut self, key: &Key, value: Value) {
        self.0.insert(key.clone(), value);
    }

    fn get(&self, key: &Key) -> Option<&Value> {
        self.0.get(key)
    }

    fn walk(&self, each: impl FnMut(&Value)) {
        self.0.values().for_each(each);
    }
}

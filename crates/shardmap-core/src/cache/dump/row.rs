//! An entry as it stands in the file of a dump.

use crate::{
    cache::{
        entry::{Rare, NEVER},
        Tag,
    },
    error::Result,
    key::Key,
    store::{damaged, Reader},
    value::Value,
};

/// In the place of a ttl: that of the cache, which is never 0.
const OF_THE_CACHE: u64 = 0;

/// A fresh entry.
pub struct Row {
    pub key: Key,
    pub value: Value,
    /// For how many milliseconds it was still fresh when the dump began; or [`NEVER`].
    pub left: u64,
    pub rare: Option<Box<Rare>>,
}

fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out.extend_from_slice(bytes);
}

impl Row {
    pub fn encode(&self, out: &mut Vec<u8>) {
        let (ttl, grace, tags) = match &self.rare {
            Some(rare) => (rare.ttl.unwrap_or(OF_THE_CACHE), rare.grace, &rare.tags[..]),
            None => (OF_THE_CACHE, 0, &[][..]),
        };
        put(out, self.key.as_bytes());
        out.push(self.value.tag());
        put(out, self.value.bytes());
        for number in [self.left, ttl, grace] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(&(tags.len() as u32).to_le_bytes());
        tags.iter().for_each(|tag| put(out, tag.as_bytes()));
    }

    /// Reads a row off the front; nothing is allocated for a length that is not there.
    pub fn decode(from: &mut Reader<'_>) -> Result<Self> {
        let key = from.key()?;
        let [tag] = from.array()?;
        let len = from.u32()? as usize;
        let value = Value::from_parts(tag, from.bytes(len)?).ok_or_else(|| damaged("a value is none"))?;
        let [left, ttl, grace] = [from.u64()?, from.u64()?, from.u64()?];
        let mut tags = Vec::new();
        for _ in 0..from.u32()? {
            let len = from.u32()? as usize;
            tags.push(Tag::from(str::from_utf8(from.bytes(len)?).map_err(|_| damaged("a tag is no text"))?));
        }
        let ttl = (ttl != OF_THE_CACHE).then_some(ttl);
        let is_rare = ttl.is_some() || grace > 0 || !tags.is_empty();
        let rare = is_rare.then(|| Box::new(Rare { ttl, grace, tags: tags.into() }));
        Ok(Self { key: Key::new(key), value, left, rare })
    }

    /// The same some milliseconds later; `None` when it is fresh no more.
    pub fn after(mut self, elapsed: u64) -> Option<Self> {
        if self.left != NEVER {
            self.left = self.left.checked_sub(elapsed).filter(|&left| left > 0)?;
        }
        Some(self)
    }
}

//! What changed between two versions, to be carried to another map of the same lineage.
//!
//! `magic | lineage | fingerprint of from | from | to | count | (key, flag, tag, value)... | SHA-256 of all before it`; lengths and numbers are LEB128. The digest finds
//! damage; it is no signature.

use super::{commit::MAX_VERSION, tree::Write, Root, VersionedMap};
use crate::{
    error::{Code, Error, Result},
    hash,
    key::{self, Key},
    sync::lock,
    value::Value,
};
use sha2::{Digest, Sha256};

const MAGIC: &[u8; 8] = b"SMDELTA1";
const DIGEST: usize = 32;

/// A delta that was checked.
pub struct Delta {
    /// The map that the versions are of.
    pub lineage: [u8; 16],
    /// The version it applies to.
    pub from: u64,
    /// The version it leads to.
    pub to: u64,
    /// The fingerprint of the version it applies to: two maps of a lineage may have come to different versions of one number.
    base: u128,
    pub(super) writes: Vec<Write>,
}

/// A lineage that no other map has.
pub fn lineage() -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&hash::random().to_le_bytes());
    bytes[8..].copy_from_slice(&hash::random().to_le_bytes());
    bytes
}

impl VersionedMap {
    /// What leads from one version to the latest. From 0, the empty beginning, it has every entry; otherwise `ERR_SHARDMAP_VERSION` unless that very
    /// version is kept.
    pub fn export_delta(&self, from: u64) -> Result<Vec<u8>> {
        let (lineage, base, latest) = {
            // Held over the swap of the latest version, so these belong together.
            let history = lock(&self.history);
            (history.lineage(), history.at(from).cloned(), self.published.load())
        };
        self.alive()?;
        let base = base.or_else(|| self.views.holding(from));
        if from == 0 {
            let mut writes = Vec::with_capacity(latest.tree.len());
            latest.tree.walk(0, &mut |entry| {
                writes.push((entry.key.clone(), Some(entry.value.clone())));
                std::ops::ControlFlow::Continue(())
            });
            return Ok(encode(lineage, (0, 0), &latest, &writes));
        }
        let base = base.filter(|base| base.version == from).ok_or_else(|| super::not_kept(from))?;
        let changes = latest.tree.since(&base.tree);
        Ok(encode(
            lineage,
            (from, base.total.sum),
            &latest,
            &changes.into_iter().map(|change| (change.key, change.after)).collect::<Vec<_>>(),
        ))
    }
}

fn encode(lineage: [u8; 16], (from, base): (u64, u128), to: &Root, writes: &[(Key, Option<Value>)]) -> Vec<u8> {
    let mut bytes = [MAGIC.as_slice(), &lineage].concat();
    bytes.extend_from_slice(&base.to_le_bytes());
    for number in [from, to.version, writes.len() as u64] {
        put(&mut bytes, number);
    }
    for (key, value) in writes {
        put_bytes(&mut bytes, key.as_bytes());
        // No value has the tag 0.
        bytes.push(value.as_ref().map_or(0, Value::tag));
        if let Some(value) = value {
            put_bytes(&mut bytes, value.bytes());
        }
    }
    let digest = Sha256::digest(&bytes);
    bytes.extend_from_slice(&digest);
    bytes
}

fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7F {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn put_bytes(bytes: &mut Vec<u8>, run: &[u8]) {
    put(bytes, run.len() as u64);
    bytes.extend_from_slice(run);
}

impl Delta {
    /// Reads a delta. `ERR_SHARDMAP_CORRUPT` for anything that [`VersionedMap::export_delta`] has not made; nothing is allocated beyond the bytes given.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let corrupt = || Error::new(Code::Corrupt, "the delta is damaged, or none of shardmap's; export it again");
        let (body, digest) = bytes.split_at_checked(bytes.len().wrapping_sub(DIGEST)).ok_or_else(corrupt)?;
        if Sha256::digest(body).as_slice() != digest {
            return Err(corrupt());
        }
        let mut input = body;
        let delta = Self::read(&mut input).filter(|_| input.is_empty());
        delta.ok_or_else(corrupt)
    }

    fn read(input: &mut &[u8]) -> Option<Self> {
        if take(input, MAGIC.len())? != MAGIC {
            return None;
        }
        let lineage = take(input, 16)?.try_into().ok()?;
        let base = u128::from_le_bytes(take(input, 16)?.try_into().ok()?);
        let [from, to, count] = [number(input)?, number(input)?, number(input)?];
        let mut writes = Vec::new();
        for _ in 0..count {
            let len = number(input)?;
            let key = take(input, usize::try_from(len).ok()?).filter(|bytes| key::is_valid(bytes))?;
            let value = match take(input, 1)? {
                [0] => None,
                tag => {
                    let len = number(input)?;
                    Some(Value::from_parts(tag[0], take(input, usize::try_from(len).ok()?)?)?)
                }
            };
            writes.push(Write::new(Key::new(key), value));
        }
        // Only what changes nothing leads nowhere.
        let leads = if writes.is_empty() { to >= from } else { to > from };
        (leads && to <= MAX_VERSION).then_some(Self { lineage, from, to, base, writes })
    }

    /// Whether a map with this latest version and lineage can take it. A map that has no version yet takes any lineage.
    pub(super) fn fits(&self, latest: &Root, lineage: [u8; 16]) -> Result<()> {
        let version = latest.version;
        if self.from != version {
            let message = format!("the delta leads from version {} and the map is at {version}; export one from {version}", self.from);
            return Err(Error::new(Code::Version, message));
        }
        if self.lineage != lineage && version != 0 {
            return Err(Error::new(Code::Version, "the delta is of another map; only a map that began with this one's deltas can take it"));
        }
        if self.base != latest.total.sum {
            let message = format!("the map's version {version} is not the one that the delta leads from: each has gone on by itself; begin anew from version 0");
            return Err(Error::new(Code::Version, message));
        }
        Ok(())
    }
}

fn take<'a>(input: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (run, rest) = input.split_at_checked(len)?;
    *input = rest;
    Some(run)
}

fn number(input: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(input, 1)?[0];
        let bits = u64::from(byte & 0x7F);
        number |= bits << shift;
        if byte < 0x80 {
            // One way to write a number: no bits beyond 64, no zeros before it.
            return (number >> shift == bits && (byte > 0 || shift == 0)).then_some(number);
        }
    }
    None
}

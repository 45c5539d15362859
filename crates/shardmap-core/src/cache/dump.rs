//! Dumps for warm starts: the fresh entries of a cache in a file, and back.
//!
//! Only copying a shard's keys and references to its values happens under its lock; writing and reading do not. A file is verified as a whole
//! before any of it is loaded.

mod blocks;
mod plan;
mod row;

use super::{
    bounds::Claim,
    entries::Content,
    entry::{charge, Rare, NEVER},
    Cache,
};
use crate::{
    error::{Code, Error, Result},
    key::KeyRef,
    store::{locate, real_path, replace},
};
use blocks::{Dumped, Writer};
use plan::Plan;
use row::Row;
use std::{
    fs::File,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

/// Milliseconds since 1970.
fn wall_clock() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

impl Cache {
    /// Writes the fresh entries to a file that only its owner may read, in place of what is there, in one step when all is written and durable. Returns
    /// how many. Shard by shard, so an entry that is present throughout is in it, with a value that it had meanwhile.
    ///
    /// `ERR_SHARDMAP_OPTION` where no file can be, `ERR_SHARDMAP_IO` when the system refuses; then what was there is still there, and nothing else.
    /// It waits for the disk.
    pub fn dump(&self, path: &Path) -> Result<u64> {
        self.dump_at(path, wall_clock())
    }

    /// The same at this time of the wall clock, in milliseconds since 1970.
    pub fn dump_at(&self, path: &Path, wall: u64) -> Result<u64> {
        self.alive()?;
        let begin = self.now();
        let write = |file: &File| {
            let mut out = Writer::new(file, wall)?;
            for shard in 0..self.shards() {
                out.section(&self.copy(shard, begin)?)?;
            }
            out.end()
        };
        let done = real_path(path).and_then(|path| replace(&path, |file| write(file)));
        done.map_err(locate(path))
    }

    /// The fresh entries of a shard, coldest first.
    fn copy(&self, shard: usize, begin: u64) -> Result<Vec<Row>> {
        let guard = self.lock(shard);
        self.alive()?;
        let (now, slab) = (self.now(), &guard.entries.slab);
        let mut rows = Vec::new();
        rows.try_reserve_exact(slab.len()).map_err(|_| Error::memory())?;
        guard.entries.policy.coldest_first(&mut |place| {
            let entry = &slab[place];
            if now < entry.deadline {
                let left = if entry.deadline == NEVER { NEVER } else { entry.deadline - begin };
                rows.push(Row { key: entry.key.clone(), value: entry.value.clone(), left, rare: entry.rare.clone() });
            }
        });
        Ok(rows)
    }

    /// Loads a dump, without evicting anything: keys that are present stay as they are, and of the others the hottest come as far as there is room.
    /// What has expired since the dump stays away, by the wall clock; of one that went back no time has passed. Returns how many were loaded.
    ///
    /// `ERR_SHARDMAP_CORRUPT` when the file is damaged, cut or foreign, `ERR_SHARDMAP_IO` when it cannot be read; then nothing has changed. It waits for
    /// the disk. A key that is deleted while it is loaded may come back.
    pub fn load(&self, path: &Path) -> Result<u64> {
        self.load_at(path, wall_clock())
    }

    /// The same at this time of the wall clock, in milliseconds since 1970.
    pub fn load_at(&self, path: &Path, wall: u64) -> Result<u64> {
        self.alive()?;
        let open = |path| File::open(path).map_err(|error| Error::new(Code::Io, format!("the file cannot be opened: {error}")));
        let dumped = real_path(path).and_then(open).and_then(|file| Dumped::open(Box::new(file)));
        dumped.and_then(|dumped| self.take_in(&dumped, wall)).map_err(locate(path))
    }

    fn take_in(&self, dumped: &Dumped, wall: u64) -> Result<u64> {
        let (begin, elapsed) = (self.now(), wall.saturating_sub(dumped.at));
        let mut plan = Plan::default();
        let sections = dumped.verify(|section, row| {
            let charge = row.after(elapsed).map(|row| charge(row.key.as_bytes(), &row.value, self.own(row.left, row.rare).as_deref()));
            plan.add(section, charge.filter(|&charge| charge <= self.largest));
        })?;
        let mut sources = Vec::with_capacity(sections.len());
        for (section, skipped) in sections.iter().zip(plan.skipped(self.bounds.room())) {
            let mut rows = dumped.rows(section);
            for _ in 0..skipped {
                rows.next()?;
            }
            sources.push((rows, section.rows as f64));
        }
        let mut loaded = 0;
        // The coldest is in the section of which the largest part is left.
        let part = |(rows, all): &(blocks::Rows<'_>, f64)| rows.left() as f64 / all;
        while let Some((rows, _)) =
            sources.iter_mut().filter(|(rows, _)| rows.left() > 0).max_by(|one, other| part(one).total_cmp(&part(other)))
        {
            if let Some(row) = rows.next()?.and_then(|row| row.after(elapsed)) {
                loaded += u64::from(self.restore(row, begin)?);
            }
        }
        Ok(loaded)
    }

    /// What few entries have, as this cache keeps it: of one whose ttl was that of a cache with another one, what is left becomes its own.
    fn own(&self, left: u64, rare: Option<Box<Rare>>) -> Option<Box<Rare>> {
        let rare = rare.map(|rare| *rare).unwrap_or_default();
        let of_another = (left == NEVER) != (self.rules.ttl == NEVER);
        let ttl = rare.ttl.or(of_another.then_some(left)).and_then(|ttl| self.rules.own(ttl));
        Rare { ttl, ..rare }.boxed()
    }

    /// Stores an entry that was fresh at `begin`. Returns whether it is stored: its key was absent, and there was room.
    fn restore(&self, row: Row, begin: u64) -> Result<bool> {
        let rules = &self.rules;
        let key = KeyRef::new(row.key.as_bytes());
        let deadline = if row.left == NEVER { NEVER } else { begin.saturating_add(row.left) };
        let rare = self.own(row.left, row.rare);
        let charge = charge(key.bytes, &row.value, rare.as_deref());
        self.with(self.shard_of(key.hash), |shard, later| {
            self.alive()?;
            let entries = &mut shard.entries;
            let mut claim = Claim::new(&self.bounds);
            let now = self.now();
            if now >= deadline || charge > self.largest || self.kept(entries, key, later).is_some() || !claim.covers(1, charge) {
                return Ok(false);
            }
            entries.reserve()?;
            entries.reserve_tags(rare.as_deref())?;
            let was_timed = entries.are_timed();
            self.slots.advance(self.slot(key.hash));
            entries.insert(key, Content { value: row.value, deadline, rare }, rules.weight(charge), rules, now);
            if !was_timed && entries.are_timed() {
                self.begin_time();
            }
            claim.spend(1, charge);
            Ok(true)
        })
    }
}

//! The versioned map: one whole version at a time, published by a pointer swap, kept for a while, changed by commits.

mod commit;
mod delta;
mod entry;
mod flat;
mod history;
mod queue;
mod root;
mod tree;
mod trie;
mod view;

pub use crate::done::Done;
pub(crate) use commit::MAX_VERSION;
pub use commit::{Base, Change, Commit, Replacement};
pub use delta::Delta;
pub use entry::Entry;
pub use flat::Flat;
pub use history::Kept;
pub(crate) use queue::hasten;
pub use root::{mismatches, Published, Root};
pub use tree::{Difference, Mode, Total, Tree, Write};
pub use trie::Trie;
pub use view::View;

use crate::{
    error::{Code, Error, Result},
    hash,
    key::KeyRef,
    leases::Leases,
    map::{next_id, Lookup},
    slots::Slots,
    store,
    sync::{lock, Arc, AtomicBool, AtomicU64, Mutex, Ordering},
    turn::Turn,
};
use history::{History, Past};
use queue::Writer;
use std::{path::PathBuf, time::SystemTime};

/// Versions kept beside the latest one when nothing else is said.
const DEFAULT_HISTORY: u64 = 16;
const MAX_HISTORY: u64 = 1_000_000;

/// When a commit is acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// When it is on disk.
    #[default]
    Immediate,
    /// At once; it is on disk at most 100 ms later.
    Eventual,
    /// At once; it is on disk when the map is destroyed or the process ends in order, and lost when it is killed.
    None,
}

impl Durability {
    /// The one that users call so.
    pub fn named(name: &str) -> Result<Self> {
        let all = [("immediate", Self::Immediate), ("eventual", Self::Eventual), ("none", Self::None)];
        tree::by_name("durability", &all, name)
    }
}

/// How a map is made. What is left out is chosen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// Versions kept beside the latest one.
    pub history: Option<u64>,
    /// The form of its versions.
    pub mode: Option<Mode>,
    /// A file, as [`store::real_path`] says it.
    pub path: Option<PathBuf>,
    /// For a map with a file.
    pub durability: Option<Durability>,
}

impl Options {
    /// The first given option of `self` that differs from what a map was made with, as (name, given, present).
    pub fn differs(&self, made: &Self) -> Option<(&'static str, String, String)> {
        let show = |value: &Option<u64>| value.map_or("none".into(), |value| value.to_string());
        let lower = |value: String| value.to_lowercase();
        if self.history.is_some() && self.history != made.history {
            return Some(("history", show(&self.history), show(&made.history)));
        }
        if let Some(mode) = self.mode.filter(|&mode| Some(mode) != made.mode) {
            return Some(("mode", lower(format!("{mode:?}")), lower(format!("{:?}", made.mode.unwrap_or_default()))));
        }
        if let Some(path) = self.path.as_ref().filter(|&path| Some(path) != made.path.as_ref()) {
            let present = made.path.as_ref().map_or("none".into(), |path| path.display().to_string());
            return Some(("path", path.display().to_string(), present));
        }
        let durability = self.durability.filter(|&durability| Some(durability) != made.durability)?;
        Some(("durability", lower(format!("{durability:?}")), lower(format!("{:?}", made.durability.unwrap_or_default()))))
    }
}

/// Sums over all threads.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Stats {
    pub version: u64,
    pub entries: u64,
    pub versions_kept: u64,
    pub live_snapshots: u64,
    /// Milliseconds since the oldest live snapshot was taken.
    pub oldest_snapshot: u64,
    pub commits: u64,
    pub conflicts: u64,
    pub log_writes: u64,
    pub bytes: u64,
}

/// A map whose readers see one whole version and never wait.
pub struct VersionedMap {
    id: u32,
    salt: u64,
    options: Options,
    slots: &'static Slots,
    turn: Turn,
    published: Published,
    history: Mutex<History>,
    writer: Mutex<Writer>,
    queue: queue::Queue,
    replacements: queue::Replacements,
    views: view::Views,
    leases: Arc<Leases>,
    counts: Counts,
    destroyed: AtomicBool,
}

#[derive(Default)]
struct Counts {
    commits: AtomicU64,
    conflicts: AtomicU64,
    log_writes: AtomicU64,
    stamps: AtomicU64,
}

fn now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_millis() as u64)
}

impl VersionedMap {
    /// Makes a map, or reads it from its file, which takes as long as the file is large. `ERR_SHARDMAP_CORRUPT` for a file that is damaged or
    /// none of ours, `ERR_SHARDMAP_LOCKED` for one that is open elsewhere, `ERR_SHARDMAP_IO` for what the system refuses.
    pub fn new(options: Options) -> Result<Arc<Self>> {
        let history = options.history.unwrap_or(DEFAULT_HISTORY);
        if history > MAX_HISTORY {
            return Err(Error::new(Code::Option, format!("history is {history}; keep at most {MAX_HISTORY} versions")));
        }
        let mode = options.mode.unwrap_or_default();
        // One commit more than is kept tells when the oldest version that is kept was made.
        let opened = options.path.as_deref().map(|path| store::open(path, history + 1)).transpose()?;
        let id = next_id();
        let counts = Counts::default();
        let durability = options.durability.unwrap_or_default();
        let (past, lineage, writer) = match opened {
            Some((store, loaded)) => {
                let past = Past::load(mode, &loaded, history, || counts.stamp());
                // A new file has no lineage before its first commit.
                let lineage = if loaded.version == 0 { delta::lineage() } else { loaded.lineage };
                (past, lineage, Writer::new(Some(store), durability, loaded.tx_ids))
            }
            None => (Past::new(mode), delta::lineage(), Writer::new(None, durability, Vec::new())),
        };
        let published = Published::new(past.version, past.at, past.tree.clone(), past.total, past.changes);
        Ok(Arc::new(Self {
            id,
            salt: hash::salt(id),
            options: Options { history: Some(history), mode: Some(mode), durability: Some(durability), ..options },
            slots: Slots::process(),
            turn: Turn::default(),
            history: Mutex::new(History::new(lineage, &published, past, history)),
            published,
            writer: Mutex::new(writer),
            queue: queue::Queue::default(),
            replacements: queue::Replacements::default(),
            views: view::Views::default(),
            leases: Leases::new(),
            counts,
            destroyed: AtomicBool::new(false),
        }))
    }

    /// A number that no other map of the process has had.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The options it was made with, what was left out filled in.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Its advisory locks.
    pub fn leases(&self) -> &Arc<Leases> {
        &self.leases
    }

    #[inline]
    fn slot(&self, hash: u64) -> usize {
        hash::slot(hash, self.salt, self.slots.mask())
    }

    /// To be asked after what a call is about was read: `destroy` marks the map before it advances the slots and takes the versions away, so neither
    /// a version from after the end nor emptiness is ever handed out.
    #[inline]
    fn alive(&self) -> Result<()> {
        if self.destroyed.load(Ordering::Acquire) {
            return Err(Error::closed());
        }
        Ok(())
    }

    /// Reads a key in the latest version. The slot is one that never holds when a publication was going on: see [`Turn`].
    #[inline(always)]
    pub fn get(&self, key: KeyRef<'_>) -> Result<Lookup> {
        let before = self.turn.number();
        let slot = self.slot(key.hash);
        let version = self.slots.version(slot);
        let value = self.published.with(|root| root.tree.get(key).map(|entry| entry.value.clone()));
        let still = self.turn.is_still(before);
        self.alive()?;
        let (slot, version) = if still { (slot, version) } else { self.slots.never() };
        Ok(Lookup { value, slot, version })
    }

    /// Whether a key is present in the latest version.
    pub fn has(&self, key: KeyRef<'_>) -> Result<bool> {
        let present = self.published.with(|root| root.tree.get(key).is_some());
        self.alive()?;
        Ok(present)
    }

    /// The latest version, as it is now.
    pub fn latest(&self) -> Result<Arc<Root>> {
        let latest = self.published.load();
        self.alive()?;
        Ok(latest)
    }

    /// The newest version that is not after this one; `ERR_SHARDMAP_VERSION` when it is no longer kept. A version that a view holds is.
    pub fn at(&self, version: u64) -> Result<Arc<Root>> {
        let kept = lock(&self.history).at(version).cloned();
        let kept = kept.or_else(|| self.views.holding(version));
        self.alive()?;
        kept.ok_or_else(|| not_kept(version))
    }

    /// The kept versions, the oldest first.
    pub fn kept(&self) -> Result<Vec<Kept>> {
        let kept = lock(&self.history).kept();
        self.alive()?;
        Ok(kept)
    }

    /// In what a version differs from the one before it; `ERR_SHARDMAP_VERSION` unless both are kept.
    pub fn changes(&self, version: u64) -> Result<Vec<Difference>> {
        let pair = lock(&self.history).pair(version).map(|(before, after)| (before.clone(), after.clone()));
        self.alive()?;
        let (before, after) = pair.ok_or_else(|| {
            Error::new(Code::Version, format!("the changes of version {version} are not kept; open the map with a larger history"))
        })?;
        Ok(after.tree.since(&before.tree))
    }

    /// Statistics.
    pub fn stats(&self) -> Result<Stats> {
        let versions_kept = lock(&self.history).len() as u64;
        let (live_snapshots, oldest_snapshot) = self.views.count();
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let stats = self.published.with(|root| Stats {
            version: root.version,
            entries: root.tree.len() as u64,
            versions_kept,
            live_snapshots,
            oldest_snapshot,
            commits: load(&self.counts.commits),
            conflicts: load(&self.counts.conflicts),
            log_writes: load(&self.counts.log_writes),
            bytes: root.total.bytes,
        });
        self.alive()?;
        Ok(stats)
    }

    /// Ends the map: every later operation and what waits fails with `ERR_SHARDMAP_CLOSED`, cached values become stale, the file is written out
    /// and let go. Snapshots stay valid.
    pub fn destroy(self: &Arc<Self>) -> Result<()> {
        if self.destroyed.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        self.slots.advance_all();
        self.leases.destroy();
        self.end()
    }
}

fn not_kept(version: u64) -> Error {
    Error::new(
        Code::Version,
        format!("version {version} is not kept; open the map with a larger history, or hold a snapshot of what you will need"),
    )
}

impl Counts {
    fn stamp(&self) -> u64 {
        self.stamps.fetch_add(1, Ordering::Relaxed)
    }
}

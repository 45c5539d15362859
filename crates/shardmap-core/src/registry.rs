//! Names of this process and the maps and caches behind them; each lives until `destroy` or exit, however many handles come and go.

use crate::{
    cache::{self, Cache},
    error::{Code, Error, Result},
    map::{self, ShardedMap},
    sync::{lock, process, Arc, Condvar, Mutex},
    versions::{self, VersionedMap},
};
use std::{any::Any, collections::BTreeMap};

const MAX_NAME: usize = 255;

/// A kind of map that can have a name.
pub trait Named: Any + Send + Sync + Sized {
    /// What users call the kind.
    const KIND: &'static str;
    /// How one is made.
    type Options;

    /// Makes one.
    fn make(options: Self::Options) -> Result<Arc<Self>>;
    /// The first given option that it was made without: its name, what was given, what is there.
    fn differs(&self, given: &Self::Options) -> Option<(&'static str, String, String)>;
    /// Ends it.
    fn end(self: Arc<Self>) -> Result<()>;
}

impl Named for ShardedMap {
    const KIND: &'static str = "SharedMap";
    type Options = map::Options;

    fn make(options: Self::Options) -> Result<Arc<Self>> {
        Self::new(options)
    }

    fn differs(&self, given: &Self::Options) -> Option<(&'static str, String, String)> {
        given.differs(self.options())
    }

    fn end(self: Arc<Self>) -> Result<()> {
        self.destroy();
        Ok(())
    }
}

impl Named for VersionedMap {
    const KIND: &'static str = "SnapshotMap";
    type Options = versions::Options;

    fn make(options: Self::Options) -> Result<Arc<Self>> {
        Self::new(options)
    }

    fn differs(&self, given: &Self::Options) -> Option<(&'static str, String, String)> {
        given.differs(self.options())
    }

    fn end(self: Arc<Self>) -> Result<()> {
        self.destroy()
    }
}

impl Named for Cache {
    const KIND: &'static str = "SharedCache";
    type Options = cache::Options;

    fn make(options: Self::Options) -> Result<Arc<Self>> {
        Self::new(options)
    }

    fn differs(&self, given: &Self::Options) -> Option<(&'static str, String, String)> {
        given.differs(self.options())
    }

    fn end(self: Arc<Self>) -> Result<()> {
        self.destroy();
        Ok(())
    }
}

enum Place {
    /// Somebody is making it or ending it, which takes as long as its file's reading or writing.
    Busy,
    Here {
        kind: &'static str,
        map: Arc<dyn Any + Send + Sync>,
    },
}

impl Place {
    fn map<T: Named>(&self) -> Option<Arc<T>> {
        match self {
            Self::Busy => None,
            Self::Here { map, .. } => map.clone().downcast().ok(),
        }
    }
}

process! {
    NAMES: Mutex<BTreeMap<String, Place>> = Mutex::new(BTreeMap::new());
    /// A name is no longer busy.
    SETTLED: Condvar = Condvar::new();
}

/// Opens the map of this name, made with these options if it is not there. `ERR_SHARDMAP_MISMATCH` when the name is of another kind, or a given
/// option differs from what it was made with; `ERR_SHARDMAP_OPTION` for a name or option that cannot be; what making one says.
pub fn open<T: Named>(name: &str, options: T::Options) -> Result<Arc<T>> {
    if name.is_empty() || name.len() > MAX_NAME {
        let message = format!("the name has {} bytes; give one of 1 to {MAX_NAME}", name.len());
        return Err(Error::new(Code::Option, message));
    }
    let mut names = lock(&NAMES);
    loop {
        match names.get(name) {
            None => break,
            Some(Place::Busy) => names = SETTLED.wait(names).unwrap_or_else(|poisoned| poisoned.into_inner()),
            Some(Place::Here { kind, map }) => return present(name, kind, map.clone(), &options),
        }
    }
    names.insert(name.to_owned(), Place::Busy);
    drop(names);
    let busy = Busy(name);
    let map = T::make(options)?;
    busy.settle(Place::Here { kind: T::KIND, map: map.clone() });
    Ok(map)
}

fn present<T: Named>(name: &str, kind: &str, map: Arc<dyn Any + Send + Sync>, given: &T::Options) -> Result<Arc<T>> {
    let Ok(map) = map.downcast::<T>() else {
        let message = format!("'{name}' is open as a {kind}, not as a {}; choose another name", T::KIND);
        return Err(Error::new(Code::Mismatch, message));
    };
    if let Some((option, given, present)) = map.differs(given) {
        let message = format!("'{name}' is open with {option} {present}, not {given}; leave the option out or give the same");
        return Err(Error::new(Code::Mismatch, message));
    }
    Ok(map)
}

/// A name that is taken, by this alone; free again, unless it is settled, whatever fails or panics.
struct Busy<'a>(&'a str);

impl Busy<'_> {
    /// Somebody else may take the name from here on, so this must not free it any more.
    fn settle(self, place: Place) {
        lock(&NAMES).insert(self.0.to_owned(), place);
        SETTLED.notify_all();
        std::mem::forget(self);
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        lock(&NAMES).remove(self.0);
        SETTLED.notify_all();
    }
}

/// Ends the map of this name and kind. Returns whether there was one; who opens the name meanwhile waits until its file is let go.
pub fn destroy<T: Named>(name: &str) -> Result<bool> {
    let mut names = lock(&NAMES);
    let Some(Place::Here { kind, .. }) = names.get(name) else { return Ok(false) };
    if *kind != T::KIND {
        return Ok(false);
    }
    let removed = names.insert(name.to_owned(), Place::Busy);
    drop(names);
    let _free = Busy(name);
    let Some(Place::Here { map, .. }) = removed else { return Ok(false) };
    map.downcast::<T>().map_or(Ok(()), T::end)?;
    Ok(true)
}

/// The open names of a kind, in order.
pub fn names<T: Named>() -> Vec<String> {
    let names = lock(&NAMES);
    let of_kind = names.iter().filter(|(_, place)| matches!(place, Place::Here { kind, .. } if *kind == T::KIND));
    of_kind.map(|(name, _)| name.clone()).collect()
}

/// For the end of the process: every file is written out and let go, and whoever commits from now on waits for ever. Returns what could not be
/// written, as (name, error).
pub fn leave() -> Vec<(String, Error)> {
    each(VersionedMap::leave)
}

/// Has every file written out, and returns the same.
pub fn write_out() -> Vec<(String, Error)> {
    each(VersionedMap::write_out)
}

/// For the beginning of the process's end, where [`leave`] may not be called: every file is written out, and whatever their durability, no commit is
/// acknowledged from now on before it is on disk.
pub fn hasten() -> Vec<(String, Error)> {
    versions::hasten();
    write_out()
}

fn each(write: impl Fn(&VersionedMap) -> Result<()>) -> Vec<(String, Error)> {
    let here: Vec<_> = lock(&NAMES).iter().filter_map(|(name, place)| Some((name.clone(), place.map::<VersionedMap>()?))).collect();
    here.into_iter().filter_map(|(name, map)| Some((name, write(&map).err()?))).collect()
}

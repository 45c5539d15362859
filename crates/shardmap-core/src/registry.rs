//! Names of this process and the maps behind them; a map lives until `destroy` or exit, however many handles come and go.

use crate::{
    error::{Code, Error, Result},
    map::{Options, ShardedMap},
    sync::{lock, Arc, Mutex},
};
use std::collections::BTreeMap;

const MAX_NAME: usize = 255;

static NAMES: Mutex<BTreeMap<String, Arc<ShardedMap>>> = Mutex::new(BTreeMap::new());

/// Opens the map of this name, made with these options if it is not there. `ERR_SHARDMAP_MISMATCH` when a given option differs from what it was
/// made with; `ERR_SHARDMAP_OPTION` for a name or option that cannot be.
pub fn open(name: &str, options: Options) -> Result<Arc<ShardedMap>> {
    if name.is_empty() || name.len() > MAX_NAME {
        let message = format!("the name has {} bytes; give one of 1 to {MAX_NAME}", name.len());
        return Err(Error::new(Code::Option, message));
    }
    let mut names = lock(&NAMES);
    if let Some(map) = names.get(name) {
        if let Some((option, given, present)) = options.differs(map.options()) {
            let message = format!("'{name}' is open with {option} {present}, not {given}; leave the option out or give the same");
            return Err(Error::new(Code::Mismatch, message));
        }
        return Ok(map.clone());
    }
    let map = ShardedMap::new(options)?;
    names.insert(name.to_owned(), map.clone());
    Ok(map)
}

/// Ends the map of this name: see [`ShardedMap::destroy`]. Returns whether there was one; the name is free at once.
pub fn destroy(name: &str) -> bool {
    let removed = lock(&NAMES).remove(name);
    removed.inspect(|map| map.destroy()).is_some()
}

/// The open names, in order.
pub fn names() -> Vec<String> {
    lock(&NAMES).keys().cloned().collect()
}

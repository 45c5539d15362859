//! What the functions of one open versioned map share.

use shardmap_core::{
    key::Key,
    leases::Leases,
    versions::{VersionedMap, Write},
    Code, Error, Result,
};
use std::{
    cell::{Cell, RefCell},
    sync::Arc,
};

pub struct Handle {
    map: Arc<VersionedMap>,
    pub closed: Cell<bool>,
    /// Gathered for the next commit, for a call takes only so many arguments.
    pub writes: RefCell<Vec<Write>>,
    /// Keys gathered for the next commit or lock.
    pub keys: RefCell<Vec<Key>>,
}

impl Handle {
    pub fn new(map: Arc<VersionedMap>) -> Self {
        Self { map, closed: Cell::new(false), writes: RefCell::default(), keys: RefCell::default() }
    }

    /// The locks of the map, which can be let go after the handle was closed.
    pub fn leases(&self) -> &Arc<Leases> {
        self.map.leases()
    }

    /// Asked after the arguments were read, which may have run code of the user that closed the handle.
    #[inline]
    pub fn open(&self) -> Result<&Arc<VersionedMap>> {
        if self.closed.get() {
            return Err(Error::new(Code::Closed, "this handle was closed; open the map again"));
        }
        Ok(&self.map)
    }
}

//! What the functions of one open sharded map share.

use shardmap_core::{key::Key, Code, Error, Result, ShardedMap, Write};
use std::{
    cell::{Cell, RefCell},
    sync::Arc,
};

pub struct Handle {
    pub map: Arc<ShardedMap>,
    pub closed: Cell<bool>,
    pub staged: RefCell<Vec<(Key, Write)>>,
}

impl Handle {
    /// Asked after the arguments were read, which may have run code of the user that closed the handle.
    #[inline]
    pub fn open(&self) -> Result<&Arc<ShardedMap>> {
        if self.closed.get() {
            return Err(Error::new(Code::Closed, "this handle was closed; open the map again"));
        }
        Ok(&self.map)
    }
}

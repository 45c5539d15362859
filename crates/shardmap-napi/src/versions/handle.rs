//! What the functions of one open versioned map share.

use crate::{
    failure::{Failure, Fallible, Outcome},
    js::{self, Js},
};
use napi::sys::napi_value;
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

/// A version's number, a token, a term: a whole number.
pub fn whole(js: Js, value: napi_value) -> Fallible<u64> {
    let number = js.number(value)?;
    js::whole(number).ok_or_else(|| Failure::Coded(Error::new(Code::Option, format!("{number} is no whole number from 0 on"))))
}

pub fn numbers(js: Js, numbers: impl Iterator<Item = u64>) -> Outcome {
    let array = js.array(0)?;
    for (index, number) in numbers.enumerate() {
        js.set_element(array, index, js.make_number(number as f64)?)?;
    }
    Ok(array)
}

//! What every snapshot can be asked, of whichever kind of map.

use crate::{call::Call, failure::Outcome, isolate::Ends, keys, rows, values};
use shardmap_core::{
    key::{KeyBuf, KeyRef},
    versions::View,
    Code, Cursor, Error, Rows, Snapshot, Value,
};
use std::{cell::RefCell, ptr, rc::Rc};

/// A version that stays as it is.
pub trait Version {
    fn value(&self, key: KeyRef<'_>) -> Option<Value>;
    fn entries(&self) -> u64;
    fn rows(&self, cursor: Cursor) -> Rows;
}

impl Version for Snapshot {
    fn value(&self, key: KeyRef<'_>) -> Option<Value> {
        self.get(key)
    }

    fn entries(&self) -> u64 {
        Snapshot::entries(self)
    }

    fn rows(&self, cursor: Cursor) -> Rows {
        self.page(cursor)
    }
}

impl Version for View {
    fn value(&self, key: KeyRef<'_>) -> Option<Value> {
        self.get(key)
    }

    fn entries(&self) -> u64 {
        self.root().tree.len() as u64
    }

    fn rows(&self, cursor: Cursor) -> Rows {
        self.page(cursor)
    }
}

/// A version, until it is closed.
pub struct Held<V>(RefCell<Option<Rc<V>>>);

impl<V> Held<V> {
    pub fn new(version: Option<V>) -> Self {
        Self(RefCell::new(version.map(Rc::new)))
    }

    pub fn set(&self, version: V) {
        *self.0.borrow_mut() = Some(Rc::new(version));
    }

    pub fn open(&self) -> Result<Rc<V>, Error> {
        self.0.borrow().clone().ok_or_else(|| Error::new(Code::Closed, "this snapshot was closed; take another one"))
    }
}

/// The target of a snapshot's functions.
pub trait Holder {
    type Version: Version;

    fn held(&self) -> &Held<Self::Version>;
}

impl<T: Holder> Ends for T {
    fn end(&self) {
        drop(self.held().0.take());
    }
}

pub fn size<T: Holder>(call: &Call<'_>, holder: &Rc<T>) -> Outcome {
    call.js.make_number(holder.held().open()?.entries() as f64)
}

pub fn get<T: Holder>(call: &Call<'_>, holder: &Rc<T>) -> Outcome {
    let mut buffer = KeyBuf::new();
    let key = keys::read(call.js, call.arguments[0], &mut buffer)?;
    values::give(call, holder.held().open()?.value(key).as_ref())
}

pub fn has<T: Holder>(call: &Call<'_>, holder: &Rc<T>) -> Outcome {
    let mut buffer = KeyBuf::new();
    let key = keys::read(call.js, call.arguments[0], &mut buffer)?;
    call.js.make_bool(holder.held().open()?.value(key).is_some())
}

pub fn page<T: Holder>(call: &Call<'_>, holder: &Rc<T>) -> Outcome {
    let cursor = rows::cursor(call.js, call.arguments[0])?;
    rows::give(call.js, &holder.held().open()?.rows(cursor))
}

pub fn close<T: Holder>(_: &Call<'_>, holder: &Rc<T>) -> Outcome {
    holder.end();
    Ok(ptr::null_mut())
}

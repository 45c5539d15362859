//! The functions of one snapshot of a versioned map. The object can be taken again for another version after it was closed.

use crate::{
    call::{define, takes, Call, Method, Outcome},
    commits, keys, rows, values,
    versions::{self, numbers, whole},
};
use napi::sys::ValueType;
use shardmap_core::{key::KeyBuf, versions::View, Code, Error};
use std::{cell::RefCell, ptr, rc::Rc};

pub struct Handle {
    map: Rc<versions::Handle>,
    view: RefCell<Option<Rc<View>>>,
}

impl Handle {
    pub fn open(&self) -> Result<Rc<View>, Error> {
        self.view.borrow().clone().ok_or_else(|| Error::new(Code::Closed, "this snapshot was closed; take another one"))
    }

    pub fn map(&self) -> &Rc<versions::Handle> {
        &self.map
    }
}

const METHODS: &[Method<Handle>] = &[
    takes::<_, 1>("take", take),
    takes::<_, 0>("size", size),
    takes::<_, 1>("get", get),
    takes::<_, 1>("has", has),
    takes::<_, 1>("page", page),
    takes::<_, 3>("commit", commits::commit_view),
    takes::<_, 0>("close", close),
];

/// One that holds nothing yet.
pub fn create(call: &Call<'_>, map: &Rc<versions::Handle>) -> Outcome {
    map.open()?;
    define(call.js, call.isolate, &Rc::new(Handle { map: map.clone(), view: RefCell::default() }), METHODS)
}

/// Holds a version, the latest or that not after the one given; returns `[version, at, size]`.
fn take(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let version = call.arguments[0];
    let given = call.js.type_of(version)? != ValueType::napi_undefined;
    let version = if given { Some(whole(call.js, version)?) } else { None };
    let map = handle.map.open()?;
    let view = map.hold(version.map_or_else(|| map.latest(), |version| map.at(version))?);
    let root = view.root().clone();
    *handle.view.borrow_mut() = Some(Rc::new(view));
    numbers(call.js, [root.version, root.at, root.tree.len() as u64].into_iter())
}

fn size(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    call.js.make_number(handle.open()?.root().tree.len() as f64)
}

fn get(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let mut buffer = KeyBuf::new();
    let key = keys::read(call.js, call.arguments[0], &mut buffer)?;
    values::give(call, handle.open()?.get(key).as_ref())
}

fn has(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let mut buffer = KeyBuf::new();
    let key = keys::read(call.js, call.arguments[0], &mut buffer)?;
    call.js.make_bool(handle.open()?.get(key).is_some())
}

fn page(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let cursor = rows::cursor(call.js, call.arguments[0])?;
    rows::give(call.js, &handle.open()?.page(cursor))
}

fn close(_: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    drop(handle.view.borrow_mut().take());
    Ok(ptr::null_mut())
}

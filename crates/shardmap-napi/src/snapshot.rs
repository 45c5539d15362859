//! The functions of one snapshot.

use crate::{
    call::{define, takes, Call, Method, Outcome},
    isolate::Isolate,
    js::Js,
    keys, rows, values,
};
use shardmap_core::{key::KeyBuf, Code, Error, Snapshot};
use std::{cell::RefCell, ptr, rc::Rc, time::UNIX_EPOCH};

pub struct Handle(RefCell<Option<Rc<Snapshot>>>);

impl Handle {
    fn open(&self) -> Result<Rc<Snapshot>, Error> {
        self.0.borrow().clone().ok_or_else(|| Error::new(Code::Closed, "this snapshot was closed; take another one"))
    }
}

const METHODS: &[Method<Handle>] = &[
    takes::<_, 0>("size", size),
    takes::<_, 1>("get", get),
    takes::<_, 1>("has", has),
    takes::<_, 2>("page", page),
    takes::<_, 0>("close", close),
];

pub fn create(js: Js, isolate: &Rc<Isolate>, snapshot: Snapshot) -> Outcome {
    let at = snapshot.at().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_millis() as f64);
    let number = snapshot.number() as f64;
    let object = define(js, isolate, &Rc::new(Handle(RefCell::new(Some(Rc::new(snapshot))))), METHODS)?;
    js.set(object, "number", js.make_number(number)?)?;
    js.set(object, "at", js.make_number(at)?)?;
    Ok(object)
}

fn size(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    call.js.make_number(handle.open()?.entries() as f64)
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
    drop(handle.0.borrow_mut().take());
    Ok(ptr::null_mut())
}

//! The functions of a batch: keys that are encoded and hashed once, then written by number again and again.

use super::handle::Handle;
use crate::{
    call::{define, takes, Call, Method},
    failure::Outcome,
    isolate::Isolate,
    js::Js,
    keys, values,
};
use shardmap_core::{
    key::{Key, KeyBuf, KeyRef},
    Code, Error, Write,
};
use std::{cell::RefCell, ptr, rc::Rc};

struct Writer {
    map: Rc<Handle>,
    /// With their hashes; the index is the number.
    keys: RefCell<Vec<(Key, u64)>>,
}

const METHODS: &[Method<Writer>] = &[takes::<_, 1>("key", key), takes::<_, 0>("write", write), takes::<_, 0>("forget", forget)];

pub fn create(js: Js, isolate: &Rc<Isolate>, map: &Rc<Handle>) -> Outcome {
    define(js, isolate, &Rc::new(Writer { map: map.clone(), keys: RefCell::default() }), METHODS)
}

/// Takes a key; returns its number.
fn key(call: &Call<'_>, writer: &Rc<Writer>) -> Outcome {
    let mut buffer = KeyBuf::new();
    let key = keys::read(call.js, call.arguments[0], &mut buffer)?;
    let mut keys = writer.keys.borrow_mut();
    keys.push((Key::new(key.bytes), key.hash));
    call.js.make_number((keys.len() - 1) as f64)
}

/// Writes (number, value, kind) in order until the map is full; returns how many were written.
fn write(call: &Call<'_>, writer: &Rc<Writer>) -> Outcome {
    let keys = writer.keys.borrow();
    let mut written = 0;
    for triple in call.all().chunks_exact(3) {
        let number = call.js.index(triple[0])?;
        let write = Write::from(values::read(call.js, triple[1], triple[2])?);
        let Some((key, hash)) = keys.get(number) else { return Err(Error::new(Code::Key, "no key of this batch has that number").into()) };
        match writer.map.open()?.write(KeyRef { bytes: key.as_bytes(), hash: *hash }, write) {
            Ok(_) => written += 1,
            Err(error) if error.code() == Code::Full => break,
            Err(error) => return Err(error.into()),
        }
    }
    call.js.make_number(f64::from(written))
}

/// Forgets all keys.
fn forget(_: &Call<'_>, writer: &Rc<Writer>) -> Outcome {
    writer.keys.take();
    Ok(ptr::null_mut())
}

//! Many entries, gathered and then stored at once.

use super::{handle::Handle, terms, NOTHING};
use crate::{call::Call, failure::Outcome, keys, values};
use shardmap_core::key::{Key, KeyBuf};
use std::rc::Rc;

/// Takes (key, value, kind, ...).
pub fn stage(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let mut entries = Vec::new();
    for triple in call.all().chunks_exact(3) {
        let mut buffer = KeyBuf::new();
        let key = keys::read(call.js, triple[0], &mut buffer)?;
        let value = values::read(call.js, triple[1], triple[2])?;
        entries.extend(value.map(|value| (Key::new(key.bytes), value)));
    }
    handle.open()?;
    handle.staged.borrow_mut().append(&mut entries);
    NOTHING
}

pub fn unstage(_: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    drop(handle.staged.take());
    NOTHING
}

pub fn apply(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let staged = handle.staged.take();
    let terms = terms::read(call, 0)?;
    handle.open()?.set_all(staged, &terms)?;
    NOTHING
}

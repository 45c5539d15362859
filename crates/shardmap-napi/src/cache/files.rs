//! Warm starts: what is in the cache goes to a file and comes back, without anybody's waiting in JavaScript.

use super::{handle::Handle, NOTHING};
use crate::{call::Call, failure::Outcome, inbox::Letter, values};
use shardmap_core::{cache::Cache, thread, Code, Done, Error, Result};
use std::{
    path::{absolute, Path},
    rc::Rc,
};

/// Runs the work on a thread of its own, so that no commit waits behind it. Arguments: the number of the request, which a letter answers with a count, and the file's path.
fn later(call: &Call<'_>, handle: &Rc<Handle>, work: fn(&Cache, &Path) -> Result<u64>) -> Outcome {
    let request = call.js.number(call.arguments[0])?;
    let path = values::text(call.js, call.arguments[1])?.ok_or_else(|| Error::new(Code::Option, "path must be a string"))?;
    // Of the directory that is the current one now.
    let path = absolute(&path).map_err(|error| Error::new(Code::Option, format!("path '{path}': {error}")))?;
    let inbox = call.isolate.inbox()?.clone();
    let cache = handle.open()?.clone();
    let done = Done::new(move |outcome| inbox.post(Letter::Settled { request, outcome }));
    thread::apart(Box::new(move || done.tell(work(&cache, &path))));
    NOTHING
}

pub fn dump(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    later(call, handle, Cache::dump)
}

pub fn load(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    later(call, handle, Cache::load)
}

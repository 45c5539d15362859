//! Commits: asked for here, answered at once or by a letter.

use super::handle::Handle;
use crate::{
    call::Call,
    failure::{Fallible, Outcome},
    inbox::Letter,
    js::Js,
    numbers::whole,
    values,
};
use napi::sys::{napi_value, ValueType};
use shardmap_core::{
    sync::{lock, Arc, Mutex},
    versions::{Base, Change, Commit, Delta, Done},
    Code, Error, Result,
};
use std::{ptr, rc::Rc};

/// Where an answer goes.
enum Answer {
    /// It has not come and the caller is still here.
    Awaited,
    /// It came while the caller was here.
    Here(Result<u64>),
    /// The caller went on: by letter.
    Late,
}

/// Asks with a way to answer, and returns the version if the answer came at once.
pub fn answer(call: &Call<'_>, request: f64, ask: impl FnOnce(Done) -> Result<()>) -> Outcome {
    let inbox = call.isolate.inbox()?.clone();
    let answer = Arc::new(Mutex::new(Answer::Awaited));
    let place = answer.clone();
    ask(Done::new(move |outcome| {
        let mut place = lock(&place);
        match *place {
            Answer::Late => inbox.post(Letter::Settled { request, outcome }),
            _ => *place = Answer::Here(outcome),
        }
    }))?;
    let came = std::mem::replace(&mut *lock(&answer), Answer::Late);
    match came {
        Answer::Here(outcome) => call.js.make_number(outcome? as f64),
        _ => Ok(ptr::null_mut()),
    }
}

fn given(js: Js, value: napi_value) -> Fallible<bool> {
    Ok(js.type_of(value)? != ValueType::napi_undefined)
}

/// Commits what is staged. Arguments: the request's number (absent: wait for it here), a lease's token, a transaction's id.
pub fn staged(call: &Call<'_>, handle: &Rc<Handle>, base: Base) -> Outcome {
    let (reads, writes) = (handle.keys.take(), handle.writes.take());
    let [request, _, tx_id, ..] = call.arguments;
    let lease = lease(call)?;
    let tx_id = values::text(call.js, tx_id)?;
    let waits = !given(call.js, request)?;
    let commit = Commit { base, reads, change: Change::Writes(writes), tx_id, lease };
    let map = handle.open()?;
    if waits {
        return call.js.make_number(map.commit_sync(commit)? as f64);
    }
    answer(call, call.js.number(request)?, |done| {
        map.commit(commit, done);
        Ok(())
    })
}

fn lease(call: &Call<'_>) -> Fallible<Option<u64>> {
    let token = call.arguments[1];
    Ok(if given(call.js, token)? { Some(whole(call.js, token)?) } else { None })
}

/// Commits what is staged; nothing staged makes no version.
pub fn commit_if_any(call: &Call<'_>, handle: &Rc<Handle>, base: Base) -> Outcome {
    if !handle.writes.borrow().is_empty() {
        return staged(call, handle, base);
    }
    handle.keys.take();
    let map = handle.open()?;
    map.check_lease(lease(call)?)?;
    call.js.make_number(map.latest()?.version as f64)
}

pub fn commit(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    commit_if_any(call, handle, Base::Any)
}

/// The same, if the staged keys were not written since the version given after the other arguments.
pub fn try_commit(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let version = whole(call.js, call.arguments[3])?;
    staged(call, handle, handle.open()?.base(version))
}

pub fn replace_all(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let request = call.js.number(call.arguments[0])?;
    let writes = handle.writes.take();
    let map = handle.open()?;
    answer(call, request, |done| {
        map.replace_all(writes, done);
        Ok(())
    })
}

fn change(call: &Call<'_>, handle: &Rc<Handle>, change: Change) -> Outcome {
    let request = call.js.number(call.arguments[0])?;
    let map = handle.open()?;
    answer(call, request, |done| {
        map.commit(Commit::of(change), done);
        Ok(())
    })
}

pub fn rollback(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let version = whole(call.js, call.arguments[1])?;
    change(call, handle, Change::Rollback(version))
}

pub fn apply_delta(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let delta = call.js.with_bytes(call.arguments[1], Delta::decode)?;
    let delta = delta.ok_or_else(|| Error::new(Code::Value, "applyDelta takes a Uint8Array that exportDelta made"))?;
    change(call, handle, Change::Delta(delta?))
}

pub fn export_delta(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let from = whole(call.js, call.arguments[0])?;
    let delta = handle.open()?.export_delta(from)?;
    call.js.new_bytes(delta.len(), |out| out.copy_from_slice(&delta))
}

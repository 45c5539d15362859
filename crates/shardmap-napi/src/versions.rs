//! The functions of one open versioned map.

mod commits;
mod handle;
mod locks;
mod view;

use crate::{
    call::{define, takes, Call, Method},
    failure::Outcome,
    isolate::Isolate,
    js::Js,
    keys, numbers, values,
};
use handle::Handle;
use shardmap_core::{
    key::{Key, KeyBuf},
    versions::{VersionedMap, Write},
};
use std::{ptr, rc::Rc, sync::Arc};

const METHODS: &[Method<Handle>] = &[
    takes::<_, 1>("get", get),
    takes::<_, 1>("has", has),
    takes::<_, 0>("size", size),
    takes::<_, 0>("version", version),
    takes::<_, 0>("view", view::create),
    takes::<_, 0>("versions", versions),
    takes::<_, 1>("changes", changes),
    takes::<_, 0>("stats", stats),
    takes::<_, 0>("stage", stage),
    takes::<_, 0>("stageKeys", stage_keys),
    takes::<_, 0>("unstage", unstage),
    takes::<_, 3>("commit", commits::commit),
    takes::<_, 4>("tryCommit", commits::try_commit),
    takes::<_, 1>("replaceAll", commits::replace_all),
    takes::<_, 2>("rollback", commits::rollback),
    takes::<_, 1>("exportDelta", commits::export_delta),
    takes::<_, 2>("applyDelta", commits::apply_delta),
    takes::<_, 2>("lock", locks::lock),
    takes::<_, 1>("cancelLock", locks::cancel),
    takes::<_, 2>("renew", locks::renew),
    takes::<_, 1>("release", locks::release),
    takes::<_, 0>("close", close),
];

pub fn create(js: Js, isolate: &Rc<Isolate>, map: Arc<VersionedMap>) -> Outcome {
    let id = js.make_number(f64::from(map.id()))?;
    let handle = Rc::new(Handle::new(map));
    let object = define(js, isolate, &handle, METHODS)?;
    js.set(object, "id", id)?;
    Ok(object)
}

fn get(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let mut buffer = KeyBuf::new();
    let key = keys::read(call.js, call.arguments[0], &mut buffer)?;
    let lookup = handle.open()?.get(key)?;
    call.isolate.validity(lookup.slot, lookup.version);
    values::give(call, lookup.value.as_ref())
}

fn has(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let mut buffer = KeyBuf::new();
    let key = keys::read(call.js, call.arguments[0], &mut buffer)?;
    call.js.make_bool(handle.open()?.has(key)?)
}

fn size(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    call.js.make_number(handle.open()?.latest()?.tree.len() as f64)
}

fn version(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    call.js.make_number(handle.open()?.latest()?.version as f64)
}

/// `[version, at, changes, ...]`, the oldest first.
fn versions(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let kept = handle.open()?.kept()?;
    numbers::give(call.js, kept.iter().flat_map(|kept| [kept.version, kept.at, kept.changes]))
}

/// `[key, kind, before, kind, after, ...]`.
fn changes(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let version = numbers::whole(call.js, call.arguments[0])?;
    let changes = handle.open()?.changes(version)?;
    let array = call.js.array(changes.len() * 5)?;
    for (index, change) in changes.iter().enumerate() {
        call.js.set_element(array, index * 5, keys::write(call.js, change.key.as_bytes())?)?;
        for (offset, value) in [(1, &change.before), (3, &change.after)] {
            let [kind, shown] = values::own(call.js, value.as_ref())?;
            call.js.set_element(array, index * 5 + offset, kind)?;
            call.js.set_element(array, index * 5 + offset + 1, shown)?;
        }
    }
    Ok(array)
}

fn stats(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let stats = handle.open()?.stats()?;
    let all = [
        stats.version,
        stats.entries,
        stats.versions_kept,
        stats.live_snapshots,
        stats.oldest_snapshot,
        stats.commits,
        stats.conflicts,
        stats.log_writes,
        stats.bytes,
    ];
    numbers::give(call.js, all.into_iter())
}

/// Takes (key, value, kind, ...), where a stored `undefined` deletes.
fn stage(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let mut writes = Vec::new();
    for triple in call.all().chunks_exact(3) {
        let mut buffer = KeyBuf::new();
        let key = keys::read(call.js, triple[0], &mut buffer)?;
        let value = values::read(call.js, triple[1], triple[2])?.filter(|value| !value.is_undefined());
        writes.push(Write::of(key, value));
    }
    handle.open()?;
    handle.writes.borrow_mut().append(&mut writes);
    Ok(ptr::null_mut())
}

fn stage_keys(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let mut keys = Vec::new();
    for key in call.all() {
        let mut buffer = KeyBuf::new();
        keys.push(Key::new(keys::read(call.js, key, &mut buffer)?.bytes));
    }
    handle.open()?;
    handle.keys.borrow_mut().append(&mut keys);
    Ok(ptr::null_mut())
}

fn unstage(_: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    handle.writes.take();
    handle.keys.take();
    Ok(ptr::null_mut())
}

fn close(_: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    handle.closed.set(true);
    handle.writes.take();
    handle.keys.take();
    Ok(ptr::null_mut())
}

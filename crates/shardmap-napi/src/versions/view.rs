//! The functions of one snapshot of a versioned map. The object can be taken again for another version after it was closed.

use super::{commits, handle};
use crate::{
    call::{define, takes, Call, Method},
    failure::Outcome,
    held::{self, Held, Holder},
    numbers::{self, whole},
};
use napi::sys::ValueType;
use shardmap_core::versions::{Base, View};
use std::rc::Rc;

struct Handle {
    map: Rc<handle::Handle>,
    view: Held<View>,
}

impl Holder for Handle {
    type Version = View;

    fn held(&self) -> &Held<View> {
        &self.view
    }
}

const METHODS: &[Method<Handle>] = &[
    takes::<_, 1>("take", take),
    takes::<_, 0>("size", held::size),
    takes::<_, 1>("get", held::get),
    takes::<_, 1>("has", held::has),
    takes::<_, 1>("page", held::page),
    takes::<_, 3>("commit", commit),
    takes::<_, 0>("close", held::close),
];

/// One that holds nothing yet.
pub fn create(call: &Call<'_>, map: &Rc<handle::Handle>) -> Outcome {
    map.open()?;
    let handle = Rc::new(Handle { map: map.clone(), view: Held::new(None) });
    call.isolate.end_with_isolate(&handle);
    define(call.js, call.isolate, &handle, METHODS)
}

/// Holds a version, the latest or that not after the one given; returns `[version, at, size]`.
fn take(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let version = call.arguments[0];
    let given = call.js.type_of(version)? != ValueType::napi_undefined;
    let version = if given { Some(whole(call.js, version)?) } else { None };
    let map = handle.map.open()?;
    let view = map.hold(version.map_or_else(|| map.latest(), |version| map.at(version))?);
    let root = view.root().clone();
    handle.view.set(view);
    numbers::give(call.js, [root.version, root.at, root.tree.len() as u64].into_iter())
}

/// Commits what is staged: the staged keys must not have been written since this version.
fn commit(call: &Call<'_>, handle: &Rc<Handle>) -> Outcome {
    let base = handle.view.open()?.root().clone();
    commits::commit_if_any(call, &handle.map, Base::Seen(base))
}

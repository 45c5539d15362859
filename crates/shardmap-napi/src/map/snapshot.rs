//! The functions of one snapshot of a sharded map.

use crate::{
    call::{define, takes, Method},
    failure::Outcome,
    held::{self, Held, Holder},
    isolate::Isolate,
    js::Js,
};
use shardmap_core::Snapshot;
use std::{rc::Rc, time::UNIX_EPOCH};

struct Handle(Held<Snapshot>);

impl Holder for Handle {
    type Version = Snapshot;

    fn held(&self) -> &Held<Snapshot> {
        &self.0
    }
}

const METHODS: &[Method<Handle>] = &[
    takes::<_, 0>("size", held::size),
    takes::<_, 1>("get", held::get),
    takes::<_, 1>("has", held::has),
    takes::<_, 1>("page", held::page),
    takes::<_, 0>("close", held::close),
];

pub fn create(js: Js, isolate: &Rc<Isolate>, snapshot: Snapshot) -> Outcome {
    let at = snapshot.at().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_millis() as f64);
    let number = snapshot.number() as f64;
    let handle = Rc::new(Handle(Held::new(Some(snapshot))));
    isolate.end_with_isolate(&handle);
    let object = define(js, isolate, &handle, METHODS)?;
    js.set(object, "number", js.make_number(number)?)?;
    js.set(object, "at", js.make_number(at)?)?;
    Ok(object)
}

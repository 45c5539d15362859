//! C's exit runs what a library has registered when the system has stopped all other threads already, whatever locks they held: too late to do anything.
//! So it is done before. The main thread tells when the process begins to end, and from then on no commit is acknowledged before it is on disk. Each
//! environment that ends writes out what was acknowledged up to then: those of threads always do, also when the main thread never loaded shardmap, that of
//! the main thread when there is nothing left to do. Then it is the last, and the files are closed in order. After `process.exit` they are whole, and the
//! next open treats them as after a crash.

use super::tell;
use crate::{export, failure::unheard, Result};
use napi::bindgen_prelude::{Env, Unknown};
use napi_derive::napi;
use shardmap_core::{
    registry,
    sync::{AtomicBool, AtomicUsize, Ordering},
};
use std::ptr::null_mut;

static ENVIRONMENTS: AtomicUsize = AtomicUsize::new(0);
static EXITING: AtomicBool = AtomicBool::new(false);

/// An environment begins.
pub fn begin() {
    ENVIRONMENTS.fetch_add(1, Ordering::Relaxed);
}

/// It has ended. Threads end before the main thread, so nobody is there when the last one of a process that is exiting has.
pub fn end() {
    let is_last = ENVIRONMENTS.fetch_sub(1, Ordering::AcqRel) == 1;
    unheard(|| tell(if is_last && EXITING.load(Ordering::Acquire) { registry::leave() } else { registry::write_out() }));
}

/// The process begins to end. The main thread calls this, which is there where the system needs it.
#[napi(catch_unwind)]
pub fn exiting(env: &Env) -> Result<Unknown<'_>> {
    export(env, |_| {
        EXITING.store(true, Ordering::Release);
        tell(registry::hasten());
        Ok(null_mut())
    })
}

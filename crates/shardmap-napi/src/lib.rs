//! The Node boundary of shardmap: JavaScript values in, core calls, JavaScript values out. It decides nothing by itself.
//!
//! Everything hot is a raw N-API function bound to one open map ([`call`]); the few exports of the module use napi-rs's macros.

mod cache;
mod call;
mod exit;
mod failure;
mod held;
mod images;
mod inbox;
mod isolate;
mod js;
mod keys;
mod map;
mod numbers;
mod rows;
mod space;
mod thrown;
mod values;
mod versions;

use isolate::Isolate;
use js::Js;
use napi::bindgen_prelude::{Env, JsValue, Unknown};
use napi_derive::{module_init, napi};
use shardmap_core::slots::{self, Slots};
use std::ffi::c_void;

type Result<T> = std::result::Result<T, napi::Error<&'static str>>;

/// The maps must outlive the last worker that loaded the addon, so the image stays.
#[module_init]
fn pin() {
    napi::bindgen_prelude::retain_current_module_for_unload_safety();
    #[cfg(unix)]
    exit::write_out();
}

/// Binds the addon to the calling isolate: results go through `scratch`, errors are made with `error_class`.
#[napi(catch_unwind)]
pub fn attach<'a>(env: &'a Env, scratch: Unknown<'a>, error_class: Unknown<'a>) -> Result<Unknown<'a>> {
    export(env, |js| space::create(Isolate::new(js, scratch.raw(), error_class.raw())?))
}

/// The process's version words, the dead word and the clock word as an external `ArrayBuffer`; `null` where the runtime refuses such buffers.
#[napi(catch_unwind)]
pub fn slot_words(env: &Env) -> Result<Unknown<'_>> {
    export(env, |js| {
        let words = Slots::process().as_ptr() as *mut c_void;
        Ok(js.external_arraybuffer(words, slots::WORDS * size_of::<u32>()).unwrap_or(js.null()?))
    })
}

/// Paths of other copies of this addon that are loaded in the process.
#[napi(catch_unwind)]
pub fn other_images(env: &Env) -> Result<Unknown<'_>> {
    export(env, |js| {
        let paths = images::others();
        let array = js.array(paths.len())?;
        for (index, path) in paths.iter().enumerate() {
            js.set_element(array, index, js.string(path)?)?;
        }
        Ok(array)
    })
}

/// The version of the package that this was built for.
#[napi(catch_unwind)]
pub fn version(env: &Env) -> Result<Unknown<'_>> {
    export(env, |js| js.string(env!("CARGO_PKG_VERSION")))
}

/// For tests of the boundary: the next call of any other native function of the process panics inside, or the next `times` calls do.
#[napi(catch_unwind)]
pub fn panic_next(times: Option<u32>) {
    failure::panic_next(times.unwrap_or(1));
}

fn export<'a>(env: &'a Env, run: impl FnOnce(Js) -> failure::Outcome) -> Result<Unknown<'a>> {
    let value = failure::caught(|| run(Js(env.raw()))).map_err(|failure| {
        let error = failure.into_error();
        napi::Error::new(error.code().as_str(), error.message().to_owned())
    })?;
    // SAFETY: the value was made in this environment during this call.
    Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), value) })
}

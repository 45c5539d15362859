//! Native functions bound to a target (an open map, a snapshot), with panics caught and errors thrown at the edge.

use crate::{
    failure::{caught, unheard, Failure, Outcome},
    isolate::Isolate,
    js::Js,
};
use napi::sys::{self, napi_callback_info, napi_env, napi_value};
use std::{ffi::c_void, ptr, rc::Rc};

/// Arguments that a method can read without allocation.
const ARGUMENTS: usize = 6;

/// One call from JavaScript. Arguments that the method takes and that were not given are `undefined`; those it does not take are null.
pub struct Call<'a> {
    pub js: Js,
    pub isolate: &'a Rc<Isolate>,
    pub arguments: [napi_value; ARGUMENTS],
    /// How many were given.
    pub count: usize,
    info: napi_callback_info,
}

impl Call<'_> {
    /// All arguments, however many.
    pub fn all(&self) -> Vec<napi_value> {
        let mut count = self.count;
        let mut all = vec![ptr::null_mut(); count];
        // SAFETY: `info` belongs to the running call and `all` has room for `count` values.
        unsafe { sys::napi_get_cb_info(self.js.0, self.info, &mut count, all.as_mut_ptr(), ptr::null_mut(), ptr::null_mut()) };
        all
    }
}

type Run<T> = fn(&Call<'_>, &Rc<T>) -> Outcome;

/// A method of a target.
pub struct Method<T> {
    name: &'static str,
    entry: unsafe extern "C" fn(napi_env, napi_callback_info) -> napi_value,
    run: Run<T>,
}

/// A method that reads its first `COUNT` arguments: fetching more than it does costs time on every call.
pub const fn takes<T, const COUNT: usize>(name: &'static str, run: Run<T>) -> Method<T> {
    Method { name, entry: entry::<T, COUNT>, run }
}

struct Bound<T> {
    target: Rc<T>,
    isolate: Rc<Isolate>,
    run: Run<T>,
}

unsafe extern "C" fn entry<T, const COUNT: usize>(env: napi_env, info: napi_callback_info) -> napi_value {
    let mut arguments = [ptr::null_mut(); ARGUMENTS];
    let (mut count, mut data) = (COUNT, ptr::null_mut());
    const { assert!(COUNT <= ARGUMENTS) };
    // SAFETY: Node gives the environment and info of the running call; the array has room for `count` values.
    unsafe { sys::napi_get_cb_info(env, info, &mut count, arguments.as_mut_ptr(), ptr::null_mut(), &mut data) };
    // SAFETY: `data` is the `Bound` that `define` gave to this function; its finalizer runs only when no call of it can come.
    let bound = unsafe { &*data.cast::<Bound<T>>() };
    let js = Js(env);
    let call = Call { js, isolate: &bound.isolate, arguments, info, count };
    match caught(|| (bound.run)(&call, &bound.target)) {
        Ok(value) => value,
        Err(Failure::Pending) => ptr::null_mut(),
        Err(Failure::Coded(error)) => {
            bound.isolate.throw(js, &error);
            ptr::null_mut()
        }
    }
}

unsafe extern "C" fn finalize<T>(_: napi_env, data: *mut c_void, _: *mut c_void) {
    // SAFETY: `define` leaked this box for its function, which is gone; finalizers run once, on the isolate's thread.
    let bound = unsafe { Box::from_raw(data.cast::<Bound<T>>()) };
    unheard(|| drop(bound));
}

/// An object whose functions are the methods, bound to the target.
pub fn define<T>(js: Js, isolate: &Rc<Isolate>, target: &Rc<T>, methods: &[Method<T>]) -> Outcome {
    let object = js.object()?;
    for &Method { name, entry, run } in methods {
        let bound = Box::into_raw(Box::new(Bound { target: target.clone(), isolate: isolate.clone(), run }));
        // An isolate that is being terminated makes no function any more.
        let function = js.function(name, Some(entry), bound.cast(), Some(finalize::<T>)).inspect_err(|_| {
            // SAFETY: `function` has taken nothing over when it fails, and nobody else knows the box that was just leaked.
            drop(unsafe { Box::from_raw(bound) });
        })?;
        js.set(object, name, function)?;
    }
    Ok(object)
}

//! N-API calls with checked results.

use crate::failure::{Failure, Fallible};
use napi::sys::{self, napi_env, napi_ref, napi_value};
use shardmap_core::{Code, Error};
use std::{ffi::c_void, mem::MaybeUninit, ptr};

/// The environment of the running call. Values are valid until that call returns.
#[derive(Clone, Copy)]
pub struct Js(pub napi_env);

#[inline(always)]
pub fn check(status: sys::napi_status) -> Fallible<()> {
    if status == sys::Status::napi_ok {
        return Ok(());
    }
    Err(failure(status))
}

#[cold]
fn failure(status: sys::napi_status) -> Failure {
    match status {
        sys::Status::napi_pending_exception => Failure::Pending,
        status => Failure::Coded(Error::new(Code::Value, format!("the runtime refused a value (N-API status {status})"))),
    }
}

macro_rules! napi {
    ($name:ident($($argument:expr),* $(,)?)) => {
        // SAFETY: called on the environment's own thread during a call from it; every pointer is to a live place of the named size.
        check(unsafe { sys::$name($($argument),*) })
    };
}

/// A number as a whole one that JavaScript tells from its neighbours.
pub fn whole(number: f64) -> Option<u64> {
    (number >= 0.0 && number.fract() == 0.0 && number <= 9_007_199_254_740_991.0).then_some(number as u64)
}

/// Room for strings that need no heap.
pub type Units = [MaybeUninit<u16>; 512];

impl Js {
    #[inline(always)]
    pub fn type_of(self, value: napi_value) -> Fallible<sys::napi_valuetype> {
        let mut kind = 0;
        napi!(napi_typeof(self.0, value, &mut kind))?;
        Ok(kind)
    }

    #[inline(always)]
    pub fn number(self, value: napi_value) -> Fallible<f64> {
        let mut number = 0.0;
        napi!(napi_get_value_double(self.0, value, &mut number))?;
        Ok(number)
    }

    /// A whole number from 0; a negative one becomes one that no table has.
    #[inline(always)]
    pub fn index(self, value: napi_value) -> Fallible<usize> {
        let mut index = 0;
        napi!(napi_get_value_uint32(self.0, value, &mut index))?;
        Ok(index as usize)
    }

    #[inline(always)]
    pub fn bool(self, value: napi_value) -> Fallible<bool> {
        let mut boolean = false;
        napi!(napi_get_value_bool(self.0, value, &mut boolean))?;
        Ok(boolean)
    }

    /// Calls `f` with the string's code units, from the stack where they fit; `None` for what is no string, which costs less to try than
    /// to ask for the type first.
    #[inline(always)]
    pub fn units<R>(self, value: napi_value, stack: &mut Units, f: impl FnOnce(&[u16]) -> R) -> Fallible<Option<R>> {
        let mut len = 0;
        let start = stack.as_mut_ptr().cast::<u16>();
        // SAFETY: called on the environment's own thread during a call from it; the buffer has the named size.
        let status = unsafe { sys::napi_get_value_string_utf16(self.0, value, start, stack.len(), &mut len) };
        if status == sys::Status::napi_string_expected {
            return Ok(None);
        }
        check(status)?;
        if len + 1 < stack.len() {
            // SAFETY: the call has written `len` units from the start of the stack buffer.
            return Ok(Some(f(unsafe { std::slice::from_raw_parts(start, len) })));
        }
        self.long_units(value).map(|units| Some(f(&units)))
    }

    #[cold]
    fn long_units(self, value: napi_value) -> Fallible<Vec<u16>> {
        let mut len = 0;
        napi!(napi_get_value_string_utf16(self.0, value, ptr::null_mut(), 0, &mut len))?;
        let mut units = vec![0; len + 1];
        napi!(napi_get_value_string_utf16(self.0, value, units.as_mut_ptr(), len + 1, &mut len))?;
        units.truncate(len);
        Ok(units)
    }

    /// The number, `None` for what is none.
    #[inline(always)]
    pub fn if_number(self, value: napi_value) -> Fallible<Option<f64>> {
        let mut number = 0.0;
        // SAFETY: called on the environment's own thread during a call from it; the result is a live place.
        let status = unsafe { sys::napi_get_value_double(self.0, value, &mut number) };
        if status == sys::Status::napi_number_expected {
            return Ok(None);
        }
        check(status)?;
        Ok(Some(number))
    }

    /// Sign and words of a big integer, least significant first.
    pub fn bigint(self, value: napi_value) -> Fallible<(bool, Vec<u64>)> {
        let (mut sign, mut count) = (0, 4);
        let mut words = vec![0; count];
        napi!(napi_get_value_bigint_words(self.0, value, &mut sign, &mut count, words.as_mut_ptr()))?;
        if count >= words.len() {
            // Deno says how many it wrote; how many there are it says when asked for nothing else.
            napi!(napi_get_value_bigint_words(self.0, value, std::ptr::null_mut(), &mut count, std::ptr::null_mut()))?;
            words.resize(count, 0);
            napi!(napi_get_value_bigint_words(self.0, value, &mut sign, &mut count, words.as_mut_ptr()))?;
        }
        words.truncate(count);
        Ok((sign == 1, words))
    }

    pub fn is_array(self, value: napi_value) -> Fallible<bool> {
        let mut is = false;
        napi!(napi_is_array(self.0, value, &mut is))?;
        Ok(is)
    }

    pub fn array_len(self, value: napi_value) -> Fallible<u32> {
        let mut len = 0;
        napi!(napi_get_array_length(self.0, value, &mut len))?;
        Ok(len)
    }

    /// May run code of the user (a getter on the array).
    pub fn element(self, array: napi_value, index: u32) -> Fallible<napi_value> {
        let mut value = ptr::null_mut();
        napi!(napi_get_element(self.0, array, index, &mut value))?;
        Ok(value)
    }

    /// Copies the bytes of a `Uint8Array`; `None` for anything else.
    pub fn with_bytes<R>(self, value: napi_value, f: impl FnOnce(&[u8]) -> R) -> Fallible<Option<R>> {
        let mut is = false;
        napi!(napi_is_typedarray(self.0, value, &mut is))?;
        if !is {
            return Ok(None);
        }
        let (mut kind, mut len, mut data, mut buffer, mut offset) = (0, 0, ptr::null_mut(), ptr::null_mut(), 0);
        napi!(napi_get_typedarray_info(self.0, value, &mut kind, &mut len, &mut data, &mut buffer, &mut offset))?;
        if kind != sys::TypedarrayType::uint8_array {
            return Ok(None);
        }
        if len == 0 || data.is_null() {
            return Ok(Some(f(&[])));
        }
        // SAFETY: the runtime names `len` bytes of a live array; `f` runs no JavaScript, so the array is neither detached nor resized.
        Ok(Some(f(unsafe { std::slice::from_raw_parts(data.cast::<u8>(), len) })))
    }

    /// Where the bytes of an `ArrayBuffer` lie; no bytes for anything else, a shared one included.
    pub fn arraybuffer(self, value: napi_value) -> Fallible<(*mut u8, usize)> {
        let mut is = false;
        napi!(napi_is_arraybuffer(self.0, value, &mut is))?;
        if !is {
            return Ok((ptr::null_mut(), 0));
        }
        let (mut data, mut len) = (ptr::null_mut(), 0);
        napi!(napi_get_arraybuffer_info(self.0, value, &mut data, &mut len))?;
        Ok((data.cast(), len))
    }

    pub fn external_arraybuffer(self, data: *mut c_void, len: usize) -> Fallible<napi_value> {
        let mut value = ptr::null_mut();
        napi!(napi_create_external_arraybuffer(self.0, data, len, None, ptr::null_mut(), &mut value))?;
        Ok(value)
    }

    pub fn null(self) -> Fallible<napi_value> {
        let mut value = ptr::null_mut();
        napi!(napi_get_null(self.0, &mut value))?;
        Ok(value)
    }

    pub fn undefined(self) -> Fallible<napi_value> {
        let mut value = ptr::null_mut();
        napi!(napi_get_undefined(self.0, &mut value))?;
        Ok(value)
    }

    #[inline(always)]
    pub fn make_bool(self, boolean: bool) -> Fallible<napi_value> {
        let mut value = ptr::null_mut();
        napi!(napi_get_boolean(self.0, boolean, &mut value))?;
        Ok(value)
    }

    #[inline(always)]
    pub fn make_number(self, number: f64) -> Fallible<napi_value> {
        let mut value = ptr::null_mut();
        napi!(napi_create_double(self.0, number, &mut value))?;
        Ok(value)
    }

    pub fn make_bigint(self, negative: bool, words: &[u64]) -> Fallible<napi_value> {
        // V8 with digits of 32 bits takes a highest word of exactly 2^32 for a single digit, and loses it; a zero above it is trimmed.
        let padded = (cfg!(target_pointer_width = "32") && words.last() == Some(&(1 << 32))).then(|| [words, &[0]].concat());
        let words = padded.as_deref().unwrap_or(words);
        let mut value = ptr::null_mut();
        napi!(napi_create_bigint_words(self.0, i32::from(negative), words.len(), words.as_ptr(), &mut value))?;
        Ok(value)
    }

    #[inline(always)]
    pub fn latin1(self, bytes: &[u8]) -> Fallible<napi_value> {
        let mut value = ptr::null_mut();
        napi!(napi_create_string_latin1(self.0, bytes.as_ptr().cast(), bytes.len() as isize, &mut value))?;
        Ok(value)
    }

    pub fn utf16(self, units: &[u16]) -> Fallible<napi_value> {
        let mut value = ptr::null_mut();
        napi!(napi_create_string_utf16(self.0, units.as_ptr(), units.len() as isize, &mut value))?;
        Ok(value)
    }

    pub fn string(self, text: &str) -> Fallible<napi_value> {
        let mut value = ptr::null_mut();
        napi!(napi_create_string_utf8(self.0, text.as_ptr().cast(), text.len() as isize, &mut value))?;
        Ok(value)
    }

    /// A new `Uint8Array` that `fill` writes into.
    pub fn new_bytes(self, len: usize, fill: impl FnOnce(&mut [u8])) -> Fallible<napi_value> {
        let (mut data, mut buffer, mut value) = (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
        napi!(napi_create_arraybuffer(self.0, len, &mut data, &mut buffer))?;
        if len > 0 {
            // SAFETY: the runtime has just made `len` zeroed bytes there and nobody else knows them.
            fill(unsafe { std::slice::from_raw_parts_mut(data.cast::<u8>(), len) });
        }
        napi!(napi_create_typedarray(self.0, sys::TypedarrayType::uint8_array, len, buffer, 0, &mut value))?;
        Ok(value)
    }

    pub fn array(self, len: usize) -> Fallible<napi_value> {
        let mut value = ptr::null_mut();
        napi!(napi_create_array_with_length(self.0, len, &mut value))?;
        Ok(value)
    }

    pub fn set_element(self, array: napi_value, index: usize, value: napi_value) -> Fallible<()> {
        napi!(napi_set_element(self.0, array, index as u32, value))
    }

    pub fn object(self) -> Fallible<napi_value> {
        let mut value = ptr::null_mut();
        napi!(napi_create_object(self.0, &mut value))?;
        Ok(value)
    }

    pub fn set(self, object: napi_value, name: &str, value: napi_value) -> Fallible<()> {
        napi!(napi_set_property(self.0, object, self.string(name)?, value))
    }

    /// A function whose data is freed, by `finalize`, with the function. A failure leaves the data to the caller, and no function to call.
    pub fn function(self, name: &str, entry: sys::napi_callback, data: *mut c_void, finalize: sys::napi_finalize) -> Fallible<napi_value> {
        let mut value = ptr::null_mut();
        napi!(napi_create_function(self.0, name.as_ptr().cast(), name.len() as isize, entry, data, &mut value))?;
        napi!(napi_add_finalizer(self.0, value, data, finalize, ptr::null_mut(), ptr::null_mut()))?;
        Ok(value)
    }

    pub fn reference(self, value: napi_value) -> Fallible<napi_ref> {
        let mut reference = ptr::null_mut();
        napi!(napi_create_reference(self.0, value, 1, &mut reference))?;
        Ok(reference)
    }

    /// Lets go of what a reference keeps. The environment's end does that to those that are left.
    pub fn release(self, reference: napi_ref) {
        // SAFETY: called on the environment's own thread, during a call or a finalizer; the reference is from `reference` and not used again.
        unsafe { sys::napi_delete_reference(self.0, reference) };
    }

    pub fn dereference(self, reference: napi_ref) -> Fallible<napi_value> {
        let mut value = ptr::null_mut();
        napi!(napi_get_reference_value(self.0, reference, &mut value))?;
        Ok(value)
    }

    pub fn construct(self, class: napi_value, arguments: &[napi_value]) -> Fallible<napi_value> {
        let mut value = ptr::null_mut();
        napi!(napi_new_instance(self.0, class, arguments.len(), arguments.as_ptr(), &mut value))?;
        Ok(value)
    }

    /// Calls a function without a receiver.
    pub fn call(self, function: napi_value, arguments: &[napi_value]) -> Fallible<napi_value> {
        let mut value = ptr::null_mut();
        napi!(napi_call_function(self.0, self.undefined()?, function, arguments.len(), arguments.as_ptr(), &mut value))?;
        Ok(value)
    }

    /// Runs `f`, which does not panic; what it has made is free to be collected then, if JavaScript does not keep it.
    pub fn scoped<T>(self, f: impl FnOnce() -> Fallible<T>) -> Fallible<T> {
        let mut scope = ptr::null_mut();
        napi!(napi_open_handle_scope(self.0, &mut scope))?;
        let result = f();
        napi!(napi_close_handle_scope(self.0, scope))?;
        result
    }

    /// Reports what JavaScript has thrown as the runtime does with what nobody catches, and goes on.
    pub fn report(self) -> Fallible<()> {
        let (mut pending, mut error) = (false, ptr::null_mut());
        napi!(napi_is_exception_pending(self.0, &mut pending))?;
        if !pending {
            return Ok(());
        }
        napi!(napi_get_and_clear_last_exception(self.0, &mut error))?;
        napi!(napi_fatal_exception(self.0, error))
    }

    pub fn throw(self, error: napi_value) -> Fallible<()> {
        napi!(napi_throw(self.0, error))
    }
}

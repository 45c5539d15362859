//! How a call from JavaScript ends: with a value, with an error to throw, or with one that was thrown already. Panics become errors.

use napi::sys::napi_value;
use shardmap_core::{
    sync::{AtomicU32, Ordering},
    Code, Error,
};
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};

/// Why a call ends without a value.
pub enum Failure {
    /// JavaScript has thrown already.
    Pending,
    /// To be thrown.
    Coded(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Coded(error)
    }
}

impl Failure {
    pub fn into_error(self) -> Error {
        match self {
            Self::Coded(error) => error,
            Self::Pending => Error::new(Code::Value, "an exception of the caller"),
        }
    }
}

pub type Fallible<T> = Result<T, Failure>;

/// A value for JavaScript; null means `undefined`.
pub type Outcome = Fallible<napi_value>;

/// Calls that shall panic.
static PANICS: AtomicU32 = AtomicU32::new(0);

/// Makes the next calls panic, so many.
pub fn panic_next(times: u32) {
    PANICS.store(times, Ordering::Relaxed);
}

#[cold]
fn takes_one() -> bool {
    PANICS.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
}

/// Runs `f`; a panic in it becomes `ERR_SHARDMAP_PANIC`.
#[inline]
pub fn caught(f: impl FnOnce() -> Outcome) -> Outcome {
    let run = || {
        if PANICS.load(Ordering::Relaxed) > 0 && takes_one() {
            // Without a word on stderr: nothing is wrong.
            resume_unwind(Box::new("asked for by panicNext()"));
        }
        f()
    };
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned()).or_else(|| panic.downcast_ref::<String>().cloned());
        let text = text.unwrap_or_else(|| "no message".into());
        Err(Failure::Coded(Error::new(Code::Panic, format!("a bug in shardmap: {text}; please report it"))))
    })
}

/// Runs what the runtime asks for outside of any call (a finalizer, a hook). A panic must not leave it, and there is nobody to be told.
pub fn unheard(f: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(f));
}

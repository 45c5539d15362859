//! Letters, and how `receive` in `src/requests.ts` is called with them: `receive(kind, request, ...)`.

use crate::{failure::Outcome, js::Js, thrown, values};
use napi::sys::napi_value;
use shardmap_core::{Error, Value};

/// News of a request, by the number that the isolate gave it.
pub enum Letter {
    /// It is done, with this version, token or count, or it failed.
    Settled { request: f64, outcome: Result<u64, Error> },
    /// The lease that it got has ended.
    Ended { request: f64 },
    /// The value that it waits for was loaded elsewhere.
    Loaded { request: f64, value: Value },
    /// The load that it waits for failed with this error, which the face has encoded.
    Failed { request: f64, error: Value },
    /// It is its turn to load.
    Lead { request: f64, flight: u32, stale: Option<Value>, pass_on: PassOn },
    /// There are events to be taken.
    News { request: f64 },
}

/// Passes a flight on to the next who waits.
pub type PassOn = Box<dyn FnOnce() + Send>;

impl Letter {
    pub fn request(&self) -> f64 {
        match *self {
            Self::Settled { request, .. }
            | Self::Ended { request }
            | Self::Loaded { request, .. }
            | Self::Failed { request, .. }
            | Self::Lead { request, .. }
            | Self::News { request } => request,
        }
    }

    /// It cannot be given: what depends on that it is, must not wait for it.
    pub fn lost(self) {
        if let Self::Lead { pass_on, .. } = self {
            pass_on();
        }
    }

    pub fn give(&self, js: Js, receive: napi_value) -> Outcome {
        let request = js.make_number(self.request())?;
        let call = |kind: u8, rest: &[napi_value]| js.call(receive, &[&[js.make_number(f64::from(kind))?, request], rest].concat());
        match self {
            Self::Settled { outcome: Ok(value), .. } => call(0, &[js.make_number(*value as f64)?]),
            Self::Settled { outcome: Err(error), .. } => call(1, &thrown::arguments(js, error)?),
            Self::Ended { .. } => call(2, &[]),
            Self::Loaded { value, .. } => call(3, &values::own(js, Some(value))?),
            Self::Failed { error, .. } => call(4, &values::own(js, Some(error))?),
            Self::Lead { flight, stale, .. } => {
                let [kind, value] = values::own(js, stale.as_ref())?;
                call(5, &[js.make_number(f64::from(*flight))?, kind, value])
            }
            Self::News { .. } => call(6, &[]),
        }
    }
}

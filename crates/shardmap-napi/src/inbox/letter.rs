//! Letters, and how `receive` in `src/requests.ts` is called with them: `receive(kind, request, ...)`.

use crate::{failure::Outcome, js::Js, thrown};
use napi::sys::napi_value;
use shardmap_core::Error;

/// News of a request, by the number that the isolate gave it.
pub enum Letter {
    /// It is done, with this version, token or count, or it failed.
    Settled { request: f64, outcome: Result<u64, Error> },
    /// The lease that it got has ended.
    Ended { request: f64 },
}

impl Letter {
    pub fn request(&self) -> f64 {
        let (Self::Settled { request, .. } | Self::Ended { request }) = *self;
        request
    }

    pub fn give(&self, js: Js, receive: napi_value) -> Outcome {
        let request = js.make_number(self.request())?;
        let call = |kind: u8, rest: &[napi_value]| js.call(receive, &[&[js.make_number(f64::from(kind))?, request], rest].concat());
        match self {
            Self::Settled { outcome: Ok(value), .. } => call(0, &[js.make_number(*value as f64)?]),
            Self::Settled { outcome: Err(error), .. } => call(1, &thrown::arguments(js, error)?),
            Self::Ended { .. } => call(2, &[]),
        }
    }
}

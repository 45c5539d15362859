//! What one isolate owns: the buffer that results go through, its error class, its inbox. Never used by another thread, but for the inbox.

use crate::{
    failure::{Failure, Fallible},
    inbox::Inbox,
    js::Js,
    thrown,
};
use napi::sys::{napi_ref, napi_value};
use shardmap_core::{Code, Error};
use std::{cell::OnceCell, rc::Rc, sync::Arc};

/// Words before the data: slot, version, kind, length, ticket, deadline, outcome, flight.
const HEAD: usize = 8;

pub struct Isolate {
    head: *mut i32,
    data: *mut u8,
    /// Bytes at `data`.
    room: usize,
    error_class: napi_ref,
    inbox: OnceCell<Arc<Inbox>>,
    /// Keeps the buffer behind `head` and `data` for as long as the isolate lives.
    _scratch: napi_ref,
}

impl Isolate {
    pub fn new(js: Js, scratch: napi_value, error_class: napi_value) -> Fallible<(Js, Rc<Self>)> {
        let (start, len) = js.arraybuffer(scratch)?;
        let Some(room) = len.checked_sub(HEAD * size_of::<i32>()).filter(|_| start.cast::<i32>().is_aligned() && !start.is_null()) else {
            return Err(Failure::Coded(Error::new(Code::Option, "the scratch buffer is too small")));
        };
        let isolate = Self {
            head: start.cast(),
            data: start.wrapping_add(HEAD * size_of::<i32>()),
            room,
            error_class: js.reference(error_class)?,
            inbox: OnceCell::new(),
            _scratch: js.reference(scratch)?,
        };
        Ok((js, Rc::new(isolate)))
    }

    /// Writes a word of the head; `index` is below [`HEAD`].
    #[inline]
    fn write(&self, index: usize, word: i32) {
        debug_assert!(index < HEAD);
        // SAFETY: the buffer holds the head, is kept by `_scratch`, and is used only by this isolate's thread.
        unsafe { self.head.wrapping_add(index).write(word) };
    }

    /// What a near cache must remember of a read.
    #[inline]
    pub fn validity(&self, slot: usize, version: u32) {
        self.write(0, slot as i32);
        self.write(1, version as i32);
    }

    /// What it must also know of a cache's entry: by which ticket it is touched, and until when it is fresh.
    #[inline]
    pub fn entry(&self, ticket: u32, deadline: u32) {
        self.write(4, ticket as i32);
        self.write(5, deadline as i32);
    }

    /// What came of a fetch, and the flight to lead.
    #[inline]
    pub fn outcome(&self, outcome: i32, flight: u32) {
        self.write(6, outcome);
        self.write(7, flight as i32);
    }

    #[inline]
    pub fn kind(&self, kind: i32) {
        self.write(2, kind);
    }

    /// Hands bytes over in the buffer; `false` when they do not fit. The length stands in the head in any case.
    #[inline]
    pub fn bytes(&self, bytes: &[u8]) -> bool {
        self.write(3, bytes.len() as i32);
        if bytes.len() > self.room {
            return false;
        }
        // SAFETY: `room` bytes at `data` belong to the kept buffer, and `bytes` lies in this process's own heap, not in it.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.data, bytes.len()) };
        true
    }

    /// Throws a `ShardmapError`. A failure to do so has left another exception pending.
    pub fn throw(&self, js: Js, error: &Error) {
        let _ = self.try_throw(js, error);
    }

    fn try_throw(&self, js: Js, error: &Error) -> Fallible<()> {
        js.throw(js.construct(js.dereference(self.error_class)?, &thrown::arguments(js, error)?)?)
    }

    /// Where other threads reach this isolate; there once `listen` was called.
    pub fn inbox(&self) -> Fallible<&Arc<Inbox>> {
        self.inbox.get().ok_or_else(|| Failure::Coded(Error::new(Code::Option, "listen was not called in this thread")))
    }

    /// Has what other threads tell given to `receive`. Only the first call counts.
    pub fn listen(&self, js: Js, receive: napi_value) -> Fallible<()> {
        if self.inbox.get().is_none() {
            let _ = self.inbox.set(Inbox::open(js, receive)?);
        }
        Ok(())
    }
}

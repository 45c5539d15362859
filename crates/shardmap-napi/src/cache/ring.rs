//! Uses of entries that a near cache has answered. The face writes them down in a buffer, and the cache is told of them in batches.

use crate::{
    failure::{Failure, Fallible},
    js::Js,
};
use napi::sys::{napi_ref, napi_value};
use shardmap_core::{Code, Error};
use std::slice;

pub struct Ring {
    /// A count, then as many tickets.
    words: *mut u32,
    /// Tickets that there is room for.
    room: usize,
    js: Js,
    /// Keeps the buffer behind `words` for as long as the ring lives.
    kept: napi_ref,
}

impl Ring {
    pub fn new(js: Js, buffer: napi_value) -> Fallible<Self> {
        let (start, len) = js.arraybuffer(buffer)?;
        let words = start.cast::<u32>();
        let Some(room) = (len / size_of::<u32>()).checked_sub(1).filter(|_| !words.is_null() && words.is_aligned()) else {
            return Err(Failure::Coded(Error::new(Code::Option, "touches takes an ArrayBuffer with a count and tickets, of 32 bits each")));
        };
        Ok(Self { words, room, js, kept: js.reference(buffer)? })
    }

    /// Gives the tickets away and begins anew. They are whatever the face has written, and so is their number.
    #[inline]
    pub fn empty(&self, tell: impl FnOnce(&[u32])) {
        // SAFETY: the buffer has a word and `room` more, and is kept. It cannot be detached or shrunk, for the face makes it and lets nobody have
        // it. Only this isolate's thread uses it, and not while it runs this.
        let count = unsafe { self.words.read() } as usize;
        if count > 0 {
            self.empty_some(count.min(self.room), tell);
        }
    }

    fn empty_some(&self, count: usize, tell: impl FnOnce(&[u32])) {
        // SAFETY: as above; `count` is at most `room`, and `tell` runs no JavaScript, so that nobody else sees these words meanwhile.
        let tickets = unsafe { slice::from_raw_parts(self.words.wrapping_add(1), count) };
        tell(tickets);
        // SAFETY: as above.
        unsafe { self.words.write(0) };
    }
}

impl Drop for Ring {
    /// On the isolate's thread, as the functions of a handle are finalized there.
    fn drop(&mut self) {
        self.js.release(self.kept);
    }
}

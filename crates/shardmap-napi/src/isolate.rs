//! What one isolate owns: the buffer that results go through, its error class, its inbox. Never used by another thread, but for the inbox.

use crate::{
    failure::{unheard, Failure, Fallible},
    inbox::Inbox,
    js::{check, Js},
    thrown,
};
use napi::sys::{self, napi_ref, napi_value};
use shardmap_core::{Code, Error};
use std::{
    cell::{OnceCell, RefCell},
    ffi::c_void,
    rc::{Rc, Weak},
    sync::Arc,
};

/// Words before the data: slot, version, kind, length, ticket, deadline, outcome, flight.
const HEAD: usize = 8;

/// What has to let go of something when its isolate ends: a runtime need not run finalizers then. Bun does not.
pub trait Ends {
    fn end(&self);
}

#[derive(Default)]
struct Ending {
    all: Vec<Weak<dyn Ends>>,
    /// With so many, those that are gone are taken out.
    full: usize,
}

pub struct Isolate {
    head: *mut i32,
    data: *mut u8,
    /// Bytes at `data`.
    room: usize,
    error_class: napi_ref,
    inbox: OnceCell<Arc<Inbox>>,
    ending: RefCell<Ending>,
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
            ending: RefCell::default(),
            _scratch: js.reference(scratch)?,
        };
        let isolate = Rc::new(isolate);
        let hook = Rc::into_raw(isolate.clone()).cast_mut().cast();
        // SAFETY: called on the environment's thread, on which the hook runs, too.
        check(unsafe { sys::napi_add_env_cleanup_hook(js.0, Some(end), hook) })?;
        #[cfg(windows)]
        crate::exit::begin();
        Ok((js, isolate))
    }

    /// Has this ended with the isolate, if it is still there then.
    pub fn end_with_isolate<T: Ends + 'static>(&self, ends: &Rc<T>) {
        let mut ending = self.ending.borrow_mut();
        if ending.all.len() >= ending.full {
            ending.all.retain(|known| known.strong_count() > 0);
            ending.full = 2 * ending.all.len() + 16;
        }
        let ends: Rc<dyn Ends> = ends.clone();
        ending.all.push(Rc::downgrade(&ends));
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

unsafe extern "C" fn end(hook: *mut c_void) {
    // SAFETY: `new` gave the hook this count of the isolate, and it runs once, on the isolate's thread.
    let isolate = unsafe { Rc::from_raw(hook.cast::<Isolate>()) };
    let all = std::mem::take(&mut isolate.ending.borrow_mut().all);
    for ends in all.iter().filter_map(Weak::upgrade) {
        unheard(|| ends.end());
    }
    #[cfg(windows)]
    crate::exit::end();
}

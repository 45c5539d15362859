//! What other threads have to tell an isolate. They leave letters and ring once; the isolate reads them all on its own thread.
//!
//! The bell does not keep the isolate alive: who waits there for an answer does. When the isolate ends, its hook takes the bell away first, so it is never
//! rung later, and then ends what the isolate held.

mod letter;

pub use letter::Letter;

use crate::{
    failure::{caught, unheard, Failure, Fallible},
    js::{check, Js},
};
use napi::sys::{self, napi_env, napi_threadsafe_function, napi_value};
use shardmap_core::{
    holders::Holders,
    sync::{lock, Arc, AtomicU64, Mutex, Ordering, Weak},
};
use std::{ffi::c_void, ptr};

pub struct Inbox {
    /// Names the isolate to the leases it holds.
    pub holder: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// `None` before it is there, and after the isolate's end.
    bell: Option<Bell>,
    letters: Vec<Letter>,
    rung: bool,
    /// Whom this isolate has asked for what ends with it.
    asked: Vec<Weak<dyn Holders>>,
}

struct Bell(napi_threadsafe_function);

// SAFETY: a thread-safe function may be called from any thread, and is taken away before its environment ends.
unsafe impl Send for Bell {}

impl Inbox {
    /// An inbox of the running isolate; `receive` gets its letters.
    pub fn open(js: Js, receive: napi_value) -> Fallible<Arc<Self>> {
        static HOLDERS: AtomicU64 = AtomicU64::new(1);
        let inbox = Arc::new(Self { holder: HOLDERS.fetch_add(1, Ordering::Relaxed), state: Mutex::default() });
        let context = Arc::into_raw(inbox.clone()).cast_mut().cast::<c_void>();
        let name = js.string("shardmap")?;
        let mut bell = ptr::null_mut();
        // SAFETY: called on the environment's thread; the context is a count of the inbox, which `drop_context` gives back.
        check(unsafe {
            sys::napi_create_threadsafe_function(
                js.0,
                receive,
                ptr::null_mut(),
                name,
                0,
                1,
                context,
                Some(drop_context),
                context,
                Some(deliver),
                &mut bell,
            )
        })?;
        // SAFETY: the bell was just made, in this environment.
        check(unsafe { sys::napi_unref_threadsafe_function(js.0, bell) })?;
        lock(&inbox.state).bell = Some(Bell(bell));
        let hook = Arc::into_raw(inbox.clone()).cast_mut().cast();
        // SAFETY: called on the environment's thread. Hooks run in reverse order, so this one runs before the bell's own.
        check(unsafe { sys::napi_add_env_cleanup_hook(js.0, Some(leave), hook) })?;
        Ok(inbox)
    }

    /// Leaves a letter; after the isolate's end it is thrown away.
    pub fn post(&self, letter: Letter) {
        let mut state = lock(&self.state);
        let Some(Bell(bell)) = state.bell else { return };
        state.letters.push(letter);
        if !std::mem::replace(&mut state.rung, true) {
            // SAFETY: the bell is there, so its environment is too: the hook that ends it takes it away under this lock.
            unsafe { sys::napi_call_threadsafe_function(bell, ptr::null_mut(), sys::ThreadsafeFunctionCallMode::nonblocking) };
        }
    }

    /// Has what this isolate will hold there ended with it.
    pub fn end_with_isolate<T: Holders + 'static>(&self, asked: &Arc<T>) {
        let mut state = lock(&self.state);
        if state.asked.iter().all(|known| !ptr::addr_eq(known.as_ptr(), Arc::as_ptr(asked))) {
            state.asked.retain(|known| known.strong_count() > 0);
            let asked: Arc<dyn Holders> = asked.clone();
            state.asked.push(Arc::downgrade(&asked));
        }
    }

    fn letters(&self) -> Vec<Letter> {
        let mut state = lock(&self.state);
        state.rung = false;
        std::mem::take(&mut state.letters)
    }
}

unsafe extern "C" fn deliver(env: napi_env, receive: napi_value, context: *mut c_void, _: *mut c_void) {
    if env.is_null() {
        return;
    }
    // SAFETY: the context is a count of the inbox that lives until the bell's end.
    let inbox = unsafe { &*context.cast::<Inbox>() };
    let js = Js(env);
    // In a scope each: a value that many wait for must not be there as often at once.
    let give = |letter: &Letter| match js.scoped(|| caught(|| letter.give(js, receive))) {
        Err(Failure::Coded(error)) => Err(error),
        // `receive` has thrown. The letters behind this one must not find that pending.
        Err(Failure::Pending) => js.report().or(Ok(())),
        Ok(_) => Ok(()),
    };
    for letter in inbox.letters() {
        // A panic must leave nobody waiting: the letter is given once more, and then the panic in its place.
        if let Err(error) = give(&letter).or_else(|_| give(&letter)) {
            let request = letter.request();
            unheard(|| letter.lost());
            let _ = give(&Letter::Settled { request, outcome: Err(error) });
        }
    }
}

unsafe extern "C" fn drop_context(_: napi_env, context: *mut c_void, _: *mut c_void) {
    // SAFETY: `open` gave the bell this count of the inbox, and it ends once.
    let inbox = unsafe { Arc::from_raw(context.cast::<Inbox>()) };
    unheard(|| drop(inbox));
}

unsafe extern "C" fn leave(hook: *mut c_void) {
    // SAFETY: `open` gave the hook this count of the inbox, and it runs once.
    let inbox = unsafe { Arc::from_raw(hook.cast::<Inbox>()) };
    let State { bell, letters, asked, .. } = std::mem::take(&mut *lock(&inbox.state));
    if let Some(Bell(bell)) = bell {
        // SAFETY: the bell is there, and whoever could still ring it finds none under the lock.
        unsafe { sys::napi_release_threadsafe_function(bell, sys::ThreadsafeFunctionReleaseMode::abort) };
    }
    unheard(|| drop(letters));
    for asked in asked.iter().filter_map(Weak::upgrade) {
        unheard(|| asked.end_holder(inbox.holder));
    }
}

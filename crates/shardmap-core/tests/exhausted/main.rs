//! An allocator that refuses: what promises an error when memory is refused gives it, has changed nothing, and goes on.
//!
//! What has no such promise ends the process, as in all of Rust: the bytes of a key or value, arguments, letters. So these tests use keys and values that need
//! no memory, or refuse only what is as large as a table.

mod caches;
mod maps;

use shardmap_core::{
    key::{Key, KeyBuf, KeyRef},
    Code, Error, Options, ShardedMap, Value,
};
use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    ptr,
    sync::{Barrier, Once},
    thread,
};

/// What this thread is refused.
#[derive(Clone, Copy)]
enum Refusal {
    Nothing,
    /// The request that comes after so many others of at least so many bytes, and no other.
    One {
        after: u32,
        least: usize,
    },
    /// All of at least so many bytes.
    All {
        least: usize,
    },
}

thread_local! {
    static REFUSAL: Cell<Refusal> = const { Cell::new(Refusal::Nothing) };
    static REFUSED: Cell<u32> = const { Cell::new(0) };
}

fn refuses(size: usize) -> bool {
    let refuses = match REFUSAL.get() {
        Refusal::One { after: 0, least } if size >= least => {
            REFUSAL.set(Refusal::Nothing);
            true
        }
        Refusal::One { after, least } => {
            REFUSAL.set(Refusal::One { after: after - u32::from(size >= least), least });
            false
        }
        Refusal::All { least } => size >= least,
        Refusal::Nothing => false,
    };
    REFUSED.set(REFUSED.get() + u32::from(refuses));
    refuses
}

struct Refusing;

// SAFETY: every call is refused by null or handed on as it came; deciding allocates nothing, and these thread locals need no destructor.
unsafe impl GlobalAlloc for Refusing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if refuses(layout.size()) {
            return ptr::null_mut();
        }
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise, and `at` came from the system's allocator.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if size > layout.size() && refuses(size) {
            return ptr::null_mut();
        }
        // SAFETY: the caller's promise, and `at` came from the system's allocator.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static REFUSING: Refusing = Refusing;

/// More than run at any time.
const THREADS: usize = 32;

/// Makes what is made once in a process, and without which it ends: the process's thread, by a table that is crowded; and parking_lot's list of threads that wait,
/// which grows with how many there are that ever did.
fn made_once() {
    static MADE: Once = Once::new();
    MADE.call_once(|| {
        let all = Barrier::new(THREADS);
        let waits = || {
            // SAFETY: nothing else waits at this address, nobody wakes what does, and the closures do nothing.
            unsafe {
                parking_lot_core::park(ptr::from_ref(&all).addr(), || false, || {}, |_, _| {}, parking_lot_core::DEFAULT_PARK_TOKEN, None)
            };
            all.wait();
        };
        thread::scope(|scope| (0..THREADS).for_each(|_| drop(scope.spawn(waits))));
        let map = ShardedMap::new(Options { shards: Some(2), ..Options::default() }).unwrap();
        (0..3_000).for_each(|at| drop(with(at, |key| map.set(key, Value::NULL))));
    });
}

/// Runs `f` while this is refused; also tells how many requests were.
fn refusing<R>(refusal: Refusal, f: impl FnOnce() -> R) -> (R, u32) {
    made_once();
    REFUSED.set(0);
    REFUSAL.set(refusal);
    let result = f();
    REFUSAL.set(Refusal::Nothing);
    (result, REFUSED.get())
}

fn with<R>(number: u32, f: impl FnOnce(KeyRef<'_>) -> R) -> R {
    let mut key = KeyBuf::new();
    key.number(f64::from(number));
    f(key.finish().unwrap())
}

fn key(number: u32) -> Key {
    with(number, |key| Key::new(key.bytes))
}

/// Whether it was done. Otherwise the error says that there is no memory.
fn is_done<T>(result: Result<T, Error>) -> bool {
    match result {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.code(), Code::Full, "{error}");
            assert!(error.message().contains("memory"), "{error}");
            false
        }
    }
}

//! The process's orderly end, by `process.exit` or with nothing left to do. Node runs no hook of the main thread then, C's exit does.

use shardmap_core::registry;
use std::panic::catch_unwind;

/// Has all files written out and let go when the process ends. The image of this function stays until then.
pub fn write_out() {
    // SAFETY: the function is of the signature that C asks for, and lets no panic out.
    let refused = unsafe { libc::atexit(leave) };
    debug_assert_eq!(refused, 0, "the C library has no room for another function");
}

extern "C" fn leave() {
    let _ = catch_unwind(|| {
        for (name, error) in registry::leave() {
            eprintln!("shardmap: commits of '{name}' were lost at exit: {}", error.message());
        }
    });
}

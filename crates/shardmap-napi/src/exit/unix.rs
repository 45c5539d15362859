//! Node runs no hook of the main thread when a program calls `process.exit`, C's exit does. Bun takes C's other exit, which runs functions of its own; a
//! process runs those of one of them.

use super::tell;
use shardmap_core::registry;
use std::panic::catch_unwind;

/// Has all files written out and let go when the process ends. The image of this function stays until then.
pub fn write_out() {
    // SAFETY: the function is of the signature that C asks for, and lets no panic out.
    let refused = unsafe { libc::atexit(leave) };
    debug_assert_eq!(refused, 0, "the C library has no room for another function");
    #[cfg(target_os = "linux")]
    {
        // SAFETY: as above.
        let refused = unsafe { at_quick_exit(leave) };
        debug_assert_eq!(refused, 0, "the C library has no room for another function");
    }
}

#[cfg(target_os = "linux")]
extern "C" {
    fn at_quick_exit(function: extern "C" fn()) -> libc::c_int;
}

extern "C" fn leave() {
    let _ = catch_unwind(|| tell(registry::leave()));
}

//! The least that Node takes for an addon: what loading costs if nothing is in it.

use std::ffi::c_void;

/// Called once in each thread that loads it; what it returns is what `require` gives.
#[no_mangle]
pub extern "C" fn napi_register_module_v1(_env: *mut c_void, exports: *mut c_void) -> *mut c_void {
    exports
}

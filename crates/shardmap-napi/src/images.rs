//! Other copies of this addon in the process: each would have maps of its own under the same names.

/// Their paths.
#[cfg(target_os = "linux")]
pub fn others() -> Vec<String> {
    use crate::failure::unheard;
    use std::{
        ffi::{c_int, c_void, CStr},
        path::Path,
    };

    struct Search {
        own: usize,
        found: Vec<String>,
    }

    unsafe extern "C" fn visit(info: *mut libc::dl_phdr_info, _: usize, search: *mut c_void) -> c_int {
        // SAFETY: `dl_iterate_phdr` passes a valid record.
        let info = unsafe { &*info };
        // SAFETY: `others` passes its `Search`, which nobody else uses meanwhile.
        let search = unsafe { &mut *search.cast::<Search>() };
        unheard(|| look(info, search));
        0
    }

    fn look(info: &libc::dl_phdr_info, search: &mut Search) {
        if info.dlpi_name.is_null() {
            return;
        }
        // SAFETY: the loader's names are C strings that live as long as the image.
        let name = unsafe { CStr::from_ptr(info.dlpi_name) }.to_string_lossy();
        let file = Path::new(&*name).file_name().and_then(|file| file.to_str()).unwrap_or("");
        if !(file.starts_with("shardmap.") && file.ends_with(".node")) {
            return;
        }
        // SAFETY: the loader names the header table of a loaded image, of this length.
        let headers = unsafe { std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
        let is_own = headers.iter().any(|header| {
            let start = (info.dlpi_addr as usize).wrapping_add(header.p_vaddr as usize);
            header.p_type == libc::PT_LOAD && search.own.wrapping_sub(start) < header.p_memsz as usize
        });
        if !is_own {
            search.found.push(name.into_owned());
        }
    }

    let mut search = Search { own: others as *const () as usize, found: Vec::new() };
    // SAFETY: `visit` has the type asked for and `search` outlives the call.
    unsafe { libc::dl_iterate_phdr(Some(visit), (&raw mut search).cast()) };
    search.found
}

/// Not looked for here: the face finds copies within one isolate by itself.
#[cfg(not(target_os = "linux"))]
pub fn others() -> Vec<String> {
    Vec::new()
}

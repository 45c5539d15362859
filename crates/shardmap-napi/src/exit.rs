//! The process's orderly end, by `process.exit` or with nothing left to do: no commit that was acknowledged is lost.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use unix::write_out;
#[cfg(windows)]
pub use windows::{begin, end};

use shardmap_core::Error;

fn tell(lost: Vec<(String, Error)>) {
    for (name, error) in lost {
        eprintln!("shardmap: commits of '{name}' were lost at exit: {}", error.message());
    }
}

//! The one door to atomics, locks and the state of the process, so that loom or shuttle can stand in for them: `--cfg shardmap_model`, and one of
//! `--cfg shardmap_loom` and `--cfg shardmap_shuttle`.

#[cfg(not(shardmap_model))]
pub use std::{
    sync::{
        atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, AtomicUsize, Ordering},
        Condvar, Mutex, MutexGuard,
    },
    thread::yield_now,
    thread_local as local,
};

#[cfg(shardmap_loom)]
pub use loom::{
    sync::{
        atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, AtomicUsize, Ordering},
        Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard,
    },
    thread::{spawn, yield_now, JoinHandle},
};

#[cfg(shardmap_shuttle)]
pub use shuttle::{
    sync::{
        atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, AtomicUsize, Ordering},
        Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard,
    },
    thread::{spawn, yield_now, JoinHandle},
};

pub use std::sync::{Arc, OnceLock, TryLockError, Weak};

/// State of the process. Each run of a model has its own.
#[cfg(not(shardmap_model))]
macro_rules! process {
    ($($(#[$about:meta])* $name:ident: $of:ty = $value:expr;)*) => { $($(#[$about])* static $name: $of = $value;)* };
}

#[cfg(shardmap_model)]
macro_rules! process {
    ($($(#[$about:meta])* $name:ident: $of:ty = $value:expr;)*) => {
        $crate::sync::model::lazy_static! { $($(#[$about])* static ref $name: $of = $value;)* }
    };
}

/// State of a thread. The macros that stand in take no constant values.
#[cfg(shardmap_model)]
macro_rules! local {
    ($(#[$about:meta])* static $name:ident: $of:ty = const { $value:expr };) => {
        $crate::sync::model::thread_local! { $(#[$about])* static $name: $of = $value; }
    };
    ($($any:tt)*) => { $crate::sync::model::thread_local! { $($any)* } };
}

#[cfg(shardmap_model)]
pub(crate) use local;
#[cfg(shardmap_loom)]
pub(crate) use loom as model;
pub(crate) use process;
#[cfg(shardmap_shuttle)]
pub(crate) use shuttle as model;

/// Locks a mutex, also after a panic of another holder: everything kept behind one here is whole between any two statements.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// The same, unless somebody holds it.
pub fn try_lock<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match mutex.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

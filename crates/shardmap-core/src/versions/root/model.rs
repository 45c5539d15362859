//! Stands in for arc-swap in a model: a pointer that is loaded with acquire and swapped with acquire and release, and no more than that. What was
//! pointed to is freed with the pointer.

use crate::sync::{Arc, AtomicUsize, Ordering};
// The pointees' store, which takes part in no protocol: what is at an index never changes.
use std::sync::Mutex;

pub type Guard<T> = T;

pub struct ArcSwap<T> {
    latest: AtomicUsize,
    all: Mutex<Vec<Arc<T>>>,
}

impl<T> ArcSwap<T> {
    pub fn from_pointee(value: T) -> Self {
        Self { latest: AtomicUsize::new(0), all: Mutex::new(vec![Arc::new(value)]) }
    }

    fn at(&self, index: usize) -> Arc<T> {
        self.all.lock().unwrap()[index].clone()
    }

    pub fn load(&self) -> Guard<Arc<T>> {
        self.load_full()
    }

    pub fn load_full(&self) -> Arc<T> {
        self.at(self.latest.load(Ordering::Acquire))
    }

    pub fn swap(&self, value: Arc<T>) -> Arc<T> {
        let mut all = self.all.lock().unwrap();
        all.push(value);
        let index = all.len() - 1;
        drop(all);
        self.at(self.latest.swap(index, Ordering::AcqRel))
    }
}

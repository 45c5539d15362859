//! The end of a cache under every interleaving: whoever reads while it is destroyed remembers nothing that holds after it.

use loom::sync::{
    atomic::{AtomicBool, Ordering},
    Arc, Mutex,
};
use shardmap_core::slots::Slots;

/// A shard with one key.
struct Shard {
    slots: Slots,
    value: Mutex<Option<u32>>,
    destroyed: AtomicBool,
}

impl Shard {
    fn new() -> Arc<Self> {
        Arc::new(Self { slots: Slots::new(1), value: Mutex::new(Some(7)), destroyed: AtomicBool::new(false) })
    }

    /// The value and its version; `None` when the cache is destroyed.
    fn read(&self) -> Option<(Option<u32>, u32)> {
        let value = self.value.lock().unwrap();
        if self.destroyed.load(Ordering::Acquire) {
            return None;
        }
        Some((*value, self.slots.version(0)))
    }

    fn end(&self) {
        self.slots.advance_all();
        *self.value.lock().unwrap() = None;
    }

    fn destroy(&self) {
        self.destroyed.store(true, Ordering::Release);
        drop(self.value.lock().unwrap());
        self.end();
    }
}

/// One reads while another one destroys.
fn nothing_holds_after(destroy: fn(&Shard)) {
    loom::model(move || {
        let shard = Shard::new();
        let reader = {
            let shard = shard.clone();
            loom::thread::spawn(move || shard.read())
        };
        destroy(&shard);
        if let Some((value, version)) = reader.join().unwrap() {
            assert!(value.is_some(), "an entry is gone before the end");
            assert_ne!(shard.slots.version(0), version, "a value holds after the end");
        }
    });
}

#[test]
fn what_was_read_before_the_end_does_not_hold_after_it() {
    nothing_holds_after(Shard::destroy);
}

/// The planted fault: a reader that has found the cache alive takes a version that the end has advanced already.
#[test]
#[should_panic(expected = "a value holds after the end")]
fn an_end_that_does_not_wait_for_readers_is_caught() {
    nothing_holds_after(|shard| {
        shard.destroyed.store(true, Ordering::Release);
        shard.end();
    });
}

//! Milliseconds that only go forward: those of the process, or of a hand that tests turn.

use crate::sync::{Arc, AtomicU64, Ordering};

/// Where a cache has its time from.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    Process,
    Hand(Hand),
}

/// Turns a manual clock.
#[derive(Clone, Default)]
pub struct Hand(Arc<AtomicU64>);

impl Hand {
    /// Lets so many milliseconds pass.
    pub fn advance(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::AcqRel);
    }
}

#[cfg(shardmap_model)]
#[path = "clock/model.rs"]
mod system;

#[cfg(shardmap_model)]
pub use system::pass;

#[cfg(all(target_os = "linux", not(shardmap_model)))]
mod system {
    use crate::sync::OnceLock;

    fn read(clock: libc::clockid_t) -> u64 {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: `time` is there to be written to. Both clocks are always there, so the call cannot fail.
        unsafe { libc::clock_gettime(clock, &mut time) };
        time.tv_sec as u64 * 1_000 + time.tv_nsec as u64 / 1_000_000
    }

    fn since_start(clock: libc::clockid_t) -> u64 {
        static START: OnceLock<u64> = OnceLock::new();
        let start = *START.get_or_init(|| read(libc::CLOCK_MONOTONIC));
        read(clock).saturating_sub(start)
    }

    pub fn now() -> u64 {
        since_start(libc::CLOCK_MONOTONIC)
    }

    /// What the kernel's last tick has left in memory: cheaper, for no clock is read.
    pub fn about_now() -> u64 {
        since_start(libc::CLOCK_MONOTONIC_COARSE)
    }
}

#[cfg(not(any(target_os = "linux", shardmap_model)))]
mod system {
    use crate::sync::OnceLock;
    use std::time::Instant;

    pub fn now() -> u64 {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed().as_millis() as u64
    }

    pub use now as about_now;
}

impl Clock {
    /// The system's monotonic clock, counted from its first use in this process.
    pub fn process() -> Self {
        Self(Source::Process)
    }

    /// A clock that stands at 0 until its hand is turned.
    pub fn manual() -> (Self, Hand) {
        let hand = Hand::default();
        (Self(Source::Hand(hand.clone())), hand)
    }

    /// Now.
    #[inline]
    pub fn now(&self) -> u64 {
        match &self.0 {
            Source::Process => system::now(),
            Source::Hand(hand) => hand.0.load(Ordering::Acquire),
        }
    }

    /// Never later than now, and as a rule by no more than some milliseconds earlier; cheap.
    #[inline]
    pub fn about_now(&self) -> u64 {
        match &self.0 {
            Source::Process => system::about_now(),
            Source::Hand(hand) => hand.0.load(Ordering::Acquire),
        }
    }

    /// Whether it goes by itself.
    pub fn is_process(&self) -> bool {
        matches!(self.0, Source::Process)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_of_the_process_goes_by_itself_and_never_back() {
        let clock = Clock::process();
        let begin = clock.now();
        let mut last = begin;
        while last < begin + 3 {
            let (about, now) = (clock.about_now(), clock.now());
            assert!(now >= last && about <= now);
            last = now;
        }
        assert!(clock.is_process());
    }

    #[test]
    fn a_manual_clock_stands_until_its_hand_is_turned() {
        let (clock, hand) = Clock::manual();
        assert_eq!(clock.now(), 0);
        hand.advance(70);
        assert_eq!(clock.clone().now(), 70);
        assert!(!clock.is_process());
    }
}

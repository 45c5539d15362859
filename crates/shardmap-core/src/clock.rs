//! Milliseconds that only go forward: those of the process, or of a hand that tests turn.

use crate::sync::{Arc, AtomicU64, OnceLock, Ordering};
use std::time::Instant;

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

fn start() -> Instant {
    static START: OnceLock<Instant> = OnceLock::new();
    *START.get_or_init(Instant::now)
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
            Source::Process => start().elapsed().as_millis() as u64,
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
            let now = clock.now();
            assert!(now >= last);
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

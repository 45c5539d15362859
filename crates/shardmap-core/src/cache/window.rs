//! How large TinyLFU's window should be: found by trying, since no size suits both loops and sessions.
//!
//! Hill climbing as in Adaptive Software Cache Management (Einziger, Eytan, Friedman and Manes, 2018) and in Caffeine, but one that stands
//! still unless there is proof: a larger window stays only if the hit ratio rose by more than chance explains, and after each vain try it rests
//! for longer, so that loads which want a small window hardly pay for the search.

/// Shares are in parts of this.
const WHOLE: u32 = 1 << 16;
const SMALLEST: u32 = WHOLE / 100;
const LARGEST: u32 = WHOLE / 5 * 4;
const FIRST_STEP: u32 = WHOLE / 32;
const LARGEST_STEP: u32 = WHOLE / 4;
/// Look-ups for each entry before the ratio is judged.
const SAMPLE: usize = 10;
const SMALLEST_SAMPLE: usize = 1_000;
const LONGEST_REST: u32 = 32;
/// A ratio that moves this much by itself tells of another load.
const OTHER_LOAD: f64 = 0.05;

/// The window's share of the cache, and the search for a better one.
pub struct Window {
    share: u32,
    hits: usize,
    seen: usize,
    /// Entries at the last judgement; none is passed while the cache fills.
    entries: usize,
    /// The ratio to compare with; none after a change that is no trial.
    ratio: Option<f64>,
    /// The step on trial, 0 when none is.
    step: u32,
    /// The first step of the next trial: larger after each vain one, since what helps may lie behind sizes that do not.
    next: u32,
    up: bool,
    /// Samples until the next trial, and how many after a vain one.
    rest: u32,
    patience: u32,
}

impl Default for Window {
    fn default() -> Self {
        Self { share: SMALLEST, hits: 0, seen: 0, entries: 0, ratio: None, step: 0, next: FIRST_STEP, up: true, rest: 1, patience: 1 }
    }
}

impl Window {
    /// Its part of a total weight.
    #[inline]
    pub fn part(&self, total: u64) -> u64 {
        (u128::from(total) * u128::from(self.share) / u128::from(WHOLE)) as u64
    }

    /// A look-up in a cache that has so many entries.
    #[inline]
    pub fn observe(&mut self, hit: bool, entries: usize) {
        self.hits += usize::from(hit);
        self.seen += 1;
        if self.seen >= (entries * SAMPLE).max(SMALLEST_SAMPLE) {
            self.judge(entries);
        }
    }

    #[cold]
    fn judge(&mut self, entries: usize) {
        let (ratio, seen) = (self.hits as f64 / self.seen as f64, self.seen as f64);
        (self.hits, self.seen) = (0, 0);
        let fills = entries > self.entries + self.entries / 16;
        self.entries = entries;
        if fills {
            self.step = 0;
            self.ratio = None;
            return;
        }
        let Some(before) = self.ratio.replace(ratio) else { return };
        let (change, chance) = (ratio - before, (2.0 * ratio * (1.0 - ratio) / seen).sqrt());
        if self.step == 0 {
            self.wait(change);
        } else if change > chance {
            (self.patience, self.next) = (1, FIRST_STEP);
            self.go((self.step * 2).min(LARGEST_STEP));
        } else if !self.up && change >= -chance {
            self.go(self.step);
        } else {
            self.undo();
        }
    }

    fn wait(&mut self, change: f64) {
        if change.abs() > OTHER_LOAD {
            (self.patience, self.rest) = (1, self.rest.min(1));
        }
        self.rest = self.rest.saturating_sub(1);
        if self.rest == 0 {
            self.go(self.next);
        }
    }

    /// Puts a step on trial; at the end of the range it turns.
    fn go(&mut self, step: u32) {
        let room = if self.up { LARGEST - self.share } else { self.share - SMALLEST };
        self.step = step.min(room);
        match self.up {
            true => self.share += self.step,
            false => self.share -= self.step,
        }
        if self.step == 0 {
            self.turn();
        }
    }

    fn undo(&mut self) {
        match self.up {
            true => self.share -= self.step,
            false => self.share += self.step,
        }
        (self.step, self.ratio) = (0, None);
        self.next = if self.next < LARGEST_STEP { (self.next * 4).min(LARGEST_STEP) } else { FIRST_STEP };
        self.turn();
    }

    fn turn(&mut self) {
        self.up = !self.up;
        self.rest = self.patience;
        self.patience = (self.patience * 2).min(LONGEST_REST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRIES: usize = 1_000;

    /// Feeds samples in which a share of the window gives a hit ratio, in parts of a thousand.
    fn run(window: &mut Window, samples: usize, ratio: impl Fn(u64) -> usize) {
        for _ in 0..samples {
            let hits = ratio(window.part(100));
            for at in 0..ENTRIES * SAMPLE {
                window.observe(at % 1_000 < hits, ENTRIES);
            }
        }
    }

    #[test]
    fn a_ratio_that_rises_with_the_window_makes_it_large() {
        let mut window = Window::default();
        run(&mut window, 20, |percent| 200 + 5 * percent as usize);
        assert!(window.part(100) >= 70, "{}", window.part(100));
    }

    #[test]
    fn a_gain_that_lies_behind_sizes_without_one_is_found() {
        let mut window = Window::default();
        run(&mut window, 60, |percent| if percent < 20 { 400 } else { 700 });
        assert!(window.part(100) >= 20, "{}", window.part(100));
    }

    #[test]
    fn a_ratio_that_falls_with_the_window_leaves_it_small_nearly_always() {
        let (mut window, mut large) = (Window::default(), 0);
        for _ in 0..200 {
            run(&mut window, 1, |percent| 900 - 5 * percent as usize);
            large += usize::from(window.share > SMALLEST);
        }
        assert!(large <= 20, "{large} of 200 samples were trials");
    }

    #[test]
    fn a_ratio_that_does_not_depend_on_the_window_leaves_it_small() {
        let mut window = Window::default();
        run(&mut window, 200, |_| 500);
        assert!(window.part(100) <= 4);
    }

    #[test]
    fn after_another_load_the_window_finds_its_way_back() {
        let mut window = Window::default();
        run(&mut window, 20, |percent| 200 + 5 * percent as usize);
        run(&mut window, 60, |percent| 900 - 5 * percent as usize);
        assert!(window.part(100) <= 10, "{}", window.part(100));
    }

    #[test]
    fn parts_of_very_large_totals_do_not_overflow() {
        let window = Window::default();
        assert_eq!(window.part(0), 0);
        assert!(window.part(u64::MAX) > u64::MAX / 128);
    }
}

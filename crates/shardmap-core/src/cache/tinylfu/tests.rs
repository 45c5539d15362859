use super::*;
use proptest::prelude::*;
use std::collections::HashMap;

/// A cache of keys with weights, as small as it can be.
struct Cache {
    policy: TinyLfu,
    max: u64,
    places: HashMap<u64, (u32, u32)>,
    keys: Vec<Option<u64>>,
}

impl Cache {
    fn new(max: u64) -> Self {
        Self { policy: TinyLfu::seeded(7), max, places: HashMap::new(), keys: Vec::new() }
    }

    fn hash(key: u64) -> u64 {
        let mixed = (key ^ key >> 32).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        (mixed ^ mixed >> 32).wrapping_mul(0xD6E8_FEB8_6659_FD93)
    }

    fn used(&self) -> u64 {
        self.places.values().map(|&(_, weight)| u64::from(weight)).sum()
    }

    fn remove(&mut self, key: u64) {
        if let Some((place, _)) = self.places.remove(&key) {
            self.policy.remove(place);
            self.keys[place as usize] = None;
        }
    }

    fn get(&mut self, key: u64) -> bool {
        match self.places.get(&key) {
            Some(&(place, _)) => self.policy.touch(place),
            None => self.policy.miss(Self::hash(key)),
        }
        self.places.contains_key(&key)
    }

    fn set(&mut self, key: u64, weight: u32) {
        if let Some((place, before)) = self.places.get_mut(&key) {
            *before = weight;
            self.policy.replace(*place, weight);
            while self.used() > self.max {
                let victim = self.policy.victim().unwrap();
                self.remove(self.keys[victim as usize].unwrap());
            }
            return;
        }
        while self.used() + u64::from(weight) > self.max {
            let victim = self.policy.victim().unwrap();
            self.remove(self.keys[victim as usize].unwrap());
        }
        let place = self.keys.iter().position(Option::is_none).unwrap_or_else(|| {
            self.keys.push(None);
            self.keys.len() - 1
        });
        self.keys[place] = Some(key);
        self.places.insert(key, (place as u32, weight));
        self.policy.insert(place as u32, Self::hash(key), weight);
    }

    fn ask(&mut self, key: u64) -> bool {
        let hit = self.get(key);
        if !hit {
            self.set(key, 1);
        }
        hit
    }

    /// How many of these are hits, one after the other.
    fn ask_all(&mut self, keys: impl IntoIterator<Item = u64>) -> usize {
        keys.into_iter().filter(|&key| self.ask(key)).count()
    }

    fn order(&self) -> Vec<u32> {
        let mut places = Vec::new();
        self.policy.coldest_first(&mut |place| places.push(place));
        places
    }

    /// Each place is in one list, whose weight is the sum of its entries'.
    fn check(&self) {
        let mut order = self.order();
        order.sort_unstable();
        let mut expected: Vec<u32> = self.places.values().map(|&(place, _)| place).collect();
        expected.sort_unstable();
        assert_eq!(order, expected);
        assert_eq!(self.policy.len, expected.len());
        for list in [WINDOW, PROBATION, PROTECTED] {
            let sum: u64 = self.policy.entries.places(list).map(|place| u64::from(self.policy.entries.data(place).weight)).sum();
            assert_eq!(self.policy.weights[list], sum);
        }
    }
}

#[test]
fn what_was_just_set_is_there() {
    for max in [1, 2, 3, 100] {
        let mut cache = Cache::new(max);
        for key in 0..1_000 {
            cache.ask(key);
            assert!(cache.get(key), "key {key} of {max}");
        }
    }
}

#[test]
fn a_scan_displaces_nothing_that_is_used() {
    let mut cache = Cache::new(1_000);
    for _ in 0..5 {
        cache.ask_all(0..900);
    }
    cache.ask_all(10_000..20_000);
    let kept = (0..900).filter(|&key| cache.get(key)).count();
    assert!(kept >= 890, "{kept} of 900");
}

#[test]
fn a_loop_larger_than_the_cache_hits_where_lru_never_would() {
    let mut cache = Cache::new(500);
    let hits = cache.ask_all((0..100).flat_map(|_| 0..1_000));
    assert!(hits > 45_000, "{hits} of 100,000");
}

#[test]
fn a_key_asked_for_again_and_again_gets_in() {
    let mut cache = Cache::new(1_000);
    cache.ask_all((0..5).flat_map(|_| 0..1_000));
    let mut scan = 10_000..;
    for _ in 0..20 {
        cache.ask(5_000);
        cache.ask_all(scan.by_ref().take(50));
    }
    assert!(cache.get(5_000));
}

#[test]
fn a_frequent_candidate_is_let_in_now_and_then_although_the_resident_is_asked_for_as_often() {
    let mut cache = Cache::new(1_000);
    cache.ask_all(0..1_000);
    let (candidate, resident) = (cache.places[&999].0, cache.places[&0].0);
    assert!((0..10_000).all(|_| !cache.policy.admits(candidate, resident)));
    for place in [candidate, resident].repeat(10) {
        cache.policy.touch(place);
    }
    let admitted = (0..10_000).filter(|_| cache.policy.admits(candidate, resident)).count();
    assert!((1..500).contains(&admitted), "{admitted} of 10,000");
}

#[test]
fn the_window_takes_its_part_of_the_weight_and_the_rest_waits_in_probation_without_a_contest() {
    let mut cache = Cache::new(1_000_000);
    (0..1_000).for_each(|key| cache.set(key, 1_000));
    cache.check();
    assert_eq!(cache.policy.weights, [9_000, 991_000, 0]);
}

#[test]
fn a_newcomer_heavier_than_the_window_stays_until_the_next_one_comes() {
    let mut cache = Cache::new(1_000);
    (0..5).for_each(|_| {
        (0..90).for_each(|key| {
            if !cache.get(key) {
                cache.set(key, 10)
            }
        })
    });
    cache.set(1_000, 400);
    assert!(cache.get(1_000));
    cache.check();
    cache.set(1_001, 400);
    assert!(!cache.get(1_000) && cache.get(1_001));
    cache.check();
}

#[test]
fn after_clear_it_begins_anew() {
    let mut cache = Cache::new(10);
    cache.ask_all(0..20);
    cache.policy.clear();
    (cache.places, cache.keys) = Default::default();
    cache.check();
    assert_eq!(cache.policy.victim(), None);
    cache.ask(3);
    assert_eq!(cache.order(), [0]);
}

proptest! {
    #[test]
    fn whatever_comes_each_entry_is_in_one_list_and_the_bound_holds(
        steps in prop::collection::vec((0..4_u8, 0..60_u64, 1..40_u32), 1..400), max in 40..400_u64
    ) {
        let mut cache = Cache::new(max);
        for (step, key, weight) in steps {
            match step {
                0 => cache.remove(key),
                1 => {
                    cache.get(key);
                }
                _ => cache.set(key, weight),
            }
            cache.check();
            prop_assert!(cache.used() <= max);
        }
    }
}

#[test]
fn halving_an_entry_changes_its_uses_alone() {
    for list in [WINDOW, PROBATION, PROTECTED] {
        for uses in 0..=MOST {
            let mut entry = Entry { word: KEY | (uses * USE), weight: 5 };
            entry.put_down(list);
            entry.halve();
            assert_eq!((entry.key(), entry.uses(), entry.list(), entry.weight), (KEY, uses / 2, list, 5));
        }
    }
}

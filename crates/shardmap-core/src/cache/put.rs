//! Storing: what an entry will be charged is reserved first, by evictions if need be.

use super::{
    bounds::Claim,
    entries::{Content, Entries},
    entry::{self, Rare, NEVER},
    events::Cause,
    later::Later,
    shared::Shard,
    Cache, Terms, Ttl,
};
use crate::{
    error::{Code, Error, Result},
    key::KeyRef,
    sync::yield_now,
    value::Value,
};
use std::mem;

/// How many entries go under one lock at most. More room than they leave is made shard by shard.
const MOST_VICTIMS: usize = 64;

/// A value on its way into the cache. It may take several holds of the shard's lock, with evictions elsewhere in between; so whoever drives it
/// asks anew at each hold whether it is still to be stored.
pub(super) struct Put<'a> {
    cache: &'a Cache,
    key: KeyRef<'a>,
    value: Value,
    /// [`NEVER`] for none.
    ttl: u64,
    rare: Option<Box<Rare>>,
    charge: u64,
    claim: Claim<'a>,
}

impl<'a> Put<'a> {
    // Made in place: a value of two words that was just stored, and is moved as one, waits for both.
    #[inline(always)]
    pub fn new(cache: &'a Cache, key: KeyRef<'a>, value: Value, terms: &Terms) -> Self {
        let rules = &cache.rules;
        let ttl = match terms.ttl {
            None => rules.ttl,
            Some(Ttl::Never) => NEVER,
            Some(Ttl::Ms(ms)) => ms,
        };
        let grace = if ttl == NEVER { 0 } else { terms.grace };
        let rare = Rare { ttl: rules.own(ttl), grace, tags: terms.tags.clone().into_boxed_slice() }.boxed();
        let charge = entry::charge(key.bytes, &value, rare.as_deref());
        Self { cache, key, value, ttl, rare, charge, claim: Claim::new(&cache.bounds) }
    }

    /// Whether it is not too large for the cache, however empty that is.
    pub fn fits(&self) -> bool {
        self.charge <= self.cache.largest
    }

    /// `ERR_SHARDMAP_FULL` if it does not fit.
    pub fn check(&self) -> Result<()> {
        if self.fits() {
            return Ok(());
        }
        let (bound, most) = match self.cache.options().max_entry_bytes {
            Some(most) if most == self.cache.largest => ("maxEntryBytes", most),
            _ => ("maxBytes", self.cache.largest),
        };
        let message = format!(
            "the entry takes {} bytes and {bound} is {most}; store less under this key, or open the cache with a larger bound",
            self.charge
        );
        Err(Error::new(Code::Full, message))
    }

    fn weight(&self) -> u32 {
        self.cache.rules.weight(self.charge)
    }

    /// Stores it once, under the lock of the key's shard. Returns whether there was room; if not, [`Put::make_room`] is to be called without a lock.
    #[inline]
    pub fn store(&mut self, entries: &mut Entries, later: &mut Later) -> Result<bool> {
        let cache = self.cache;
        let old = cache.kept(entries, self.key, later).map(|(place, _)| place);
        let (count, charged) = old.map_or((1, 0), |place| (0, entries.slab[place].charge()));
        let bytes = self.charge.saturating_sub(charged);
        let mut standing = Standing::Known;
        if !self.claim.covers(count, bytes) {
            let (covered, after) = self.evict(entries, old, count, bytes, later);
            standing = after;
            if !covered {
                standing.undo(entries, old, cache.rules.weight(charged));
                return Ok(false);
            }
        }
        let room = if old.is_none() { entries.reserve() } else { Ok(()) };
        if let Err(error) = room.and_then(|()| entries.reserve_tags(self.rare.as_deref())) {
            standing.undo(entries, old, cache.rules.weight(charged));
            return Err(error);
        }
        let now = if self.ttl == NEVER { 0 } else { cache.now() };
        let was_timed = entries.are_timed();
        let deadline = entries.deadline(self.ttl, now, &cache.rules);
        let content = Content { value: mem::replace(&mut self.value, Value::UNDEFINED), deadline, rare: self.rare.take() };
        cache.slots.advance(cache.slot(self.key.hash));
        match old {
            Some(place) => {
                if let Standing::Known = standing {
                    entries.policy.replace(place, self.weight());
                }
                standing.show(entries, old, self.weight());
                later.free_old(entries.replace(place, content, &cache.rules, now));
                cache.replaced(entries, place, later);
            }
            None => entries.insert(self.key, content, self.weight(), &cache.rules, now),
        }
        if !was_timed && entries.are_timed() {
            cache.begin_time();
        }
        self.claim.spend(count, bytes);
        cache.bounds.release(0, charged.saturating_sub(self.charge));
        Ok(true)
    }

    /// Evicts from the key's own shard, but never the old value of the key. Returns whether that was enough, and how the policy stands to it.
    #[inline(never)]
    fn evict(&mut self, entries: &mut Entries, old: Option<u32>, count: u64, bytes: u64, later: &mut Later) -> (bool, Standing) {
        let mut standing = Standing::Known;
        if let Some(place) = old {
            // Told first, so that the policy takes the old value for the one that is used last.
            entries.policy.replace(place, self.weight());
            standing = Standing::Told;
        }
        let mut victims = 0;
        while victims < MOST_VICTIMS {
            let Some(victim) = entries.policy.victim() else { break };
            if old == Some(victim) {
                entries.policy.remove(victim);
                standing = Standing::Hidden;
                continue;
            }
            self.claim.gain(self.cache.take(entries, victim, Cause::Size, later));
            victims += 1;
            if self.claim.covers(count, bytes) {
                return (true, standing);
            }
        }
        (false, standing)
    }

    /// Evicts, shard by shard, until there is room even if the key is new. Called without a lock.
    pub fn make_room(&mut self) {
        let cache = self.cache;
        let home = cache.shard_of(self.key.hash);
        loop {
            let mut found = false;
            for shard in (1..=cache.shards()).map(|step| (home + step) % cache.shards()) {
                let covered = cache.with(shard, |Shard { entries, .. }, later| {
                    for _ in 0..MOST_VICTIMS {
                        if self.claim.covers(1, self.charge) {
                            return true;
                        }
                        let Some(victim) = entries.policy.victim() else { break };
                        self.claim.gain(cache.take(entries, victim, Cause::Size, later));
                        found = true;
                    }
                    self.claim.covers(1, self.charge)
                });
                if covered {
                    return;
                }
            }
            if !found {
                // Others hold what is missing, on their way to storing it.
                self.claim.give_back();
                yield_now();
            }
        }
    }
}

/// How the policy stands to the value that is to be replaced.
#[derive(Clone, Copy)]
enum Standing {
    /// It knows it as it was.
    Known,
    /// It was told of the replacement.
    Told,
    /// It has named it as its victim, and was told that it is gone, so that it names others.
    Hidden,
}

impl Standing {
    /// The policy knows the place again, with this weight, if it was hidden from it.
    fn show(self, entries: &mut Entries, old: Option<u32>, weight: u32) {
        if let (Self::Hidden, Some(place)) = (self, old) {
            let hash = entries.slab[place].hash;
            entries.policy.insert(place, hash, weight);
        }
    }

    /// The old value stays, and the policy is told its weight.
    fn undo(self, entries: &mut Entries, old: Option<u32>, weight: u32) {
        match (self, old) {
            (Self::Told, Some(place)) => entries.policy.replace(place, weight),
            _ => self.show(entries, old, weight),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cache::{lru::Lru, policy::Eviction, Options},
        value::Kind,
    };
    use std::{
        collections::HashMap,
        sync::{Arc, Mutex},
    };

    /// The least recently used goes; what was told last of the weight of each place is known.
    #[derive(Default)]
    struct Weighed {
        lru: Lru,
        weights: Arc<Mutex<HashMap<u32, u32>>>,
    }

    impl Eviction for Weighed {
        fn reserve(&mut self, places: usize) -> Result<()> {
            self.lru.reserve(places)
        }
        fn insert(&mut self, place: u32, hash: u64, weight: u32) {
            self.weights.lock().unwrap().insert(place, weight);
            self.lru.insert(place, hash, weight);
        }
        fn touch(&mut self, place: u32) {
            self.lru.touch(place);
        }
        fn has(&self, place: u32) -> bool {
            self.lru.has(place)
        }
        fn fetch_ahead(&self, places: &[u32], at: usize) {
            self.lru.fetch_ahead(places, at);
        }
        fn replace(&mut self, place: u32, weight: u32) {
            self.weights.lock().unwrap().insert(place, weight);
            self.lru.replace(place, weight);
        }
        fn remove(&mut self, place: u32) {
            self.weights.lock().unwrap().remove(&place);
            self.lru.remove(place);
        }
        fn victim(&mut self) -> Option<u32> {
            self.lru.victim()
        }
        fn miss(&mut self, hash: u64) {
            self.lru.miss(hash);
        }
        fn coldest_first(&self, each: &mut dyn FnMut(u32)) {
            self.lru.coldest_first(each);
        }
        fn clear(&mut self) {
            self.lru.clear();
        }
    }

    #[test]
    fn a_replacement_that_finds_no_room_leaves_the_policy_the_weight_of_the_old_value() {
        const BYTES: u64 = 100_000;
        // Alone, the old value is hidden from the policy; among many that go first, the policy is only told of the new one.
        for others in [0, 2 * MOST_VICTIMS] {
            let cache = Cache::new(Options { max_bytes: Some(BYTES), ..Options::default() }).unwrap();
            let home = cache.shard_of(KeyRef::new(b"key").hash);
            let weights = Arc::<Mutex<HashMap<_, _>>>::default();
            cache.with(home, |Shard { entries, .. }, _| {
                entries.policy = Box::new(Weighed { weights: weights.clone(), ..Weighed::default() })
            });
            cache.set(KeyRef::new(b"key"), Value::NULL, &Terms::default()).unwrap();
            let at_home = (0_u32..).map(u32::to_be_bytes).filter(|key| cache.shard_of(KeyRef::new(key).hash) == home);
            at_home.take(others).for_each(|key| cache.set(KeyRef::new(&key), Value::NULL, &Terms::default()).unwrap());
            let mut rest = Claim::new(&cache.bounds);
            assert!(rest.covers(0, BYTES - cache.stats().unwrap().bytes));

            let value = Value::payload(Kind::Bytes, &[7; 50_000]).unwrap();
            let mut put = Put::new(&cache, KeyRef::new(b"key"), value, &Terms::default());
            cache.with(home, |Shard { entries, .. }, later| {
                let place = entries.find(put.key).unwrap();
                let before = weights.lock().unwrap()[&place];
                assert!(!put.store(entries, later).unwrap());
                assert_eq!(weights.lock().unwrap().get(&place), Some(&before), "{others}");
                assert!(entries.policy.has(place));
            });
        }
    }

    #[test]
    fn writers_of_whom_each_holds_what_the_other_needs_do_not_wait_for_ever() {
        let cache = Cache::new(Options { max_bytes: Some(10_000), ..Options::default() }).unwrap();
        let value = Value::payload(Kind::Bytes, &[7; 6_000]).unwrap();
        std::thread::scope(|scope| {
            let puts = [&b"one"[..], b"two"].map(|key| {
                let mut put = Put::new(&cache, KeyRef::new(key), value.clone(), &Terms::default());
                assert!(put.claim.covers(0, 5_000));
                put
            });
            for mut put in puts {
                let cache = &cache;
                scope.spawn(move || loop {
                    let done = cache.with(cache.shard_of(put.key.hash), |Shard { entries, .. }, later| put.store(entries, later));
                    if done.unwrap() {
                        break;
                    }
                    put.make_room();
                });
            }
        });
        assert_eq!(cache.bounds.entries(), 1);
    }
}

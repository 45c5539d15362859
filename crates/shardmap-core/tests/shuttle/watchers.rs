//! Who is told: listeners of a cache, holders of leases, those who wait for a load.

use super::{beside, explore, fetch, key, owned, value};
use shardmap_core::{
    cache::{Cache, EventKind, Listener, Options, Terms},
    holders::Holders,
    leases::{Leases, Request, Term},
};
use shuttle::{
    sync::{Condvar, Mutex},
    thread,
};
use std::sync::Arc;

fn cache() -> Arc<Cache> {
    Cache::new(Options { max: Some(4), ..Options::default() }).unwrap()
}

#[derive(Default)]
struct Bell {
    is_rung: Mutex<bool>,
    more: Condvar,
}

impl Bell {
    fn listener(self: &Arc<Self>, holder: u64) -> Listener {
        let bell = self.clone();
        let ring = Arc::new(move || {
            *bell.is_rung.lock().unwrap() = true;
            bell.more.notify_all();
        });
        Listener { holder, kinds: EventKind::Delete.bit(), ring }
    }

    fn wait(&self) {
        let mut is_rung = self.is_rung.lock().unwrap();
        while !std::mem::take(&mut *is_rung) {
            is_rung = self.more.wait(is_rung).unwrap();
        }
    }
}

#[test]
fn a_listener_that_sleeps_until_it_is_rung_hears_of_everything_in_order() {
    explore(|| {
        let (cache, bell) = (cache(), Arc::new(Bell::default()));
        cache.listen(bell.listener(1));
        let writers = [1, 2].map(|at| {
            beside(&cache, move |cache| {
                for _ in 0..2 {
                    cache.set(key(at), value(1), &Terms::default()).unwrap();
                    assert!(cache.delete(key(at)).unwrap());
                }
            })
        });
        // Others come and go, and it goes on with another ring.
        let others = beside(&cache, |cache| {
            cache.listen(Arc::new(Bell::default()).listener(2));
            cache.unlisten(2);
        });
        let mut heard = 0;
        while heard < 4 {
            bell.wait();
            heard += cache.take_events(1).1.len();
            cache.listen(bell.listener(1));
        }
        writers.into_iter().chain([others]).for_each(|thread| thread.join().unwrap());
        assert_eq!(cache.take_events(1), (0, vec![]));
    });
}

#[test]
fn a_listener_that_stops_hears_nothing_more_and_takes_nothing_from_others() {
    explore(|| {
        let (cache, bell) = (cache(), Arc::new(Bell::default()));
        [1, 2].into_iter().for_each(|holder| cache.listen(bell.listener(holder)));
        cache.set(key(1), value(1), &Terms::default()).unwrap();
        let stops = beside(&cache, |cache| cache.end_holder(2));
        assert!(cache.delete(key(1)).unwrap());
        stops.join().unwrap();
        assert_eq!((cache.take_events(1).1.len(), cache.take_events(2).1.len()), (1, 0));
    });
}

/// What a holder is told of its leases of one key.
fn hold(leases: &Arc<Leases>, holder: u64, told: &Arc<Mutex<Vec<(u64, u64)>>>) -> u64 {
    let bell = Arc::new(Bell::default());
    let (granted, ended, token) = (told.clone(), told.clone(), Arc::new(Mutex::new(0)));
    let (rings, grants) = (bell.clone(), token.clone());
    let completion = Box::new(move |result: shardmap_core::Result<shardmap_core::leases::Granted>| {
        let token = result.map_or(0, |granted| granted.token);
        granted.lock().unwrap().push((holder, token));
        *grants.lock().unwrap() = token;
        (rings.listener(0).ring)();
    });
    let request = Request {
        keys: vec![owned(1)],
        holder,
        term: Term::from_ms(1 << 30).unwrap(),
        completion,
        ended: Box::new(move || ended.lock().unwrap().push((holder, u64::MAX))),
    };
    leases.ask(request).unwrap();
    bell.wait();
    let token = *token.lock().unwrap();
    token
}

#[test]
fn leases_are_granted_one_after_the_other_and_told_of_in_order() {
    explore(|| {
        let (leases, told) = (Leases::new(), Arc::new(Mutex::new(Vec::new())));
        let threads = [1, 2, 3].map(|holder| {
            let told = told.clone();
            beside(&leases, move |leases| {
                let token = hold(leases, holder, &told);
                if holder == 3 {
                    leases.end_holder(holder);
                } else {
                    assert!(leases.release(token));
                }
            })
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        let told = told.lock().unwrap();
        let tokens: Vec<_> = told.iter().filter(|(_, token)| *token != u64::MAX).map(|(_, token)| *token).collect();
        assert_eq!(tokens, [1, 2, 3]);
        let granted = told.iter().position(|(holder, _)| *holder == 3).unwrap();
        assert_eq!(told.get(granted + 1), Some(&(3, u64::MAX)), "an end is not told of, or not in its place");
        assert_eq!((leases.held(), leases.waiting()), (0, 0));
    });
}

#[test]
fn all_who_ask_for_a_key_are_answered_by_one_load() {
    explore(|| {
        let cache = cache();
        let threads = [1, 2, 3].map(|holder| beside(&cache, move |cache| fetch(cache, holder).is_some()));
        assert!(threads.into_iter().all(|thread| thread.join().unwrap()));
        assert_eq!(cache.stats().unwrap().loads, 1);
    });
}

#[test]
fn all_who_ask_are_answered_though_leaders_die_and_the_key_is_written() {
    explore(|| {
        let cache = cache();
        let dies = beside(&cache, |cache| {
            let desk = Arc::new(super::Desk::default());
            cache.fetch(key(1), desk.party(9), super::Ask::default()).unwrap();
            thread::yield_now();
            cache.end_holder(9);
        });
        let threads = [1, 2].map(|holder| beside(&cache, move |cache| fetch(cache, holder).is_some()));
        cache.delete(key(1)).unwrap();
        assert!(threads.into_iter().all(|thread| thread.join().unwrap()));
        dies.join().unwrap();
        // Nobody is left, so who asks leads or finds the value.
        assert!(fetch(&cache, 3).is_some());
    });
}

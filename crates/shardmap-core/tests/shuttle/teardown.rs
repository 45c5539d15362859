//! The end of a holder, and of a map, while loads, locks, listeners and commits are under way: nothing stays, and nobody waits for ever.

use super::{beside, explore, fetch, key, owned, value, Ask, Desk};
use shardmap_core::{
    cache::{Cache, EventKind, Listener, Options, Terms},
    holders::Holders,
    leases::{Request, Term},
    thread as own_threads,
    versions::{self, Change, Commit, VersionedMap, Write},
    Code, Done, Result,
};
use shuttle::{sync::mpsc, thread};
use std::sync::Arc;

struct Process {
    cache: Arc<Cache>,
    map: Arc<VersionedMap>,
}

fn process() -> Arc<Process> {
    let cache = Cache::new(Options { max: Some(2), ..Options::default() }).unwrap();
    Arc::new(Process { cache, map: VersionedMap::new(versions::Options::default()).unwrap() })
}

fn commit(map: &Arc<VersionedMap>, to: u32) -> mpsc::Receiver<Result<u64>> {
    let (tell, told) = mpsc::channel();
    let write = Write::new(owned(1), Some(value(to)));
    map.commit(Commit::of(Change::Writes(vec![write])), Done::new(move |result| tell.send(result).unwrap_or_default()));
    told
}

/// Asks for the lock of a key; what is told is whether it was granted.
fn lock(map: &VersionedMap, holder: u64) -> Option<mpsc::Receiver<Option<u64>>> {
    let (tell, told) = mpsc::channel();
    let request = Request {
        keys: vec![owned(1)],
        holder,
        term: Term::from_ms(1 << 30).unwrap(),
        completion: Box::new(move |granted| tell.send(granted.ok().map(|granted| granted.token)).unwrap_or_default()),
        ended: Box::new(|| ()),
    };
    map.leases().ask(request).ok().map(|_| told)
}

/// An isolate that ends with everything under way.
fn ends(process: &Process, holder: u64) {
    let desk = Arc::new(Desk::default());
    process.cache.listen(Listener { holder, kinds: EventKind::Delete.bit(), ring: Arc::new(|| ()) });
    let _ = process.cache.fetch(key(1), desk.party(holder), Ask::default());
    let _locked = lock(&process.map, holder);
    let _committed = commit(&process.map, holder as u32);
    process.map.leases().end_holder(holder);
    process.cache.end_holder(holder);
}

/// One that goes on, and gives back what it gets.
fn lives(process: &Process, holder: u64) {
    fetch(&process.cache, holder);
    let granted = lock(&process.map, holder).and_then(|told| told.recv().unwrap());
    let committed = commit(&process.map, holder as u32).recv().unwrap();
    assert!(committed.is_ok() || committed.is_err_and(|error| error.code() == Code::Closed));
    granted.map(|token| process.map.leases().release(token));
}

fn nothing_is_left(process: &Process) {
    own_threads::rest();
    let leases = process.map.leases();
    assert_eq!((leases.held(), leases.waiting()), (0, 0), "a lease or a request is left");
    let _ = process.cache.set(key(2), value(1), &Terms::default());
    let _ = process.cache.delete(key(2));
    assert!([1, 2, 3].iter().all(|&holder| process.cache.take_events(holder).1.is_empty()), "a listener is left");
}

#[test]
fn holders_that_end_leave_nothing_to_those_who_go_on_but_their_turn() {
    explore(|| {
        let process = process();
        let end = [1, 2].map(|holder| beside(&process, move |process| ends(process, holder)));
        lives(&process, 3);
        end.into_iter().for_each(|thread| thread.join().unwrap());
        nothing_is_left(&process);
        assert!(fetch(&process.cache, 4).is_some());
    });
}

#[test]
fn maps_that_are_destroyed_while_holders_end_and_go_on_answer_everybody() {
    explore(|| {
        let process = process();
        let end = beside(&process, |process| ends(process, 1));
        let live = beside(&process, |process| lives(process, 2));
        let destroy = beside(&process, |process| process.map.destroy().unwrap());
        thread::yield_now();
        process.cache.destroy();
        [end, live, destroy].into_iter().for_each(|thread| thread.join().unwrap());
        nothing_is_left(&process);
        assert_eq!(process.map.get(key(1)).unwrap_err().code(), Code::Closed);
        assert_eq!(process.cache.get(key(1)).unwrap_err().code(), Code::Closed);
    });
}

#[test]
fn commits_of_many_are_each_answered_whoever_makes_them() {
    explore(|| {
        let map = VersionedMap::new(versions::Options::default()).unwrap();
        let threads = [1, 2, 3].map(|to| {
            beside(&map, move |map| {
                if to == 3 {
                    let replaced = mpsc::channel();
                    map.replace_all(vec![Write::new(owned(2), Some(value(1)))], Done::new(move |result| replaced.0.send(result).unwrap()));
                    return replaced.1.recv().unwrap().unwrap();
                }
                commit(map, to).recv().unwrap().unwrap()
            })
        });
        let mut versions: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        versions.sort_unstable();
        assert_eq!(versions, [1, 2, 3]);
        own_threads::rest();
        assert_eq!(map.latest().unwrap().version, 3);
    });
}

//! The flight table: one load per key, passed on or ended, and nobody forgotten.

mod model;
mod threads;

use shardmap_core::{
    cache::{
        flights::{Flights, Joined, Letters, News, Party, Tell},
        Terms,
    },
    key::{Key, KeyBuf, KeyRef},
    Value,
};
use std::{
    panic::resume_unwind,
    sync::{Arc, Mutex},
};

fn key(number: usize) -> Key {
    let mut key = KeyBuf::new();
    key.number(number as f64);
    Key::new(key.finish().unwrap().bytes)
}

fn of(key: &Key) -> KeyRef<'_> {
    KeyRef::new(key.as_bytes())
}

fn party(holder: u64, request: u64, tag: &str, tell: Tell) -> Party {
    Party::new(holder, request, Terms { tags: vec![tag.into()], ..Terms::default() }, tell)
}

/// What was told, as (request, what).
type Told = Arc<Mutex<Vec<(u64, String)>>>;

fn told() -> (Told, Tell) {
    let told = Told::default();
    let log = told.clone();
    (told, Arc::new(move |request, news| log.lock().unwrap().push((request, format!("{news:?}")))))
}

fn lead(joined: &Joined) -> u32 {
    match joined {
        Joined::Leads(flight) => *flight,
        Joined::Waits => panic!("somebody else leads"),
    }
}

#[test]
fn a_panicking_tell_keeps_no_news_from_the_others() {
    let (told, tell) = told();
    let mut flights = Flights::default();
    let flight = lead(&flights.join(of(&key(1)), party(1, 1, "", tell.clone())));
    flights.join(of(&key(1)), party(1, 2, "", Arc::new(|_, _| resume_unwind(Box::new("asked for by the test")))));
    flights.join(of(&key(1)), party(1, 3, "", tell));
    let mut letters = Letters::default();
    let ended = flights.settle(of(&key(1)), flight, |_| None, &mut letters).unwrap();
    letters.answer(&ended, &News::Loaded(Value::bool(true)));
    letters.post();
    assert_eq!(*told.lock().unwrap(), [(3, "Loaded(Bool(true))".to_owned())]);
}

#[test]
fn what_a_party_owns_may_call_back_in_when_it_is_dropped_with_the_letters() {
    struct Owner(Arc<Mutex<Flights>>);
    impl Drop for Owner {
        fn drop(&mut self) {
            assert!(self.0.try_lock().is_ok(), "dropped under the lock");
        }
    }
    let flights = Arc::new(Mutex::new(Flights::default()));
    let ends: [fn(&mut Flights, u32, &mut Letters); 4] = [
        |flights, flight, letters| {
            let ended = flights.settle(of(&key(1)), flight, |_| None, letters).unwrap();
            letters.answer(&ended, &News::Failed(Value::NULL));
        },
        |flights, flight, letters| {
            assert!(flights.leave(of(&key(1)), 2, 2, letters));
            flights.abandon(of(&key(1)), flight, |_| None, letters);
        },
        |flights, _, letters| {
            flights.end_holder(1, |_| None, letters);
            flights.end_holder(2, |_| None, letters);
        },
        |flights, _, letters| flights.close(letters),
    ];
    for end in ends {
        let party = |holder| {
            let owner = Owner(flights.clone());
            let tell: Tell = Arc::new(move |_, _| assert!(owner.0.try_lock().is_ok()));
            party(holder, holder, "", tell)
        };
        let (one, two) = (party(1), party(2));
        let mut letters = Letters::default();
        let mut locked = flights.lock().unwrap();
        let flight = lead(&locked.join(of(&key(1)), one));
        locked.join(of(&key(1)), two);
        end(&mut locked, flight, &mut letters);
        assert!(locked.is_empty());
        drop(locked);
        letters.post();
    }
}

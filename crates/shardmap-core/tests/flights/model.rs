//! The flight table against a model of its rules.

use super::{key, of, party};
use proptest::prelude::*;
use shardmap_core::{
    cache::flights::{Flights, Joined, Kept, Letters, News, Tell},
    Value,
};
use std::sync::{Arc, Mutex};

const KEYS: usize = 3;
const TAGS: [&str; 2] = ["red", "blue"];

#[derive(Clone, Debug)]
enum Step {
    Join { key: usize, holder: u64, tag: usize },
    Settle(usize),
    Fail(usize),
    Abandon(usize),
    Leave(usize),
    EndHolder(u64),
    Spoil(usize),
    SpoilTag(usize),
    SpoilAll,
    Close,
}

fn step() -> impl Strategy<Value = Step> {
    let (key, holder, tag, at) = (0..KEYS, 0..3_u64, 0..TAGS.len(), 0..30_usize);
    prop_oneof![
        20 => (key.clone(), holder.clone(), tag.clone()).prop_map(|(key, holder, tag)| Step::Join { key, holder, tag }),
        6 => at.clone().prop_map(Step::Settle),
        3 => at.clone().prop_map(Step::Fail),
        8 => at.clone().prop_map(Step::Abandon),
        8 => at.prop_map(Step::Leave),
        2 => holder.prop_map(Step::EndHolder),
        4 => key.prop_map(Step::Spoil),
        2 => tag.prop_map(Step::SpoilTag),
        1 => Just(Step::SpoilAll),
        1 => Just(Step::Close),
    ]
}

/// What a party was told.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
enum Heard {
    Loaded(f64),
    Failed(f64),
    /// The old value; the flight is compared by what can be done with it.
    Lead(f64),
    Closed,
}

/// A party and where it stands.
struct Asker {
    key: usize,
    holder: u64,
    tag: usize,
    stand: Stand,
}

#[derive(Clone, Copy, PartialEq)]
enum Stand {
    /// Late: since the load began and before this party asked there was a write.
    Waits {
        late: bool,
    },
    Leads {
        dirty: bool,
    },
    Gone,
}

impl Asker {
    fn leads(&self) -> bool {
        matches!(self.stand, Stand::Leads { .. })
    }

    fn waits(&self) -> bool {
        matches!(self.stand, Stand::Waits { .. })
    }
}

/// Who asked, in the order of asking.
#[derive(Default)]
struct Model {
    askers: Vec<Asker>,
    heard: Vec<(u64, Heard)>,
}

impl Model {
    fn is_loading(&self, key: usize) -> bool {
        self.askers.iter().any(|asker| asker.key == key && asker.stand != Stand::Gone)
    }

    /// The first who waits for a key that nobody loads leads.
    fn pass_on(&mut self) {
        for key in 0..KEYS {
            if self.askers.iter().any(|asker| asker.key == key && asker.leads()) {
                continue;
            }
            if let Some(heir) = self.askers.iter().position(|asker| asker.key == key && asker.waits()) {
                self.askers[heir].stand = Stand::Leads { dirty: false };
                self.heard.push((heir as u64, Heard::Lead(key as f64)));
                // The load begins now.
                for asker in self.askers.iter_mut().filter(|asker| asker.key == key && asker.waits()) {
                    asker.stand = Stand::Waits { late: false };
                }
            }
        }
    }

    fn spoil(&mut self, which: impl Fn(&Asker) -> bool) {
        for asker in self.askers.iter_mut().filter(|asker| asker.leads() && which(asker)) {
            asker.stand = Stand::Leads { dirty: true };
        }
    }

    fn remove(&mut self, which: impl Fn(&Asker) -> bool) {
        self.askers.iter_mut().filter(|asker| which(asker)).for_each(|asker| asker.stand = Stand::Gone);
    }

    /// Tells all who wait for a key and are not late.
    fn answer(&mut self, key: usize, news: &Heard) {
        let late = Stand::Waits { late: true };
        for (at, asker) in self.askers.iter_mut().enumerate().filter(|(_, asker)| asker.key == key && asker.stand != late) {
            if asker.waits() {
                self.heard.push((at as u64, news.clone()));
            }
            asker.stand = Stand::Gone;
        }
    }
}

struct World {
    flights: Flights,
    /// Of each party the number of the flight that it led last.
    numbers: Arc<Mutex<Vec<u32>>>,
    heard: Arc<Mutex<Vec<(u64, Heard)>>>,
    tell: Tell,
    model: Model,
}

fn number(value: &Value) -> f64 {
    value.as_number().unwrap()
}

impl World {
    fn new() -> Self {
        let (numbers, heard) = (Arc::new(Mutex::new(Vec::<u32>::new())), Arc::new(Mutex::new(Vec::new())));
        let (lead, log) = (numbers.clone(), heard.clone());
        let tell = Arc::new(move |request, news: News| {
            let news = match news {
                News::Loaded(value) => Heard::Loaded(number(&value)),
                News::Failed(error) => Heard::Failed(number(&error)),
                News::Closed => Heard::Closed,
                News::Lead { flight, stale, .. } => {
                    lead.lock().unwrap()[request as usize] = flight;
                    Heard::Lead(number(&stale.unwrap()))
                }
            };
            log.lock().unwrap().push((request, news));
        });
        Self { flights: Flights::default(), numbers, heard, tell, model: Model::default() }
    }

    /// The value of each key is its number.
    fn stale(bytes: &[u8]) -> Option<Kept> {
        (0..KEYS).find(|&number| key(number).as_bytes() == bytes).map(|number| Kept::Stale(Value::number(number as f64)))
    }

    /// The key of a party, and the flight it led last, which may be no flight at all.
    fn flight(&self, at: usize) -> (usize, u32) {
        self.model.askers.get(at).map_or((0, 0), |asker| (asker.key, self.numbers.lock().unwrap()[at]))
    }

    fn run(&mut self, step: Step) {
        let mut letters = Letters::default();
        match step {
            Step::Join { key: of_key, holder, tag } => self.join(of_key, holder, tag),
            Step::Settle(at) => self.end(at, &Heard::Loaded(at as f64), &News::Loaded(Value::number(at as f64)), &mut letters),
            Step::Fail(at) => self.end(at, &Heard::Failed(at as f64), &News::Failed(Value::number(at as f64)), &mut letters),
            Step::Abandon(at) => {
                let (of_key, flight) = self.flight(at);
                self.flights.abandon(of(&key(of_key)), flight, |key| Self::stale(key.bytes), &mut letters);
                if let Some(asker) = self.model.askers.get_mut(at).filter(|asker| asker.leads()) {
                    asker.stand = Stand::Gone;
                }
            }
            Step::Leave(at) => {
                let asker = self.model.askers.get_mut(at).filter(|asker| asker.waits());
                let left = asker.map(|asker| asker.stand = Stand::Gone).is_some();
                let (of_key, holder) = self.model.askers.get(at).map_or((0, 0), |asker| (asker.key, asker.holder));
                assert_eq!(self.flights.leave(of(&key(of_key)), holder, at as u64, &mut letters), left);
            }
            Step::EndHolder(holder) => {
                self.flights.end_holder(holder, |key| Self::stale(key.bytes), &mut letters);
                self.model.remove(|asker| asker.holder == holder);
            }
            Step::Spoil(of_key) => {
                self.flights.spoil(of(&key(of_key)));
                self.model.spoil(|asker| asker.key == of_key);
            }
            Step::SpoilTag(tag) => {
                self.flights.spoil_tag(TAGS[tag]);
                self.model.spoil(|asker| asker.tag == tag);
            }
            Step::SpoilAll => {
                self.flights.spoil_all();
                self.model.spoil(|_| true);
            }
            Step::Close => {
                self.flights.close(&mut letters);
                (0..KEYS).for_each(|key| self.close(key));
            }
        }
        self.model.pass_on();
        letters.post();
        self.check();
    }

    fn join(&mut self, of_key: usize, holder: u64, tag: usize) {
        let request = self.model.askers.len();
        let joined = self.flights.join(of(&key(of_key)), party(holder, request as u64, TAGS[tag], self.tell.clone()));
        let leads = !self.model.is_loading(of_key);
        let flight = match joined {
            Joined::Leads(flight) => flight,
            Joined::Waits => 0,
        };
        assert_eq!(joined, if leads { Joined::Leads(flight) } else { Joined::Waits });
        let late = self.model.askers.iter().any(|asker| asker.key == of_key && asker.stand == Stand::Leads { dirty: true });
        let stand = if leads { Stand::Leads { dirty: false } } else { Stand::Waits { late } };
        self.numbers.lock().unwrap().push(flight);
        self.model.askers.push(Asker { key: of_key, holder, tag, stand });
    }

    fn end(&mut self, at: usize, heard: &Heard, news: &News, letters: &mut Letters) {
        let (of_key, flight) = self.flight(at);
        let ended = self.flights.settle(of(&key(of_key)), flight, |key| Self::stale(key.bytes), letters);
        let leader = self.model.askers.get(at).map(|asker| asker.stand);
        let Some(Stand::Leads { dirty }) = leader else {
            assert!(ended.is_none(), "a flight that was passed on was ended by its former leader");
            return;
        };
        let ended = ended.unwrap();
        assert_eq!((ended.leader.request, ended.dirty), (at as u64, dirty));
        letters.answer(&ended, news);
        self.model.answer(of_key, heard);
    }

    /// Also the leader is told.
    fn close(&mut self, key: usize) {
        let here = self.model.askers.iter_mut().filter(|asker| asker.key == key && asker.stand != Stand::Gone);
        here.for_each(|asker| asker.stand = Stand::Waits { late: false });
        self.model.answer(key, &Heard::Closed);
    }

    fn check(&mut self) {
        let (mut heard, mut expected) = (std::mem::take(&mut *self.heard.lock().unwrap()), std::mem::take(&mut self.model.heard));
        let order = |one: &(u64, Heard), other: &(u64, Heard)| one.partial_cmp(other).unwrap();
        heard.sort_by(order);
        expected.sort_by(order);
        assert_eq!(heard, expected);
        for number in 0..KEYS {
            assert_eq!(self.flights.is_loading(of(&key(number))), self.model.is_loading(number));
        }
        assert_eq!(self.flights.is_empty(), !(0..KEYS).any(|key| self.model.is_loading(key)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn every_party_fares_as_in_the_model(steps in prop::collection::vec(step(), 1..80)) {
        let mut world = World::new();
        steps.into_iter().for_each(|step| world.run(step));
    }
}

//! Leases: the locks of versioned maps.

mod callbacks;
mod fixture;
mod locks;
mod model;
mod properties;
mod rules;
mod time;

use fixture::{key, term};
use shardmap_core::{
    leases::{Granted, Leases, Request},
    Result,
};
use std::sync::mpsc::{self, Receiver};

const LONG: u64 = 600_000;

/// What comes of a request: a dropped callback closes its channel.
struct Told {
    granted: Receiver<Result<Granted>>,
    ended: Receiver<()>,
}

impl Told {
    fn token(&self) -> u64 {
        self.granted.recv().unwrap().unwrap().token
    }

    fn is_waiting(&self) -> bool {
        matches!(self.granted.try_recv(), Err(mpsc::TryRecvError::Empty))
    }

    fn is_dropped(&self) -> bool {
        matches!(self.granted.try_recv(), Err(mpsc::TryRecvError::Disconnected))
    }
}

fn request(keys: &[u32], holder: u64, ms: u64) -> (Request, Told) {
    let (grant, granted) = mpsc::channel();
    let (end, ended) = mpsc::channel();
    let request = Request {
        keys: keys.iter().map(|&number| key(number)).collect(),
        holder,
        term: term(ms),
        completion: Box::new(move |result| grant.send(result).unwrap()),
        ended: Box::new(move || end.send(()).unwrap()),
    };
    (request, Told { granted, ended })
}

fn ask(leases: &Leases, keys: &[u32], holder: u64, ms: u64) -> (u64, Told) {
    let (request, told) = request(keys, holder, ms);
    (leases.ask(request).unwrap(), told)
}

//! Accounts whose sum is the same in every version, while three threads transfer.

use super::{beside, commit, key, map, number, put, until_done, MODES};
use shardmap_core::versions::{Difference, VersionedMap};
use std::sync::Arc;

const ACCOUNTS: u32 = 8;
const SUM: f64 = 800.0;
const TRANSFERS: u32 = if cfg!(miri) { 2 } else { 250 };

fn clerk(map: &Arc<VersionedMap>, seed: u32) {
    for round in 0..TRANSFERS {
        let (from, to) = ((seed + round) % ACCOUNTS, (seed * 3 + round / 2 + 1) % ACCOUNTS);
        if from == to {
            continue;
        }
        until_done(map, |tree| {
            let [giver, taker] = [from, to].map(|at| number(tree, at).unwrap());
            let amount = giver.min(f64::from(round % 50));
            (vec![key(from), key(to)], vec![put(from, giver - amount), put(to, taker + amount)])
        });
    }
}

fn moved(difference: &Difference) -> f64 {
    let [before, after] = [&difference.before, &difference.after].map(|value| value.as_ref().unwrap().as_number().unwrap());
    after - before
}

fn audit(map: &Arc<VersionedMap>) {
    let view = map.hold(map.latest().unwrap());
    let rows = view.page(0).rows;
    assert_eq!(rows.iter().map(|(_, value)| value.as_number().unwrap()).sum::<f64>(), SUM);
    assert_eq!((0..ACCOUNTS).map(|at| number(&view.root().tree, at).unwrap()).sum::<f64>(), SUM);
    // A version listed may be gone by the time it is asked for.
    for kept in map.kept().unwrap().into_iter().filter(|kept| kept.version > 1) {
        let changes = map.changes(kept.version).unwrap_or_default();
        assert_eq!(changes.iter().map(moved).sum::<f64>(), 0.0, "version {}", kept.version);
    }
}

#[test]
fn accounts_add_up_in_every_version_while_three_threads_transfer() {
    for mode in MODES {
        let map = map(mode, 16);
        commit(&map, std::array::from_fn::<_, { ACCOUNTS as usize }, _>(|at| put(at as u32, SUM / f64::from(ACCOUNTS))));
        let clerks = (0..3).map(|seed| -> Box<dyn FnOnce() + Send> {
            let map = map.clone();
            Box::new(move || clerk(&map, seed))
        });
        beside(clerks.collect(), vec![Box::new(|| audit(&map))]);
        assert!(map.latest().unwrap().version > 1);
    }
}

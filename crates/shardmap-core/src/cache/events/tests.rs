use super::*;
use crate::key::KeyBuf;
use crate::sync::AtomicUsize;

const ALL_KINDS: u8 = 0b1111;

fn key(number: usize) -> Key {
    let mut key = KeyBuf::new();
    key.number(number as f64);
    Key::new(key.finish().unwrap().bytes)
}

fn listen(queues: &Queues, holder: u64, kinds: u8) -> Arc<AtomicUsize> {
    let rung = Arc::new(AtomicUsize::new(0));
    let count = rung.clone();
    let ring = Arc::new(move || {
        count.fetch_add(1, Ordering::Relaxed);
    });
    queues.listen(Listener { holder, kinds, ring });
    rung
}

fn push(queues: &Queues, cause: Cause, number: usize) {
    let mut rings = Rings::default();
    queues.push(cause, &key(number), &mut rings);
    rings.call();
}

fn causes(queues: &Queues, holder: u64) -> Vec<Cause> {
    queues.take(holder).1.into_iter().map(|event| event.cause).collect()
}

#[test]
fn a_listener_gets_what_it_chose_in_order_and_others_theirs() {
    let queues = Queues::default();
    listen(&queues, 1, EventKind::Delete.bit() | EventKind::Evict.bit());
    listen(&queues, 2, ALL_KINDS);
    Cause::ALL.into_iter().for_each(|cause| push(&queues, cause, 0));
    assert_eq!(causes(&queues, 1), [Cause::Size, Cause::Deleted, Cause::Invalidated]);
    assert_eq!(causes(&queues, 2), Cause::ALL);
    assert_eq!(queues.take(1), (0, Vec::new()));
}

#[test]
fn events_are_gathered_only_while_somebody_wants_their_kind() {
    let queues = Queues::default();
    assert!(!Cause::ALL.into_iter().any(|cause| queues.are_listening(cause)));
    listen(&queues, 1, EventKind::Expire.bit());
    assert_eq!(Cause::ALL.map(|cause| queues.are_listening(cause)), [false, true, false, false, false]);
    queues.unlisten(1);
    push(&queues, Cause::Expired, 0);
    assert_eq!(queues.take(1), (0, Vec::new()));
    assert!(!queues.are_listening(Cause::Expired));
}

#[test]
fn a_listener_is_rung_once_until_it_has_taken_what_waits() {
    let queues = Queues::default();
    let rung = listen(&queues, 1, ALL_KINDS);
    let count = || rung.load(Ordering::Relaxed);
    push(&queues, Cause::Size, 1);
    push(&queues, Cause::Size, 2);
    assert_eq!(count(), 1);
    assert_eq!(queues.take(1).1.len(), 2);
    push(&queues, Cause::Size, 3);
    assert_eq!(count(), 2);
}

#[test]
fn an_overflowing_queue_drops_the_oldest_and_says_how_many() {
    let queues = Queues::default();
    let rung = listen(&queues, 1, ALL_KINDS);
    (0..MAX_EVENTS + 5).for_each(|number| push(&queues, Cause::Replaced, number));
    let (dropped, events) = queues.take(1);
    assert_eq!((dropped, events.len()), (5, MAX_EVENTS));
    assert_eq!((&events[0].key, &events[MAX_EVENTS - 1].key), (&key(5), &key(MAX_EVENTS + 4)));
    assert_eq!(rung.load(Ordering::Relaxed), 1);
    assert_eq!(queues.take(1).0, 0);
}

#[test]
fn a_listener_with_other_kinds_keeps_what_waits_and_is_rung_for_it() {
    let queues = Queues::default();
    listen(&queues, 1, EventKind::Evict.bit());
    push(&queues, Cause::Size, 1);
    let rung = listen(&queues, 1, EventKind::Delete.bit());
    assert_eq!(rung.load(Ordering::Relaxed), 1);
    push(&queues, Cause::Size, 2);
    push(&queues, Cause::Deleted, 3);
    assert_eq!(causes(&queues, 1), [Cause::Size, Cause::Deleted]);
}

#[test]
fn a_cache_that_ends_lets_go_of_its_listeners() {
    let queues = Queues::default();
    let rung = listen(&queues, 1, ALL_KINDS);
    queues.clear();
    push(&queues, Cause::Deleted, 1);
    assert_eq!((rung.load(Ordering::Relaxed), Arc::strong_count(&rung)), (0, 1));
}

#[test]
fn a_ring_may_call_back_in_also_while_it_is_dropped() {
    struct Owner(Arc<Queues>);
    impl Drop for Owner {
        fn drop(&mut self) {
            self.0.unlisten(1);
        }
    }
    let queues = Arc::new(Queues::default());
    for _ in 0..2 {
        let owner = Owner(queues.clone());
        queues.listen(Listener { holder: 1, kinds: ALL_KINDS, ring: Arc::new(move || drop(owner.0.take(1))) });
    }
    push(&queues, Cause::Size, 1);
    assert_eq!(queues.take(1), (0, Vec::new()));
    queues.unlisten(1);
}

#[test]
fn a_ring_that_panics_keeps_nothing_from_the_others() {
    let queues = Queues::default();
    queues.listen(Listener {
        holder: 1,
        kinds: ALL_KINDS,
        ring: Arc::new(|| std::panic::resume_unwind(Box::new("asked for by the test"))),
    });
    let rung = listen(&queues, 2, ALL_KINDS);
    push(&queues, Cause::Size, 1);
    assert_eq!(rung.load(Ordering::Relaxed), 1);
    assert_eq!((causes(&queues, 1), causes(&queues, 2)), (vec![Cause::Size], vec![Cause::Size]));
}

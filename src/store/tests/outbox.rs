//! The outbox: entries beside the events, in the same transaction.

use super::super::outbox::ENTRY_LEN_MAX;
use super::record::PART_LEN_MAX;
use super::*;

type Entry = (String, Option<Vec<u8>>);

fn put(name: &str, value: impl Into<Vec<u8>>) -> Entry {
    (name.to_owned(), Some(value.into()))
}

fn remove(name: &str) -> Entry {
    (name.to_owned(), None)
}

fn entry(name: &str, value: impl Into<Vec<u8>>) -> (String, Vec<u8>) {
    (name.to_owned(), value.into())
}

fn alone(store: &mut Store, entries: &[Entry]) -> Result<Vec<Recorded<Event>>, StoreError> {
    store.append_with(NOW_MS, Vec::new(), entries)
}

#[test]
fn entries_are_written_with_events_or_alone_and_survive() {
    let dir = with_events(1);
    let (mut store, _) = open(dir.path()).unwrap();
    assert_eq!(store.outbox().unwrap(), []);
    let recorded = store.append_with(NOW_MS, vec![noted("x")], &[put("b", "with"), put("c", "")]).unwrap();
    assert_eq!(recorded.len(), 1);
    let head = store.head();
    assert_eq!(alone(&mut store, &[put("a", "alone")]).unwrap(), []);
    assert_eq!(store.head(), head, "an entry is no event");
    let expected = [entry("a", "alone"), entry("b", "with"), entry("c", "")];
    assert_eq!(store.outbox().unwrap(), expected);
    drop(store);
    let (store, events) = open(dir.path()).unwrap();
    assert_eq!((events.len(), store.head()), (2, head));
    assert_eq!(store.outbox().unwrap(), expected);
    drop(store);
    assert!(verify(dir.path()).unwrap().is_sound());
}

#[test]
fn entries_are_replaced_and_removed_by_their_whole_name() {
    let dir = with_events(0);
    let (mut store, _) = open(dir.path()).unwrap();
    let all = [put("post/1", "one"), put("post/10", "ten"), put("post/11", "eleven")];
    alone(&mut store, &all).unwrap();
    store.append_with(NOW_MS, vec![noted("x")], &[remove("post/1"), put("post/10", "TEN")]).unwrap();
    alone(&mut store, &[remove("post/1"), remove("never there")]).unwrap();
    let expected = [entry("post/10", "TEN"), entry("post/11", "eleven")];
    assert_eq!(store.outbox().unwrap(), expected);
    drop(store);
    assert_eq!(open(dir.path()).unwrap().0.outbox().unwrap(), expected);
}

#[test]
fn of_several_entries_of_one_name_the_last_holds() {
    let dir = with_events(0);
    let (mut store, _) = open(dir.path()).unwrap();
    let long = "x".repeat(2 * PART_LEN_MAX);
    let entries =
        [put("gone", "x"), remove("gone"), remove("there"), put("there", long), put("there", "short")];
    alone(&mut store, &entries).unwrap();
    assert_eq!(store.outbox().unwrap(), [entry("there", "short")]);
}

#[test]
fn an_entry_of_several_parts_comes_back_whole() {
    let dir = with_events(0);
    let (mut store, _) = open(dir.path()).unwrap();
    let lengths = [0, 1, PART_LEN_MAX - 1, PART_LEN_MAX, PART_LEN_MAX + 1, 3 * PART_LEN_MAX, ENTRY_LEN_MAX];
    // No two parts are the same: one in the wrong place would be seen.
    let value = |len: usize| {
        let byte = |at: usize| ((at / 7 + at / PART_LEN_MAX) % 256).to_le_bytes()[0];
        (0..len).map(byte).collect::<Vec<_>>()
    };
    let entries: Vec<_> = lengths.map(|len| put(&format!("{len:07}"), value(len))).into();
    alone(&mut store, &entries).unwrap();
    let expected = lengths.map(|len| entry(&format!("{len:07}"), value(len)));
    assert!(store.outbox().unwrap() == expected);
    drop(store);
    // Nothing was moved to a file of its own: opening would refuse it.
    assert!(open(dir.path()).unwrap().0.outbox().unwrap() == expected);
}

#[test]
fn a_shorter_entry_leaves_no_parts_of_the_longer_one() {
    let dir = with_events(0);
    let (mut store, _) = open(dir.path()).unwrap();
    for len in [5 * PART_LEN_MAX + 1, 2 * PART_LEN_MAX, 1, 0, 3 * PART_LEN_MAX] {
        alone(&mut store, &[put("a", vec![b'x'; len]), put("b", "other")]).unwrap();
        assert_eq!(store.outbox().unwrap(), [entry("a", vec![b'x'; len]), entry("b", "other")]);
        assert_eq!(store.engine.outbox.len(), len.div_ceil(PART_LEN_MAX).max(1) + 1);
    }
    alone(&mut store, &[remove("a"), remove("b")]).unwrap();
    assert!(store.engine.outbox.is_empty());
}

#[test]
fn an_entry_that_is_too_long_is_refused_and_changes_nothing() {
    let dir = with_events(1);
    let (mut store, _) = open(dir.path()).unwrap();
    alone(&mut store, &[put("a", "before")]).unwrap();
    let head = store.head();
    let entries = [put("a", "after"), remove("a"), put("b", vec![0; ENTRY_LEN_MAX + 1])];
    let refused = store.append_with(NOW_MS, vec![noted("x")], &entries);
    assert!(
        matches!(refused, Err(StoreError::EntryTooLong { len }) if len == ENTRY_LEN_MAX + 1),
        "{refused:?}"
    );
    let long_event = store.append_with(NOW_MS, vec![noted(&"x".repeat(EVENT_LEN_MAX))], &[put("a", "after")]);
    assert!(matches!(long_event, Err(StoreError::TooLong { .. })), "{long_event:?}");
    assert_eq!((store.head(), store.outbox().unwrap()), (head, vec![entry("a", "before")]));
    store.append_with(NOW_MS, vec![noted("goes on")], &[put("a", "after")]).unwrap();
    drop(store);
    let (store, events) = open(dir.path()).unwrap();
    assert_eq!((events.len(), store.outbox().unwrap()), (2, vec![entry("a", "after")]));
}

#[test]
fn events_and_entries_are_one_transaction() {
    let dir = with_events(2);
    let (mut store, _) = open(dir.path()).unwrap();
    let before = [put("kept", vec![b'x'; 2 * PART_LEN_MAX]), put("other", "1")];
    alone(&mut store, &before).unwrap();
    let expected = store.outbox().unwrap();
    // Somebody else moved the head: the transaction is given up after the outbox was changed in it.
    store.head.lock().unwrap().seq = 1;
    let entries = [remove("kept"), put("other", "2"), put("new", "3")];
    let failed = store.append_with(NOW_MS, vec![noted("x")], &entries);
    assert!(matches!(failed, Err(StoreError::Append { .. })), "{failed:?}");
    assert!(matches!(alone(&mut store, &[remove("kept")]), Err(StoreError::Poisoned { .. })));
    drop(store);
    let (store, events) = open(dir.path()).unwrap();
    assert_eq!((events.len(), store.outbox().unwrap()), (2, expected));
}

#[test]
fn parts_that_are_no_entry_are_damage_of_the_outbox_and_not_of_the_chain() {
    let stray: [&[u8]; 3] = [b"no part", b"a\0\0\x02", b"\xff\0\0\0"];
    for key in stray {
        let dir = with_events(1);
        let (mut store, _) = open(dir.path()).unwrap();
        alone(&mut store, &[put("a", "first part")]).unwrap();
        store.engine.outbox.insert(key, "x").unwrap();
        drop(store);
        assert_eq!(fault(dir.path()), Fault::Meta("outbox"), "{key:?}");
        assert!(verify(dir.path()).unwrap().is_sound());
        let report = verify_all::<Event, _>(dir.path(), |_| Ok(()), |_| ()).unwrap();
        assert_eq!((report.head.seq, report.fault), (1, Some(Fault::Meta("outbox"))));
    }
}

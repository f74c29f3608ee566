//! Appending: what is recorded comes back, what is refused writes nothing, what fails poisons.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

#[test]
fn events_come_back_in_order() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("a").join("b");
    create(&path, NOW_MS).unwrap();
    let (mut store, events) = open(&path).unwrap();
    assert_eq!(events, []);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(store.append::<Event>(NOW_MS, vec![]).unwrap(), []);
    let actor = ActorId::bot();
    let batch = vec![noted("one"), (actor.clone(), Event::Counted { n: 1 << 53 }), (actor, Event::Rang)];
    let mut recorded = store.append(NOW_MS, batch).unwrap();
    recorded.extend(store.append(NOW_MS + 1, vec![noted("\u{202e} ü \n\0")]).unwrap());
    assert_eq!(recorded.iter().map(|event| event.envelope.seq).collect::<Vec<_>>(), [1, 2, 3, 4]);
    let head = store.head();
    assert_eq!(head.hash, recorded[3].hash);
    drop(store);
    let (store, events) = open(&path).unwrap();
    assert_eq!(events, recorded);
    assert_eq!(store.head(), head);
    drop(store);
    let report = verify(&path).unwrap();
    let text = report.text.map(|text| text.head);
    assert_eq!((report.head, report.mark, text), (head, Some(head), Some(head)));
    assert_eq!(
        (report.store.as_str(), report.fault, report.newer),
        (recorded[0].envelope.store.as_str(), None, None)
    );
}

#[test]
fn the_longest_events_stay_out_of_files_of_their_own() {
    let dir = TempDir::new().unwrap();
    let mut store = made(dir.path());
    let longest = "x".repeat(EVENT_LEN_MAX - 200);
    // More of the longest than a batch of decisions can hold.
    for events in [1, 17, 256, 1] {
        store.append(NOW_MS, vec![noted(&longest); events]).unwrap();
    }
    drop(store);
    let (_, events) = open(dir.path()).unwrap();
    assert_eq!(events.len(), 19 + 256);
}

#[test]
fn what_is_refused_before_writing_leaves_the_store_good() {
    let dir = with_events(1);
    let (mut store, _) = open(dir.path()).unwrap();
    let head = store.head();
    let too_long = store.append(NOW_MS, vec![noted("fits"), noted(&"x".repeat(EVENT_LEN_MAX))]);
    assert!(matches!(too_long, Err(StoreError::TooLong { len }) if len > EVENT_LEN_MAX));
    let too_many = store.append(NOW_MS, vec![noted("x"); APPEND_EVENTS_MAX + 1]);
    assert!(matches!(too_many, Err(StoreError::TooMany { .. })));
    let big = store.append(NOW_MS, vec![(ActorId::bot(), Event::Counted { n: (1 << 53) + 1 })]);
    assert!(matches!(big, Err(StoreError::Unfaithful { .. })));
    assert_eq!(store.head(), head);
    let recorded = store.append(NOW_MS, vec![noted("goes on")]).unwrap();
    assert_eq!(recorded[0].envelope.seq, 2);
}

#[test]
fn an_event_that_would_not_come_back_is_refused() {
    #[derive(Debug, Serialize, Deserialize)]
    #[serde(tag = "kind", content = "body")]
    enum Lossy {
        Noted {
            #[serde(skip_deserializing)]
            text: String,
        },
    }
    let dir = with_events(0);
    let (mut store, _) = open(dir.path()).unwrap();
    let event = Lossy::Noted { text: "lost".to_owned() };
    let refused = store.append(NOW_MS, vec![(ActorId::bot(), event)]);
    assert!(matches!(refused, Err(StoreError::Unfaithful { .. })), "{refused:?}");
}

#[test]
fn a_failed_append_poisons_the_store() {
    let dir = with_events(2);
    let (mut store, _) = open(dir.path()).unwrap();
    // Somebody else moved the head.
    store.head.lock().unwrap().seq = 1;
    let failed = store.append(NOW_MS, vec![noted("x")]);
    assert!(matches!(failed, Err(StoreError::Append { .. })), "{failed:?}");
    let poisoned = store.append(NOW_MS, vec![noted("x")]);
    assert!(matches!(poisoned, Err(StoreError::Poisoned { .. })));
    drop(store);
    assert_eq!(open(dir.path()).unwrap().1.len(), 2);
}

#[test]
fn a_file_in_blobs_fails_the_append_and_the_start() {
    let dir = with_events(1);
    let (mut store, _) = open(dir.path()).unwrap();
    fs::write(dir.path().join("record/blobs/1"), "x").unwrap();
    assert!(matches!(store.append(NOW_MS, vec![noted("x")]), Err(StoreError::Spilled { .. })));
    assert!(matches!(store.append(NOW_MS, vec![noted("x")]), Err(StoreError::Poisoned { .. })));
    drop(store);
    assert!(matches!(open(dir.path()), Err(StoreError::Spilled { .. })));
}

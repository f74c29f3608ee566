//! What a later version wrote is refused as such, and not a byte is changed; what is damaged is not
//! taken for it.

use super::super::record::{Record, key};
use super::refusals::{engine, files};
use super::*;

/// Writes something beside the events, and its name.
type Kept = (fn(&Engine), &'static str);

fn refused(dir: &Path) -> Newer {
    let before = files(dir);
    let Err(StoreError::Newer { newer, .. }) = open(dir) else { panic!("not refused as newer") };
    assert_eq!(files(dir), before, "a refused start changed the record");
    *newer
}

/// As if another program had had the record last.
fn by_another(dir: &Path) {
    let _ = fs::remove_file(dir.join("holder"));
}

#[test]
fn newer_versions_are_refused_as_such() {
    let edits: [fn(&Engine); 2] = [
        |engine| drop(engine.meta.insert("format", &2_u32.to_be_bytes()).unwrap()),
        |engine| {
            let mut record = engine.events.get(key(2, 0)).unwrap().unwrap().to_vec();
            record[0] = 2;
            engine.events.insert(key(2, 0), record).unwrap();
        },
    ];
    for edit in edits {
        let dir = with_events(3);
        edit(&engine(dir.path()));
        by_another(dir.path());
        assert!(matches!(refused(dir.path()), Newer::Version { found: 2, known: 1, .. }));
        assert!(matches!(verify(dir.path()), Err(StoreError::Newer { .. })));
    }
}

#[test]
fn what_a_later_version_keeps_beside_its_events_is_not_passed_over() {
    let edits: [Kept; 3] = [
        (|engine| drop(engine.meta.insert("summary", b"1").unwrap()), "summary"),
        (|engine| drop(engine.db.open_tree("summaries").unwrap()), "summaries"),
        (|engine| drop(engine.outbox.insert(b"lapse/1\0\0\0", b"1").unwrap()), "lapse/1"),
    ];
    for (edit, name) in edits {
        let dir = with_events(3);
        edit(&engine(dir.path()));
        by_another(dir.path());
        let before = files(dir.path());
        let known =
            |entries: &Entries| entries.first().map_or(Ok(()), |(key, _)| Err(Unread::Unknown(key.clone())));
        let opened = Store::open_all::<Event, _>(dir.path(), NOW_MS, known);
        let Err(StoreError::Newer { newer, .. }) = opened else { panic!("{name}: {opened:?}") };
        assert_eq!(*newer, Newer::Beside(name.to_owned()));
        assert_eq!(files(dir.path()), before);
    }
}

/// Events of later versions: another kind, another field, another value of a field that is known.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body", rename_all = "snake_case")]
enum Later {
    Noted { text: String, loudly: Vec<Loud> },
    Counted { n: String },
    Whispered,
}

#[derive(Debug, Serialize, Deserialize)]
struct Loud {
    decibels: u64,
}

fn later(event: Later) -> TempDir {
    let dir = with_events(2);
    let (mut store, _) = Store::open::<serde_json::Value>(dir.path(), NOW_MS).unwrap();
    store.append(NOW_MS, vec![(ActorId::bot(), event)]).unwrap();
    drop(store);
    by_another(dir.path());
    dir
}

#[test]
fn an_event_that_is_not_known_whole_is_named() {
    let (kind, seq) = (|kind: &str| kind.to_owned(), 3);
    let field = "`body.loudly`".to_owned();
    let value = "invalid type: string \"many\"".to_owned();
    for (event, expected) in [
        (Later::Whispered, Newer::Kind { seq, kind: kind("whispered") }),
        (
            Later::Noted { text: "x".to_owned(), loudly: vec![Loud { decibels: 9 }] },
            Newer::Content { seq, kind: kind("noted"), what: field },
        ),
        (Later::Counted { n: "many".to_owned() }, Newer::Content { seq, kind: kind("counted"), what: value }),
    ] {
        let dir = later(event);
        assert_eq!(refused(dir.path()), expected);
        let before = files(dir.path());
        let report = verify_all::<Event, _>(dir.path(), |_| Ok(()), |_| ()).unwrap();
        assert_eq!((report.head.seq, report.fault, report.newer), (3, None, Some(expected)));
        assert_eq!(files(dir.path()), before);
    }
}

#[test]
fn damage_counts_also_where_something_is_not_known() {
    let dir = later(Later::Whispered);
    let (mut store, _) = Store::open::<serde_json::Value>(dir.path(), NOW_MS).unwrap();
    store.append(NOW_MS, vec![noted("after it")]).unwrap();
    drop(store);
    let before = engine(dir.path());
    let mut record = Record::decode(&before.events.get(key(4, 0)).unwrap().unwrap()).unwrap();
    let text = String::from_utf8(record.canonical_envelope).unwrap();
    record.canonical_envelope = text.replace("after", "aften").into_bytes();
    before.events.insert(key(4, 0), record.encode()).unwrap();
    drop(before);
    assert!(matches!(fault(dir.path()), Fault::Chain { seq: 4, .. }));
    let report = verify_all::<Event, _>(dir.path(), |_| Ok(()), |_| ()).unwrap();
    assert!(matches!(report.fault, Some(Fault::Chain { seq: 4, .. })), "{report:?}");
}

#[test]
fn an_entry_beside_the_events_that_is_no_json_is_damage() {
    let dir = with_events(1);
    let broken = |_: &Entries| -> Result<(), Unread> { Err(Unread::Damaged("post/1".to_owned())) };
    let opened = Store::open_all::<Event, _>(dir.path(), NOW_MS, broken);
    assert!(
        matches!(&opened, Err(StoreError::Damaged { fault, .. }) if **fault == Fault::Entry("post/1".to_owned())),
        "{opened:?}"
    );
    let report = verify_all::<Event, _>(dir.path(), broken, |_| ()).unwrap();
    assert_eq!(report.fault, Some(Fault::Entry("post/1".to_owned())));
}

#[test]
fn whoever_only_looks_leaves_the_file_of_the_holder_as_it_was() {
    let dir = with_events(1);
    let holder = dir.path().join("holder");
    let before = fs::read(&holder).unwrap();
    verify(dir.path()).unwrap();
    assert_eq!(fs::read(&holder).unwrap(), before);
    fs::remove_file(&holder).unwrap();
    verify(dir.path()).unwrap();
    assert!(!holder.exists());
    // The one that has it meanwhile is named, and keeps it.
    let hold = Hold::take(dir.path(), NOW_MS).unwrap();
    assert!(matches!(verify(dir.path()), Err(StoreError::Held { .. })));
    assert!(holder.exists());
    drop(hold);
    assert!(!holder.exists());
}

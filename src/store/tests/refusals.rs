//! Each refusal, from a state that really stands on disk.

use super::super::record::{Record, key};
use super::*;

/// Takes something away from the record, and what is said about that if it is always the same.
type Emptied = (fn(&Path), Option<Fault>);

/// Changes an event, and the first bad one then.
type Edit = (fn(&Engine), u64);

/// Opens the engine behind the store's back.
pub(super) fn engine(dir: &Path) -> Engine {
    Engine::open(dir, &folder::record(dir)).unwrap()
}

fn copy(from: &Path) -> TempDir {
    let to = TempDir::new().unwrap();
    folder::copy_tree(from, &to.path().join("copy")).unwrap();
    to
}

fn message(error: &StoreError) -> String {
    error.to_string()
}

/// Every file below `dir` with its bytes.
pub(super) fn files(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

/// The refusal, and that `verify` finds the same without touching a byte.
fn refused(dir: &Path) -> Fault {
    let before = files(dir);
    let report = verify(dir).unwrap();
    assert!(files(dir) == before, "verify changed the record");
    let fault = fault(dir);
    assert_eq!(report.fault.as_ref(), Some(&fault));
    assert!(!report.is_sound());
    fault
}

#[test]
fn a_missing_mark_is_refused() {
    let dir = with_events(3);
    fs::remove_file(dir.path().join("mark")).unwrap();
    assert_eq!(refused(dir.path()), Fault::MarkMissing { events: 3 });
    let error = open(dir.path()).unwrap_err();
    let text = message(&error);
    let command = format!("dogwatch audit verify --state {}", dir.path().display());
    assert!(
        text.contains(&command) && text.contains("backup") && text.contains("`mark` is missing"),
        "{text}"
    );
}

#[test]
fn an_unreadable_mark_is_refused() {
    let dir = with_events(3);
    fs::write(dir.path().join("mark"), "garbage").unwrap();
    assert_eq!(refused(dir.path()), Fault::MarkUnreadable);
}

#[test]
fn half_a_mark_is_refused_unless_a_write_was_interrupted() {
    let dir = with_events(3);
    let mut bytes = fs::read(dir.path().join("mark")).unwrap();
    bytes[4096] ^= 1; // events 1 and 3 went to the second slot
    fs::write(dir.path().join("mark"), &bytes).unwrap();
    let (mut store, events) = open(dir.path()).unwrap();
    assert_eq!(events.len(), 3);
    store.append(NOW_MS, vec![noted("x")]).unwrap();
    drop(store);
    let mut bytes = fs::read(dir.path().join("mark")).unwrap();
    bytes[0] ^= 1;
    bytes[4096] ^= 1;
    fs::write(dir.path().join("mark"), &bytes).unwrap();
    assert_eq!(refused(dir.path()), Fault::MarkUnreadable);
    bytes[0] ^= 1;
    fs::write(dir.path().join("mark"), &bytes).unwrap();
    let fault = refused_or_opened(dir.path());
    assert_eq!(fault, Some(Fault::MarkHalf));
}

fn refused_or_opened(dir: &Path) -> Option<Fault> {
    open(dir).is_err().then(|| refused(dir))
}

#[test]
fn the_mark_of_another_store_is_refused() {
    let (dir, other) = (with_events(3), with_events(3));
    fs::copy(other.path().join("mark"), dir.path().join("mark")).unwrap();
    assert!(matches!(refused(dir.path()), Fault::MarkForeign { .. }));
}

#[test]
fn a_mark_with_another_hash_is_refused() {
    let dir = with_events(3);
    let (store, _) = open(dir.path()).unwrap();
    let head = Head { seq: 3, hash: Digest::of(b"rewritten") };
    MarkWriter::create(dir.path(), store.id(), head).unwrap();
    drop(store);
    assert!(matches!(refused(dir.path()), Fault::MarkDiffers { mark, .. } if mark == head));
}

#[test]
fn an_older_copy_of_the_record_is_refused() {
    let dir = with_events(3);
    let old = copy(&folder::record(dir.path()));
    let (mut store, _) = open(dir.path()).unwrap();
    let old_head = store.head();
    store.append(NOW_MS, vec![noted("acknowledged")]).unwrap();
    let mark = store.head();
    drop(store);
    fs::remove_dir_all(folder::record(dir.path())).unwrap();
    folder::copy_tree(&old.path().join("copy"), &folder::record(dir.path())).unwrap();
    assert_eq!(refused(dir.path()), Fault::MarkAhead { mark, head: old_head });
}

#[test]
fn a_record_ahead_of_its_mark_is_taken_whole() {
    let dir = with_events(3);
    let old = fs::read(dir.path().join("mark")).unwrap();
    let (mut store, _) = open(dir.path()).unwrap();
    store.append(NOW_MS, vec![noted("a"), noted("b")]).unwrap();
    let head = store.head();
    drop(store);
    fs::write(dir.path().join("mark"), old).unwrap();
    let (store, events) = open(dir.path()).unwrap();
    assert_eq!((events.len(), store.head()), (5, head));
    drop(store);
    assert_eq!(mark::read(dir.path()).unwrap().unwrap().head, head, "the mark caught up");
}

#[test]
fn an_emptied_record_is_refused() {
    let emptied: [Emptied; 5] = [
        (|record| fs::remove_dir_all(record).unwrap(), None),
        (
            |record| {
                fs::remove_dir_all(record).unwrap();
                fs::create_dir(record).unwrap();
            },
            Some(Fault::Missing("record/conf")),
        ),
        (|record| fs::remove_file(record.join("db")).unwrap(), Some(Fault::Missing("record/db"))),
        (|record| fs::remove_file(record.join("conf")).unwrap(), Some(Fault::Missing("record/conf"))),
        (
            |record| {
                for entry in fs::read_dir(record).unwrap() {
                    let path = entry.unwrap().path();
                    if path.is_file() && !path.ends_with("conf") {
                        fs::write(path, "").unwrap();
                    }
                }
            },
            None,
        ),
    ];
    for (empty, expected) in emptied {
        let dir = with_events(3);
        empty(&folder::record(dir.path()));
        let fault = refused(dir.path());
        match expected {
            Some(expected) => assert_eq!(fault, expected),
            None => assert!(
                matches!(fault, Fault::MarkAlone(_) | Fault::Emptied | Fault::Engine { .. }),
                "{fault:?}"
            ),
        }
    }
}

#[test]
fn garbage_in_the_data_file_is_refused() {
    for (at, len) in [(0, 64), (0, 4096), (20, 1), (200, 2000)] {
        let dir = with_events(40);
        let db = dir.path().join("record/db");
        let mut bytes = fs::read(&db).unwrap();
        bytes[at..at + len].iter_mut().for_each(|byte| *byte ^= 0xa5);
        fs::write(&db, bytes).unwrap();
        match refused_or_opened(dir.path()) {
            // sled still has the events in another place of its log.
            None => assert_eq!(open(dir.path()).unwrap().1.len(), 40),
            Some(fault) => println!("{at}+{len}: {fault}"),
        }
    }
}

#[test]
fn a_data_file_cut_short_is_refused() {
    let dir = with_events(300);
    let whole = copy(dir.path());
    let len = fs::metadata(dir.path().join("record/db")).unwrap().len();
    for kept in [0, 1, 4096, len / 4, len / 2] {
        let cut = copy(&whole.path().join("copy"));
        let path = cut.path().join("copy");
        fs::OpenOptions::new().write(true).open(path.join("record/db")).unwrap().set_len(kept).unwrap();
        match refused_or_opened(&path) {
            None => assert_eq!(open(&path).unwrap().1.len(), 300, "cut to {kept} of {len}"),
            Some(fault) => println!("{kept} of {len}: {fault}"),
        }
    }
}

#[test]
fn an_edited_removed_or_foreign_event_is_refused_with_its_number() {
    let edits: [Edit; 4] = [
        (|engine| drop(engine.events.remove(key(2, 0)).unwrap()), 2),
        (
            |engine| {
                let mut record = Record::decode(&engine.events.get(key(3, 0)).unwrap().unwrap()).unwrap();
                let text = String::from_utf8(record.canonical_envelope).unwrap();
                record.canonical_envelope = text.replace("note 3", "note 9").into_bytes();
                engine.events.insert(key(3, 0), record.encode()).unwrap();
            },
            3,
        ),
        (
            |engine| {
                let (one, four) = (
                    engine.events.get(key(1, 0)).unwrap().unwrap(),
                    engine.events.get(key(4, 0)).unwrap().unwrap(),
                );
                engine.events.insert(key(1, 0), four).unwrap();
                engine.events.insert(key(4, 0), one).unwrap();
            },
            1,
        ),
        (|engine| drop(engine.events.insert(b"odd", b"odd").unwrap()), 6),
    ];
    for (edit, bad) in edits {
        let dir = with_events(5);
        edit(&engine(dir.path()));
        let (Fault::Pieces { seq } | Fault::Chain { seq, .. }) = refused(dir.path()) else {
            panic!("another fault")
        };
        assert_eq!(seq, bad);
        assert_eq!(verify(dir.path()).unwrap().head.seq, bad - 1);
    }
}

#[test]
fn events_cut_off_behind_the_marks_back_are_refused() {
    let dir = with_events(5);
    let before = engine(dir.path());
    before.events.remove(key(5, 0)).unwrap();
    drop(before);
    assert!(
        matches!(refused(dir.path()), Fault::Head { found, written } if (found.seq, written.seq) == (4, 5))
    );
}

#[test]
fn a_held_record_names_its_holder() {
    let dir = with_events(1);
    let (_store, _) = open(dir.path()).unwrap();
    for error in [open(dir.path()).unwrap_err(), verify(dir.path()).unwrap_err()] {
        let pid = std::process::id();
        assert!(matches!(error, StoreError::Held { holder: Holder::Process(found), .. } if found == pid));
        assert!(message(&error).contains(&dir.path().display().to_string()), "{error}");
    }
}

#[test]
fn a_foreign_lock_on_the_data_file_is_named_too() {
    let dir = with_events(1);
    let file = fs::File::open(dir.path().join("record/db")).unwrap();
    // A thread of sled, or a child that another test is starting, may hold what was closed a moment ago.
    file.lock().unwrap();
    assert!(matches!(open(dir.path()), Err(StoreError::Held { holder: Holder::Unknown, .. })));
}

#[test]
fn an_interrupted_creation_is_made_anew() {
    // Nothing but the folder; an unfinished engine; a finished one without its name.
    let states: [fn(&Path); 3] = [
        |dir| fs::create_dir(dir).unwrap(),
        |dir| {
            fs::create_dir_all(folder::unfinished(dir).join("blobs")).unwrap();
            fs::write(folder::unfinished(dir).join("conf"), "segment_size: 524288\nuse_comp").unwrap();
        },
        |dir| {
            fs::create_dir(dir).unwrap();
            Engine::create(&folder::unfinished(dir), &"ab".repeat(16), NOW_MS).unwrap();
        },
    ];
    for state in states {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("state");
        state(&path);
        assert!(matches!(open(&path), Err(StoreError::Absent { .. })));
        let mut store = made(&path);
        store.append(NOW_MS, vec![noted("x")]).unwrap();
        drop(store);
        assert!(verify(&path).unwrap().is_sound());
    }
    // Killed between the record's name and the mark.
    let dir = with_events(0);
    fs::remove_file(dir.path().join("mark")).unwrap();
    fs::write(dir.path().join("mark.new"), "torn").unwrap();
    assert_eq!(open(dir.path()).unwrap().1, []);
    assert!(dir.path().join("mark").exists());
}

#[test]
fn nothing_is_made_where_there_is_nothing_to_verify() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("state");
    assert!(matches!(verify(&path), Err(StoreError::Absent { .. })));
    assert!(!path.exists());
}

#[test]
fn what_the_system_fails_to_tell_is_no_missing_file() {
    let dir = with_events(1);
    let db = dir.path().join("record/db");
    fs::rename(&db, dir.path().join("away")).unwrap();
    assert_eq!(refused(dir.path()), Fault::Missing("record/db"));
    std::os::unix::fs::symlink(&db, &db).unwrap();
    let error = Engine::open(dir.path(), &folder::record(dir.path())).unwrap_err();
    assert!(matches!(error, StoreError::File { .. }), "{error}");
}

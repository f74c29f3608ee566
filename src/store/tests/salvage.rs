//! Backups, what is restored from them, what is salvaged; and the record verified while it is written.

use super::super::text::path as text_path;
use super::refusals::{engine, files};
use super::*;

/// A folder for the record of a test to be made in.
fn place() -> (TempDir, PathBuf) {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("new");
    (dir, path)
}

fn destroy_store(dir: &Path) {
    let db = dir.join("record/db");
    let len = fs::metadata(&db).unwrap().len();
    fs::write(db, vec![0; usize::try_from(len).unwrap()]).unwrap();
}

#[test]
fn a_backup_of_a_record_in_use_is_sound_and_restored_it_goes_on() {
    let dir = with_events(300);
    let (mut store, _) = open(dir.path()).unwrap();
    let (_kept, to) = place();
    let head = backup(dir.path(), &to, NOW_MS).unwrap();
    assert_eq!(head, store.head());
    store.append(NOW_MS, vec![noted("after it")]).unwrap();
    let report = verify(&to).unwrap();
    assert_eq!((report.fault, report.head, report.text.map(|text| text.head)), (None, head, Some(head)));
    let (_restored, state) = place();
    fs::create_dir(&state).unwrap();
    assert_eq!(restore(&to, &state, NOW_MS).unwrap(), head);
    let (mut restored, events) = open(&state).unwrap();
    assert_eq!((restored.id(), events.len(), restored.head()), (store.id(), 300, head));
    restored.append(NOW_MS, vec![noted("it goes on")]).unwrap();
}

#[test]
fn backups_taken_while_events_are_appended_are_each_whole() {
    let dir = with_events(20);
    let (mut store, _) = open(dir.path()).unwrap();
    let path = dir.path().to_owned();
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let writer = std::thread::spawn(move || {
        while !stopped.load(std::sync::atomic::Ordering::SeqCst) {
            store.append(NOW_MS, vec![noted("more")]).unwrap();
        }
        store.head().seq
    });
    let mut last = 0;
    for _ in 0..5 {
        let (_kept, to) = place();
        let acknowledged = mark::read(&path).unwrap().unwrap().head.seq;
        let head = backup(&path, &to, NOW_MS).unwrap();
        assert!(head.seq >= acknowledged && head.seq > last, "{head} {acknowledged} {last}");
        assert_eq!(verify(&to).unwrap().fault, None);
        last = head.seq;
    }
    stop.store(true, std::sync::atomic::Ordering::SeqCst);
    assert!(writer.join().unwrap() >= last);
}

#[test]
fn a_record_of_before_without_a_copy_is_backed_up_from_its_store() {
    let dir = with_events(3);
    fs::remove_file(text_path(dir.path())).unwrap();
    let (_kept, to) = place();
    assert_eq!(backup(dir.path(), &to, NOW_MS).unwrap().seq, 3);
    assert!(verify(&to).unwrap().is_sound());
    assert!(!text_path(dir.path()).exists(), "the source is only read");
    let (_kept, to) = place();
    let empty = with_events(0);
    assert_eq!(backup(empty.path(), &to, NOW_MS).unwrap().seq, 0);
}

#[test]
fn nothing_is_made_where_something_stands_or_of_what_is_not_sound() {
    let (dir, other) = (with_events(2), with_events(1));
    let before = files(other.path());
    assert!(matches!(backup(dir.path(), other.path(), NOW_MS), Err(StoreError::NotEmpty { .. })));
    assert!(matches!(restore(dir.path(), other.path(), NOW_MS), Err(StoreError::NotEmpty { .. })));
    assert!(matches!(salvage(dir.path(), other.path(), NOW_MS), Err(StoreError::NotEmpty { .. })));
    assert!(files(other.path()) == before);
    destroy_store(dir.path());
    let (_kept, to) = place();
    assert!(matches!(restore(dir.path(), &to, NOW_MS), Err(StoreError::Damaged { .. })));
    fs::write(text_path(dir.path()), "garbage").unwrap();
    assert!(matches!(backup(dir.path(), &to, NOW_MS), Err(StoreError::Damaged { .. })));
    assert!(matches!(salvage(dir.path(), &to, NOW_MS), Err(StoreError::NothingSound { .. })));
    assert!(!to.exists());
}

#[test]
fn a_store_that_is_lost_is_salvaged_from_its_copy() {
    let dir = with_events(300);
    let head = verify(dir.path()).unwrap().head;
    destroy_store(dir.path());
    let before = files(dir.path());
    let report = verify(dir.path()).unwrap();
    assert_eq!((report.head.seq, report.text.map(|text| text.head)), (0, Some(head)));
    assert_eq!(report.text.unwrap().until_ms, Some(NOW_MS + 300));
    let (_kept, to) = place();
    let salvaged = salvage(dir.path(), &to, NOW_MS).unwrap();
    assert_eq!((salvaged.from, salvaged.sound.head), (Source::Text, head));
    assert!(files(dir.path()) == before);
    let (mut store, events) = open(&to).unwrap();
    assert_eq!(events.len(), 300);
    store.append(NOW_MS, vec![noted("it goes on")]).unwrap();
}

#[test]
fn the_longer_sound_part_is_salvaged() {
    let dir = with_events(9);
    let broken = engine(dir.path());
    broken.events.remove(super::super::record::key(7, 0)).unwrap();
    drop(broken);
    let text = fs::read(text_path(dir.path())).unwrap();
    let lines: Vec<_> = text.split_inclusive(|byte| *byte == b'\n').collect();
    for (lines, expected) in
        [(lines[..4].concat(), (Source::Store, 6)), (lines[..8].concat(), (Source::Text, 8))]
    {
        fs::write(text_path(dir.path()), lines).unwrap();
        let (_kept, to) = place();
        let salvaged = salvage(dir.path(), &to, NOW_MS).unwrap();
        assert_eq!((salvaged.from, salvaged.sound.head.seq), expected);
        assert_eq!(open(&to).unwrap().1.len() as u64, expected.1);
    }
}

#[test]
fn two_sound_chains_that_differ_are_for_people_to_judge() {
    let (dir, other) = (with_events(3), TempDir::new().unwrap());
    folder::copy_tree(dir.path(), &other.path().join("state")).unwrap();
    let state = other.path().join("state");
    open(dir.path()).unwrap().0.append(NOW_MS, vec![noted("one")]).unwrap();
    open(&state).unwrap().0.append(NOW_MS, vec![noted("other")]).unwrap();
    fs::copy(text_path(&state), text_path(dir.path())).unwrap();
    assert_eq!(fault(dir.path()), Fault::TextDiffers { seq: 4 });
    let (_kept, to) = place();
    let refused = salvage(dir.path(), &to, NOW_MS);
    assert!(matches!(refused, Err(StoreError::Contradiction { .. })), "{refused:?}");
    assert!(!to.exists());
}

#[test]
fn a_record_in_use_is_verified_as_it_stands_on_the_disk() {
    let dir = with_events(30);
    let (mut store, _) = open(dir.path()).unwrap();
    let auditor = store.auditor();
    let report = auditor.report().unwrap();
    assert_eq!((report.fault, report.head), (None, store.head()));
    store.append(NOW_MS, vec![noted("one more")]).unwrap();
    assert_eq!(auditor.report().unwrap().head.seq, 31);
    let whole = fs::read(dir.path().join("record/db")).unwrap();
    destroy_store(dir.path());
    let report = auditor.report().unwrap();
    assert!(!report.is_sound() && report.text.unwrap().head.seq == 31, "{report:?}");
    fs::write(dir.path().join("record/db"), whole).unwrap();
    assert!(auditor.report().unwrap().is_sound());
    // Another sound record in its place is not the one that is written.
    fs::rename(dir.path().join("record"), dir.path().join("away")).unwrap();
    let other = with_events(31);
    for name in ["record.jsonl", "mark"] {
        fs::copy(other.path().join(name), dir.path().join(name)).unwrap();
    }
    folder::copy_tree(&other.path().join("record"), &dir.path().join("record")).unwrap();
    assert_eq!(auditor.report().unwrap().fault, Some(Fault::Another));
}

#[test]
fn verifying_and_appending_go_on_side_by_side() {
    let dir = with_events(200);
    let (mut store, _) = open(dir.path()).unwrap();
    let auditor = store.auditor();
    let verifying = std::thread::spawn(move || (0..5).map(|_| auditor.report().unwrap()).collect::<Vec<_>>());
    let mut appended = 0;
    while !verifying.is_finished() {
        store.append(NOW_MS, vec![noted("more")]).unwrap();
        appended += 1;
    }
    for report in verifying.join().unwrap() {
        assert!(report.is_sound(), "{report:?}");
    }
    assert!(appended > 5, "appends waited for the verification: {appended}");
}

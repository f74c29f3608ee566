//! Backups, what is restored from them, what is salvaged; and the record verified while it is written.

use super::super::text::path as text_path;
use super::refusals::{engine, files};
use super::*;
use crate::domain::testing::{R1, World};

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
}

#[test]
fn an_empty_record_in_use_is_backed_up_and_one_without_its_mark_is_not() {
    let (_kept, to) = place();
    let empty = with_events(0);
    let (store, _) = open(empty.path()).unwrap();
    assert_eq!(backup(empty.path(), &to, NOW_MS).unwrap().seq, 0);
    assert_eq!(open(&to).unwrap().0.id(), store.id());
    let dir = with_events(3);
    fs::remove_file(dir.path().join("mark")).unwrap();
    let (_kept, to) = place();
    assert_eq!(refusal(backup(dir.path(), &to, NOW_MS)), Fault::MarkMissing { events: 3 });
}

fn refusal<T: std::fmt::Debug>(made: Result<T, StoreError>) -> Fault {
    match made {
        Err(StoreError::Damaged { fault, .. }) => *fault,
        other => panic!("not refused as damaged: {other:?}"),
    }
}

#[test]
fn nothing_is_restored_of_a_record_that_contradicts_its_copy() {
    let dir = with_events(3);
    let edited = fs::read_to_string(text_path(dir.path())).unwrap().replace("note 2", "note 9");
    fs::write(text_path(dir.path()), edited).unwrap();
    let (_kept, to) = place();
    assert_eq!(refusal(restore(dir.path(), &to, NOW_MS)), Fault::TextDiffers { seq: 2 });
    assert!(!to.exists());
}

#[test]
fn a_store_without_a_readable_copy_is_salvaged_under_its_own_id() {
    for mark_is_there in [true, false] {
        let dir = with_events(9);
        let id = open(dir.path()).unwrap().0.id().to_owned();
        let broken = engine(dir.path());
        broken.events.remove(super::super::record::key(7, 0)).unwrap();
        drop(broken);
        fs::remove_file(text_path(dir.path())).unwrap();
        if !mark_is_there {
            fs::remove_file(dir.path().join("mark")).unwrap();
        }
        let (_kept, to) = place();
        let salvaged = salvage(dir.path(), &to, NOW_MS).unwrap();
        assert_eq!((salvaged.from, salvaged.sound.head.seq), (Source::Store, 6));
        assert_eq!(open(&to).unwrap().0.id(), id);
    }
}

#[test]
fn a_copy_beside_an_empty_store_of_another_id_is_salvaged_under_its_own() {
    let (dir, other) = (with_events(3), with_events(0));
    let id = open(dir.path()).unwrap().0.id().to_owned();
    fs::copy(text_path(dir.path()), text_path(other.path())).unwrap();
    let (_kept, to) = place();
    let salvaged = salvage(other.path(), &to, NOW_MS).unwrap();
    assert_eq!((salvaged.from, salvaged.sound.head.seq), (Source::Text, 3));
    assert_eq!(open(&to).unwrap().0.id(), id);
}

#[test]
fn a_rewritten_plan_ends_the_sound_part_of_the_store_and_of_its_copy() {
    let dir = with_events(2);
    let world = World::opened("vm-start", &["kvm1"]);
    let plan = serde_json::to_value(&world.request(R1).plan).unwrap();
    let opened = Event::RequestOpened { request: "r1".to_owned(), digest: Digest::of(b"another"), plan };
    let by = ActorId("demo:ana".to_owned());
    open(dir.path()).unwrap().0.append(NOW_MS, vec![(by, opened), noted("after it")]).unwrap();
    let report = verify(dir.path()).unwrap();
    assert!(matches!(report.fault, Some(Fault::Chain { seq: 3, .. })), "{report:?}");
    assert_eq!((report.head.seq, report.text.unwrap().head.seq), (2, 2));
    let (_kept, to) = place();
    assert_eq!(salvage(dir.path(), &to, NOW_MS).unwrap().sound.head.seq, 2);
    assert_eq!(open(&to).unwrap().1.len(), 2);
}

#[test]
fn a_place_where_making_a_record_failed_or_was_killed_can_be_used_again() {
    let (dir, (_kept, to)) = (with_events(3), place());
    let failed = super::super::build::build(&to, &"ab".repeat(16), NOW_MS, |take| {
        take(Head { seq: 1, hash: Digest::of(b"x") }, b"{}")?;
        Err(StoreError::NothingSound { dir: to.clone() })
    });
    assert!(matches!(failed, Err(StoreError::NothingSound { .. })));
    assert_eq!(files(&to), []);
    for left in ["holder", "record.jsonl.new", "mark.new"] {
        fs::write(to.join(left), "left by a kill").unwrap();
    }
    fs::create_dir(to.join("record.new")).unwrap();
    fs::write(to.join("record.new/db"), "left by a kill").unwrap();
    assert_eq!(backup(dir.path(), &to, NOW_MS).unwrap().seq, 3);
    assert_eq!(open(&to).unwrap().1.len(), 3);
    assert!(!to.join("record.new").exists() && !to.join("record.jsonl.new").exists());
}

#[test]
fn a_record_that_has_not_got_its_name_is_none_and_another_one_is_made_over_it() {
    let dir = with_events(3);
    for left in [&["record.jsonl", "mark"][..], &["record.jsonl"], &[]] {
        let (_kept, to) = place();
        folder::copy_tree(dir.path(), &to).unwrap();
        fs::rename(to.join("record"), to.join("record.new")).unwrap();
        for name in ["record.jsonl", "mark"].into_iter().filter(|name| !left.contains(name)) {
            fs::remove_file(to.join(name)).unwrap();
        }
        assert!(matches!(open(&to), Err(StoreError::Absent { .. })), "{left:?}");
        assert!(matches!(verify(&to), Err(StoreError::Absent { .. })), "{left:?}");
        assert_eq!(restore(dir.path(), &to, NOW_MS).unwrap().seq, 3);
        assert_eq!(open(&to).unwrap().1.len(), 3);
    }
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

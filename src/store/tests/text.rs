//! The text copy: what a crash leaves of it is completed, what was changed in it is found.

use super::super::text::path as text_path;
use super::refusals::files;
use super::*;
use crate::domain::audit::chain::{GENESIS, event_hash};

fn text(dir: &Path) -> Vec<u8> {
    fs::read(text_path(dir)).unwrap()
}

#[test]
fn every_event_is_a_line_that_is_canonical_json_and_verifies() {
    let dir = with_events(5);
    let text = String::from_utf8(text(dir.path())).unwrap();
    assert_eq!(text.lines().count(), 5);
    let mut previous = GENESIS;
    for (n, line) in (1..).zip(text.lines()) {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(canonical(&value).unwrap(), line.as_bytes());
        assert_eq!((&value["event"]["seq"], &value["event"]["kind"]), (&n.into(), &"noted".into()));
        previous = event_hash(previous, &canonical(&value["event"]).unwrap());
        assert_eq!(value["hash"], previous.to_string());
    }
}

#[test]
fn a_copy_that_is_missing_behind_or_torn_anywhere_is_completed() {
    let dir = with_events(6);
    let whole = text(dir.path());
    fs::remove_file(text_path(dir.path())).unwrap();
    let report = verify(dir.path()).unwrap();
    assert_eq!((report.fault, report.text), (None, None));
    open(dir.path()).unwrap();
    assert_eq!(text(dir.path()), whole);
    let torn = whole.len() - 300..whole.len();
    for len in [0, 1, 100].into_iter().chain(torn.step_by(7)) {
        fs::write(text_path(dir.path()), &whole[..len]).unwrap();
        assert!(verify(dir.path()).unwrap().is_sound());
        let (mut store, events) = open(dir.path()).unwrap();
        assert_eq!((events.len(), text(dir.path()) == whole), (6, true), "cut to {len}");
        store.append_with::<Event>(NOW_MS, Vec::new(), &[("x".to_owned(), Some(Vec::new()))]).unwrap();
    }
}

#[test]
fn zeros_up_to_the_end_of_the_copy_are_a_torn_end() {
    let dir = with_events(6);
    let whole = text(dir.path());
    let torn = whole.len() - 300..whole.len() + 1;
    for (len, zeros) in torn.step_by(25).flat_map(|len| [1, 299, 200_000].map(|zeros| (len, zeros))) {
        fs::write(text_path(dir.path()), [&whole[..len], &vec![0; zeros]].concat()).unwrap();
        assert_eq!(verify(dir.path()).unwrap().fault, None);
        assert_eq!(open(dir.path()).unwrap().1.len(), 6);
        assert!(text(dir.path()) == whole, "{zeros} zeros from {len}");
        let followed = [&whole[..len], &vec![0; zeros], b"x"].concat();
        fs::write(text_path(dir.path()), followed).unwrap();
        let fault = verify(dir.path()).unwrap().fault;
        assert!(matches!(fault, Some(Fault::TextDiffers { .. } | Fault::TextAhead { .. })), "{fault:?}");
        fs::write(text_path(dir.path()), &whole).unwrap();
    }
}

/// A record whose last two events were never acknowledged, as if the power went before the mark.
fn unacknowledged() -> (TempDir, Vec<u8>) {
    let dir = with_events(3);
    let mark = fs::read(dir.path().join("mark")).unwrap();
    open(dir.path()).unwrap().0.append(NOW_MS, vec![noted("a"), noted("b")]).unwrap();
    fs::write(dir.path().join("mark"), mark).unwrap();
    let whole = text(dir.path());
    (dir, whole)
}

#[test]
fn what_a_power_cut_left_of_lines_that_were_not_acknowledged_is_written_anew() {
    let (dir, whole) = unacknowledged();
    let lines: Vec<_> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    let sound = lines[..3].concat();
    for left in [vec![0; 700], b"garbage\n".to_vec(), [lines[3], &[0; 50]].concat(), lines[4].to_vec()] {
        fs::write(text_path(dir.path()), [sound.as_slice(), &left].concat()).unwrap();
        assert!(verify(dir.path()).unwrap().is_sound());
        let copied = TempDir::new().unwrap();
        let state = copied.path().join("state");
        folder::copy_tree(dir.path(), &state).unwrap();
        assert_eq!(open(&state).unwrap().1.len(), 5);
        assert!(text(&state) == whole);
    }
}

#[test]
fn a_copy_in_which_something_acknowledged_stands_otherwise_is_refused_until_it_is_moved_away() {
    let dir = with_events(4);
    let whole = text(dir.path());
    let edited = String::from_utf8(whole.clone()).unwrap().replace("note 2", "note 9").into_bytes();
    let zeroed = [vec![0; 10], whole[10..].to_vec()].concat();
    for (changed, seq) in [(edited, 2), (zeroed, 1)] {
        fs::write(text_path(dir.path()), &changed).unwrap();
        let before = files(dir.path());
        assert_eq!(verify(dir.path()).unwrap().fault, Some(Fault::TextDiffers { seq }));
        let read = verify::read::<Event, _>(dir.path(), |_| Ok(()));
        assert!(matches!(read, Err(StoreError::Damaged { .. })), "whoever reads is told too");
        assert!(files(dir.path()) == before);
        assert_eq!(fault(dir.path()), Fault::TextDiffers { seq });
        assert!(text(dir.path()) == changed, "it is left as it is");
        fs::remove_file(text_path(dir.path())).unwrap();
        open(dir.path()).unwrap();
        assert_eq!(text(dir.path()), whole);
    }
}

#[test]
fn a_copy_that_goes_on_after_the_store_shows_that_the_store_was_set_back() {
    let dir = with_events(3);
    let old = TempDir::new().unwrap();
    folder::copy_tree(dir.path(), &old.path().join("state")).unwrap();
    open(dir.path()).unwrap().0.append(NOW_MS, vec![noted("acknowledged")]).unwrap();
    let state = old.path().join("state");
    fs::copy(text_path(dir.path()), text_path(&state)).unwrap();
    assert_eq!(fault(&state), Fault::TextAhead { head: 3 });
    let report = verify(&state).unwrap();
    assert_eq!(report.fault, Some(Fault::TextAhead { head: 3 }));
    assert_eq!((report.head.seq, report.text.unwrap().head.seq), (3, 4));
}

#[test]
fn a_copy_alone_is_no_place_for_a_new_record() {
    let dir = with_events(3);
    fs::remove_dir_all(dir.path().join("record")).unwrap();
    fs::remove_file(dir.path().join("mark")).unwrap();
    assert!(matches!(create(dir.path(), NOW_MS), Err(StoreError::Exists { .. })));
    assert_eq!(fault(dir.path()), Fault::TextAlone);
    let report = verify(dir.path()).unwrap();
    assert_eq!((report.fault, report.text.unwrap().head.seq), (Some(Fault::TextAlone), 3));
}

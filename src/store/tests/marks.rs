//! The mark: whatever is left of an interrupted write is read, anything else is a fault.

use super::super::mark::{self, MarkWriter};
use super::*;

const STORE: &str = "00112233445566778899aabbccddeeff";
const SLOT_LEN: usize = 4096;

fn head(seq: u64) -> Head {
    Head { seq, hash: Digest::of(&seq.to_be_bytes()) }
}

/// A folder whose mark went through heads 0..=`seq`.
fn marked(seq: u64) -> (TempDir, PathBuf) {
    let dir = TempDir::new().unwrap();
    let mut writer = MarkWriter::create(dir.path(), STORE, Head::START).unwrap();
    for seq in 1..=seq {
        writer.advance(head(seq)).unwrap();
    }
    let path = dir.path().join("mark");
    (dir, path)
}

#[test]
fn the_newest_head_is_read() {
    for seq in 1..6 {
        let (dir, path) = marked(seq);
        let mark = mark::read(dir.path()).unwrap().unwrap();
        assert_eq!((mark.store.as_str(), mark.head), (STORE, head(seq)));
        assert_eq!(fs::metadata(path).unwrap().len(), 2 * SLOT_LEN as u64);
    }
}

#[test]
fn an_interrupted_write_leaves_the_head_before() {
    for newest in 2..4 {
        let (dir, path) = marked(newest);
        let before = fs::read(&path).unwrap();
        let mark = mark::read(dir.path()).unwrap().unwrap();
        MarkWriter::resume(dir.path(), mark).unwrap().advance(head(newest + 1)).unwrap();
        let after = fs::read(&path).unwrap();
        let changed: Vec<usize> = (0..after.len()).filter(|at| before[*at] != after[*at]).collect();
        let slot = changed[0] / SLOT_LEN;
        assert!(changed.iter().all(|at| at / SLOT_LEN == slot), "one slot at a time");
        for torn in &changed {
            // The first bytes are new, the rest is old.
            fs::write(&path, [&after[..*torn], &before[*torn..]].concat()).unwrap();
            let mark = mark::read(dir.path()).unwrap().unwrap();
            assert_eq!(mark.head, head(newest));
            // The record is ahead then, by the order of the two syncs; if not, something else is wrong.
            let hash = Some(mark.head.hash);
            assert_eq!(mark.fault(STORE, head(newest + 1), hash), None);
            let not_ahead = mark.fault(STORE, head(newest), hash);
            assert_eq!(not_ahead.is_some(), torn != &changed[0], "torn at {torn}");
        }
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    let (_dir, path) = marked(3);
    let whole = fs::read(&path).unwrap();
    let line = |slot: usize| slot * SLOT_LEN..slot * SLOT_LEN + 230;
    for at in line(0).chain(line(1)) {
        for bit in 0..8 {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << bit;
            if let Ok(mark) = mark::parse(&flipped) {
                let fault = mark.fault(STORE, mark.head, Some(mark.head.hash));
                assert_eq!(fault, Some(Fault::MarkHalf), "byte {at} bit {bit}");
            }
        }
    }
}

#[test]
fn anything_else_is_unreadable() {
    let (dir, path) = marked(3);
    let whole = fs::read(&path).unwrap();
    for len in [0, 1, SLOT_LEN, whole.len() - 1] {
        fs::write(&path, &whole[..len]).unwrap();
        let Err(StoreError::Damaged { fault, .. }) = mark::read(dir.path()) else { panic!("read") };
        assert_eq!(*fault, Fault::MarkUnreadable);
    }
    fs::write(&path, [whole.as_slice(), b"\0"].concat()).unwrap();
    assert!(mark::read(dir.path()).is_err());
    fs::write(&path, vec![0; whole.len()]).unwrap();
    assert!(mark::read(dir.path()).is_err());
    fs::remove_file(&path).unwrap();
    assert_eq!(mark::read(dir.path()).unwrap(), None);
}

#[test]
fn a_later_version_is_named() {
    let (dir, path) = marked(1);
    let text = "dogwatch-mark-v2 what comes then";
    let mut slot = format!("{text} {}\n", Digest::of(text.as_bytes())).into_bytes();
    slot.resize(SLOT_LEN, 0);
    fs::write(&path, [slot.as_slice(), &fs::read(&path).unwrap()[SLOT_LEN..]].concat()).unwrap();
    let Err(StoreError::Newer { newer, .. }) = mark::read(dir.path()) else { panic!("not newer") };
    assert_eq!(*newer, Newer::Version { what: "the mark", found: 2, known: 1 });
}

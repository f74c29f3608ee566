#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;

use super::*;
use crate::domain::id::Digest;

fn kept(path: &Path, seq: u64) -> Result<(), String> {
    AnchorFile::new(path.to_owned()).keep(1_795_000_000_123, Head { seq, hash: Digest::of(b"x") })
}

#[test]
fn a_head_is_a_line_that_is_appended_and_can_be_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("anchors");
    kept(&path, 7).unwrap();
    kept(&path, 9).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = text.lines().map(|line| line.split_once(' ').unwrap()).collect();
    assert_eq!(lines.iter().map(|(at, _)| *at).collect::<Vec<_>>(), ["2026-11-18T11:06:40Z"; 2]);
    let seqs = lines.iter().map(|(_, anchor)| anchor.parse::<Anchor>().unwrap().seq.unwrap());
    assert_eq!(seqs.collect::<Vec<_>>(), [7, 9]);
}

#[test]
fn a_line_that_was_cut_short_does_not_swallow_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("anchors");
    fs::write(&path, "2026-11-18T09:06:40Z 7:ab").unwrap();
    kept(&path, 9).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("2026-11-18T09:06:40Z 7:ab\n2026-11-18T11:06:40Z 9:"), "{text}");
}

#[test]
fn heads_that_come_while_one_is_written_wait_and_the_newest_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("anchors");
    let file = AnchorFile::new(path.clone());
    let head = |seq| Head { seq, hash: Digest::of(b"x") };
    std::thread::scope(|scope| {
        let written = locked(&file.writing);
        let waits = scope.spawn(|| file.keep(1, head(7)));
        while locked(&file.waiting).is_none() {
            std::thread::yield_now();
        }
        assert_eq!((file.keep(2, head(9)), file.keep(3, head(8))), (Ok(()), Ok(())));
        locked(&file.waiting).as_mut().unwrap().since -= 2 * WAITING_MAX;
        assert!(file.keep(4, head(9)).unwrap_err().contains("still being written"));
        drop(written);
        assert_eq!(waits.join().unwrap(), Ok(()));
    });
    let text = fs::read_to_string(path).unwrap();
    assert!(text.lines().count() == 1 && text.contains(" 9:"), "{text}");
}

#[test]
fn what_can_not_be_appended_to_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    for path in [folder.path().to_owned(), folder.path().join("no/file"), pipe, PathBuf::from("/dev/full")] {
        let why = kept(&path, 7).unwrap_err();
        assert!(why.starts_with(&format!("can't append to {}: ", path.display())), "{why}");
    }
}

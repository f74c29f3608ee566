//! What the system says is not damage: a record on a full or failing disk is not sent to the backup.

use std::path::Path;

use dogwatch::store::verify;
use tempfile::TempDir;

use super::child::{appends, last};
use super::{NOW_MS, counted, entries, opened};
use crate::bot::life::assert_strace;

/// More calls of one kind than an open makes on one file.
const CALLS_MAX: u32 = 300;

/// What a record of one event answers whose `file` fails with `error` at its Nth `call`, for each N.
fn refusals(call: &str, error: &str, file: &str) -> Vec<String> {
    assert_strace();
    let mut refusals = Vec::new();
    for n in 1..CALLS_MAX {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("state");
        let mut store = opened::<super::Event>(&path).unwrap().0;
        store.append_with(NOW_MS, vec![counted(1)], &entries(1, 1)).unwrap();
        drop(store);
        let failing = path.join(file);
        let inject = format!("inject={call}:error={error}:when={n}");
        let trace = format!("trace={call}");
        let strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-P", failing.to_str().unwrap()];
        let wrapper = [&strace[..], &["-e", &trace, "-e", &inject]].concat();
        let child = appends(&wrapper, &path, 1).output().unwrap();
        let out = String::from_utf8_lossy(&child.stdout).into_owned();
        refusals.extend(out.lines().filter_map(|line| line.strip_prefix("refused: ")).map(str::to_owned));
        assert_sound(&path, &format!("{call} {n} of {file} fails with {error}: {out}"));
        if last(&out, "done ").is_some() {
            return refusals;
        }
    }
    panic!("more than {CALLS_MAX} calls of {call} on {file}");
}

#[track_caller]
fn assert_sound(path: &Path, context: &str) {
    let report = verify(path).unwrap();
    assert!(report.is_sound(), "{context}: {report:?}");
}

#[test]
fn a_copy_that_the_full_disk_does_not_take_is_no_acknowledgement() {
    assert_strace();
    for (call, when) in [("pwrite64", 1), ("pwrite64", 2), ("fdatasync", 2), ("fdatasync", 3)] {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("state");
        drop(opened::<super::Event>(&path).unwrap());
        let text = path.join("record.jsonl");
        let (trace, inject) = (format!("trace={call}"), format!("inject={call}:error=ENOSPC:when={when}+"));
        let strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-P", text.to_str().unwrap()];
        let wrapper = [&strace[..], &["-e", &trace, "-e", &inject]].concat();
        let child = appends(&wrapper, &path, 4).output().unwrap();
        let out = String::from_utf8_lossy(&child.stdout).into_owned();
        let failed =
            out.contains("failed: can't write the copy of events in") && last(&out, "poisoned ") == Some(1);
        assert!(failed, "{call} {when}: {out}");
        let acknowledged = last(&out, "ack ").unwrap_or(0);
        let report = verify(&path).unwrap();
        assert!(
            report.is_sound() && report.text.unwrap().head.seq >= acknowledged,
            "{call} {when}: {report:?}"
        );
        let (_, events) = opened::<super::Event>(&path).unwrap();
        assert!(events.len() as u64 >= acknowledged, "{call} {when}: {out}");
        assert_eq!(verify(&path).unwrap().text, Some(verify(&path).unwrap().sound()));
    }
}

#[test]
fn errors_of_the_system_are_not_damage() {
    // sled's own reads (pread64) are left out: what it reads has just been read to its end, so that a place that
    // the disk can't read is met there.
    for (call, error, file) in [
        ("openat", "EMFILE", "record/db"),
        ("openat", "ENOSPC", "record/conf"),
        ("openat", "EACCES", "record/db"),
        ("read", "EIO", "record/db"),
        ("fdatasync", "ENOSPC", "record/db"),
        ("pwrite64", "ENOSPC", "record/db"),
    ] {
        let refused = refusals(call, error, file);
        assert!(!refused.is_empty(), "{call} {error} {file}: nothing failed where it was made to");
        for refusal in refused {
            assert!(
                !refusal.contains("can't be trusted") && !refusal.contains("backup"),
                "{call} {error} {file}: {refusal}"
            );
        }
    }
}

//! Killed at random moments and at every point that matters, nothing acknowledged is lost and the
//! next open never refuses; the outbox is the one of the last event, whichever that is. What a power cut does a kill can't show; the order of the syncs can.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::Output;
use std::thread;
use std::time::Duration;

use dogwatch::store::{Holder, Store, StoreError, verify};
use tempfile::TempDir;

use super::child::{appends, last};
use super::{Event, NOW_MS, counted, entries, opened, outbox};
use crate::bot::life::assert_strace;

/// More calls of one kind than the child makes.
const CALLS_MAX: u32 = 300;

/// What making a record and opening it sync as data: twice the engine and once the text copy, each.
const OPENING_SYNCS: u32 = 6;

/// Everything acknowledged is there, in order, with the outbox that belongs to it, and the record goes on.
pub fn assert_whole(dir: &Path, acknowledged: u64, context: &str) {
    let (mut store, events) = opened::<Event>(dir).unwrap_or_else(|error| panic!("{context}: {error}"));
    let count = events.len() as u64;
    assert!(count >= acknowledged, "{context}: {count} events, acknowledged {acknowledged}");
    // What was under way is there whole or not at all: at most one append of three.
    assert!(count <= acknowledged + 3, "{context}: {count} events, acknowledged {acknowledged}");
    for (n, event) in (1..).zip(&events) {
        assert_eq!((event.envelope.seq, &event.envelope.event), (n, &Event::Counted { n }), "{context}");
    }
    // An append and its entries are one: both are there or neither.
    assert!(store.outbox().unwrap() == outbox(count), "{context}: the outbox is not that of event {count}");
    let next = count + 1;
    let recorded = store.append_with(NOW_MS, vec![counted(next)], &entries(next, next)).unwrap();
    assert_eq!(recorded[0].envelope.seq, next);
    assert!(store.outbox().unwrap() == outbox(next), "{context}");
    drop(store);
    let report = verify(dir).unwrap();
    assert!(report.is_sound() && report.head.seq == next, "{context}: {report:?}");
    // The text copy has caught up, whatever was left of it.
    assert_eq!(report.text, Some(report.sound()), "{context}");
}

fn strace(arguments: &[&str], dir: &Path, times: u64) -> Output {
    assert_strace();
    appends(&[&["strace", "-f", "-qq"], arguments].concat(), dir, times).output().unwrap()
}

fn output(child: &Output) -> (String, String) {
    (String::from_utf8_lossy(&child.stdout).into_owned(), String::from_utf8_lossy(&child.stderr).into_owned())
}

/// Kills the child before the Nth call of one kind, for every N, on a new or a used record.
fn killed_before_each(call: &str, used: bool) {
    for n in 1..CALLS_MAX {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("state");
        if used {
            let mut store = opened::<Event>(&path).unwrap().0;
            store.append_with(NOW_MS, vec![counted(1)], &entries(1, 1)).unwrap();
        }
        let inject = format!("inject={call}:signal=SIGKILL:when={n}");
        let child = strace(&["-o", "/dev/null", "-e", &format!("trace={call}"), "-e", &inject], &path, 4);
        let (out, err) = output(&child);
        let context = format!("killed before {call} {n}");
        let survived = last(&out, "done ").is_some();
        assert!(survived || !child.status.success(), "{context}: neither killed nor done: {out} {err}");
        assert_whole(&path, last(&out, "ack ").unwrap_or(u64::from(used)), &context);
        if survived {
            assert!(n > 1, "{call} was never called: {out} {err}");
            println!("{call}: killed before each of {} calls", n - 1);
            return;
        }
    }
    panic!("more than {CALLS_MAX} calls of {call}");
}

#[test]
fn killed_before_each_fdatasync() {
    killed_before_each("fdatasync", false);
}

#[test]
fn killed_before_each_fdatasync_of_a_used_record() {
    killed_before_each("fdatasync", true);
}

#[test]
fn killed_before_each_fsync() {
    killed_before_each("fsync", false);
}

#[test]
fn killed_before_each_rename() {
    killed_before_each("rename", false);
}

#[test]
fn killed_before_each_new_folder() {
    killed_before_each("mkdir", false);
}

#[test]
fn killed_before_each_positioned_write() {
    killed_before_each("pwrite64", false);
}

#[test]
fn killed_before_each_write() {
    killed_before_each("write", false);
}

#[test]
fn killed_before_each_call_that_opening_makes() {
    for call in ["fsync", "rename", "write", "pwrite64", "unlink"] {
        killed_before_each(call, true);
    }
}

#[test]
fn killed_at_random_moments() {
    let used = TempDir::new().unwrap();
    let mut total = 0;
    let mut known = 0;
    for round in 0..30_u64 {
        let new = TempDir::new().unwrap();
        // Every third kill meets the creation, every third the opening of a record that grows from
        // kill to kill, the others its appends.
        let dir = if round % 3 == 0 { new.path() } else { used.path() };
        let mut child = appends(&[], dir, 1_000_000).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut printed = String::new();
        while round % 3 == 2 && !printed.contains("opened") {
            assert!(out.read_line(&mut printed).unwrap() > 0, "{printed}");
        }
        let random = u64::from(random_byte()) + 256 * u64::from(random_byte());
        thread::sleep(Duration::from_micros(2 * random));
        child.kill().unwrap();
        out.read_to_string(&mut printed).unwrap();
        let out = printed;
        child.wait().unwrap();
        assert!(!out.contains("refused"), "round {round}: {out}");
        let before = if round % 3 == 0 { 0 } else { known };
        let acknowledged = last(&out, "ack ").unwrap_or(before);
        total += acknowledged - before;
        assert_whole(dir, acknowledged, &format!("round {round}"));
        if round % 3 != 0 {
            known = verify(dir).unwrap().head.seq;
        }
    }
    println!("30 kills, {total} acknowledged events, none lost");
    assert!(total > 0);
}

/// Chance, for the moment of a kill.
fn random_byte() -> u8 {
    let mut byte = [0];
    getrandom::fill(&mut byte).unwrap();
    byte[0]
}

#[test]
fn acknowledged_only_after_both_syncs() {
    let dir = TempDir::new().unwrap();
    let (trace, path) = (dir.path().join("trace"), dir.path().join("state"));
    let calls = "trace=pwrite64,fdatasync,write";
    let child = strace(&["-y", "-o", trace.to_str().unwrap(), "-e", calls], &path, 8);
    let (out, err) = output(&child);
    assert!(last(&out, "done ").is_some(), "{out} {err}");
    let steps = [
        ("pwrite64", "record/db>"),
        ("fdatasync", "record/db>"),
        ("pwrite64", "record.jsonl>"),
        ("fdatasync", "record.jsonl>"),
        ("pwrite64", "state/mark"),
        ("fdatasync", "state/mark"),
    ];
    let mut seen = 0;
    let mut acknowledged = 0;
    for line in std::fs::read_to_string(trace).unwrap().lines() {
        if line.contains(" write(1<") && line.contains("opened") {
            seen = 0;
        } else if line.contains(" write(1<") && line.contains("\"ack ") {
            assert_eq!(seen, steps.len(), "acknowledged too early: {line}");
            (seen, acknowledged) = (0, acknowledged + 1);
        } else if let Some((call, file)) = steps.get(seen)
            && line.contains(&format!(" {call}("))
            && line.contains(file)
        {
            seen += 1;
        }
    }
    assert_eq!(acknowledged, 8);
}

#[test]
fn a_sync_that_fails_is_no_acknowledgement() {
    // Of a new record, the making and the opening sync first; then come three an append.
    for n in 1..=OPENING_SYNCS + 9 {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("state");
        let inject = format!("inject=fdatasync:error=EIO:when={n}");
        let child = strace(&["-o", "/dev/null", "-e", "trace=fdatasync", "-e", &inject], &path, 4);
        let (out, err) = output(&child);
        let refused = out.contains("refused: can't sync");
        let failed = out.contains("failed: can't ") && last(&out, "poisoned ") == Some(1);
        assert!(if n <= OPENING_SYNCS { refused } else { failed }, "{n}: {out} {err}");
        assert_whole(&path, last(&out, "ack ").unwrap_or(0), &format!("fdatasync {n} failed"));
    }
}

#[test]
fn a_record_held_by_another_process_names_it() {
    let dir = TempDir::new().unwrap();
    let mut child = appends(&[], dir.path(), 0).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().starts_with("opened")));
    for error in [Store::open::<Event>(dir.path(), NOW_MS).unwrap_err(), verify(dir.path()).unwrap_err()] {
        let StoreError::Held { holder, .. } = &error else { panic!("{error}") };
        assert_eq!(*holder, Holder::Process(child.id()));
        let text = error.to_string();
        assert!(text.contains(&format!("process {}", child.id())) && text.contains("--state"), "{text}");
    }
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    assert_whole(dir.path(), 0, "after the holder ended");
}

//! The power goes after each call by which files are changed, and takes of what was not synced whatever it likes.
//! Nothing acknowledged is lost, no record is refused, and a copy of one is whole or is none.
//!
//! `cargo test --test it -- --ignored --nocapture power_cuts`

mod disk;
mod trace;

use std::collections::HashSet;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use dogwatch::store::{self, Store, StoreError, verify};
use tempfile::TempDir;

use self::disk::{Cut, Disk};
use self::trace::{Call, Step, Trace, strace, traced};
use super::child::{appends, last};
use super::kill::assert_whole;
use super::{Event, NOW_MS, counted, entries, opened};
use crate::{BINARY, folder};

/// States by chance after each call.
const BY_CHANCE: u64 = 3;
/// Appends of the child, of one to three events.
const APPENDS: u64 = 20;
/// Events of a record that was in use before; their outbox alone has filled several segments of sled.
const USED: u64 = 150;
/// Events of a record that is copied.
const COPIED: u64 = 40;

/// Cuts the power after each call of a trace, on what stood below `root` before it. `check` looks at each state that
/// is left, in a folder of its own, with what had been said by then.
fn cut_after_each(
    mut disk: Disk,
    trace: &Trace,
    root: &Path,
    mut check: impl FnMut(&Path, &str, &str),
) -> usize {
    let (mut seen, mut said) = (HashSet::new(), String::new());
    for (number, step) in (0..).zip(&trace.steps) {
        match step {
            Step::Begins(call) => {
                if let Call::Said { text } = &trace.calls[*call] {
                    said.push_str(text);
                }
                disk.begins(*call, &trace.calls[*call]);
            }
            Step::Ends(call) => disk.ends(*call),
        }
        let by_chance = (0..BY_CHANCE).map(|n| Cut::ByChance(number * BY_CHANCE + n));
        for cut in [Cut::KeepsNothing, Cut::KeepsAll].into_iter().chain(by_chance) {
            let left = disk.left(cut);
            let mut hash = DefaultHasher::new();
            (&left, &said).hash(&mut hash);
            if seen.insert(hash.finish()) {
                let place = TempDir::new().unwrap();
                disk::restore(&left, place.path());
                check(place.path(), &said, &format!("power cut after step {number}, {step:?}, {cut:?}"));
            }
        }
    }
    assert!(disk.left(Cut::KeepsAll) == disk::found(root), "what was traced is not all that was done");
    seen.len()
}

fn cut_while_appending(used: u64) {
    let (root, elsewhere) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let state = root.path().join("state");
    if used > 0 {
        let mut store = opened::<Event>(&state).unwrap().0;
        for n in 1..=used {
            store.append_with(NOW_MS, vec![counted(n)], &entries(n, n)).unwrap();
        }
    }
    let disk = Disk::of(root.path());
    let file = elsewhere.path().join("trace");
    let words = strace(&file);
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let trace = traced(appends(&words, &state, APPENDS), &file);
    let mut acknowledged = 0;
    let states = cut_after_each(disk, &trace, root.path(), |place, said, context| {
        acknowledged = last(said, "ack ").unwrap_or(used);
        assert_whole(&place.join("state"), acknowledged, context);
    });
    println!(
        "power cuts on a record of {used} events: {} steps, {states} states, {} events acknowledged, none lost",
        trace.steps.len(),
        acknowledged - used
    );
    assert!(acknowledged >= used + APPENDS && states > 200, "too little was tried");
}

#[test]
#[ignore = "a profile of minutes; see CONTRIBUTING"]
fn power_cuts_on_a_new_record() {
    cut_while_appending(0);
}

#[test]
#[ignore = "a profile of minutes; see CONTRIBUTING"]
fn power_cuts_on_a_used_record() {
    cut_while_appending(USED);
}

/// Makes a record in the second folder of what the first one holds.
type Copies = fn(&Path, &Path) -> Result<(), StoreError>;

/// Cuts a command of dogwatch that makes a record of the one in `from`; `again` is the same without a cut.
fn cut_while_copying(name: &str, from: &Path, words: impl Fn(&Path) -> Vec<PathBuf>, again: Copies) {
    let (root, elsewhere) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let state = root.path().join("state");
    let disk = Disk::of(root.path());
    let file = elsewhere.path().join("trace");
    let strace = strace(&file);
    let mut command = Command::new(&strace[0]);
    command.args(&strace[1..]).arg(BINARY).args(words(&state)).env("TMPDIR", elsewhere.path());
    let trace = traced(command, &file);
    let mut whole = 0;
    let states = cut_after_each(disk, &trace, root.path(), |place, said, context| {
        let state = place.join("state");
        let is_whole = assert_whole_or_none(&state, context);
        assert!(is_whole || said.is_empty(), "{context}: said and not there: {said}");
        if !is_whole {
            again(from, &state).unwrap_or_else(|error| panic!("{context}: {error}"));
            assert!(assert_whole_or_none(&state, context), "{context}: made again");
        }
        whole += usize::from(is_whole);
    });
    let (steps, none) = (trace.steps.len(), states - whole);
    println!(
        "power cuts in {name}: {steps} steps, {states} states: {whole} whole, {none} none and made again"
    );
    assert!(whole > 0 && none > 0, "{name}: too little was tried");
}

/// Whether there is a record; then it has every event.
fn assert_whole_or_none(state: &Path, context: &str) -> bool {
    let Ok((store, events)) = Store::open::<Event>(state, NOW_MS) else { return false };
    drop(store);
    let events: Vec<_> = events.into_iter().map(|event| event.envelope.event).collect();
    assert_eq!(events, (1..=COPIED).map(|n| counted(n).1).collect::<Vec<_>>(), "{context}");
    let report = verify(state).unwrap();
    assert!(report.is_sound() && report.text == Some(report.sound()), "{context}: {report:?}");
    true
}

fn words(words: &[&str], paths: [&Path; 2]) -> Vec<PathBuf> {
    let mut paths = paths.into_iter();
    words
        .iter()
        .map(|word| if *word == "DIR" { paths.next().unwrap().to_owned() } else { word.into() })
        .collect()
}

#[test]
#[ignore = "a profile of minutes; see CONTRIBUTING"]
fn power_cuts_while_a_record_is_made_of_another() {
    let kept = TempDir::new().unwrap();
    let from = kept.path().join("kept");
    let mut store = opened::<Event>(&from).unwrap().0;
    for n in 1..=COPIED {
        store.append_with(NOW_MS, vec![counted(n)], &entries(n, n)).unwrap();
    }
    drop(store);
    cut_while_copying(
        "backup",
        &from,
        |to| words(&["--state", "DIR", "backup", "DIR"], [&from, to]),
        |from, to| store::backup(from, to, NOW_MS).map(drop),
    );
    cut_while_copying(
        "restore",
        &from,
        |to| words(&["restore", "DIR", "--state", "DIR"], [&from, to]),
        |from, to| store::restore(from, to, NOW_MS).map(drop),
    );
    // The store is gone, so that it is salvaged of the text copy.
    let damaged = kept.path().join("damaged");
    folder::copy(&from, &damaged);
    fs::write(damaged.join("record/db"), "").unwrap();
    cut_while_copying(
        "salvage",
        &damaged,
        |to| words(&["--state", "DIR", "salvage", "DIR"], [&damaged, to]),
        |from, to| store::salvage(from, to, NOW_MS).map(drop),
    );
}

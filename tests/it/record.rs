//! The record as whoever runs the bot meets it: how it is made, and what happens when its folder goes away.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::bot::Place;
use crate::{BINARY, KB};

/// A folder with a configuration in which whoever runs the tests is a responder.
fn configured() -> TempDir {
    let dir = TempDir::new().unwrap();
    let account = format!("console:{}", rustix::process::getuid().as_raw());
    let person = format!("[[person]]\nname = \"nia\"\nrole = \"responder\"\nactors = [\"{account}\"]\n");
    fs::write(dir.path().join("dogwatch.toml"), person).unwrap();
    dir
}

/// Another program's words, on the record in `state` in that folder.
fn dogwatch(dir: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    command.args(["--kb", KB, "--index", "index", "--state", "state"]).args(arguments).current_dir(dir);
    command.stdin(Stdio::null()).output().unwrap()
}

/// Exit status and all that was said.
fn said(dir: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let done = dogwatch(dir, arguments);
    (done.status.code(), String::from_utf8([done.stdout, done.stderr].concat()).unwrap())
}

#[test]
fn the_bot_starts_on_a_record_that_init_has_made_and_on_nothing_else() {
    let dir = configured();
    let state = dir.path().join("state");
    for folder_is_there in [false, true] {
        if folder_is_there {
            fs::create_dir(&state).unwrap();
        }
        for command in [&["chat"][..], &["incident", "list"], &["audit", "verify"], &["clock", "accept"]] {
            let (code, text) = said(dir.path(), command);
            assert_eq!(code, Some(1), "{command:?}: {text}");
            let parts =
                ["no record in state", "emptied, moved, or is not mounted", "`dogwatch init --state state`"];
            assert!(parts.iter().all(|part| text.contains(part)), "{command:?}: {text}");
        }
        assert!(!state.exists() || state.read_dir().unwrap().next().is_none());
    }
    let config = fs::read(dir.path().join("dogwatch.toml")).unwrap();
    let (code, text) = said(dir.path(), &["init"]);
    assert_eq!((code, text.as_str()), (Some(0), "made an empty record in state\n"));
    assert_eq!(fs::read(dir.path().join("dogwatch.toml")).unwrap(), config);
    assert_eq!(said(dir.path(), &["chat"]).0, Some(0));
    let (code, text) = said(dir.path(), &["init"]);
    assert!(code == Some(1) && text.contains("there is a record in state already"), "{text}");
    assert!(said(dir.path(), &["audit", "verify"]).1.contains("the record holds: 0 events"));
}

#[test]
fn init_needs_no_configuration() {
    let dir = TempDir::new().unwrap();
    let (code, text) = said(dir.path(), &["init"]);
    assert!(code == Some(0) && text.contains("dogwatch.toml"), "{text}");
    let made: Vec<_> = dir.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(made, ["state"]);
}

#[test]
fn a_bot_whose_state_folder_is_taken_away_says_so_and_ends() {
    let takes: [fn(&Path); 2] = [
        |state| fs::remove_dir_all(state).unwrap(),
        |state| {
            fs::rename(state, state.with_extension("away")).unwrap();
            fs::create_dir(state).unwrap();
        },
    ];
    for take in takes {
        let place = Place::new();
        let mut running = place.bot().line("/incident open sev3 it rains").start_open();
        running.until("i1 (sev3)");
        take(&place.state());
        running.line("/incident note and it is lost");
        let ended = running.end();
        assert!(!ended.status.success() && !ended.out.contains("noted"), "{}{}", ended.out, ended.err);
        assert!(ended.err.contains("nothing can be recorded any more"), "{}", ended.err);
        assert!(ended.err.contains("emptied, moved, replaced or unmounted"), "{}", ended.err);
    }
}

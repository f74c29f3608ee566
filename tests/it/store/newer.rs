//! The program on a record that a later version has written: it says so and changes nothing, whatever
//! it was started for; and `audit verify` does not call that damage.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use dogwatch::domain::world::actor::ActorId;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{NOW_MS, opened};
use crate::{BINARY, KB, folder};

/// Every file below a folder with its bytes.
fn files(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let with_bytes = |path: PathBuf| (path.clone(), fs::read(path).unwrap());
    folder::files(dir).into_iter().map(with_bytes).collect()
}

/// A record that a later version goes on with: two events that are known, then these, and entries.
fn written_later(events: &[Value], entries: &[(&str, &str)]) -> TempDir {
    let dir = TempDir::new().unwrap();
    let (mut store, _) = opened::<Value>(&dir.path().join("state")).unwrap();
    let opened =
        json!({ "kind": "incident_opened", "body": { "incident": "i1", "title": "x", "severity": "sev3" } });
    let noted = json!({ "kind": "incident_noted", "body": { "incident": "i1", "text": "y" } });
    let actor = || ActorId("demo:ana".to_owned());
    let all = [&[opened, noted], events].concat();
    let entries: Vec<_> =
        entries.iter().map(|(name, value)| ((*name).to_owned(), Some(value.as_bytes().to_vec()))).collect();
    store.append_with(NOW_MS, all.into_iter().map(|event| (actor(), event)).collect(), &entries).unwrap();
    dir
}

/// Starts the program with the record in a folder: its exit code, and what it said.
fn dogwatch(dir: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(BINARY);
    command.args(arguments).arg("--state").arg(dir.join("state")).current_dir(dir).stdin(Stdio::null());
    let done = command.output().unwrap();
    let said = [done.stdout, done.stderr].concat();
    (done.status.code(), String::from_utf8(said).unwrap())
}

fn refused(dir: &Path, why: &str) {
    let before = files(&dir.join("state"));
    for arguments in [&["incident", "list"][..], &["incident", "show", "i1"], &["audit", "verify"]] {
        let (code, said) = dogwatch(dir, arguments);
        assert_eq!(code, Some(1), "{arguments:?}: {said}");
        for part in
            ["was written by a newer dogwatch", why, "use the version that wrote it", "nothing was changed"]
        {
            assert!(said.contains(part), "{arguments:?}: no {part:?} in {said}");
        }
        assert!(!said.contains("NOT hold") && !said.contains("damaged"), "{arguments:?}: {said}");
        assert!(files(&dir.join("state")) == before, "{arguments:?} changed the folder");
    }
}

#[test]
fn a_record_with_what_is_not_known_is_refused_and_left_to_the_byte() {
    let rose = json!({ "kind": "moon_rose", "body": { "request": "r1" } });
    let field =
        json!({ "kind": "incident_noted", "body": { "incident": "i1", "text": "z", "loudly": true } });
    let value =
        json!({ "kind": "incident_severity_changed", "body": { "incident": "i1", "severity": "sev0" } });
    for (event, why) in [
        (rose, "event 3 is of the kind `moon_rose`, which this version does not know"),
        (field, "event 3, `incident_noted`, has something that this version does not know: `body.loudly`"),
        (
            value,
            "event 3, `incident_severity_changed`, has something that this version does not know: unknown variant `sev0`",
        ),
    ] {
        let dir = written_later(&[event], &[]);
        refused(dir.path(), why);
        // Also where there is no trace of who had it last.
        fs::remove_file(dir.path().join("state/holder")).unwrap();
        refused(dir.path(), why);
        assert!(!dir.path().join("state/holder").exists());
    }
}

#[test]
fn the_bot_does_not_start_on_it() {
    let dir = written_later(&[json!({ "kind": "moon_rose", "body": { "request": "r1" } })], &[]);
    let account = format!("console:{}", rustix::process::getuid().as_raw());
    let person = format!("[[person]]\nname = \"ana\"\nrole = \"responder\"\nactors = [\"{account}\"]\n");
    fs::write(dir.path().join("dogwatch.toml"), person).unwrap();
    let before = files(&dir.path().join("state"));
    let (code, said) = dogwatch(dir.path(), &["chat", "--kb", KB, "--index", "index"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("event 3 is of the kind `moon_rose`, which this version does not know"), "{said}");
    assert!(files(&dir.path().join("state")) == before, "the start changed the folder");
}

#[test]
fn what_is_kept_beside_the_events_is_not_passed_over_either() {
    for (name, value) in [("lapse/1", "null"), ("number", "{\"last\":7}"), ("owed/7", "{\"words\":\"why\"}")]
    {
        let dir = written_later(&[], &[(name, value)]);
        refused(dir.path(), &format!("beside its events it has `{name}`, which this version does not know"));
    }
}

#[test]
fn damage_is_called_damage() {
    let dir = written_later(&[], &[("number", "{")]);
    let (code, said) = dogwatch(dir.path(), &["audit", "verify"]);
    assert!(code == Some(1) && said.contains("does NOT hold") && said.contains("`number`"), "{said}");
    let (code, said) = dogwatch(dir.path(), &["incident", "list"]);
    assert!(code == Some(1) && said.contains("can't be trusted"), "{said}");
}

#[test]
fn what_is_known_whole_goes_on() {
    let dir = written_later(&[], &[("number", "7")]);
    let (code, said) = dogwatch(dir.path(), &["incident", "list"]);
    assert!(code == Some(0) && said.contains("i1"), "{said}");
    let (code, said) = dogwatch(dir.path(), &["audit", "verify"]);
    assert!(code == Some(0) && said.contains("the record holds: 2 events"), "{said}");
}

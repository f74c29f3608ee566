//! The record as whoever runs the bot meets it: how it is made, and what happens when its folder goes away.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use dogwatch::store;
use tempfile::TempDir;

use crate::bot::Place;
use crate::bot::life::{Running, assert_strace};
use crate::bot::wait_for;
use crate::{BINARY, KB, folder};

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

/// A bot that has recorded two events.
fn raining() -> (Place, Running) {
    let place = Place::new();
    let mut running = place.bot().line("/incident open sev3 it rains").start_open();
    running.until("i1 (sev3)");
    (place, running)
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
        let (place, mut running) = raining();
        take(&place.state());
        running.line("/incident note and it is lost");
        let ended = running.end();
        assert!(!ended.status.success() && !ended.out.contains("noted"), "{}{}", ended.out, ended.err);
        assert!(ended.err.contains("nothing can be recorded any more"), "{}", ended.err);
        assert!(ended.err.contains("emptied, moved, replaced or unmounted"), "{}", ended.err);
    }
}

#[test]
fn a_record_that_nobody_may_write_can_be_read_and_verified() {
    let dir = configured();
    let place = Place::new();
    place.bot().line("/incident open sev3 it rains").run().with(&["i1 (sev3)"]);
    let state = dir.path().join("state");
    folder::copy(&place.state(), &state);
    for file in folder::files(&state) {
        fs::set_permissions(file, fs::Permissions::from_mode(0o400)).unwrap();
    }
    let root = rustix::process::getuid().is_root();
    // Mounts of a namespace go with its last process.
    let script = "mount --bind state state && mount -o remount,bind,ro state && ! touch state/x 2> err && \
                  exec \"$0\" --state state \"$@\"";
    for (arguments, expected) in [
        (&["audit", "verify"][..], "the record holds: 2 events"),
        (&["incident", "list"], "it rains"),
        (&["incident", "show", "i1"], "opened the incident"),
    ] {
        let mut command = Command::new("unshare");
        command.arg(if root { "-m" } else { "-rm" }).args(["sh", "-c", script, BINARY]).args(arguments);
        let done = command.current_dir(dir.path()).stdin(Stdio::null()).output().unwrap();
        let text = String::from_utf8([done.stdout, done.stderr].concat()).unwrap();
        assert!(done.status.success() && text.contains(expected), "{arguments:?}: {text}");
    }
}

#[test]
fn a_bot_that_does_nothing_writes_nothing() {
    assert_strace();
    let (place, mut running) = raining();
    let trace = place.path("syncs");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o"]).arg(&trace).args([
        "-e",
        "trace=fsync,fdatasync,pwrite64,ftruncate",
        "-p",
    ]);
    let mut strace = strace.arg(running.pid().to_string()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_secs(3));
    let calls = || fs::read_to_string(&trace).unwrap();
    let idle = calls();
    assert!(!idle.contains("sync(") && !idle.contains("pwrite64("), "{idle}");
    // It would have been seen.
    running.line("/incident note it still rains");
    running.until("noted in i1");
    assert_eq!(strace.try_wait().unwrap(), None, "strace did not stay");
    let _ = rustix::process::kill_process(
        rustix::process::Pid::from_child(&strace),
        rustix::process::Signal::TERM,
    );
    strace.wait().unwrap();
    assert!(calls().contains("fdatasync(") && calls().contains("pwrite64("), "{}", calls());
    running.end().with(&[]);
}

#[test]
fn a_relative_state_folder_whose_parent_is_replaced_is_noticed() {
    let above = TempDir::new().unwrap();
    let parent = above.path().join("parent");
    folder::copy(configured().path(), &parent);
    assert_eq!(said(&parent, &["init"]).0, Some(0));
    let (out, err) = (above.path().join("out"), above.path().join("err"));
    let mut command = Command::new(BINARY);
    command.args(["--kb", KB, "--index", "index", "--state", "state", "chat"]).current_dir(&parent);
    command.stdin(Stdio::piped()).stdout(fs::File::create(&out).unwrap());
    let mut bot = command.stderr(fs::File::create(&err).unwrap()).spawn().unwrap();
    let typed = bot.stdin.as_mut().unwrap();
    writeln!(typed, "/incident open sev3 it rains").unwrap();
    wait_for("the incident", || fs::read_to_string(&out).unwrap().contains("i1 (sev3)"));
    let away = above.path().join("away");
    fs::rename(&parent, &away).unwrap();
    folder::copy(&away, &parent);
    writeln!(typed, "/incident note and it is lost").unwrap();
    drop(bot.stdin.take());
    assert!(!bot.wait().unwrap().success());
    let err = fs::read_to_string(err).unwrap();
    assert!(err.contains("emptied, moved, replaced or unmounted"), "{err}");
}

#[test]
fn a_demo_takes_no_record_of_others() {
    let dir = configured();
    assert_eq!(said(dir.path(), &["init"]).0, Some(0));
    fs::write(dir.path().join("typed"), "/incident open sev3 it rains\n").unwrap();
    let mut command = Command::new(BINARY);
    command.args(["--kb", KB, "--index", "index", "--state", "state", "chat"]).current_dir(dir.path());
    assert!(
        command.stdin(fs::File::open(dir.path().join("typed")).unwrap()).output().unwrap().status.success()
    );
    let before = fs::read(dir.path().join("state/record.jsonl")).unwrap();
    let (code, text) = said(dir.path(), &["demo"]);
    assert!(code == Some(1) && text.contains("is no demo's: `console:"), "{text}");
    assert_eq!(fs::read(dir.path().join("state/record.jsonl")).unwrap(), before);
}

#[test]
fn a_salvage_beside_the_mark_of_another_record_does_not_say_what_was_acknowledged() {
    let (place, running) = raining();
    running.end().with(&[]);
    let other = place.path("other");
    store::create(&other, 1).unwrap();
    fs::copy(other.join("mark"), place.state().join("mark")).unwrap();
    let saved = place.path("saved");
    let (done, text) = place.dogwatch(&["salvage", saved.to_str().unwrap()]);
    assert!(done && text.contains("is not known: the mark is not that of this record"), "{text}");
    assert!(!text.contains("No acknowledged event is missing"), "{text}");
}

#[test]
fn a_demo_sweeps_what_a_kill_has_left_of_another() {
    let place = Place::without_lab();
    let temporary = place.path("tmp");
    fs::create_dir(&temporary).unwrap();
    let folders = || temporary.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    let demo = || {
        let mut running = place.bot().line("/hosts").with_own_lab(temporary.clone()).start_open();
        running.until("lab-kvm");
        running
    };
    demo().kill();
    let left = folders();
    assert_eq!(left.len(), 1, "{left:?}");
    let not_ours = temporary.join("dogwatch-demo-mine");
    fs::create_dir(&not_ours).unwrap();
    let living = demo();
    let other = demo();
    assert!(!left[0].exists());
    assert_eq!(folders().len(), 3, "two that live, and one that is not ours: {:?}", folders());
    other.end().with(&[]);
    living.end().with(&[]);
    assert_eq!(folders(), [not_ours]);
}

#[test]
fn the_bot_that_runs_says_what_stands_on_the_disk_and_what_is_sound_can_be_salvaged() {
    let (place, mut running) = raining();
    running.line("/audit verify");
    running.until("the record holds: 2 events");
    let db = place.state().join("record/db");
    let len = fs::metadata(&db).unwrap().len();
    let file = fs::OpenOptions::new().write(true).open(&db).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &vec![0; usize::try_from(len).unwrap()], 0).unwrap();
    running.line("/audit verify");
    running.until("the record does NOT hold");
    running.until("of the copy `record.jsonl` 2 events are sound, until 20");
    running.until("once the bot is stopped, `dogwatch salvage DIR` makes a record of the first 2");
    drop(running.kill());
    let (holds, text) = place.dogwatch(&["audit", "verify"]);
    assert!(!holds && text.contains("of the store no event is sound"), "{text}");
    let saved = place.path("saved");
    let (done, text) = place.dogwatch(&["salvage", saved.to_str().unwrap()]);
    assert!(done && text.contains("2 events from the copy `record.jsonl`, until 20"), "{text}");
    for part in ["No acknowledged event is missing", "What was wrong: the engine", "It is no backup"] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    fs::remove_dir_all(place.state()).unwrap();
    fs::rename(saved, place.state()).unwrap();
    place.bot().line("/incident show i1").line("/audit verify").run().with(&["it rains", "the record holds"]);
}

#[test]
fn a_backup_is_taken_while_the_bot_runs_and_restored_where_nothing_stands() {
    let (place, mut running) = raining();
    let backup = place.path("backup");
    let (done, text) = place.dogwatch(&["backup", backup.to_str().unwrap()]);
    assert!(done && text.contains("has the record up to event 2"), "{text}");
    running.line("/incident note later");
    running.until("noted in i1");
    running.end().with(&[]);
    let (done, text) = place.dogwatch(&["restore", backup.to_str().unwrap()]);
    assert!(!done && text.contains("is not empty, and nothing was changed"), "{text}");
    fs::remove_dir_all(place.state()).unwrap();
    let (done, text) = place.dogwatch(&["restore", backup.to_str().unwrap()]);
    assert!(done && text.contains("up to event 2") && text.contains("look at the hosts"), "{text}");
    let said = place.bot().line("/incident show i1").line("/audit verify").run();
    let said = said.with(&["it rains", "the record holds: 2 events"]);
    assert!(!said.out.contains("later"), "{}", said.out);
}

#[test]
fn the_copy_is_read_with_jq() {
    let (place, running) = raining();
    running.end().with(&[]);
    let filter = ".event | \"\\(.seq) \\(.kind)\"";
    let jq = Command::new("jq").args(["-r", filter]).arg(place.state().join("record.jsonl")).output();
    let jq = jq.expect("this test needs jq: apt-get install -y jq");
    assert_eq!(String::from_utf8(jq.stdout).unwrap(), "1 incident_opened\n2 incident_used\n");
}

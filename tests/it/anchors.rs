//! Heads that left the machine, and what they find in a record that still holds.

use std::fs;
use std::path::Path;
use std::process::Command;

use dogwatch::domain::id::{Digest, RequestId};
use dogwatch::domain::record::event::Event;
use dogwatch::domain::world::actor::ActorId;
use dogwatch::store::{self, Store};

use crate::bot::Place;
use crate::bot::life::assert_strace;
use crate::{BINARY, folder};

/// A run of the binary on a state folder: whether it went well, and what it said.
fn dogwatch(state: &Path, arguments: &[&str], input: &str) -> (bool, String) {
    let folder = state.parent().unwrap();
    let typed = folder.join("typed");
    fs::write(&typed, input).unwrap();
    let mut command = Command::new(BINARY);
    command.arg("--state").arg(state).args(arguments).current_dir(folder).env_remove("DOGWATCH_LOG");
    let done = command.stdin(fs::File::open(typed).unwrap()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (done.status.success(), text(done.stdout) + &text(done.stderr))
}

fn verified(state: &Path, anchor: &str) -> (bool, String) {
    dogwatch(state, &["audit", "verify", "--anchor", anchor], "")
}

/// A folder in which this user may chat, with this file for anchors.
fn chatting(anchors: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let uid = rustix::process::getuid().as_raw();
    let config = format!(
        "[record]\nanchor_file = \"{anchors}\"\n\n[[person]]\nname = \"nia\"\nrole = \"responder\"\n\
         actors = [\"console:{uid}\"]\n"
    );
    fs::write(folder.path().join("dogwatch.toml"), config).unwrap();
    let (went_well, said) = dogwatch(&folder.path().join("state"), &["init"], "");
    assert!(went_well, "{said}");
    folder
}

const RESOLVED: &str = "/incident open web01 hangs\n/incident resolve it was the disk\n";

fn chat(state: &Path, input: &str) -> String {
    let (went_well, said) = dogwatch(state, &["--kb", crate::KB, "chat"], input);
    assert!(went_well, "{said}");
    said
}

#[test]
fn a_head_is_told_and_kept_elsewhere_at_each_resolve_and_finds_a_record_set_back() {
    let folder = chatting("anchors");
    let (state, kept) = (folder.path().join("state"), folder.path().join("kept"));
    chat(&state, "/incident open mail is slow\n");
    folder::copy(&state, &kept);
    let said = chat(&state, RESOLVED);
    let anchors = fs::read_to_string(folder.path().join("anchors")).unwrap();
    let lines: Vec<_> = anchors.lines().collect();
    let [line] = lines.as_slice() else { panic!("{anchors}") };
    let (_, anchor) = line.split_once(' ').unwrap();
    assert!(said.contains(&format!("the record has come to event 5: `{anchor}`")), "{said}");
    let (_, hash) = anchor.split_once(':').unwrap();
    for named in [anchor, hash] {
        let (went_well, said) = verified(&state, named);
        assert!(went_well && said.contains("event 5 is the one of that head"), "{said}");
    }
    // Another start tells nothing again.
    chat(&state, "/incident list\n");
    assert_eq!(fs::read_to_string(folder.path().join("anchors")).unwrap(), anchors);
    // Set back, the record holds all the same.
    fs::remove_dir_all(&state).unwrap();
    fs::rename(&kept, &state).unwrap();
    let (went_well, said) = verified(&state, anchor);
    assert!(!went_well && said.contains("the record holds: 2 events"), "{said}");
    assert!(said.contains("it ends at event 2, before event 5 of that head"), "{said}");
    let (went_well, said) = verified(&state, hash);
    assert!(!went_well && said.contains("no event has that hash"), "{said}");
    // And gone on from there it is another one.
    chat(&state, RESOLVED);
    let (went_well, said) = verified(&state, anchor);
    assert!(!went_well && said.contains("event 5 is NOT the one of that head"), "{said}");
    let (went_well, said) = verified(&state, "5");
    assert!(!went_well && said.contains("SEQ:HASH"), "{said}");
}

#[test]
fn the_folder_of_a_new_anchor_file_is_synced_once() {
    assert_strace();
    let folder = chatting("kept/anchors");
    let kept = folder.path().join("kept");
    fs::create_dir(&kept).unwrap();
    for (life, expected) in [(1, true), (2, false)] {
        let (typed, trace) = (folder.path().join("typed"), folder.path().join("trace"));
        fs::write(&typed, RESOLVED).unwrap();
        let mut command = Command::new("strace");
        command.args(["-f", "-qq", "-y", "-e", "trace=fsync", "-o"]).arg(&trace).arg(BINARY);
        command.args(["--state", "state", "--kb", crate::KB, "chat"]).current_dir(folder.path());
        let done = command.stdin(fs::File::open(typed).unwrap()).output().unwrap();
        assert!(done.status.success(), "{done:?}");
        let calls = fs::read_to_string(trace).unwrap();
        assert!(calls.contains("/kept/anchors>)"), "{life}: {calls}");
        assert_eq!(calls.contains("/kept>)"), expected, "{life}: {calls}");
    }
}

#[test]
fn a_head_that_can_not_be_kept_elsewhere_is_said_and_stops_nothing() {
    let folder = chatting("nowhere/anchors");
    let state = folder.path().join("state");
    let said = chat(&state, &format!("{RESOLVED}/audit verify\n"));
    assert!(said.contains("the record's head was not written elsewhere: can't append to"), "{said}");
    assert!(said.contains("nowhere/anchors: No such file") && said.contains("the record holds"), "{said}");
}

#[test]
fn a_plan_that_does_not_have_its_digest_breaks_the_record_at_its_event() {
    let place = Place::new();
    place.bot().line("/run kvm-vm-start domain=cache02 on lab-kvm because it is off").run();
    let request = place.record().state.requests.into_values().next().unwrap();
    let asked = |digest| Event::RequestOpened {
        request: request.id,
        incident: None,
        conversation: request.conversation.clone(),
        plan: Box::new(request.plan.clone()),
        digest,
        expires_at_ms: request.expires_at_ms,
    };
    let approved = |request, digest| Event::ApprovalGiven {
        request,
        digest,
        person: "ben".to_owned(),
        chat_role: None,
        complete: true,
    };
    let (own, other) = (request.digest, Digest::of(b"another plan"));
    for (events, why) in [
        (vec![asked(own), approved(request.id, own)], None),
        (vec![asked(other)], Some("event 1")),
        (vec![asked(own), approved(request.id, other)], Some("event 2")),
        (vec![asked(own), approved(RequestId(7), own)], Some("event 2")),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        store::create(&state, 1).unwrap();
        let (mut store, _) = Store::open::<Event>(&state, 1).unwrap();
        let by = ActorId("demo:ana".to_owned());
        store.append(2, events.into_iter().map(|event| (by.clone(), event)).collect()).unwrap();
        drop(store);
        let (went_well, said) = dogwatch(&state, &["audit", "verify"], "");
        assert_eq!(went_well, why.is_none(), "{said}");
        let opened = Store::open::<Event>(&state, 3).map(|_| ()).map_err(|error| error.to_string());
        match why {
            None => assert!(said.contains("the record holds: 2 events") && opened.is_ok(), "{said}"),
            Some(at) => {
                assert!(said.contains("does NOT hold") && said.contains(at), "{said}");
                assert!(opened.unwrap_err().contains("can't be trusted"), "{said}");
            }
        }
    }
}

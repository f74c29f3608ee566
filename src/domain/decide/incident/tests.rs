#![expect(clippy::unwrap_used, reason = "tests")]

use crate::domain::command::Command;
use crate::domain::id::IncidentId;
use crate::domain::record::run::{Outcome, StepEnd};
use crate::domain::record::severity::Severity;
use crate::domain::testing::{R1, World, run_command};
use crate::domain::text::shortened;

const I1: IncidentId = IncidentId(1);

#[test]
fn incident_is_used_by_its_own_conversation_until_it_is_resolved() {
    let mut world = World::new();
    world.says("ana", Command::IncidentOpen(Severity::Sev1, "VM hangs".into())).unwrap();
    world.says("ana", Command::IncidentNote("looked at it".into())).unwrap();
    assert_eq!(world.says("ben", Command::IncidentNote("x".into())).unwrap_err(), "no_incident_in_use");
    world.says("ben", Command::IncidentUse(I1)).unwrap();
    world.says("ben", Command::IncidentNote("me too".into())).unwrap();
    world.says("ben", Command::IncidentResolve(None, String::new())).unwrap();
    assert_eq!(world.says("ana", Command::IncidentNote("x".into())).unwrap_err(), "no_incident_in_use");
    assert_eq!(world.says("ben", Command::IncidentUse(I1)).unwrap_err(), "incident_resolved");
    assert_eq!(
        world.says("ben", Command::IncidentResolve(Some(I1), String::new())).unwrap_err(),
        "incident_resolved"
    );
    assert_eq!(
        world.says("ben", Command::IncidentShow(Some(IncidentId(2)))).unwrap_err(),
        "unknown_incident"
    );
}

#[test]
fn incident_with_something_unfinished_cannot_be_resolved() {
    let resolve = || Command::IncidentResolve(Some(I1), "done".into());
    let mut world = World::opened("vm-start", &["kvm1"]);
    assert_eq!(world.says("ana", resolve()).unwrap_err(), "incident_busy");
    world.says("ben", Command::Approve(R1)).unwrap();
    assert_eq!(world.says("ana", resolve()).unwrap_err(), "incident_busy");
    world.step_ends(R1, StepEnd::Unknown("lost".into()));
    world.verify_ends(R1, true);
    assert_eq!(world.says("ana", resolve()).unwrap_err(), "incident_busy");
    world.says("ben", Command::Settle(R1, Outcome::Failed, "seen".into())).unwrap();
    world.says("ana", resolve()).unwrap();
    assert!(world.state.incidents[&I1].resolved_at_ms.is_some());
}

#[test]
fn timeline_tells_the_whole_story_in_order() {
    let mut world = World::opened("vm-start", &["kvm1"]);
    let refused = world.says("ana", Command::Approve(R1));
    assert_eq!(refused.unwrap_err(), "own_request");
    world.says("ben", Command::Approve(R1)).unwrap();
    world.step_ends(R1, StepEnd::Done(0));
    world.verify_ends(R1, true);
    world.said.clear();
    world.says("dia", Command::IncidentShow(Some(I1))).unwrap();
    let told = [
        "ana opened the incident",
        "ana asked as r1",
        "ana was refused to approve r1 (own_request)",
        "ben approved r1",
        "dogwatch started r1",
        "dogwatch sent step 1 of r1",
        "exit code 0",
        "verified r1",
        "ended r1: succeeded",
    ];
    let mut rest = world.said.as_str();
    for words in told {
        let at = rest.find(words);
        assert!(at.is_some(), "{words} is missing or too early in {}", world.said);
        rest = &rest[at.unwrap()..];
    }
}

#[test]
fn read_inside_an_incident_belongs_to_it() {
    let mut world = World::new();
    world.says("ana", Command::IncidentOpen(Severity::Sev3, "slow".into())).unwrap();
    world.says("ana", run_command("vm-state", &["kvm1"])).unwrap();
    assert_eq!(world.request(R1).incident, Some(I1));
}

#[test]
fn texts_are_cut_between_characters() {
    assert_eq!(shortened("äöü", 3), "äöü");
    assert_eq!(shortened("äöü", 2), "äö...");
    assert_eq!(shortened("", 0), "");
}

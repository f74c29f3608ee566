//! From `/run` to the start: who counts, what expires, what has changed.
#![expect(clippy::unwrap_used, reason = "tests")]

use crate::domain::command::Command;
use crate::domain::id::{IncidentId, RequestId};
use crate::domain::policy::basis::Basis;
use crate::domain::record::event::Event;
use crate::domain::record::moment::Moment;
use crate::domain::record::request::Status;
use crate::domain::record::run::Outcome;
use crate::domain::say::replies;
use crate::domain::testing::{self, R1, R2, START_MS, World, run_command};

mod approvals;
mod roles;
mod starts;
mod turns;

#[test]
fn run_opens_a_request_and_an_incident_if_none_is_in_use() {
    let mut world = World::opened("vm-start", &["kvm1"]);
    assert_eq!(world.request(R1).incident, Some(IncidentId(1)));
    world.says("ana", run_command("vm-start", &["kvm2"])).unwrap();
    assert_eq!(world.request(R2).incident, Some(IncidentId(1)));
    assert_eq!(world.state.incidents.len(), 1);
    world.says("ben", run_command("vm-start", &["kvm3"])).unwrap();
    assert_eq!(world.state.incidents.len(), 2, "another conversation has an incident of its own");
}

#[test]
fn read_starts_at_once_without_approval_and_opens_no_incident() {
    let world = World::opened("vm-state", &["kvm1"]);
    assert_eq!((world.status(R1), world.executions()), (&Status::Running, 1));
    assert_eq!(world.request(R1).run.as_ref().unwrap().basis, Basis::NoneNeeded);
    assert!(world.state.incidents.is_empty());
}

#[test]
fn viewer_and_stranger_open_nothing() {
    let mut world = World::new();
    assert_eq!(world.says("dia", run_command("vm-state", &["kvm1"])).unwrap_err(), "role_too_low");
    assert_eq!(world.says("mallory", run_command("vm-state", &["kvm1"])).unwrap_err(), "unknown_actor");
    assert_eq!(world.says("mallory", Command::Help).unwrap_err(), "unknown_actor");
    assert!(world.moments.is_empty());
}

#[test]
fn destructive_action_needs_a_reason_and_a_change_does_not() {
    let without_reason = |action| match run_command(action, &["kvm1"]) {
        Command::Run { action, params, hosts, .. } => {
            Command::Run { action, params, hosts, reason: String::new() }
        }
        other => other,
    };
    assert_eq!(World::new().says("ana", without_reason("vm-destroy")).unwrap_err(), "reason_missing");
    assert!(World::new().says("ana", without_reason("vm-start")).is_ok());
}

#[test]
fn windows_is_planned_and_not_run() {
    let mut world = World::new();
    world.catalogue.action_mut("vm-start").platforms.push(crate::domain::world::host::Platform::Windows);
    assert_eq!(world.says("ana", run_command("vm-start", &["win1"])).unwrap_err(), "windows_not_run");
}

#[test]
fn refused_run_leaves_nothing_in_the_record() {
    let mut world = World::new();
    assert_eq!(world.says("ana", run_command("vm-start", &["nowhere"])).unwrap_err(), "unknown_host");
    assert!(world.moments.is_empty());
}

#[test]
fn those_that_wait_and_do_the_same_say_where_a_request_stands() {
    let mut world = World::opened("vm-start", &["kvm1"]);
    world.says("ana", run_command("vm-start", &["kvm2"])).unwrap();
    world.says("ben", run_command("vm-start", &["kvm1"])).unwrap();
    let said_by = |world: &World, id| world.state.said_by(world.request(id)).collect::<Vec<_>>();
    assert_eq!(said_by(&world, R1), [RequestId(3)]);
    assert!(said_by(&world, R2).is_empty() && said_by(&world, RequestId(3)).is_empty());
    world.says("ben", Command::Cancel(RequestId(3))).unwrap();
    assert!(said_by(&world, R1).is_empty());
}

#[test]
fn refused_commands_are_recorded_so_often_and_no_more() {
    let mut world = World::opened("vm-start", &["kvm1"]);
    for _ in 0..100 {
        assert_eq!(world.says("dia", Command::Approve(R1)).unwrap_err(), "role_too_low");
    }
    assert_eq!(world.says("discord:dia", Command::Deny(R1, "x".into())).unwrap_err(), "role_too_low");
    let refused = |moment: &&Moment| matches!(moment.event, Event::CommandRefused { .. });
    assert_eq!(world.moments.iter().filter(refused).count(), 21);
}

#[test]
fn request_that_nobody_approves_expires_at_its_very_millisecond() {
    let mut world = World::opened("vm-start", &["kvm1"]);
    let expires_at_ms = START_MS + 30 * 60 * 1000;
    assert_eq!(world.request(R1).expires_at_ms, expires_at_ms);
    world.now_ms = expires_at_ms - 1;
    assert!(world.input(crate::domain::decide::input::Input::Tick).unwrap().is_empty());
    world.now_ms = expires_at_ms;
    assert_eq!(world.says("ben", Command::Approve(R1)).unwrap_err(), "request_expired");
    world.input(crate::domain::decide::input::Input::Tick).unwrap();
    assert_eq!((world.status(R1), world.executions()), (&Status::Expired, 0));
    assert_eq!(world.says("ben", Command::Approve(R1)).unwrap_err(), "request_not_waiting");
}

#[test]
fn commands_about_a_request_that_does_not_exist_are_refused_and_not_recorded() {
    let mut world = World::new();
    let commands = [
        Command::Approve(R1),
        Command::Deny(R1, "no".into()),
        Command::Withdraw(R1),
        Command::Cancel(R1),
        Command::Settle(R1, Outcome::Failed, "seen".into()),
        Command::Show(R1),
    ];
    for command in commands {
        assert_eq!(world.says("ben", command).unwrap_err(), "unknown_request");
    }
    assert!(world.moments.is_empty());
}

#[test]
fn refused_command_of_a_known_person_is_recorded_and_a_strangers_is_not() {
    let mut world = World::opened("vm-start", &["kvm1"]);
    let before = world.moments.len();
    assert_eq!(world.says("mallory", Command::Approve(R1)).unwrap_err(), "unknown_actor");
    assert_eq!(world.moments.len(), before);
    assert_eq!(world.says("dia", Command::Approve(R1)).unwrap_err(), "role_too_low");
    let last = world.moments.last().unwrap();
    assert!(matches!(&last.event, Event::CommandRefused { code, .. } if code == "role_too_low"));
    assert_eq!(last.actor, testing::actor("dia"));
}

#[test]
fn one_machine_under_two_names_is_one_machine() {
    let mut world = World::running("vm-start", &["kvm1"]);
    world.catalogue.host_mut("kvm2").host_key = Some("SHA256:key-of-kvm1".to_owned());
    world.catalogue.host_mut("kvm3").address = "192.0.2.1".to_owned();
    for (id, host) in [(R2, "kvm2"), (RequestId(3), "kvm3")] {
        world.says("ana", run_command("vm-start", &[host])).unwrap();
        world.says("ben", Command::Approve(id)).unwrap();
        assert!(matches!(world.status(id), Status::Ready(_)), "{host}");
    }
    assert_eq!(world.executions(), 1);
}

#[test]
fn a_request_says_which_other_one_that_is_open_does_the_same() {
    let mut world = World::opened("vm-start", &["kvm1"]);
    assert!(!world.said.contains("the same as"), "{}", world.said);
    for (action, host, alike) in
        [("vm-start", "kvm2", None), ("vm-folder", "kvm1", None), ("vm-start", "kvm1", Some("r1"))]
    {
        world.said.clear();
        world.says("eve", run_command(action, &[host])).unwrap();
        assert_eq!(
            world.said.contains("the same as r1, by ana, which is waiting for approval"),
            alike.is_some()
        );
        assert_eq!(world.said.contains("/approve r1 or /cancel r1"), alike.is_some(), "{}", world.said);
    }
    let r4 = RequestId(4);
    let card = |world: &World| {
        let id = crate::domain::say::card::CardId::Request(r4);
        let (reply, _) = replies::card::card(&world.catalogue, &world.state, &world.reach, id, None).unwrap();
        testing::text_of(&reply)
    };
    assert!(card(&world).contains("the same as r1"));
    world.says("ana", Command::Cancel(R1)).unwrap();
    assert!(!card(&world).contains("the same as"), "what is over waits for nobody");
    assert_eq!(world.status(r4), &Status::Waiting);
}

//! The start: planned again, on a free host, within its time, once.

use crate::domain::command::Command;
use crate::domain::decide::input::Input;
use crate::domain::id::{Digest, HostName, RequestId};
use crate::domain::record::request::Status;
use crate::domain::record::run::{Outcome, StepEnd};
use crate::domain::testing::{R1, R2, World, people, run_command};
use crate::domain::world::actor::{People, Person, Role};

/// A change that has its approval and waits for a host on which another one runs.
fn waiting_for_host() -> World {
    let mut world = World::running("vm-start", &["kvm1"]);
    world.says("ana", run_command("vm-start", &["kvm1"])).unwrap();
    world.says("ben", Command::Approve(R2)).unwrap();
    assert!(matches!(world.status(R2), Status::Ready(_)));
    world
}

#[test]
fn one_changing_run_at_a_time_on_a_host() {
    let mut world = waiting_for_host();
    assert_eq!(world.executions(), 1);
    assert!(world.said.contains("r2 waits: r1 is running on its host"));
    world.step_ends(R1, StepEnd::Done(0));
    world.verify_ends(R1, true);
    assert_eq!((world.status(R1), world.status(R2)), (&Status::Ended(Outcome::Succeeded), &Status::Running));
    assert_eq!(world.executions(), 2);
}

#[test]
fn host_anywhere_in_a_plan_is_taken_for_the_whole_run() {
    let mut world = World::running("vm-start", &["kvm1", "kvm2"]);
    for (id, host) in [(R2, "kvm2"), (RequestId(3), "kvm3")] {
        world.says("ana", run_command("vm-start", &[host])).unwrap();
        world.says("ben", Command::Approve(id)).unwrap();
    }
    assert!(matches!(world.status(R2), Status::Ready(_)));
    assert_eq!(world.status(RequestId(3)), &Status::Running);
}

#[test]
fn reads_run_beside_a_change() {
    let mut world = World::running("vm-start", &["kvm1"]);
    world.says("ana", run_command("vm-state", &["kvm1"])).unwrap();
    assert_eq!(world.status(R2), &Status::Running);
}

#[test]
fn of_two_that_wait_for_a_host_one_starts() {
    let mut world = waiting_for_host();
    world.says("ana", run_command("vm-start", &["kvm1"])).unwrap();
    world.says("ben", Command::Approve(RequestId(3))).unwrap();
    world.step_ends(R1, StepEnd::Done(1));
    assert_eq!(world.status(R2), &Status::Running);
    assert!(matches!(world.status(RequestId(3)), Status::Ready(_)));
}

#[test]
fn end_of_another_host_does_not_disturb_what_waits() {
    let mut world = waiting_for_host();
    world.says("ana", run_command("vm-state", &["kvm1"])).unwrap();
    world.said.clear();
    world.step_ends(RequestId(3), StepEnd::Done(0));
    assert!(!world.said.contains("r2"), "{}", world.said);
}

#[test]
fn approvals_are_good_for_ten_minutes_to_the_millisecond() {
    for (late_ms, starts) in [(10 * 60 * 1000 - 1, true), (10 * 60 * 1000, false)] {
        let mut world = waiting_for_host();
        world.now_ms += late_ms;
        world.step_ends(R1, StepEnd::Done(1));
        assert_eq!(world.status(R2) == &Status::Running, starts, "{late_ms}");
        assert_eq!(world.status(R2) == &Status::Waiting, !starts, "{late_ms}");
        world.input(Input::Start(R2)).unwrap();
        assert_eq!(world.executions(), 1 + usize::from(starts));
    }
}

#[test]
fn what_could_not_start_within_ten_minutes_waits_for_another_approval_and_says_so() {
    let mut world = waiting_for_host();
    world.now_ms += 10 * 60 * 1000;
    world.said.clear();
    world.input(Input::Tick).unwrap();
    assert_eq!((world.status(R1), world.status(R2)), (&Status::Running, &Status::Waiting));
    assert!(world.said.contains("the approval of r2 by ben has lapsed"), "{}", world.said);
    assert!(world.said.contains("ben may approve it again"), "{}", world.said);
    world.step_ends(R1, StepEnd::Done(1));
    assert_eq!(world.status(R2), &Status::Waiting);
    world.says("ben", Command::Approve(R2)).unwrap();
    assert_eq!(world.status(R2), &Status::Running);
}

#[test]
fn what_lapses_after_its_thirty_minutes_expires() {
    let mut world = World::running("vm-start", &["kvm1"]);
    world.says("ana", run_command("vm-start", &["kvm1"])).unwrap();
    world.now_ms += 29 * 60 * 1000;
    world.says("ben", Command::Approve(R2)).unwrap();
    world.now_ms += 9 * 60 * 1000;
    world.input(Input::Tick).unwrap();
    assert!(matches!(world.status(R2), Status::Ready(_)));
    world.now_ms += 60 * 1000;
    world.input(Input::Tick).unwrap();
    assert_eq!(world.status(R2), &Status::Expired);
}

#[test]
fn start_put_twice_starts_once() {
    let mut world = World::running("vm-start", &["kvm1"]);
    assert!(world.input(Input::Start(R1)).unwrap().is_empty());
    assert_eq!(world.executions(), 1);
    assert!(world.input(Input::Start(R2)).unwrap().is_empty(), "there is no r2");
}

#[test]
fn start_of_what_has_no_approvals_starts_nothing() {
    let mut world = World::opened("vm-destroy", &["kvm1"]);
    world.says("ben", Command::Approve(R1)).unwrap();
    assert!(world.input(Input::Start(R1)).unwrap().is_empty());
    assert_eq!(world.executions(), 0);
}

/// What is said when the catalogue changes between approval and start.
fn refused_after(change: impl FnOnce(&mut World)) -> String {
    let mut world = waiting_for_host();
    change(&mut world);
    world.said.clear();
    world.step_ends(R1, StepEnd::Done(1));
    assert_eq!((world.status(R2), world.executions()), (&Status::Refused, 1));
    world.said
}

#[test]
fn changed_article_host_key_or_policy_loses_the_approval_and_is_named() {
    let said = refused_after(|world| world.catalogue.article_mut().revision = Digest::of(b"new"));
    assert!(said.contains("differs: revision (was"), "{said}");
    let said = refused_after(|world| world.catalogue.host_mut("kvm1").host_key = Some("SHA256:new".into()));
    assert!(said.contains("differs: hosts.0.host_key (was `SHA256:key-of-kvm1`, is `SHA256:new`)"), "{said}");
    let said = refused_after(|world| world.catalogue.policy.change = 2);
    assert!(said.contains("differs: basis") && said.contains("differs: policy"), "{said}");
    let said = refused_after(|world| world.catalogue.host_mut("kvm1").host_key = None);
    assert!(said.contains("no pinned host key"), "{said}");
    let said = refused_after(|world| drop(world.catalogue.inventory.remove(&HostName::from("kvm1"))));
    assert!(said.contains("no host `kvm1`"), "{said}");
}

#[test]
fn role_lost_between_approval_and_start_loses_the_approval() {
    let demoted = |person: Person| match person.name.as_str() {
        "ben" => Person { role: Some(Role::Responder), ..person },
        _ => person,
    };
    let said = refused_after(|world| {
        world.catalogue.people = People::new(people().into_iter().map(demoted).collect()).unwrap();
    });
    assert!(said.contains("differs: policy"), "{said}");
}

#[test]
fn approvals_that_no_longer_suffice_start_nothing() {
    let said = refused_after(|world| {
        let request = world.state.requests.get_mut(&R2).unwrap();
        request.approvals.clear();
    });
    assert!(said.contains("the approvals no longer suffice"), "{said}");
}

#[test]
fn stored_plan_that_is_not_what_was_approved_is_not_run() {
    let said = refused_after(|world| {
        let request = world.state.requests.get_mut(&R2).unwrap();
        request.plan.hosts[0].steps[0].argv.push("--force".to_owned());
    });
    assert!(said.contains("does not have the digest that was approved"), "{said}");
}

#[test]
fn difference_of_any_length_fits_into_an_event() {
    let said = refused_after(|world| {
        let param = world.catalogue.action_mut("vm-start").params.get_mut("domain").unwrap();
        param.pattern = Some("x{9}".repeat(10_000));
    });
    assert!(said.len() < 1000, "{}", said.len());
}

#[test]
fn changed_plan_cannot_be_approved() {
    let mut world = World::opened("vm-start", &["kvm1"]);
    world.catalogue.article_mut().revision = Digest::of(b"new");
    assert_eq!(world.says("ben", Command::Approve(R1)).unwrap_err(), "plan_changed");
    assert!(world.request(R1).approvals.is_empty());
}

#[test]
fn unknown_outcome_blocks_the_host_until_it_is_settled() {
    let mut world = World::unknown("vm-start", &["kvm1"]);
    assert_eq!(world.says("ana", run_command("vm-start", &["kvm1"])).unwrap_err(), "host_blocked");
    world.says("ana", run_command("vm-state", &["kvm1"])).unwrap();
    world.says("ana", run_command("vm-start", &["kvm2"])).unwrap();
    let settle = Command::Settle(R1, Outcome::Succeeded, "it runs, I looked".into());
    world.says("ben", settle.clone()).unwrap();
    assert_eq!(world.says("ben", settle).unwrap_err(), "nothing_to_settle");
    world.says("ana", run_command("vm-start", &["kvm1"])).unwrap();
}

#[test]
fn host_renamed_in_the_inventory_stays_blocked() {
    let mut world = World::unknown("vm-start", &["kvm1"]);
    let mut host = world.catalogue.inventory.remove(&HostName::from("kvm1")).unwrap();
    host.name = HostName::from("new");
    world.catalogue.inventory.insert(host.name.clone(), host);
    assert_eq!(world.says("ana", run_command("vm-start", &["new"])).unwrap_err(), "host_blocked");
}

#[test]
fn what_waits_behind_an_unknown_outcome_starts_when_it_is_settled() {
    let mut world = waiting_for_host();
    world.step_ends(R1, StepEnd::Unknown("lost".into()));
    world.verify_ends(R1, false);
    assert!(matches!(world.status(R2), Status::Ready(_)));
    world.says("ben", Command::Settle(R1, Outcome::Failed, "I looked".into())).unwrap();
    assert_eq!(world.status(R2), &Status::Running);
}

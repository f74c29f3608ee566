//! A person counts once, and never for their own request.

use crate::domain::command::Command;
use crate::domain::decide::input::Input;
use crate::domain::id::{Digest, RequestId};
use crate::domain::record::request::{Approval, Status};
use crate::domain::record::run::StepEnd;
use crate::domain::rules::approvals::counted;
use crate::domain::testing::{R1, START_MS, World, actor, people, person, run_command};
use crate::domain::world::actor::{People, Person, Role};

#[test]
fn change_starts_with_one_other_approver() {
    for approver in ["ben", "eve"] {
        let mut world = World::opened("vm-start", &["kvm1"]);
        world.says(approver, Command::Approve(R1)).unwrap();
        assert_eq!((world.status(R1), world.executions()), (&Status::Running, 1));
    }
}

#[test]
fn destructive_action_starts_with_two_others_and_not_with_one() {
    let mut world = World::opened("vm-destroy", &["kvm1"]);
    world.says("ben", Command::Approve(R1)).unwrap();
    assert_eq!((world.status(R1), world.executions()), (&Status::Waiting, 0));
    world.says("cem", Command::Approve(R1)).unwrap();
    assert_eq!((world.status(R1), world.executions()), (&Status::Running, 1));
}

#[test]
fn viewer_responder_and_stranger_approve_nothing() {
    let mut world = World::new();
    world.says("ben", run_command("vm-start", &["kvm1"])).unwrap();
    for (who, code) in [("dia", "role_too_low"), ("ana", "role_too_low"), ("mallory", "unknown_actor")] {
        assert_eq!(world.says(who, Command::Approve(R1)).unwrap_err(), code);
    }
    assert!(world.request(R1).approvals.is_empty());
}

#[test]
fn own_approval_never_counts_whatever_the_role() {
    for who in ["ben", "eve"] {
        let mut world = World::new();
        world.says(who, run_command("vm-start", &["kvm1"])).unwrap();
        assert_eq!(world.says(who, Command::Approve(R1)).unwrap_err(), "own_request");
        assert_eq!((world.status(R1), world.executions()), (&Status::Waiting, 0));
    }
}

#[test]
fn own_approval_through_a_second_account_does_not_count() {
    let mut world = World::new();
    let approver_by_mistake = |person: Person| match person.name.as_str() {
        "ana" => Person { role: Some(Role::Approver), ..person },
        _ => person,
    };
    world.catalogue.people = People::new(people().into_iter().map(approver_by_mistake).collect()).unwrap();
    world.says("ana", run_command("vm-start", &["kvm1"])).unwrap();
    assert_eq!(world.says("discord:ana", Command::Approve(R1)).unwrap_err(), "own_request");
    world.says("discord:ana", run_command("vm-start", &["kvm2"])).unwrap();
    assert_eq!(world.says("ana", Command::Approve(RequestId(2))).unwrap_err(), "own_request");
    assert_eq!(world.executions(), 0);
}

#[test]
fn person_with_two_accounts_counts_once() {
    let mut world = World::opened("vm-destroy", &["kvm1"]);
    world.says("ben", Command::Approve(R1)).unwrap();
    assert_eq!(world.says("discord:ben", Command::Approve(R1)).unwrap_err(), "already_approved");
    assert_eq!(world.says("ben", Command::Approve(R1)).unwrap_err(), "already_approved");
    assert_eq!((world.status(R1), world.executions()), (&Status::Waiting, 0));
}

#[test]
fn what_the_record_holds_is_counted_by_person_role_and_digest() {
    let mut world = World::opened("vm-destroy", &["kvm1"]);
    let given = |who: &str, digest| Approval {
        actor: actor(who),
        chat_role: None,
        digest,
        at_ms: START_MS,
        ended: None,
    };
    let digest = world.request(R1).digest;
    let request = world.state.requests.get_mut(&R1).unwrap();
    // Names in the record are not believed: the account says who it was.
    request.approvals.insert("x".into(), given("ben", digest));
    request.approvals.insert("y".into(), given("discord:ben", digest));
    request.approvals.insert("ana".into(), given("ana", digest));
    request.approvals.insert("dia".into(), given("dia", digest));
    request.approvals.insert("cem".into(), given("cem", Digest::of(b"another plan")));
    request.approvals.insert("mallory".into(), given("mallory", digest));
    assert_eq!(counted(&world.catalogue, world.request(R1), START_MS), 1);
    for other_ms in [START_MS - 1, START_MS + 10 * 60 * 1000] {
        assert_eq!(
            counted(&world.catalogue, world.request(R1), other_ms),
            0,
            "too old, or of a time to come"
        );
    }
}

#[test]
fn each_approval_is_good_for_ten_minutes_of_its_own() {
    let mut world = World::opened("vm-destroy", &["kvm1"]);
    world.says("ben", Command::Approve(R1)).unwrap();
    world.now_ms += 28 * 60 * 1000;
    // Nobody has looked at the time since: the approval counts no longer all the same.
    world.says("cem", Command::Approve(R1)).unwrap();
    assert_eq!((world.status(R1), world.executions()), (&Status::Waiting, 0));
    assert!(
        world.said.contains("r1 approved by cem, plan") && world.said.contains(": 1 of 2"),
        "{}",
        world.said
    );
    world.says("ben", Command::Approve(R1)).unwrap();
    assert_eq!((world.status(R1), world.executions()), (&Status::Running, 1));
}

#[test]
fn an_approval_that_lapses_is_said_once_and_shown() {
    let mut world = World::opened("vm-destroy", &["kvm1"]);
    world.says("ben", Command::Approve(R1)).unwrap();
    world.now_ms += 10 * 60 * 1000;
    world.said.clear();
    world.input(Input::Tick).unwrap();
    world.now_ms += 1000;
    world.input(Input::Tick).unwrap();
    assert_eq!(world.said.matches("the approval of r1 by ben has lapsed").count(), 1, "{}", world.said);
    assert!(world.said.contains("0 of 2 approvals count now"), "{}", world.said);
    world.said.clear();
    world.says("ben", Command::Show(R1)).unwrap();
    assert!(world.said.contains(": lapsed"), "{}", world.said);
    world.says("ben", Command::Approvals).unwrap();
    assert!(world.said.contains("1 waiting for you"), "{}", world.said);
    assert_eq!(world.says("ben", Command::Withdraw(R1)).unwrap_err(), "not_approved");
    world.says("ben", Command::Approve(R1)).unwrap();
    world.says("cem", Command::Approve(R1)).unwrap();
    assert_eq!(world.status(R1), &Status::Running);
}

#[test]
fn approval_can_be_taken_back_by_its_person_alone() {
    let mut world = World::opened("vm-destroy", &["kvm1"]);
    world.says("ben", Command::Approve(R1)).unwrap();
    assert_eq!(world.says("cem", Command::Withdraw(R1)).unwrap_err(), "not_approved");
    world.says("discord:ben", Command::Withdraw(R1)).unwrap();
    world.says("cem", Command::Approve(R1)).unwrap();
    assert_eq!((world.status(R1), world.executions()), (&Status::Waiting, 0));
    world.says("ben", Command::Approve(R1)).unwrap();
    assert_eq!(world.status(R1), &Status::Running);
}

#[test]
fn approval_taken_back_while_the_host_is_busy_stops_the_start() {
    let mut world = World::running("vm-start", &["kvm1"]);
    world.says("ana", run_command("vm-start", &["kvm1"])).unwrap();
    world.says("ben", Command::Approve(RequestId(2))).unwrap();
    assert!(matches!(world.status(RequestId(2)), Status::Ready(_)));
    world.says("ben", Command::Withdraw(RequestId(2))).unwrap();
    world.step_ends(R1, StepEnd::Done(1));
    assert_eq!((world.status(RequestId(2)), world.executions()), (&Status::Waiting, 1));
}

#[test]
fn approval_of_what_runs_cannot_be_taken_back() {
    let mut world = World::running("vm-start", &["kvm1"]);
    assert_eq!(world.says("ben", Command::Withdraw(R1)).unwrap_err(), "request_not_waiting");
}

#[test]
fn denied_request_is_over_for_good() {
    let mut world = World::opened("vm-destroy", &["kvm1"]);
    world.says("ben", Command::Approve(R1)).unwrap();
    world.says("eve", Command::Deny(R1, "not today".into())).unwrap();
    for command in [Command::Approve(R1), Command::Deny(R1, "x".into()), Command::Cancel(R1)] {
        assert_eq!(world.says("cem", command).unwrap_err(), "request_not_waiting");
    }
    assert_eq!(world.says("ben", Command::Withdraw(R1)).unwrap_err(), "request_not_waiting");
    assert_eq!((world.status(R1), world.executions()), (&Status::Denied, 0));
}

#[test]
fn denial_needs_a_reason_and_an_approver() {
    let mut world = World::opened("vm-start", &["kvm1"]);
    assert_eq!(world.says("ben", Command::Deny(R1, " ".into())).unwrap_err(), "text_missing");
    assert_eq!(world.says("ana", Command::Deny(R1, "x".into())).unwrap_err(), "role_too_low");
}

#[test]
fn only_its_requester_or_an_approver_cancels() {
    let mut world = World::opened("vm-start", &["kvm1"]);
    let more = people().into_iter().chain([person("fay", Role::Responder)]).collect();
    world.catalogue.people = People::new(more).unwrap();
    assert_eq!(world.says("fay", Command::Cancel(R1)).unwrap_err(), "not_yours");
    assert_eq!(world.says("dia", Command::Cancel(R1)).unwrap_err(), "role_too_low");
    world.says("discord:ana", Command::Cancel(R1)).unwrap();
    assert_eq!(world.status(R1), &Status::Cancelled);
    assert_eq!(world.says("ben", Command::Approve(R1)).unwrap_err(), "request_not_waiting");
}

#[test]
fn approvals_lists_what_waits_for_me_and_nothing_else() {
    let mut world = World::opened("vm-destroy", &["kvm1"]);
    let mut told = |who: &str| {
        world.said.clear();
        world.says(who, Command::Approvals).unwrap();
        world.said.clone()
    };
    assert!(told("ben").contains("/show r1"));
    assert!(told("ana").starts_with("nothing waits for you"));
    world.says("ben", Command::Approve(R1)).unwrap();
    world.said.clear();
    world.says("ben", Command::Approvals).unwrap();
    assert!(world.said.starts_with("nothing waits for you"));
}

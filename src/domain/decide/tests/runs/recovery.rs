//! After a crash nothing runs by itself.

use crate::domain::command::Command;
use crate::domain::decide::effect::Effect;
use crate::domain::decide::tests::runs::{outcome, phase};
use crate::domain::id::RequestId;
use crate::domain::record::event::Event;
use crate::domain::record::request::{HostPhase, Request, Status};
use crate::domain::record::run::{Outcome, Output, StepEnd, Verdict, VerifyReport};
use crate::domain::testing::{self, R1, R2, World, run_command};

fn settles(world: &World) -> usize {
    world.asked.iter().filter(|effect| matches!(effect, Effect::Settle(..))).count()
}

#[test]
fn step_in_flight_is_settled_under_its_own_run_id_and_not_started_again() {
    let mut world = World::running("vm-folder", &["kvm1"]);
    let HostPhase::Step { run, .. } = phase(&world, 0) else { return assert_eq!(world.executions(), 9) };
    world.crash();
    assert_eq!((world.executions(), settles(&world)), (0, 1));
    let same =
        |effect: &Effect| matches!(effect, Effect::Settle(R1, _, step) if step.run == run && step.step == 0);
    assert!(world.asked.iter().any(same));
    assert!(world.asked.iter().any(|effect| matches!(effect, Effect::Hold(R1, _))));
    assert!(world.said.contains("start nothing"), "{}", world.said);
}

#[test]
fn recovered_run_goes_no_further_than_the_step_in_flight() {
    let mut world = World::running("vm-folder", &["kvm1", "kvm2"]);
    world.crash();
    world.step_ends(R1, StepEnd::Done(0));
    assert_eq!((outcome(&world), world.executions()), (Outcome::Failed, 0));
    assert_eq!(
        phase(&world, 0),
        HostPhase::Ended(Outcome::Failed, "the bot was restarted: 1 of 2 steps have run".into())
    );
    assert_eq!(
        phase(&world, 1),
        HostPhase::Ended(Outcome::Failed, "not started: the bot was restarted".into())
    );
}

#[test]
fn last_step_that_the_host_reports_done_is_verified_and_known() {
    let mut world = World::running("vm-start", &["kvm1"]);
    world.crash();
    world.step_ends(R1, StepEnd::Done(0));
    world.verify_ends(R1, true);
    assert_eq!((outcome(&world), world.executions()), (Outcome::Succeeded, 0));
}

#[test]
fn step_that_the_host_fenced_has_failed_and_did_not_run() {
    let mut world = World::running("vm-start", &["kvm1"]);
    world.crash();
    world.step_ends(R1, StepEnd::NotRun("fenced".into()));
    assert_eq!((outcome(&world), world.executions()), (Outcome::Failed, 0));
}

#[test]
fn what_no_host_can_tell_is_unknown_says_so_and_blocks() {
    let mut world = World::running("vm-folder", &["kvm1"]);
    world.crash();
    world.step_ends(R1, StepEnd::Unknown("the host was restarted".into()));
    assert_eq!(world.status(R1), &Status::Ended(Outcome::Unknown));
    assert!(world.said.contains("/settle r1"), "{}", world.said);
    world.crash();
    assert_eq!(world.says("ana", run_command("vm-start", &["kvm1"])).unwrap_err(), "host_blocked");
}

#[test]
fn crash_before_the_first_host_has_answered_leaves_the_request_as_it_is() {
    let mut world = approved_only();
    world.decided(crate::domain::decide::input::Input::Start(R1)).unwrap();
    assert!(matches!(world.status(R1), Status::Ready(_)));
    world.crash();
    assert_eq!((world.status(R1), world.executions(), settles(&world)), (&Status::Running, 1, 0));
}

#[test]
fn run_of_before_that_had_no_step_yet_ends_without_one() {
    let mut world = World::opened("vm-folder", &["kvm1", "kvm2"]);
    world.says("ben", Command::Approve(R1)).unwrap();
    // As it was recorded when the start came before the probe.
    world.moments.retain(|moment| !matches!(moment.event, Event::StepStarted { .. }));
    world.crash();
    assert_eq!((outcome(&world), world.executions(), settles(&world)), (Outcome::Failed, 0, 0));
    assert_eq!(
        phase(&world, 0),
        HostPhase::Ended(Outcome::Failed, "not started: the bot was restarted".into())
    );
}

#[test]
fn crash_between_two_hosts_leaves_the_first_as_it_ended() {
    let mut world = World::running("vm-start", &["kvm1", "kvm2"]);
    world.step_ends(R1, StepEnd::Done(0));
    let verify = world.asked.iter().any(|effect| matches!(effect, Effect::Verify(..)));
    assert!(verify);
    let report = VerifyReport { verdict: Verdict::Holds, why: String::new(), output: Output::default() };
    world.decided(crate::domain::decide::input::Input::Verified(R1, "kvm1".into(), report)).unwrap();
    world.crash();
    assert_eq!(phase(&world, 0), HostPhase::Ended(Outcome::Succeeded, String::new()));
    assert!(matches!(phase(&world, 1), HostPhase::Ended(Outcome::Failed, _)));
    assert_eq!(world.executions(), 0);
}

#[test]
fn crash_during_the_verification_asks_it_again_and_nothing_else() {
    let mut world = World::running("vm-start", &["kvm1"]);
    world.step_ends(R1, StepEnd::Done(0));
    world.crash();
    assert_eq!((world.executions(), settles(&world)), (0, 0));
    world.verify_ends(R1, true);
    assert_eq!(outcome(&world), Outcome::Succeeded);
}

#[test]
fn unknown_step_stays_unknown_through_a_crash_in_its_verification() {
    let mut world = World::running("vm-start", &["kvm1"]);
    world.step_ends(R1, StepEnd::Unknown("lost".into()));
    world.crash();
    world.verify_ends(R1, true);
    assert_eq!(world.status(R1), &Status::Ended(Outcome::Unknown));
}

#[test]
fn second_crash_in_the_recovery_starts_nothing_either() {
    let mut world = World::running("vm-folder", &["kvm1"]);
    world.crash();
    world.crash();
    assert_eq!((world.executions(), settles(&world)), (0, 1));
    world.step_ends(R1, StepEnd::Done(0));
    assert_eq!((outcome(&world), world.executions()), (Outcome::Failed, 0));
}

#[test]
fn cancel_that_was_asked_before_the_crash_is_asked_again() {
    let mut world = World::running("vm-folder", &["kvm1"]);
    world.says("ana", Command::Cancel(R1)).unwrap();
    world.crash();
    assert!(matches!(world.asked.last(), Some(Effect::Stop(R1))));
    world.step_ends(R1, StepEnd::Cancelled);
    assert_eq!(outcome(&world), Outcome::Cancelled);
}

/// Approved, and the bot dies before the start.
fn approved_only() -> World {
    let mut world = World::opened("vm-start", &["kvm1"]);
    let actor = testing::actor("ben");
    let command = Command::Approve(R1);
    world
        .decided(crate::domain::decide::input::Input::Command {
            origin: crate::domain::record::origin::Origin::typed(actor, "ben".into()),
            command,
        })
        .unwrap();
    assert!(matches!(world.status(R1), Status::Ready(_)));
    world
}

#[test]
fn approved_and_not_started_starts_exactly_once_within_its_ten_minutes() {
    let mut world = approved_only();
    world.now_ms += 10 * 60 * 1000 - 1;
    world.crash();
    assert_eq!((world.status(R1), world.executions()), (&Status::Running, 1));
    world.crash();
    assert_eq!(world.executions(), 0);
    let starts =
        world.moments.iter().filter(|moment| matches!(moment.event, Event::RunStarted { .. })).count();
    assert_eq!(starts, 1);
}

#[test]
fn approved_and_not_started_needs_another_approval_after_ten_minutes() {
    let mut world = approved_only();
    world.now_ms += 10 * 60 * 1000;
    world.crash();
    assert_eq!((world.status(R1), world.executions()), (&Status::Waiting, 0));
    world.says("ben", Command::Approve(R1)).unwrap();
    assert_eq!((world.status(R1), world.executions()), (&Status::Running, 1));
}

#[test]
fn approved_and_not_started_is_planned_again_after_a_crash() {
    let mut world = approved_only();
    world.catalogue.host_mut("kvm1").user = "admin".to_owned();
    world.crash();
    assert_eq!((world.status(R1), world.executions()), (&Status::Refused, 0));
}

#[test]
fn open_request_is_still_open_with_its_approvals() {
    let mut world = World::opened("vm-destroy", &["kvm1"]);
    world.says("ben", Command::Approve(R1)).unwrap();
    world.crash();
    assert_eq!((world.status(R1), world.executions()), (&Status::Waiting, 0));
    assert_eq!(world.says("ben", Command::Approve(R1)).unwrap_err(), "already_approved");
    world.says("cem", Command::Approve(R1)).unwrap();
    assert_eq!(world.executions(), 1);
}

#[test]
fn what_waits_for_a_recovered_run_starts_when_that_has_ended_and_is_told_once() {
    let mut world = World::running("vm-folder", &["kvm1"]);
    world.says("ana", run_command("vm-start", &["kvm1"])).unwrap();
    world.says("ben", Command::Approve(R2)).unwrap();
    world.crash();
    assert!(matches!(world.status(R2), Status::Ready(_)));
    assert_eq!(world.said.matches("r2 waits").count(), 1, "{}", world.said);
    world.step_ends(R1, StepEnd::Done(0));
    assert_eq!((world.status(R2), world.executions()), (&Status::Running, 1));
}

#[test]
fn recovery_of_as_much_as_may_run_fits_into_one_append() {
    let mut world = World::new();
    let names: Vec<_> = (0..16).map(|n| format!("h{n}")).collect();
    for (at, name) in (10..).zip(&names) {
        let host = testing::host(name, crate::domain::world::host::Platform::Kvm, at);
        world.catalogue.inventory.insert(host.name.clone(), host);
    }
    let hosts: Vec<_> = names.iter().map(String::as_str).collect();
    let actor = testing::actor("ana");
    for _ in 0..crate::domain::rules::turns::OWN_READS_RUNNING_MAX {
        let (actor, command) = (actor.clone(), run_command("uptime", &hosts));
        let input = crate::domain::decide::input::Input::Command {
            origin: crate::domain::record::origin::Origin::typed(actor, "ana".into()),
            command,
        };
        let (_, effects) = world.decided(input).unwrap();
        let Some(Effect::Reach(id, host, ..)) = effects.into_iter().next() else {
            return assert_eq!("no probe", "");
        };
        let reached = crate::domain::decide::input::Input::Reached(id, host, Ok(testing::ground()), None);
        world.decided(reached).unwrap();
    }
    // As it was recorded when the start came before the probe: that has the most hosts to end.
    world.moments.retain(|moment| !matches!(moment.event, Event::StepStarted { .. }));
    world.state = testing::folded(&world.moments);
    // As many as may run at all, in a record that knows no shares.
    for more in 5..=crate::domain::rules::turns::RUNNING_MAX as u64 {
        let request = Request { id: RequestId(more), ..world.request(R1).clone() };
        world.state.requests.insert(request.id, request);
    }
    let (events, _) = world.decided(crate::domain::decide::input::Input::Recover).unwrap();
    // 256 is the limit of one append to the record.
    assert!(events.len() <= 256 && events.len() >= 12 * 18, "{}", events.len());
}

//! What the verification says before anything is done.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::{outcome, phase};
use crate::domain::command::Command;
use crate::domain::decide::effect::Effect;
use crate::domain::decide::input::Input;
use crate::domain::record::event::Event;
use crate::domain::record::origin::Origin;
use crate::domain::record::request::{HostPhase, Status};
use crate::domain::record::run::{Outcome, Output, StepEnd, StepReport, Verdict, VerifyReport};
use crate::domain::rules::ladder;
use crate::domain::testing::{R1, World, actor, ground, report, run_command};
use crate::domain::world::action::{Escalation, VerifyBefore};

fn says(verdict: Verdict) -> VerifyReport {
    let output = Output { head: "it is off".to_owned(), ..Output::default() };
    VerifyReport { verdict, why: "as it is".to_owned(), output }
}

/// `vm-start` on hosts that say this before, with a way back and a next rung.
fn started(verdict: Verdict, hosts: &[&str], change: impl FnOnce(&mut World)) -> World {
    let mut world = World::new();
    world.catalogue.action_mut("vm-start").escalates_to =
        Some(Escalation { action: "vm-destroy".into(), with: [].into(), find: None });
    world.before = says(verdict);
    change(&mut world);
    world.says("ana", run_command("vm-start", hosts)).unwrap();
    world.says("ben", Command::Approve(R1)).unwrap();
    world
}

fn recorded(world: &World) -> Vec<(Verdict, String)> {
    let before = world.moments.iter().filter_map(|moment| match &moment.event {
        Event::VerifiedBefore { found, why, .. } => Some((*found, why.clone())),
        _ => None,
    });
    before.collect()
}

#[test]
fn what_was_so_before_is_left_alone_and_leads_nowhere() {
    let world = started(Verdict::Holds, &["kvm1"], |_| ());
    assert_eq!((outcome(&world), world.executions()), (Outcome::NothingDone, 0));
    assert_eq!(recorded(&world), [(Verdict::Holds, "as it is".to_owned())]);
    for words in ["r1 nothing done: it was so before, and nothing was sent", "it is off"] {
        assert!(world.said.contains(words), "{}", world.said);
    }
    assert!(
        !world.said.contains("way back, by hand: ") || !world.said.contains("next rung"),
        "{}",
        world.said
    );
    assert!(ladder::next(&world.catalogue, world.request(R1)).is_none());
    assert!(world.asked.iter().any(|effect| matches!(effect, Effect::Release(R1))));
}

#[test]
fn hosts_that_had_nothing_to_do_do_not_stop_the_others() {
    let mut world = started(Verdict::Holds, &["kvm1", "kvm2"], |_| ());
    assert_eq!((outcome(&world), world.executions()), (Outcome::NothingDone, 0));
    world = started(Verdict::Fails, &["kvm1", "kvm2"], |_| ());
    world.step_ends(R1, StepEnd::Done(0));
    world.before = says(Verdict::Holds);
    world.verify_ends(R1, true);
    assert_eq!((outcome(&world), world.executions()), (Outcome::Succeeded, 1));
    assert!(matches!(phase(&world, 1), HostPhase::Ended(Outcome::NothingDone, _)));
}

#[test]
fn where_nobody_can_tell_or_it_does_not_apply_nothing_is_done() {
    for (verdict, words) in [
        (Verdict::NotSeen, "nobody could see how it is before: as it is"),
        (Verdict::NotApplicable, "the verification says that it does not apply: as it is"),
    ] {
        let world = started(verdict, &["kvm1"], |_| ());
        assert_eq!((outcome(&world), world.executions()), (Outcome::Failed, 0));
        assert!(world.said.contains(&format!("r1 failed: nothing was done: {words}")), "{}", world.said);
        assert!(ladder::next(&world.catalogue, world.request(R1)).is_none());
        assert!(!world.said.contains("next rung"), "{}", world.said);
    }
}

#[test]
fn what_may_hold_before_proves_nothing_after() {
    let mut world = started(Verdict::Holds, &["kvm1"], |world| {
        let start = world.catalogue.action_mut("vm-start");
        start.verify_before = VerifyBefore::MayHold;
        start.steps[0].expect_stdout = Some("started".to_owned());
    });
    let printed = Output { head: "started".to_owned(), ..Output::default() };
    world.step_reports(R1, StepReport { output: printed, ..report(StepEnd::Done(0)) });
    world.verify_ends(R1, true);
    assert_eq!(outcome(&world), Outcome::Succeeded);
    assert!(world.said.contains("as it did before"), "{}", world.said);
}

#[test]
fn it_is_asked_once_and_only_before_something_is_sent() {
    let mut world = started(Verdict::Fails, &["kvm1"], |_| ());
    assert_eq!(recorded(&world).len(), 1);
    let late = || Input::VerifiedBefore(R1, "kvm1".into(), ground(), says(Verdict::Holds));
    assert!(world.input(late()).unwrap().is_empty(), "a step is under way");
    world.step_ends(R1, StepEnd::NotRun("no folder".into()));
    assert!(world.input(late()).unwrap().is_empty());
    assert_eq!((outcome(&world), recorded(&world).len()), (Outcome::Failed, 1));
    let mut read = World::new();
    read.says("ana", run_command("vm-state", &["kvm1"])).unwrap();
    assert_eq!((recorded(&read).len(), read.executions()), (0, 1), "what reads changes nothing");
}

#[test]
fn what_is_stopped_or_interrupted_meanwhile_begins_nothing() {
    let held_up = || {
        let mut world = World::new();
        world.says("ana", run_command("vm-start", &["kvm1"])).unwrap();
        let origin = Origin::typed(actor("ben"), "ben".into());
        let (_, effects) = world.decided(Input::Command { origin, command: Command::Approve(R1) }).unwrap();
        assert!(effects.iter().any(|effect| matches!(effect, Effect::Start(R1))));
        let (_, _) = world.decided(Input::Start(R1)).unwrap();
        let (_, effects) = world.decided(Input::Reached(R1, "kvm1".into(), Ok(ground()), None)).unwrap();
        assert!(effects.iter().any(|effect| matches!(effect, Effect::VerifyBefore(R1, ..))));
        world
    };
    let answer = || Input::VerifiedBefore(R1, "kvm1".into(), ground(), says(Verdict::Fails));
    let mut world = held_up();
    world.says("ben", Command::Cancel(R1)).unwrap();
    world.input(answer()).unwrap();
    assert_eq!((world.status(R1), world.executions()), (&Status::Ended(Outcome::Cancelled), 0));
    let mut world = held_up();
    world.crash();
    assert_eq!((world.status(R1), world.executions()), (&Status::Ended(Outcome::Failed), 0));
    assert!(world.input(answer()).unwrap().is_empty());
}

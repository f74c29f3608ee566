//! What becomes of a run: steps, verification, cancel, several hosts, limits.
#![expect(clippy::unwrap_used, reason = "tests")]

use crate::domain::command::Command;
use crate::domain::decide::effect::Effect;
use crate::domain::decide::input::Input;
use crate::domain::id::RunId;
use crate::domain::record::event::Event;
use crate::domain::record::request::{HostPhase, Status};
use crate::domain::record::run::{Outcome, Output, StepEnd, Verdict, VerifyReport};
use crate::domain::rules::ladder;
use crate::domain::rules::reach::Unreached;
use crate::domain::testing::{self, R1, World, ground, report, run_command};
use crate::domain::world::action::Escalation;

mod again;
mod before;
mod judged;
mod limits;
mod reach;
mod recovery;

fn outcome(world: &World) -> Outcome {
    match world.status(R1) {
        Status::Ended(outcome) => *outcome,
        _ => Outcome::Unknown,
    }
}

/// What a probe says of a host that can't be reached.
fn out_of_reach(passes: bool) -> Unreached {
    Unreached { why: "no route".to_owned(), passes }
}

/// What a host of r1 says, or that it can't be reached and whether that passes.
fn probed(host: &str, passes: Option<bool>) -> Input {
    Input::Probed(R1, host.into(), passes.map_or_else(|| Ok(ground()), |passes| Err(out_of_reach(passes))))
}

fn phase(world: &World, host: usize) -> HostPhase {
    world.request(R1).run.as_ref().unwrap().hosts[host].phase.clone()
}

#[test]
fn worst_of_several_outcomes_counts() {
    use Outcome::{Cancelled, Failed, NothingDone, Succeeded, Unknown};
    assert!(Unknown > Failed && Failed > Cancelled && Cancelled > Succeeded && Succeeded > NothingDone);
}

#[test]
fn steps_run_one_after_the_other_each_with_its_own_run_id() {
    let mut world = World::running("vm-folder", &["kvm1"]);
    assert_eq!(world.executions(), 1);
    world.step_ends(R1, StepEnd::Done(0));
    assert_eq!(world.executions(), 2);
    world.step_ends(R1, StepEnd::Done(0));
    assert_eq!((outcome(&world), world.executions()), (Outcome::Succeeded, 2));
    let runs: std::collections::BTreeSet<_> = world.moments.iter().filter_map(started_run).collect();
    assert_eq!(runs.len(), 2);
}

fn started_run(moment: &crate::domain::record::moment::Moment) -> Option<RunId> {
    match moment.event {
        Event::StepStarted { run, .. } => Some(run),
        _ => None,
    }
}

#[test]
fn step_that_fails_ends_the_run() {
    for end in [StepEnd::Done(1), StepEnd::TimedOut, StepEnd::NotRun("no folder".into())] {
        let mut world = World::running("vm-folder", &["kvm1"]);
        world.step_ends(R1, end);
        assert_eq!((outcome(&world), world.executions()), (Outcome::Failed, 1));
    }
}

#[test]
fn output_that_is_not_as_expected_is_a_failure() {
    let mut world = World::new();
    world.catalogue.action_mut("vm-state").steps[0].expect_stdout = Some("^running$".into());
    world.says("ana", run_command("vm-state", &["kvm1"])).unwrap();
    world.step_ends(R1, StepEnd::Done(0));
    assert_eq!(outcome(&world), Outcome::Failed);
}

#[test]
fn failed_verification_is_failed_and_one_that_holds_succeeded() {
    for (held, expected) in [(true, Outcome::Succeeded), (false, Outcome::Failed)] {
        let mut world = World::running("vm-start", &["kvm1"]);
        world.step_ends(R1, StepEnd::Done(0));
        assert_eq!(world.status(R1), &Status::Running, "not before it is verified");
        world.verify_ends(R1, held);
        assert_eq!(outcome(&world), expected);
    }
}

#[test]
fn verification_never_makes_an_unknown_step_known() {
    for held in [true, false] {
        let mut world = World::running("vm-start", &["kvm1"]);
        world.step_ends(R1, StepEnd::Unknown("lost".into()));
        world.verify_ends(R1, held);
        assert_eq!(world.status(R1), &Status::Ended(Outcome::Unknown));
        assert!(world.said.contains("/settle r1"), "{}", world.said);
    }
}

#[test]
fn unknown_step_is_never_tried_again_and_no_other_follows() {
    let mut world = World::running("vm-folder", &["kvm1"]);
    world.step_ends(R1, StepEnd::Unknown("lost".into()));
    assert_eq!((world.status(R1), world.executions()), (&Status::Ended(Outcome::Unknown), 1));
}

#[test]
fn same_end_twice_counts_once() {
    let mut world = World::running("vm-folder", &["kvm1"]);
    let HostPhase::Step { run, .. } = phase(&world, 0) else { return assert_eq!(world.executions(), 9) };
    let ended = || Input::StepEnded(R1, "kvm1".into(), run, report(StepEnd::Done(0)));
    assert!(!world.input(ended()).unwrap().is_empty());
    assert!(world.input(ended()).unwrap().is_empty());
    assert_eq!(world.executions(), 2);
}

#[test]
fn answers_that_nobody_asked_for_change_nothing() {
    let mut world = World::running("vm-start", &["kvm1", "kvm2"]);
    let verified = |host: &str| {
        let report = VerifyReport { verdict: Verdict::Holds, why: String::new(), output: Output::default() };
        Input::Verified(R1, host.into(), report)
    };
    let end = || report(StepEnd::Done(0));
    let inputs = [
        Input::StepEnded(R1, "kvm1".into(), RunId([0xee; 16]), end()),
        Input::StepEnded(R1, "kvm2".into(), RunId([0xee; 16]), end()),
        Input::StepEnded(R1, "kvm9".into(), RunId([0xee; 16]), end()),
        Input::StepEnded(crate::domain::testing::R2, "kvm1".into(), RunId([0xee; 16]), end()),
        verified("kvm1"),
        verified("kvm2"),
        Input::Probed(R1, "kvm1".into(), Ok(ground())),
        Input::Probed(R1, "kvm2".into(), Ok(ground())),
        Input::Probed(R1, "kvm2".into(), Err(out_of_reach(true))),
        Input::Reached(R1, "kvm1".into(), Ok(ground()), None),
        Input::Probed(crate::domain::testing::R2, "kvm1".into(), Ok(ground())),
    ];
    for input in inputs {
        let name = format!("{input:?}");
        assert!(world.input(input).unwrap().is_empty(), "{name}");
    }
    assert_eq!(world.executions(), 1);
}

#[test]
fn change_goes_to_the_next_host_only_after_a_success() {
    let mut world = World::running("vm-folder", &["kvm1", "kvm2"]);
    world.step_ends(R1, StepEnd::Done(0));
    world.step_ends(R1, StepEnd::Done(0));
    assert!(matches!(phase(&world, 1), HostPhase::Step { step: 0, .. }));
    world.step_ends(R1, StepEnd::Done(1));
    assert_eq!(outcome(&world), Outcome::Failed);
    let mut world = World::running("vm-folder", &["kvm1", "kvm2", "kvm3"]);
    world.step_ends(R1, StepEnd::Done(1));
    assert_eq!((outcome(&world), world.executions()), (Outcome::Failed, 1));
    assert_eq!(phase(&world, 2), HostPhase::Ended(Outcome::Cancelled, "not started after kvm2".into()));
}

#[test]
fn read_goes_to_the_next_host_after_a_failure() {
    let mut world = World::opened("vm-state", &["kvm1", "kvm2"]);
    world.step_ends(R1, StepEnd::Done(1));
    world.step_ends(R1, StepEnd::Done(0));
    assert_eq!((outcome(&world), world.executions()), (Outcome::Failed, 2));
}

#[test]
fn cancel_stops_the_step_and_starts_no_other() {
    let mut world = World::running("vm-folder", &["kvm1", "kvm2"]);
    world.says("ana", Command::Cancel(R1)).unwrap();
    assert!(matches!(world.asked.last(), Some(Effect::Stop(R1))));
    world.step_ends(R1, StepEnd::Cancelled);
    assert_eq!((outcome(&world), world.executions()), (Outcome::Cancelled, 1));
}

#[test]
fn cancel_that_comes_too_late_for_a_step_stops_the_next_one() {
    let mut world = World::running("vm-folder", &["kvm1"]);
    world.says("ben", Command::Cancel(R1)).unwrap();
    world.step_ends(R1, StepEnd::Done(0));
    assert_eq!((outcome(&world), world.executions()), (Outcome::Cancelled, 1));
}

#[test]
fn why_nobody_knows_how_a_step_ended_is_said_also_after_a_verification() {
    let mut world = World::running("vm-start", &["kvm1"]);
    world.step_ends(R1, StepEnd::Unknown("the record was probably set back".to_owned()));
    let report = VerifyReport { verdict: Verdict::Holds, why: String::new(), output: Output::default() };
    let (_, effects) = world.decided(Input::Verified(R1, "kvm1".into(), report)).unwrap();
    let said = effects.iter().any(|effect| {
        matches!(effect, Effect::Say(say) if testing::text_of(&say.reply).contains("probably set back"))
    });
    assert!(said, "{effects:?}");
    assert_eq!(outcome(&world), Outcome::Unknown);
}

#[test]
fn cancelled_step_whose_end_is_unknown_is_unknown() {
    let mut world = World::running("vm-folder", &["kvm1"]);
    world.says("ana", Command::Cancel(R1)).unwrap();
    world.step_ends(R1, StepEnd::Unknown("lost".into()));
    assert_eq!(world.status(R1), &Status::Ended(Outcome::Unknown));
}

#[test]
fn run_that_has_ended_cannot_be_cancelled_or_settled_again() {
    let mut world = World::running("vm-folder", &["kvm1"]);
    world.step_ends(R1, StepEnd::Done(1));
    assert_eq!(world.says("ana", Command::Cancel(R1)).unwrap_err(), "request_not_waiting");
    let settle = Command::Settle(R1, Outcome::Succeeded, "x".into());
    assert_eq!(world.says("ana", settle).unwrap_err(), "nothing_to_settle");
}

#[test]
fn settling_says_an_outcome_and_a_reason() {
    let mut world = World::unknown("vm-start", &["kvm1"]);
    let settle = |outcome, reason: &str| Command::Settle(R1, outcome, reason.to_owned());
    assert_eq!(world.says("ben", settle(Outcome::Unknown, "x")).unwrap_err(), "settle_unknown");
    assert_eq!(world.says("ben", settle(Outcome::Failed, "")).unwrap_err(), "text_missing");
    assert_eq!(world.says("dia", settle(Outcome::Failed, "x")).unwrap_err(), "role_too_low");
    world.says("ben", settle(Outcome::Cancelled, "it was off")).unwrap();
    assert_eq!(outcome(&world), Outcome::Cancelled);
    assert_eq!(world.request(R1).run.as_ref().unwrap().settled.as_ref().unwrap().1, "it was off");
}

#[test]
fn whoever_asked_for_a_change_does_not_settle_it_through_any_account() {
    let mut world = World::unknown("vm-start", &["kvm1"]);
    for requester in ["ana", "discord:ana"] {
        let settle = Command::Settle(R1, Outcome::Succeeded, "I looked".into());
        assert_eq!(world.says(requester, settle).unwrap_err(), "own_request");
    }
    assert_eq!(world.status(R1), &Status::Ended(Outcome::Unknown));
    // A read keeps nobody from its host.
    let mut world = World::opened("vm-state", &["kvm1"]);
    world.step_ends(R1, StepEnd::Unknown("lost".into()));
    world.says("ana", Command::Settle(R1, Outcome::Succeeded, "I looked".into())).unwrap();
    assert_eq!(outcome(&world), Outcome::Succeeded);
}

#[test]
fn settling_an_unknown_host_leaves_what_is_known_of_the_others() {
    let mut world = World::opened("vm-state", &["kvm1", "kvm2"]);
    world.step_ends(R1, StepEnd::Done(1));
    world.step_ends(R1, StepEnd::Unknown("lost".into()));
    world.says("ben", Command::Settle(R1, Outcome::Succeeded, "I looked".into())).unwrap();
    assert!(matches!(phase(&world, 0), HostPhase::Ended(Outcome::Failed, _)));
    assert!(matches!(phase(&world, 1), HostPhase::Ended(Outcome::Succeeded, _)));
    assert_eq!(outcome(&world), Outcome::Failed);
    assert!(world.said.contains("as a whole it failed"), "{}", world.said);
}

#[test]
fn what_never_ran_leads_up_no_ladder() {
    let escalation = Escalation {
        action: "vm-destroy".into(),
        with: [("domain".to_owned(), "{domain}".to_owned())].into(),
        find: None,
    };
    let mut world = World::new();
    world.catalogue.action_mut("vm-start").escalates_to = Some(escalation);
    world.says("ana", run_command("vm-start", &["kvm1"])).unwrap();
    world.says("ben", Command::Approve(R1)).unwrap();
    let mut begun = world.state.clone();
    let not_run = StepEnd::NotRun("it has been turned down".to_owned());
    world.step_ends(R1, not_run);
    assert_eq!(outcome(&world), Outcome::Failed);
    let rung = |world: &World| ladder::next(&world.catalogue, world.request(R1)).is_some();
    assert!(!rung(&world), "nothing was sent");
    // The same, had a step run and failed.
    std::mem::swap(&mut world.state, &mut begun);
    world.step_ends(R1, StepEnd::Done(1));
    assert!(rung(&world));
}

#[test]
fn step_is_recorded_before_it_is_executed() {
    let mut world = World::opened("vm-folder", &["kvm1"]);
    let command = Command::Approve(R1);
    let approve = Input::Command {
        origin: crate::domain::record::origin::Origin::typed(testing::actor("ben"), "ben".into()),
        command,
    };
    let (_, effects) = world.decided(approve).unwrap();
    assert!(matches!(effects.as_slice(), [Effect::Say(_), Effect::Start(R1)]));
    let (events, effects) = world.decided(Input::Start(R1)).unwrap();
    assert!(events.is_empty() && matches!(effects.as_slice(), [Effect::Reach(..)]));
    let (events, effects) = world.decided(Input::Reached(R1, "kvm1".into(), Ok(ground()), None)).unwrap();
    assert!(matches!(events.as_slice(), [Event::RunStarted { .. }, Event::StepStarted { step: 0, .. }]));
    let [Effect::Say(_), Effect::Hold(..), Effect::Follow(..), Effect::Execute(..)] = effects.as_slice()
    else {
        return assert_eq!(effects, Vec::new());
    };
}

#[test]
fn verification_that_nobody_could_ask_leaves_the_outcome_unknown() {
    let mut world = World::opened("vm-start", &["kvm1"]);
    world.says("ben", Command::Approve(R1)).unwrap();
    world.step_ends(R1, StepEnd::Done(0));
    let (why, output) = ("no answer".to_owned(), Output::default());
    let report = VerifyReport { verdict: Verdict::NotSeen, why, output };
    world.input(Input::Verified(R1, "kvm1".into(), report)).unwrap();
    assert_eq!(outcome(&world), Outcome::Unknown);
    assert!(world.said.contains("could not be asked: no answer"), "{}", world.said);
    assert!(!world.said.contains("next rung"), "nobody is led on: {}", world.said);
    let again = world.says("ana", run_command("vm-start", &["kvm1"]));
    assert_eq!(again.unwrap_err(), "host_blocked");
}

#[test]
fn outcomes_read_back_as_they_are_said() {
    for outcome in [Outcome::Succeeded, Outcome::Cancelled, Outcome::Failed, Outcome::Unknown] {
        assert_eq!(outcome.to_string().parse(), Ok(outcome));
    }
    assert_eq!("ok".parse::<Outcome>(), Err(()));
}

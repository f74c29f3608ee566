//! A step that is proven not to have begun is sent again, a few times, and never after an interruption.

use super::{outcome, phase};
use crate::domain::command::Command;
use crate::domain::decide::progress::ATTEMPTS_MAX;
use crate::domain::id::RunId;
use crate::domain::plan::run_id::run_id;
use crate::domain::record::event::Event;
use crate::domain::record::request::{HostPhase, Status};
use crate::domain::record::run::{Outcome, StepEnd, StepReport};
use crate::domain::testing::{R1, World, report, run_command};

/// The link broke, and the host fenced the step off.
fn fenced(world: &mut World) -> Vec<Event> {
    world.step_reports(R1, StepReport { passes: true, ..report(StepEnd::NotRun("the link broke".into())) })
}

/// The ids under which a step was sent, in order.
fn sent(world: &World, of: usize) -> Vec<RunId> {
    let run = |event: &Event| match event {
        Event::StepStarted { step, run, .. } if *step == of => Some(*run),
        _ => None,
    };
    world.moments.iter().filter_map(|moment| run(&moment.event)).collect()
}

#[test]
fn step_that_has_not_begun_is_sent_again_under_the_id_of_its_next_attempt() {
    let mut world = World::running("vm-folder", &["kvm1"]);
    world.step_ends(R1, StepEnd::Done(0));
    let events = fenced(&mut world);
    assert!(
        matches!(events.as_slice(), [Event::StepEnded { .. }, Event::StepStarted { step: 1, .. }]),
        "{events:?}"
    );
    let said = "step 2 of 2 did not begin: the link broke; sent again (attempt 2 of 3)";
    assert!(world.said.contains(said), "{}", world.said);
    assert!(world.said.contains("step 2 of 2, attempt 2: "), "{}", world.said);
    let request = world.request(R1);
    let id = |attempt| {
        let store = crate::domain::id::StoreId([1; 16]);
        run_id(store, request.digest, &"kvm1".into(), 1, attempt)
    };
    assert_eq!(sent(&world, 1), [id(1), id(2)]);
    assert_eq!(world.request(R1).run.as_ref().unwrap().hosts[0].ran, Some(0));
    world.step_ends(R1, StepEnd::Done(0));
    assert_eq!((outcome(&world), sent(&world, 0).len()), (Outcome::Succeeded, 1));
}

#[test]
fn step_is_sent_three_times_at_the_most() {
    let mut world = World::running("vm-start", &["kvm1", "kvm2"]);
    for attempt in 2..=ATTEMPTS_MAX {
        fenced(&mut world);
        assert_eq!(world.executions(), attempt as usize);
    }
    fenced(&mut world);
    assert_eq!((outcome(&world), world.executions()), (Outcome::Failed, 3));
    assert!(matches!(phase(&world, 0), HostPhase::Ended(Outcome::Failed, _)));
    assert!(world.said.contains("did not run: the link broke"), "{}", world.said);
}

#[test]
fn each_step_has_its_own_attempts() {
    let mut world = World::running("vm-folder", &["kvm1"]);
    for _ in 0..2 {
        for _ in 1..ATTEMPTS_MAX {
            fenced(&mut world);
        }
        world.step_ends(R1, StepEnd::Done(0));
    }
    assert_eq!((outcome(&world), world.executions()), (Outcome::Succeeded, 6));
}

#[test]
fn what_the_host_turned_down_may_have_begun_or_ended_is_not_sent_again() {
    let ends = [StepEnd::Unknown("lost".into()), StepEnd::Done(1), StepEnd::TimedOut, StepEnd::Cancelled];
    let ends = ends.map(|end| StepReport { passes: true, ..report(end) });
    for end in ends.into_iter().chain([report(StepEnd::NotRun("kvm1 turned it down".into()))]) {
        let mut world = World::running("vm-folder", &["kvm1"]);
        world.step_reports(R1, end.clone());
        assert_eq!(world.executions(), 1, "{end:?}");
        assert!(matches!(world.status(R1), Status::Ended(_)), "{end:?}");
    }
}

#[test]
fn nothing_is_sent_again_once_somebody_wants_it_stopped() {
    let mut world = World::running("vm-folder", &["kvm1"]);
    world.says("ana", Command::Cancel(R1)).unwrap();
    fenced(&mut world);
    assert_eq!((outcome(&world), world.executions()), (Outcome::Cancelled, 1));
    // Nor while the host is probed for it.
    let mut world = World::running("vm-folder", &["kvm1"]);
    world.step_ends(R1, StepEnd::Done(0));
    world.unreached.insert("kvm1".into(), super::out_of_reach(true));
    fenced(&mut world);
    assert!(world.said.contains("kvm1 can't be reached: no route; try 1, next at"), "{}", world.said);
    world.says("ana", Command::Cancel(R1)).unwrap();
    world.input(super::probed("kvm1", None)).unwrap();
    assert_eq!((outcome(&world), world.executions()), (Outcome::Cancelled, 2));
    let ended = HostPhase::Ended(Outcome::Cancelled, "stopped after step 1".into());
    assert_eq!(phase(&world, 0), ended);
}

#[test]
fn nothing_is_sent_again_after_a_restart() {
    let mut world = World::running("vm-folder", &["kvm1"]);
    world.crash();
    fenced(&mut world);
    assert_eq!((outcome(&world), world.executions()), (Outcome::Failed, 0));
    // Nor where the bot ended while the host was probed for it.
    let mut world = World::running("vm-folder", &["kvm1", "kvm2"]);
    world.step_ends(R1, StepEnd::Done(0));
    world.unreached.insert("kvm1".into(), super::out_of_reach(true));
    fenced(&mut world);
    world.crash();
    assert_eq!((outcome(&world), world.executions()), (Outcome::Failed, 0));
    let why = "the bot was restarted: 1 of 2 steps have run".to_owned();
    assert_eq!(phase(&world, 0), HostPhase::Ended(Outcome::Failed, why));
}

#[test]
fn host_that_stays_away_is_not_sent_the_step_again() {
    let mut world = World::running("vm-start", &["kvm1"]);
    world.unreached.insert("kvm1".into(), super::out_of_reach(false));
    fenced(&mut world);
    assert_eq!((outcome(&world), world.executions()), (Outcome::Failed, 1));
    let why = "step 1 did not begin and was not sent again: no route".to_owned();
    assert_eq!(phase(&world, 0), HostPhase::Ended(Outcome::Failed, why));
}

#[test]
fn read_is_sent_again_as_well() {
    let mut world = World::new();
    world.says("ana", run_command("uptime", &["kvm1"])).unwrap();
    fenced(&mut world);
    world.step_ends(R1, StepEnd::Done(0));
    assert_eq!((outcome(&world), world.executions()), (Outcome::Succeeded, 2));
}

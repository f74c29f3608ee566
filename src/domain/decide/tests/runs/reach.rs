//! Hosts that can't be reached: what has its approvals waits, what reads is answered, later hosts are tried for
//! a while.

use super::{out_of_reach, outcome, phase, probed};
use crate::domain::command::Command;
use crate::domain::decide::effect::Effect;
use crate::domain::decide::input::Input;
use crate::domain::id::{Digest, RequestId};
use crate::domain::record::event::Event;
use crate::domain::record::origin::Origin;
use crate::domain::record::request::{HostPhase, Status};
use crate::domain::record::run::{Outcome, StepEnd};
use crate::domain::rules::reach::Unreached;
use crate::domain::rules::turns::OWN_READS_RUNNING_MAX;
use crate::domain::say::card::CardId;
use crate::domain::say::replies;
use crate::domain::testing::{R1, R2, World, actor, ground, run_command, text_of};

/// A change that has its approval, and a first host that can't be reached.
fn waiting(passes: bool) -> World {
    let mut world = World::opened("vm-start", &["kvm1"]);
    world.unreached.insert("kvm1".into(), out_of_reach(passes));
    world.says("ben", Command::Approve(R1)).unwrap();
    assert!(matches!(world.status(R1), Status::Ready(_)));
    world
}

/// A second passes, so often.
fn seconds(world: &mut World, count: usize) {
    for _ in 0..count {
        world.now_ms += 1000;
        world.input(Input::Tick).unwrap();
    }
}

fn tries(world: &World, id: RequestId) -> u32 {
    world.reach.of(world.request(id)).map_or(0, |tries| tries.count)
}

#[test]
fn one_reset_does_not_end_what_is_approved() {
    for passes in [true, false] {
        let mut world = waiting(passes);
        assert!(world.request(R1).run.is_none(), "nothing is recorded of a try");
        assert!(world.said.contains("r1 waits: kvm1 can't be reached: no route; try 1, next at"));
        world.unreached.clear();
        seconds(&mut world, 1);
        assert_eq!(world.executions(), 0, "not before the pause is over");
        seconds(&mut world, 1);
        assert_eq!((world.status(R1), world.executions()), (&Status::Running, 1));
        world.step_ends(R1, StepEnd::Done(0));
        world.verify_ends(R1, true);
        assert_eq!(outcome(&world), Outcome::Succeeded);
    }
}

#[test]
fn tries_are_shown_wherever_the_request_is_and_said_once() {
    let mut world = waiting(true);
    seconds(&mut world, 10);
    assert_eq!(tries(&world, R1), 3, "after 0, 2 and 6 s");
    assert_eq!(world.said.matches("can't be reached").count(), 1, "{}", world.said);
    let shown = "kvm1 can't be reached: no route; try 3, next at";
    for id in [CardId::Request(R1), CardId::Incident(world.request(R1).incident.unwrap())] {
        let card = replies::card::card(&world.catalogue, &world.state, &world.reach, id, None);
        assert!(text_of(&card.unwrap().0).contains(shown), "{id:?}");
    }
    for command in [Command::Show(R1), Command::IncidentShow(None)] {
        world.said.clear();
        world.says("ana", command).unwrap();
        assert!(world.said.contains(shown), "{}", world.said);
    }
    // Another reason is said.
    world.unreached.insert("kvm1".into(), Unreached { why: "refused".into(), passes: true });
    seconds(&mut world, 10);
    assert!(world.said.contains("can't be reached: refused; try 4"), "{}", world.said);
}

#[test]
fn what_waits_for_its_host_ends_as_its_approvals_lapse() {
    let mut world = waiting(true);
    seconds(&mut world, 599);
    assert!(matches!(world.status(R1), Status::Ready(_)));
    let before = tries(&world, R1);
    assert!((13..=15).contains(&before), "{before} tries");
    seconds(&mut world, 1);
    assert_eq!((world.status(R1), world.executions()), (&Status::Waiting, 0));
    world.unreached.clear();
    seconds(&mut world, 120);
    assert_eq!(world.executions(), 0, "nothing is tried without approvals");
    // Approved anew it is tried at once.
    world.says("ben", Command::Approve(R1)).unwrap();
    assert_eq!(world.executions(), 1);
}

#[test]
fn what_waits_for_its_host_holds_no_host_and_no_slot() {
    let mut world = waiting(true);
    world.says("ana", run_command("vm-folder", &["kvm2"])).unwrap();
    world.says("ben", Command::Approve(R2)).unwrap();
    assert_eq!(world.status(R2), &Status::Running);
    // Not its own host either: another change that gets through goes first.
    world.unreached.clear();
    world.says("ana", run_command("vm-folder", &["kvm1"])).unwrap();
    world.says("ben", Command::Approve(RequestId(3))).unwrap();
    assert_eq!(world.status(RequestId(3)), &Status::Running);
    seconds(&mut world, 60);
    assert!(matches!(world.status(R1), Status::Ready(_)), "its host is taken now");
    world.step_ends(RequestId(3), StepEnd::Done(1));
    seconds(&mut world, 60);
    assert_eq!(world.status(R1), &Status::Running);
}

#[test]
fn of_two_that_begin_on_one_host_the_first_goes_first_unless_it_is_not_answered() {
    let mut world = World::opened("vm-start", &["kvm1"]);
    world.says("ana", run_command("vm-folder", &["kvm2", "kvm1"])).unwrap();
    for id in [R1, R2] {
        let origin = Origin::typed(actor("ben"), "ben".into());
        world.decided(Input::Command { origin, command: Command::Approve(id) }).unwrap();
    }
    let (_, effects) = world.decided(Input::Start(R1)).unwrap();
    assert!(matches!(effects.as_slice(), [Effect::Reach(R1, ..)]));
    world.input(Input::Start(R2)).unwrap();
    assert!(world.said.contains("r2 waits: r1 is about to start on its host"), "{}", world.said);
    world.input(Input::Reached(R1, "kvm1".into(), Err(out_of_reach(true)), None)).unwrap();
    seconds(&mut world, 1);
    assert_eq!(world.status(R2), &Status::Running);
}

#[test]
fn reads_on_silent_hosts_keep_no_other_read_waiting() {
    let mut world = World::new();
    world.unreached.insert("kvm1".into(), out_of_reach(true));
    for _ in 0..OWN_READS_RUNNING_MAX + 2 {
        world.says("ana", run_command("uptime", &["kvm1"])).unwrap();
    }
    world.says("ana", run_command("uptime", &["kvm2"])).unwrap();
    assert_eq!((world.status(RequestId(7)), world.executions()), (&Status::Running, 1));
}

#[test]
fn first_probes_that_are_under_way_take_slots_so_that_not_all_hosts_are_asked_at_once() {
    let mut world = World::new();
    let read = || {
        let origin =
            crate::domain::record::origin::Origin::typed(crate::domain::testing::actor("ana"), "ana".into());
        Input::Command { origin, command: run_command("uptime", &["kvm1"]) }
    };
    let probes = |effects: &[Effect]| effects.iter().any(|effect| matches!(effect, Effect::Reach(..)));
    for count in 0..OWN_READS_RUNNING_MAX + 2 {
        let (_, effects) = world.decided(read()).unwrap();
        assert_eq!(probes(&effects), count < OWN_READS_RUNNING_MAX, "{count}");
    }
    let (_, effects) = world.decided(Input::Tick).unwrap();
    assert_eq!(effects, Vec::new(), "at most one probe of each is under way");
    world.input(Input::Reached(R1, "kvm1".into(), Err(out_of_reach(true)), None)).unwrap();
    let (_, effects) = world.decided(Input::Tick).unwrap();
    assert_eq!(effects, [Effect::Start(RequestId(5))], "the slot is free for the next");
}

#[test]
fn everything_is_looked_at_again_once_the_host_has_answered() {
    let answers = || Input::Reached(R1, "kvm1".into(), Ok(ground()), None);
    let asked = || {
        let mut world = waiting(true);
        world.now_ms += 2000;
        let (_, effects) = world.decided(Input::Start(R1)).unwrap();
        assert!(matches!(effects.as_slice(), [Effect::Reach(R1, ..)]), "{effects:?}");
        world
    };
    let mut world = asked();
    world.catalogue.article_mut().revision = Digest::of(b"new");
    world.input(answers()).unwrap();
    assert_eq!((world.status(R1), world.executions()), (&Status::Refused, 0));
    let mut world = asked();
    world.says("ben", Command::Withdraw(R1)).unwrap();
    assert!(world.input(answers()).unwrap().is_empty());
    assert_eq!((world.status(R1), world.executions()), (&Status::Waiting, 0));
    let mut world = asked();
    world.now_ms += 600_000;
    world.input(answers()).unwrap();
    assert_eq!((world.status(R1), world.executions()), (&Status::Waiting, 0));
    let mut world = asked();
    world.says("ana", Command::Cancel(R1)).unwrap();
    assert!(world.input(answers()).unwrap().is_empty());
    assert_eq!((world.status(R1), world.executions()), (&Status::Cancelled, 0));
    // An answer counts once, and only for the try that is under way.
    let mut world = asked();
    assert!(!world.input(answers()).unwrap().is_empty());
    assert!(world.input(answers()).unwrap().is_empty());
    assert_eq!(world.executions(), 1);
    assert!(waiting(true).input(answers()).unwrap().is_empty());
}

#[test]
fn cancelled_or_withdrawn_it_is_tried_no_more() {
    for command in [Command::Cancel(R1), Command::Withdraw(R1), Command::Deny(R1, "no".into())] {
        let mut world = waiting(true);
        world.says("ben", command).unwrap();
        for _ in 0..120 {
            world.now_ms += 1000;
            let (_, effects) = world.decided(Input::Tick).unwrap();
            assert!(!effects.iter().any(|effect| matches!(effect, Effect::Start(_) | Effect::Reach(..))));
        }
        assert!(
            !text_of(&replies::request::whole(view(&world), world.request(R1))).contains("can't be reached")
        );
    }
}

fn view(world: &World) -> crate::domain::rules::view::View<'_> {
    let (now_ms, store) = (world.now_ms, crate::domain::id::StoreId([1; 16]));
    let context = crate::domain::rules::view::Context {
        now_ms,
        wall_ms: now_ms,
        store,
        head: world.head(),
        reach: &world.reach,
    };
    crate::domain::rules::view::View { state: &world.state, catalogue: &world.catalogue, context }
}

#[test]
fn tries_begin_anew_after_a_restart() {
    let mut world = waiting(true);
    seconds(&mut world, 30);
    world.crash();
    assert_eq!(tries(&world, R1), 1);
    assert!(world.said.contains("try 1, next at"), "{}", world.said);
}

#[test]
fn read_is_answered_at_once_if_it_does_not_pass_and_soon_if_it_might() {
    let mut world = World::new();
    world.unreached.insert("kvm1".into(), out_of_reach(false));
    let events = world.says("ana", run_command("uptime", &["kvm1"])).unwrap();
    assert!(matches!(
        events.as_slice(),
        [
            Event::RequestOpened { .. },
            Event::RunStarted { .. },
            Event::HostEnded { outcome: Outcome::Failed, .. },
            Event::RunEnded { .. }
        ]
    ));
    assert!(world.said.contains("r1 failed: nothing was sent: no route"), "{}", world.said);
    world.unreached.insert("kvm1".into(), out_of_reach(true));
    world.says("ana", run_command("uptime", &["kvm1"])).unwrap();
    seconds(&mut world, 13);
    assert!(matches!(world.status(R2), Status::Ready(_)));
    seconds(&mut world, 1);
    assert_eq!(world.status(R2), &Status::Ended(Outcome::Failed));
    assert!(world.said.contains("r2 failed: nothing was sent: no route (4 tries)"), "{}", world.said);
    world.says("ana", run_command("uptime", &["kvm1"])).unwrap();
    world.unreached.clear();
    seconds(&mut world, 2);
    assert_eq!(world.status(RequestId(3)), &Status::Running, "one reset is nothing");
}

#[test]
fn read_of_several_hosts_goes_on_without_the_one_that_stays_away() {
    let mut world = World::new();
    world.unreached.insert("kvm1".into(), out_of_reach(false));
    world.says("ana", run_command("uptime", &["kvm1", "kvm2"])).unwrap();
    assert!(matches!(phase(&world, 0), HostPhase::Ended(Outcome::Failed, _)));
    assert!(matches!(phase(&world, 1), HostPhase::Step { .. }));
}

/// A change whose first host is done and whose second one can't be reached.
fn second_host_away(passes: bool) -> World {
    let mut world = World::running("vm-folder", &["kvm1", "kvm2"]);
    world.unreached.insert("kvm2".into(), out_of_reach(passes));
    world.step_ends(R1, StepEnd::Done(0));
    world.step_ends(R1, StepEnd::Done(0));
    world
}

#[test]
fn later_host_is_tried_for_a_minute_as_part_of_the_run() {
    let mut world = second_host_away(true);
    let start_ms = world.now_ms;
    let mut pauses = Vec::new();
    while let Some(Effect::Probe(R1, _, pause_ms)) = world.asked.pop() {
        world.now_ms += pause_ms;
        pauses.push(pause_ms / 1000);
        assert_eq!(world.status(R1), &Status::Running);
        world.input(probed("kvm2", Some(true))).unwrap();
    }
    assert_eq!(pauses, [2, 4, 8, 16]);
    assert!(world.now_ms - start_ms <= 60_000);
    assert_eq!((outcome(&world), world.executions()), (Outcome::Failed, 2));
    let why = "nothing was sent: no route (5 tries)".to_owned();
    assert_eq!(phase(&world, 1), HostPhase::Ended(Outcome::Failed, why));
    assert_eq!(world.said.matches("r1 kvm2 can't be reached: no route; try 1").count(), 1, "{}", world.said);
}

#[test]
fn later_host_that_answers_within_its_minute_is_run_on() {
    let mut world = second_host_away(true);
    let card = replies::card::card(&world.catalogue, &world.state, &world.reach, CardId::Run(R1), None);
    assert!(text_of(&card.unwrap().0).contains("kvm2 can't be reached: no route; try 1, next at"));
    world.unreached.clear();
    world.now_ms += 2000;
    world.input(probed("kvm2", None)).unwrap();
    assert!(matches!(phase(&world, 1), HostPhase::Step { step: 0, .. }));
    let card = replies::card::card(&world.catalogue, &world.state, &world.reach, CardId::Run(R1), None);
    assert!(!text_of(&card.unwrap().0).contains("can't be reached"));
}

#[test]
fn later_host_is_given_up_at_once_where_trying_is_pointless() {
    let world = second_host_away(false);
    assert_eq!(phase(&world, 1), HostPhase::Ended(Outcome::Failed, "nothing was sent: no route".into()));
}

#[test]
fn cancel_while_a_later_host_is_tried_sends_nothing() {
    let mut world = second_host_away(true);
    world.says("ana", Command::Cancel(R1)).unwrap();
    world.input(probed("kvm2", None)).unwrap();
    assert_eq!((outcome(&world), world.executions()), (Outcome::Cancelled, 2));
    assert!(world.asked.iter().any(|effect| matches!(effect, Effect::Release(R1))));
}

//! Roles that a chat gives are asked for again at the start.

use std::collections::BTreeMap;

use crate::domain::command::Command;
use crate::domain::decide::effect::Effect;
use crate::domain::decide::input::{Answers, Input};
use crate::domain::decide::roles::ANSWER_TTL_MS;
use crate::domain::id::{GroupId, RequestId};
use crate::domain::record::event::Event;
use crate::domain::record::request::Status;
use crate::domain::record::run::StepEnd;
use crate::domain::rules::turns::OWN_READS_RUNNING_MAX;
use crate::domain::testing::{R1, R2, World, actor, ground, run_command};
use crate::domain::world::action::Risk;
use crate::domain::world::actor::{ActorId, Role};

const APPROVERS: &str = "chat:approvers";
const RESPONDERS: &str = "chat:responders";

/// An answer of the chat, or none.
type Answer = Result<Vec<GroupId>, String>;

fn groups(names: &[&str]) -> Vec<GroupId> {
    names.iter().map(|name| GroupId((*name).to_owned())).collect()
}

fn answers(world: &mut World, who: &str, answer: Answer) {
    world.groups.insert(actor(who), answer);
}

/// Fay and gus may approve, hal may ask: by groups of their chat alone, and they are in them.
fn in_chat() -> World {
    let mut world = World::new();
    let roles = [(APPROVERS, Role::Approver), (RESPONDERS, Role::Responder)];
    let roles = roles.map(|(name, role)| (GroupId(name.to_owned()), role));
    world.catalogue.people = world.catalogue.people.clone().with_groups(BTreeMap::from(roles));
    for (who, group) in [("chat:fay", APPROVERS), ("chat:gus", APPROVERS), ("chat:hal", RESPONDERS)] {
        answers(&mut world, who, Ok(groups(&[group])));
    }
    world
}

fn approves(world: &mut World, who: &str) {
    world.says_in_chat(who, &[APPROVERS], Command::Approve(R1)).unwrap();
}

/// A destructive request of hal's that fay has approved.
fn half_approved() -> World {
    let mut world = in_chat();
    world.says_in_chat("chat:hal", &[RESPONDERS], run_command("vm-destroy", &["kvm1"])).unwrap();
    approves(&mut world, "chat:fay");
    assert_eq!(world.status(R1), &Status::Waiting);
    world
}

#[test]
fn who_still_has_the_role_counts() {
    let mut world = half_approved();
    approves(&mut world, "chat:gus");
    assert_eq!((world.status(R1), world.executions()), (&Status::Running, 1));
}

#[test]
fn an_approver_who_has_lost_the_role_counts_no_longer_and_another_can_approve() {
    let mut world = half_approved();
    answers(&mut world, "chat:fay", Ok(groups(&[])));
    approves(&mut world, "chat:gus");
    assert_eq!((world.status(R1), world.executions()), (&Status::Waiting, 0));
    assert!(world.said.contains("the approval of r1 by chat:fay counts no longer"), "{}", world.said);
    assert!(world.said.contains("1 of 2 approvals count now"), "{}", world.said);
    world.says("ben", Command::Approve(R1)).unwrap();
    assert_eq!((world.status(R1), world.executions()), (&Status::Running, 1));
}

#[test]
fn a_requester_who_has_lost_the_role_ends_the_request() {
    let mut world = half_approved();
    answers(&mut world, "chat:hal", Ok(groups(&["chat:others"])));
    approves(&mut world, "chat:gus");
    assert_eq!((world.status(R1), world.executions()), (&Status::Refused, 0));
    assert!(world.said.contains("has lost the role of a responder"), "{}", world.said);
}

#[test]
fn no_answer_is_neither_yes_nor_no() {
    let mut world = half_approved();
    answers(&mut world, "chat:fay", Err("the chat is down".to_owned()));
    approves(&mut world, "chat:gus");
    assert!(matches!(world.status(R1), Status::Ready(_)));
    assert!(world.said.contains("r1 waits: whether these still have their roles can't be asked: chat:fay"));
    assert!(world.said.contains("the chat is down"), "{}", world.said);
    // Tried again with time, and told once.
    for _ in 0..5 {
        world.now_ms += 1000;
        world.input(Input::Tick).unwrap();
    }
    assert_eq!(world.said.matches("the chat is down").count(), 1, "{}", world.said);
    assert_eq!((world.executions(), world.request(R1).approvals.len()), (0, 2));
    answers(&mut world, "chat:fay", Ok(groups(&[APPROVERS])));
    world.input(Input::Tick).unwrap();
    assert_eq!((world.status(R1), world.executions()), (&Status::Running, 1));
}

#[test]
fn whoever_approves_again_is_told_again_for_what_it_waits() {
    let mut world = half_approved();
    answers(&mut world, "chat:fay", Err("the chat is down".to_owned()));
    approves(&mut world, "chat:gus");
    world.now_ms += 10 * 60 * 1000;
    world.input(Input::Tick).unwrap();
    approves(&mut world, "chat:fay");
    approves(&mut world, "chat:gus");
    assert!(matches!(world.status(R1), Status::Ready(_)));
    assert_eq!(world.said.matches("the chat is down").count(), 2, "{}", world.said);
}

#[test]
fn what_nobody_can_be_asked_about_takes_nobodys_turn() {
    let mut world = in_chat();
    let read = || run_command("uptime", &["kvm1"]);
    for _ in 0..=OWN_READS_RUNNING_MAX {
        world.says_in_chat("chat:hal", &[RESPONDERS], read()).unwrap();
    }
    answers(&mut world, "chat:hal", Err("the chat is down".to_owned()));
    world.step_ends(R1, StepEnd::Done(0));
    let waited = RequestId(5);
    assert!(matches!(world.status(waited), Status::Ready(_)), "{:?}", world.status(waited));
    world.says("ana", read()).unwrap();
    assert_eq!(world.status(RequestId(6)), &Status::Running);
    answers(&mut world, "chat:hal", Ok(groups(&[RESPONDERS])));
    world.input(Input::Tick).unwrap();
    assert_eq!(world.status(waited), &Status::Running);
}

#[test]
fn without_an_answer_it_waits_until_the_approvals_lapse() {
    let mut world = half_approved();
    answers(&mut world, "chat:hal", Err("the chat is down".to_owned()));
    approves(&mut world, "chat:gus");
    world.now_ms += 10 * 60 * 1000;
    world.input(Input::Tick).unwrap();
    assert_eq!((world.status(R1), world.executions()), (&Status::Waiting, 0));
}

#[test]
fn what_the_configuration_gives_is_not_asked_for() {
    let mut world = in_chat();
    answers(&mut world, "ana", Err("nobody asks".to_owned()));
    answers(&mut world, "ben", Err("nobody asks".to_owned()));
    world.says("ana", run_command("vm-start", &["kvm1"])).unwrap();
    world.says("ben", Command::Approve(R1)).unwrap();
    assert_eq!(world.status(R1), &Status::Running);
}

/// An approved request, and what was asked when it was about to start.
fn asked() -> (World, Vec<ActorId>, u64) {
    let mut world = half_approved();
    answers(&mut world, "chat:fay", Err("not yet".to_owned()));
    approves(&mut world, "chat:gus");
    let (_, effects) = world.decided(Input::Start(R1)).unwrap();
    let asked = effects.into_iter().find_map(|effect| match effect {
        Effect::AskRoles(R1, actors, asked_at_ms, None) => Some((actors, asked_at_ms)),
        _ => None,
    });
    let (actors, asked_at_ms) = asked.unwrap();
    (world, actors, asked_at_ms)
}

#[test]
fn an_answer_is_good_for_less_than_ten_seconds_from_its_question() {
    for (age_ms, starts) in [(ANSWER_TTL_MS - 1, true), (ANSWER_TTL_MS, false)] {
        let (mut world, actors, asked_at_ms) = asked();
        let answer = |actor: &ActorId| {
            let group = if actor.0 == "chat:hal" { RESPONDERS } else { APPROVERS };
            (actor.clone(), Ok(groups(&[group])))
        };
        let groups = actors.iter().map(answer).collect();
        world.now_ms = asked_at_ms + age_ms;
        let answers = Answers { asked_at_ms, groups };
        let (_, effects) = world.decided(Input::Roles(R1, answers.clone(), None)).unwrap();
        let probed = effects.iter().any(|effect| matches!(effect, Effect::Reach(.., Some(_))));
        let (events, _) = world.decided(Input::Roles(R1, answers, Some(Ok(ground())))).unwrap();
        let started = events.iter().any(|event| matches!(event, Event::RunStarted { .. }));
        assert_eq!(probed, starts, "{age_ms}");
        assert_eq!(started, starts, "{age_ms}");
        let again = effects.iter().any(|effect| matches!(effect, Effect::AskRoles(..)));
        assert_eq!(again, !starts, "{age_ms}: it is asked again");
    }
}

#[test]
fn an_answer_that_lacks_somebody_is_none() {
    let (mut world, actors, asked_at_ms) = asked();
    let groups = actors.iter().skip(1).map(|actor| (actor.clone(), Ok(groups(&[APPROVERS])))).collect();
    let (events, effects) = world.decided(Input::Roles(R1, Answers { asked_at_ms, groups }, None)).unwrap();
    assert!(events.is_empty() && matches!(effects.as_slice(), [Effect::AskRoles(..)]), "{effects:?}");
}

#[test]
fn an_answer_to_what_no_longer_waits_starts_nothing() {
    let (mut world, actors, asked_at_ms) = asked();
    world.says("eve", Command::Deny(R1, "no".into())).unwrap();
    let groups = actors.into_iter().map(|actor| (actor, Ok(groups(&[APPROVERS])))).collect();
    let answered = world.decided(Input::Roles(R1, Answers { asked_at_ms, groups }, None)).unwrap();
    assert_eq!(answered, (Vec::new(), Vec::new()));
}

#[test]
fn a_read_that_has_waited_for_its_turn_asks_for_its_requesters_role() {
    let mut world = in_chat();
    let read = || run_command("uptime", &["kvm1"]);
    for _ in 0..=OWN_READS_RUNNING_MAX {
        world.says_in_chat("chat:hal", &[RESPONDERS], read()).unwrap();
    }
    assert_eq!(world.executions(), OWN_READS_RUNNING_MAX, "the role came with the command");
    answers(&mut world, "chat:hal", Ok(groups(&[])));
    world.step_ends(R2, StepEnd::Done(0));
    let waited = RequestId(5);
    assert_eq!((world.request(waited).plan.risk, world.status(waited)), (Risk::Read, &Status::Refused));
}

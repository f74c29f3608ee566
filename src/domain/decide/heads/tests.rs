#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::domain::command::Command;
use crate::domain::decide::input::Input;
use crate::domain::record::event::Event;
use crate::domain::record::severity::Severity;
use crate::domain::testing::{World, folded};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// The event up to which a head was told, if one was.
fn told(events: &[Event]) -> Option<u64> {
    let mut told = events.iter().filter_map(|event| match event {
        Event::HeadTold { seq, .. } => Some(*seq),
        _ => None,
    });
    let seq = told.next();
    assert_eq!(told.next(), None);
    seq
}

fn tick(world: &mut World) -> Option<u64> {
    told(&world.input(Input::Tick).unwrap())
}

fn opened() -> World {
    let mut world = World::new();
    world.says("ana", Command::IncidentOpen(Severity::Sev3, "web01 hangs".to_owned())).unwrap();
    world
}

#[test]
fn a_head_is_told_at_each_resolve_and_reaches_up_to_it() {
    let mut world = opened();
    let events = world.says("ana", Command::IncidentResolve(None, String::new())).unwrap();
    let resolved =
        world.moments.iter().find(|at| matches!(at.event, Event::IncidentResolved { .. })).unwrap();
    assert_eq!(told(&events), Some(resolved.seq));
    let hash = world.head().hash;
    let Event::HeadTold { seq, hash: of } = world.moments.last().unwrap().event else { unreachable!() };
    assert_ne!(of, hash, "it is not the head that telling it makes");
    assert!(world.said.contains(&format!("{seq}:{of}")), "{}", world.said);
    let kept = Effect::KeepElsewhere(world.now_ms, Head { seq, hash: of });
    assert!(world.asked.contains(&kept), "{:?}", world.asked);
    assert_eq!(tick(&mut world), None, "once");
}

#[test]
fn a_resolve_that_a_crash_left_untold_is_told_after_it_and_once() {
    let mut world = opened();
    let (events, effects) = {
        let origin =
            crate::domain::record::origin::Origin::typed(crate::domain::testing::actor("ana"), "ana".into());
        let command = Command::IncidentResolve(None, String::new());
        world.decided(Input::Command { origin, command }).unwrap()
    };
    assert_eq!(told(&events), None);
    assert!(effects.contains(&Effect::TellHead));
    world.crash();
    let resolved = world.moments.len() as u64;
    assert_eq!(tick(&mut world), Some(resolved));
    world.crash();
    assert_eq!((tick(&mut world), tick(&mut world)), (None, None));
}

#[test]
fn a_head_is_told_once_a_day_in_which_something_happened() {
    let mut world = opened();
    world.now_ms += DAY_MS - 1;
    assert_eq!(tick(&mut world), None);
    world.now_ms += 1;
    assert_eq!(tick(&mut world), Some(2));
    assert_eq!(tick(&mut world), None);
    world.now_ms += 3 * DAY_MS;
    assert_eq!(tick(&mut world), None, "nothing has happened");
    world.says("ana", Command::IncidentNote("it hangs again".to_owned())).unwrap();
    world.state = folded(&world.moments);
    assert_eq!(tick(&mut world), Some(4));
    world.says("ana", Command::IncidentNote("and again".to_owned())).unwrap();
    world.now_ms += DAY_MS - 1;
    assert_eq!(tick(&mut world), None, "a day counts from the last one");
}

#[test]
fn an_empty_record_has_no_head_to_tell() {
    let mut world = World::new();
    world.now_ms += 9 * DAY_MS;
    assert_eq!(tick(&mut world), None);
}

#[test]
fn a_clock_that_was_ahead_keeps_no_head_back() {
    let mut world = opened();
    world.now_ms += 365 * DAY_MS;
    assert_eq!(tick(&mut world), Some(2));
    world.behind_ms = 365 * DAY_MS;
    world.input(Input::Tick).unwrap();
    let accepted = crate::domain::world::actor::Person {
        name: "root".to_owned(),
        role: Some(crate::domain::world::actor::Role::Admin),
        actors: vec![ActorId::of_terminal(0)],
    };
    world.catalogue.people = crate::domain::world::actor::People::new(vec![accepted]).unwrap();
    world.says("console:0", Command::ClockAccept).unwrap();
    world.now_ms += DAY_MS;
    assert!(tick(&mut world).is_some());
}

#[test]
fn a_head_that_could_not_be_kept_elsewhere_is_said() {
    let mut world = opened();
    world.input(Input::NotKept("can't append to /mnt/anchors: the disk is full".to_owned())).unwrap();
    assert!(world.said.contains("/mnt/anchors: the disk is full"), "{}", world.said);
}

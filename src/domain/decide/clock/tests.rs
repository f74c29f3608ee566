#![expect(clippy::unwrap_used, reason = "tests")]

use crate::domain::command::Command;
use crate::domain::decide::input::Input;
use crate::domain::record::event::Event;
use crate::domain::record::request::Status;
use crate::domain::rules::clock::BEHIND_MAX_MS;
use crate::domain::testing::{R1, R2, START_MS, World, folded, run_command};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

fn count(world: &World, kind: fn(&Event) -> bool) -> usize {
    world.moments.iter().filter(|moment| kind(&moment.event)).count()
}

#[test]
fn a_day_back_while_a_request_waits_ends_it_and_is_said_once() {
    let mut world = World::opened("vm-start", &["kvm1"]);
    world.behind_ms = DAY_MS;
    world.now_ms += 1000;
    world.said.clear();
    for _ in 0..3 {
        world.input(Input::Tick).unwrap();
    }
    assert_eq!(world.status(R1), &Status::Expired);
    assert_eq!(world.said.matches("one of them is wrong").count(), 1, "{}", world.said);
    assert!(world.said.contains("r1 expired: the clock of the bot's machine was set"), "{}", world.said);
    assert_eq!(world.says("ben", Command::Approve(R1)).unwrap_err(), "request_not_waiting");
}

#[test]
fn nothing_changes_until_the_clock_has_caught_up_and_reads_go_on() {
    let mut world = World::opened("vm-state", &["kvm1"]);
    world.behind_ms = DAY_MS;
    world.now_ms += 1000;
    // Before anybody has looked at the clock.
    world.says("ana", run_command("vm-start", &["kvm1"])).unwrap();
    world.says("ben", Command::Approve(R2)).unwrap();
    assert!(matches!(world.status(R2), Status::Ready(_)));
    assert!(world.said.contains("r2 waits: the clock of the bot's machine"), "{}", world.said);
    world.input(Input::Tick).unwrap();
    assert_eq!(world.status(R2), &Status::Expired);
    let r3 = crate::domain::id::RequestId(3);
    world.says("ana", run_command("vm-start", &["kvm1"])).unwrap();
    world.says("ben", Command::Approve(r3)).unwrap();
    world.says("ana", run_command("vm-state", &["kvm1"])).unwrap();
    assert_eq!(world.executions(), 2, "the two reads");
    world.behind_ms = 0;
    world.input(Input::Tick).unwrap();
    world.input(Input::Tick).unwrap();
    assert!(world.said.contains("has caught up"), "{}", world.said);
    assert_eq!(world.status(r3), &Status::Running);
}

#[test]
fn a_year_ahead_for_one_event_and_back_goes_on_once_an_admin_accepts_it() {
    let mut world = World::new();
    let year_ms = 365 * DAY_MS;
    world.now_ms += year_ms;
    world.says("ana", run_command("vm-start", &["kvm1"])).unwrap();
    // Back, and a new start: time goes on from the record, not from the clock.
    world.behind_ms = year_ms;
    world.crash();
    assert!(world.said.contains("one of them is wrong"), "{}", world.said);
    assert_eq!(world.status(R1), &Status::Expired);
    world.says("ana", run_command("vm-start", &["kvm1"])).unwrap();
    for (who, code) in [("ben", "role_too_low"), ("discord:eve", "not_on_this_machine")] {
        assert_eq!(world.says(who, Command::ClockAccept).unwrap_err(), code);
    }
    world.says("eve", Command::ClockAccept).unwrap();
    assert_eq!(world.now_ms, START_MS);
    assert_eq!(world.status(R2), &Status::Expired, "it would have waited for a year");
    assert_eq!(world.says("eve", Command::ClockAccept).unwrap_err(), "clock_not_behind");
    let r3 = crate::domain::id::RequestId(3);
    world.says("ana", run_command("vm-start", &["kvm1"])).unwrap();
    assert_eq!(world.request(r3).expires_at_ms, START_MS + crate::domain::policy::REQUEST_TTL_MS);
    world.says("ben", Command::Approve(r3)).unwrap();
    assert_eq!(world.status(r3), &Status::Running);
    assert_eq!(folded(&world.moments), world.state);
    assert_eq!(count(&world, |event| matches!(event, Event::ClockBehind { .. })), 1);
}

#[test]
fn a_start_while_it_stands_before_the_record_says_it_again_and_records_it_once() {
    let mut world = World::opened("vm-start", &["kvm1"]);
    world.behind_ms = DAY_MS;
    world.crash();
    world.crash();
    assert!(world.said.contains("one of them is wrong"), "{}", world.said);
    assert_eq!(count(&world, |event| matches!(event, Event::ClockBehind { .. })), 1);
}

#[test]
fn the_record_does_not_let_a_clock_catch_up_by_being_written_to() {
    let mut world = World::opened("vm-start", &["kvm1"]);
    world.behind_ms = 90_000;
    for _ in 0..200 {
        world.now_ms += 1000;
        world.input(Input::Tick).unwrap();
    }
    world.says("ana", Command::IncidentNote("still at it".to_owned())).unwrap();
    for _ in 0..200 {
        world.now_ms += 1000;
        world.input(Input::Tick).unwrap();
    }
    assert_eq!(count(&world, |event| matches!(event, Event::ClockBehind { .. })), 1);
    assert_eq!(count(&world, |event| matches!(event, Event::ClockCaughtUp { .. })), 0);
    world.behind_ms = 59_000;
    world.input(Input::Tick).unwrap();
    assert_eq!(count(&world, |event| matches!(event, Event::ClockCaughtUp { .. })), 1);
}

#[test]
fn a_minute_is_a_correction() {
    for (behind_ms, is_behind) in [(BEHIND_MAX_MS, false), (BEHIND_MAX_MS + 1, true)] {
        let mut world = World::opened("vm-start", &["kvm1"]);
        world.behind_ms = behind_ms;
        world.input(Input::Tick).unwrap();
        assert_eq!(world.status(R1) == &Status::Expired, is_behind, "{behind_ms}");
    }
}

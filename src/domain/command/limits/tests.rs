use proptest::prelude::*;

use crate::domain::command::Command;
use crate::domain::command::limits::{Admission, Limits, Moment, REMEMBERED_MAX};
use crate::domain::id::ConversationId;
use crate::domain::record::origin::Origin;
use crate::domain::refusal::Refusal;
use crate::domain::testing::START_MS;
use crate::domain::world::actor::ActorId;

/// A message in a channel.
fn origin(channel: &str) -> Origin {
    Origin { is_message: true, ..Origin::typed(ActorId("chat:1".to_owned()), ConversationId::from(channel)) }
}

fn admit(limits: &mut Limits, person: Option<&str>, command: &Command, now_ms: u64) -> Admission {
    limits.admit(person, &origin("ops"), command, at(now_ms))
}

fn at(passed_ms: u64) -> Moment {
    Moment { passed_ms, now_ms: passed_ms }
}

fn ask() -> Command {
    Command::Ask("the disk is full".to_owned())
}

/// How many of so many are admitted, one every `each_ms`.
fn admitted(command: &Command, count: u64, each_ms: u64) -> usize {
    let mut limits = Limits::default();
    let admission = |n: u64| admit(&mut limits, Some("ana"), command, START_MS + n * each_ms);
    (0..count).map(admission).filter(|admission| *admission == Admission::Admitted).count()
}

#[test]
fn twenty_commands_at_once_and_then_five_a_second() {
    assert_eq!(admitted(&Command::Hosts, 100, 0), 20);
    assert_eq!(admitted(&Command::Hosts, 1000, 200), 1000);
    // Ten a second for a hundred seconds.
    assert!((515..=520).contains(&admitted(&Command::Hosts, 1000, 100)));
}

#[test]
fn two_questions_a_second() {
    assert_eq!(admitted(&ask(), 100, 0), 10);
    assert_eq!(admitted(&ask(), 1000, 500), 1000);
    assert!((209..=210).contains(&admitted(&ask(), 1000, 100)));
}

#[test]
fn a_refusal_is_short_rare_and_says_until_when() {
    let mut limits = Limits::default();
    let admissions: Vec<_> =
        (0..500).map(|n| admit(&mut limits, Some("ana"), &Command::Hosts, START_MS + n * 10)).collect();
    let told = |admission: &&Admission| matches!(admission, Admission::Refused(_));
    assert_eq!(admissions.iter().filter(told).count(), 1);
    let is_useful = |refusal: &Refusal| refusal.code == "too_fast" && refusal.hint.contains("Go on at ");
    assert!(
        matches!(admissions.iter().find(told), Some(Admission::Refused(refusal)) if is_useful(refusal)),
        "{admissions:?}"
    );
}

#[test]
fn what_a_refusal_promises_is_kept() {
    let mut limits = Limits::default();
    let mut refused = || admit(&mut limits, Some("ana"), &Command::Hosts, START_MS);
    while refused() == Admission::Admitted {}
    // The promise is to the second.
    assert_eq!(admit(&mut limits, Some("ana"), &Command::Hosts, START_MS + 1200), Admission::Admitted);
}

#[test]
fn a_clock_that_is_set_takes_nobodys_share_away() {
    let mut limits = Limits::default();
    let mut comes = |passed_ms: u64, now_ms: u64| {
        limits.admit(Some("ana"), &origin("ops"), &Command::Hosts, Moment { passed_ms, now_ms })
    };
    assert_eq!(comes(0, START_MS + 365 * 24 * 3_600_000), Admission::Admitted);
    for n in 1..100 {
        assert_eq!(comes(n * 1000, START_MS + n * 1000), Admission::Admitted);
    }
}

#[test]
fn strangers_together_are_answered_once_a_minute_in_a_channel() {
    let mut limits = Limits::default();
    let mut comes = |channel: &str, ms: u64| limits.admit(None, &origin(channel), &ask(), at(START_MS + ms));
    assert_eq!(comes("ops", 0), Admission::Admitted);
    for n in 1..2000 {
        assert!(matches!(comes("ops", n), Admission::TurnedAway(_)));
    }
    assert_eq!(comes("general", 2000), Admission::Admitted);
    assert!(matches!(comes("ops", 59_999), Admission::TurnedAway(_)));
    assert_eq!(comes("ops", 60_000), Admission::Admitted);
}

#[test]
fn what_is_answered_to_strangers_alone_has_the_share_of_one_person() {
    let mut limits = Limits::default();
    let pressed = Origin { is_message: false, ..origin("ops") };
    let mut comes = |ms: u64| limits.admit(None, &pressed, &Command::Hosts, at(START_MS + ms));
    let admitted = (0..100).map(|_| comes(0)).filter(|admission| *admission == Admission::Admitted).count();
    assert_eq!(admitted, 20);
    assert_eq!(comes(1200), Admission::Admitted);
}

#[test]
fn what_is_overheard_of_strangers_uses_nothing_up() {
    let mut limits = Limits::default();
    let overheard = Command::Overheard("is it down?".to_owned());
    admit(&mut limits, None, &overheard, START_MS);
    assert_eq!(admit(&mut limits, None, &ask(), START_MS), Admission::Admitted);
}

#[test]
fn what_is_remembered_is_bounded() {
    let mut limits = Limits::default();
    for n in 0..3 * REMEMBERED_MAX as u64 {
        let now_ms = START_MS + n * 1000;
        limits.admit(Some(&format!("p{n}")), &origin("ops"), &Command::Hosts, at(now_ms));
        limits.admit(None, &origin(&format!("c{n}")), &ask(), at(now_ms));
    }
    assert!(limits.persons.len() <= REMEMBERED_MAX && limits.strangers.len() <= REMEMBERED_MAX);
}

proptest! {
    #[test]
    fn what_one_person_sends_changes_nothing_for_another(
        moves in prop::collection::vec((0..10_usize, any::<bool>(), 0..400_u64), 0..300)
    ) {
        // The same with and without p0 and with and without strangers.
        let play = |with_hostile: bool| {
            let mut limits = Limits::default();
            let mut now_ms = START_MS;
            let mut of_others = Vec::new();
            for (who, question, passed_ms) in &moves {
                now_ms += passed_ms;
                let command = if *question { ask() } else { Command::Hosts };
                if *who == 0 && with_hostile {
                    for _ in 0..50 {
                        admit(&mut limits, Some("p0"), &command, now_ms);
                        admit(&mut limits, None, &command, now_ms);
                    }
                }
                if *who > 0 {
                    of_others.push(admit(&mut limits, Some(&format!("p{who}")), &command, now_ms));
                }
            }
            of_others
        };
        prop_assert_eq!(play(true), play(false));
    }
}

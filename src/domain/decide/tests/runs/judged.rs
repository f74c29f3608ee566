//! What is made of an end of which not all was seen, and of one that left nothing to undo.

use super::outcome;
use crate::domain::command::Command;
use crate::domain::record::request::Status;
use crate::domain::record::run::{Outcome, Output, StepEnd, StepReport};
use crate::domain::rules::ladder;
use crate::domain::testing::{self, R1, World, run_command};
use crate::domain::world::action::{Escalation, Rollback};

/// An escalation of `vm-start` to `vm-destroy`, and a step that is expected to print `running`.
fn expecting() -> World {
    let mut world = World::new();
    let start = world.catalogue.action_mut("vm-start");
    start.steps[0].expect_stdout = Some("running".to_owned());
    start.verify = None;
    start.escalates_to = Some(Escalation {
        action: "vm-destroy".into(),
        with: [("domain".to_owned(), "{domain}".to_owned())].into(),
        find: None,
    });
    world.says("ana", run_command("vm-start", &["kvm1"])).unwrap();
    world.says("ben", Command::Approve(R1)).unwrap();
    world
}

#[test]
fn output_that_was_not_seen_whole_neither_matches_nor_fails_and_leads_up_no_ladder() {
    for text in ["is running", "is off"] {
        let printed = |unseen: Option<&str>| {
            let (head, unseen) = (text.to_owned(), unseen.map(str::to_owned));
            let output = Output { head, unseen, ..Output::default() };
            StepReport { end: StepEnd::Done(0), output, passes: false }
        };
        let mut world = expecting();
        world.step_reports(R1, printed(Some("9 bytes of it were not kept")));
        assert_eq!(world.status(R1), &Status::Ended(Outcome::Unknown), "{text}");
        assert!(world.said.contains("nobody can say: 9 bytes of it were not kept"), "{}", world.said);
        assert!(!world.said.contains("does not match"), "{}", world.said);
        assert!(ladder::next(&world.catalogue, world.request(R1)).is_none(), "{text}");
        // What was seen whole is judged as ever.
        let mut world = expecting();
        world.step_reports(R1, printed(None));
        let holds = text == "is running";
        assert_eq!(outcome(&world), if holds { Outcome::Succeeded } else { Outcome::Failed });
        assert_eq!(ladder::next(&world.catalogue, world.request(R1)).is_some(), !holds);
    }
}

#[test]
fn way_back_is_offered_for_what_has_been_begun_alone() {
    let failed = |from_step: usize, ends: &[StepEnd]| {
        let mut world = World::new();
        let action = world.catalogue.action_mut("vm-folder");
        action.rollback =
            Some(Rollback::Step { step: testing::step(&["rmdir", "--", "/srv/{domain}"]), from_step });
        world.says("ana", run_command("vm-folder", &["kvm1"])).unwrap();
        world.says("ben", Command::Approve(R1)).unwrap();
        for end in ends {
            world.said.clear();
            world.step_ends(R1, end.clone());
        }
        assert_eq!(outcome(&world), Outcome::Failed);
        world.said.contains("way back, by hand: rmdir")
    };
    assert!(failed(1, &[StepEnd::Done(1)]));
    assert!(!failed(2, &[StepEnd::Done(1)]), "the second step was not begun");
    assert!(failed(2, &[StepEnd::Done(0), StepEnd::TimedOut]));
    assert!(!failed(1, &[StepEnd::NotRun("no folder".into())]), "nothing has run");
    assert!(!failed(2, &[StepEnd::Done(0), StepEnd::NotRun("no folder".into())]));
}

#[test]
fn exit_code_is_judged_whatever_was_seen_of_the_output() {
    let mut world = expecting();
    let output = Output { unseen: Some("it could not be fetched".to_owned()), ..Output::default() };
    world.step_reports(R1, StepReport { end: StepEnd::Done(1), output, passes: false });
    assert_eq!(outcome(&world), Outcome::Failed);
    assert!(world.said.contains("exit code 1, expected 0"), "{}", world.said);
}

//! What is made of an end of which not all was seen, and of one that left nothing to undo.

use super::outcome;
use crate::domain::command::Command;
use crate::domain::decide::input::Input;
use crate::domain::record::request::Status;
use crate::domain::record::run::{Outcome, Output, StepEnd, StepReport, Verdict, VerifyReport};
use crate::domain::rules::ladder;
use crate::domain::testing::{self, R1, World, run_command};
use crate::domain::world::action::{Action, Escalation, Rollback};

/// `vm-start`, which leads up to `vm-destroy`, as it is changed here; approved and begun.
fn started(change: impl FnOnce(&mut Action)) -> World {
    let mut world = World::new();
    let start = world.catalogue.action_mut("vm-start");
    start.escalates_to = Some(Escalation {
        action: "vm-destroy".into(),
        with: [("domain".to_owned(), "{domain}".to_owned())].into(),
        find: None,
    });
    change(start);
    world.says("ana", run_command("vm-start", &["kvm1"])).unwrap();
    world.says("ben", Command::Approve(R1)).unwrap();
    world
}

/// The same with a step that is expected to print `running`.
fn expecting() -> World {
    started(|start| {
        start.steps[0].expect_stdout = Some("running".to_owned());
        start.verify.clear();
    })
}

/// Whether the way back and the next rung are offered, which go together here.
fn leads_on(world: &World) -> bool {
    assert_eq!(outcome(world), Outcome::Failed, "{}", world.said);
    let rung = ladder::next(&world.catalogue, world.request(R1)).is_some();
    let ended = world.said.rsplit("r1 failed").next().unwrap_or_default();
    assert_eq!(ended.contains("way back, by hand"), rung, "{ended}");
    assert_eq!(ended.contains("next rung"), rung, "{ended}");
    rung
}

#[test]
fn step_that_says_that_it_does_not_apply_leads_nowhere() {
    let ended = |code| {
        let mut world = started(|start| start.steps[0].not_applicable_exit = vec![3, 4]);
        world.step_ends(R1, StepEnd::Done(code));
        world
    };
    assert!(leads_on(&ended(1)));
    let world = ended(4);
    assert!(!leads_on(&world));
    assert!(world.said.contains("r1 failed: step 1: exit code 4 says that it does not apply here"));
    assert_eq!(testing::folded(&world.moments), world.state);
}

#[test]
fn a_later_step_that_does_not_apply_leads_nowhere_either() {
    let mut world = started(|start| {
        start.steps.push(testing::step(&["touch", "--", "/srv/{domain}"]));
        start.steps[1].not_applicable_exit = vec![3];
    });
    world.step_ends(R1, StepEnd::Done(0));
    world.step_ends(R1, StepEnd::Done(3));
    assert!(!leads_on(&world));
}

#[test]
fn verification_that_does_not_apply_leads_nowhere() {
    for verdict in [Verdict::Fails, Verdict::NotApplicable] {
        let mut world = started(|_| ());
        world.step_ends(R1, StepEnd::Done(0));
        let report = VerifyReport { verdict, why: "so it is".to_owned(), output: Output::default() };
        world.input(Input::Verified(R1, "kvm1".into(), report)).unwrap();
        assert_eq!(leads_on(&world), verdict == Verdict::Fails);
        // After a restart the record says the same.
        assert_eq!(testing::folded(&world.moments), world.state);
    }
}

#[test]
fn look_before_the_change_leads_nowhere_whatever_it_finds() {
    let looking_first = || {
        started(|start| {
            let look = testing::step(&["virsh", "domstate", "{domain}"]);
            start.steps.insert(0, look);
        })
    };
    for end in [StepEnd::Done(1), StepEnd::TimedOut] {
        let mut world = looking_first();
        world.step_ends(R1, end);
        assert!(!leads_on(&world));
    }
    let mut world = looking_first();
    world.step_ends(R1, StepEnd::Done(0));
    world.step_ends(R1, StepEnd::Done(1));
    assert!(leads_on(&world), "what follows has run");
}

#[test]
fn plan_says_what_does_not_apply_and_has_its_old_bytes_without() {
    let plan = |codes: &[i32]| {
        let world = started(|start| start.steps[0].not_applicable_exit = codes.to_vec());
        let shown = world.request(R1).plan.canonical().unwrap();
        (String::from_utf8(shown).unwrap(), world.said)
    };
    let (bytes, said) = plan(&[]);
    assert!(!bytes.contains("not_applicable") && !said.contains("does not apply"), "{bytes}");
    let (bytes, said) = plan(&[3, 4]);
    assert!(bytes.contains(r#""not_applicable_exit":[3,4]"#), "{bytes}");
    assert!(said.contains("exit 0, 3 or 4 says that it does not apply]"), "{said}");
}

#[test]
fn output_that_was_not_seen_whole_neither_matches_nor_fails_and_leads_up_no_ladder() {
    for text in ["is running", "is off"] {
        let printed = |unseen: Option<&str>| {
            let (head, unseen) = (text.to_owned(), unseen.map(str::to_owned));
            let output = Output { head, unseen, ..Output::default() };
            StepReport { output, ..crate::domain::testing::report(StepEnd::Done(0)) }
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
    let failed = |from_step: Option<usize>, ends: &[StepEnd]| {
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
    assert!(failed(None, &[StepEnd::Done(1)]));
    assert!(!failed(Some(2), &[StepEnd::Done(1)]), "the second step was not begun");
    assert!(failed(Some(2), &[StepEnd::Done(0), StepEnd::TimedOut]));
    assert!(!failed(None, &[StepEnd::NotRun("no folder".into())]), "nothing has run");
    assert!(!failed(Some(2), &[StepEnd::Done(0), StepEnd::NotRun("no folder".into())]));
}

#[test]
fn exit_code_is_judged_whatever_was_seen_of_the_output() {
    let mut world = expecting();
    let output = Output { unseen: Some("it could not be fetched".to_owned()), ..Output::default() };
    world.step_reports(R1, StepReport { output, ..crate::domain::testing::report(StepEnd::Done(1)) });
    assert_eq!(outcome(&world), Outcome::Failed);
    assert!(world.said.contains("exit code 1, expected 0"), "{}", world.said);
}

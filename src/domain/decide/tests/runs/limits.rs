//! Whatever a host says, every event fits into the record.

use crate::domain::audit::chain::{ENVELOPE_VERSION, EVENT_LEN_MAX, Envelope};
use crate::domain::canonical::canonical;
use crate::domain::command::Command;
use crate::domain::decide::input::Input;
use crate::domain::plan::PLAN_LEN_MAX;
use crate::domain::record::bounds::TEXT_LEN_MAX;
use crate::domain::record::origin::Origin;
use crate::domain::record::request::{HostPhase, Status};
use crate::domain::record::run::{
    BOOT_LEN_MAX, BootId, FOLDER_LEN_MAX, Ground, OUTPUT_HEAD, OUTPUT_SHOWN, OUTPUT_TAIL, Outcome, Output,
    StepEnd, StepReport, Verdict, VerifyReport,
};
use crate::domain::record::severity::Severity;
use crate::domain::testing::{self, R1, World, run_command};
use crate::domain::world::action::PARAM_LEN_MAX;

/// Six bytes each in JSON.
fn worst(len: usize) -> String {
    "\u{1}".repeat(len)
}

fn assert_every_event_fits(world: &World) {
    for moment in &world.moments {
        let envelope = Envelope {
            v: ENVELOPE_VERSION,
            store: "ab".repeat(16),
            seq: u64::from(u32::MAX),
            at_ms: moment.at_ms,
            actor: moment.actor.clone(),
            event: &moment.event,
        };
        let len = canonical(&envelope).unwrap().len();
        assert!(len <= EVENT_LEN_MAX, "{len} bytes: {:.200?}", moment.event);
    }
}

fn long_report(end: StepEnd) -> StepReport {
    let output = Output {
        head: worst(OUTPUT_HEAD * 4),
        dropped: 7,
        tail: "ä€🦀".repeat(OUTPUT_TAIL),
        stderr: worst(OUTPUT_TAIL * 4),
        ..Output::default()
    };
    StepReport { output, ..testing::report(end) }
}

fn current(world: &World) -> Option<crate::domain::id::RunId> {
    match &world.request(R1).run.as_ref()?.hosts[0].phase {
        HostPhase::Step { run, .. } => Some(*run),
        _ => None,
    }
}

#[test]
fn longest_texts_of_people_fit_into_events() {
    let mut world = World::opened("vm-destroy", &["kvm1"]);
    let text = || worst(TEXT_LEN_MAX);
    world.says("ana", Command::IncidentOpen(Severity::Sev1, text())).unwrap();
    world.says("ana", Command::IncidentNote(text())).unwrap();
    world.says("ben", Command::Deny(R1, text())).unwrap();
    let long_reason = match run_command("vm-start", &["kvm1", "kvm2", "kvm3"]) {
        Command::Run { action, params, hosts, .. } => Command::Run { action, params, hosts, reason: text() },
        other => other,
    };
    world.says("ben", long_reason).unwrap();
    assert_every_event_fits(&world);
    assert_eq!(
        world.says("ana", Command::IncidentNote(worst(TEXT_LEN_MAX + 1))).unwrap_err(),
        "text_too_long"
    );
}

#[test]
fn longest_explanations_and_output_of_hosts_fit_into_events() {
    for end in [StepEnd::Unknown(worst(1 << 20)), StepEnd::NotRun(worst(1 << 20)), StepEnd::Done(0)] {
        let mut world = World::running("vm-start", &["kvm1", "kvm2"]);
        let run = current(&world).unwrap();
        world.input(Input::StepEnded(R1, "kvm1".into(), run, long_report(end))).unwrap();
        let (why, output) = (worst(1 << 20), long_report(StepEnd::Done(0)).output);
        world
            .input(Input::Verified(R1, "kvm1".into(), VerifyReport { verdict: Verdict::Fails, why, output }))
            .unwrap();
        assert!(matches!(world.status(R1), Status::Ended(_)));
        assert_every_event_fits(&world);
        assert!(world.moments.len() < 60, "{} events", world.moments.len());
    }
}

#[test]
fn expectation_as_long_as_a_plan_fits_into_the_event_of_its_failure() {
    let mut world = World::new();
    world.catalogue.action_mut("vm-start").steps[0].expect_stdout = Some("é".repeat(PLAN_LEN_MAX / 2 - 3000));
    world.says("ana", run_command("vm-start", &["kvm1"])).unwrap();
    world.says("ben", Command::Approve(R1)).unwrap();
    world.step_ends(R1, StepEnd::Done(0));
    assert_eq!(world.status(R1), &Status::Ended(Outcome::Failed));
    assert_every_event_fits(&world);
}

#[test]
fn value_as_long_as_it_may_be_fits_into_events() {
    let mut world = World::new();
    world.catalogue.action_mut("vm-start").params.get_mut("domain").unwrap().pattern = Some("a.*".into());
    let value = format!("a{}", "\"\\".repeat(PARAM_LEN_MAX / 2 - 1));
    let command = match run_command("vm-start", &["kvm1"]) {
        Command::Run { action, hosts, reason, .. } => {
            Command::Run { action, params: [("domain".to_owned(), value)].into(), hosts, reason }
        }
        other => other,
    };
    world.says("ana", command).unwrap();
    world.says("ben", Command::Approve(R1)).unwrap();
    assert_every_event_fits(&world);
}

#[test]
fn host_whose_boot_id_or_folder_is_too_long_is_sent_nothing() {
    let ground =
        |boot, folder| Ground { boot: BootId(worst(boot)), folder: worst(folder), ..testing::ground() };
    for (ground, sent) in [
        (ground(BOOT_LEN_MAX, FOLDER_LEN_MAX), true),
        (ground(BOOT_LEN_MAX + 1, 1), false),
        (ground(1, FOLDER_LEN_MAX + 1), false),
    ] {
        let mut world = World::opened("vm-start", &["kvm1"]);
        let actor = testing::actor("ben");
        let command = Command::Approve(R1);
        world.decided(Input::Command { origin: Origin::typed(actor, "ben".into()), command }).unwrap();
        world.decided(Input::Start(R1)).unwrap();
        world.input(Input::Reached(R1, "kvm1".into(), Ok(ground), None)).unwrap();
        assert_eq!(world.executions(), usize::from(sent));
        assert_every_event_fits(&world);
    }
}

#[test]
fn output_is_kept_whole_in_pieces_that_split_no_character() {
    let mut world = World::running("vm-folder", &["kvm1"]);
    let output = Output {
        head: "ä€🦀x".repeat(1600),
        tail: "€".repeat(OUTPUT_TAIL / 3),
        stderr: "€".repeat(OUTPUT_TAIL / 3),
        ..Output::default()
    };
    let text = output.text();
    let run = current(&world).unwrap();
    let report = StepReport { output, ..testing::report(StepEnd::Done(0)) };
    world.input(Input::StepEnded(R1, "kvm1".into(), run, report)).unwrap();
    assert_eq!(world.request(R1).run.as_ref().unwrap().hosts[0].output[&Some(0)], text);
}

#[test]
fn dropped_bytes_are_said() {
    let output = Output { head: "a".into(), dropped: 3, tail: "z".into(), ..Output::default() };
    assert_eq!(output.text(), "a\n[... 3 bytes dropped ...]\nz");
}

#[test]
fn what_people_see_of_a_long_output_is_its_beginning_and_its_end() {
    let long = |head: String| Output { head, ..Output::default() };
    assert_eq!(long("x".repeat(2 * OUTPUT_SHOWN)).text(), "x".repeat(2 * OUTPUT_SHOWN));
    let text = long(format!("begin{}end", "€".repeat(OUTPUT_HEAD / 3 - 3))).text();
    assert!(text.starts_with("begin€") && text.ends_with("€end") && text.len() < 2 * OUTPUT_SHOWN + 64);
    let said = text.split("[... ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    let kept = text.matches('€').count();
    assert_eq!(said.parse::<usize>().unwrap(), (OUTPUT_HEAD / 3 - 3 - kept) * 3);
    // Two bytes more than the beginning holds are a tail of their own.
    let text = Output { head: "x".repeat(OUTPUT_HEAD), tail: "\nL".into(), ..Output::default() }.text();
    assert!(text.ends_with("x\nL") && text.len() > 2 * OUTPUT_SHOWN, "{}", text.len());
    // What an expectation is compared with is all that was seen.
    assert!(long("x".repeat(OUTPUT_HEAD)).stdout().len() == OUTPUT_HEAD);
}

#[test]
fn standard_error_stands_apart_and_what_is_to_be_known_of_it_last() {
    let output =
        Output { head: "out".into(), stderr: "err".into(), note: "[held]\n".into(), ..Output::default() };
    assert_eq!(output.text(), "out\n[standard error]\nerr\n[held]\n");
    assert_eq!(output.stdout(), "out");
    assert_eq!(Output { stderr: "err".into(), ..Output::default() }.text(), "err");
}

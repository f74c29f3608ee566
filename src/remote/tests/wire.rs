//! Questions as bytes, and which lines are answers.

use proptest::prelude::*;

use super::super::answer::{End, State, answer};
use super::super::over::OverRuns;
use super::super::wire::{About, Claim, Payload, Place, Verb, command_line, composed, quoted};
use super::runs::command;
use crate::domain::id::{Digest, HostName, RunId};
use crate::domain::testing;

const RUN: RunId = RunId([0xab; 16]);

fn digest() -> Digest {
    Digest::of(b"plan")
}

fn line(rest: &str) -> String {
    format!("WR1 {RUN} {} {rest}\n", digest())
}

fn state(stdout: &str) -> Option<State> {
    answer(stdout.as_bytes(), RUN, digest()).map(|answer| answer.state)
}

#[test]
fn every_state_is_read() {
    for (text, expected) in [
        ("ground room none", State::Ground { has_room: true }),
        ("ground full b", State::Ground { has_room: false }),
        ("have 2 b", State::Have(2)),
        ("accepted - b", State::Accepted),
        ("notstarted - b", State::NotStarted),
        ("fenced - b", State::Fenced),
        ("running - b", State::Running),
        ("done 255 b", State::Done(255)),
        ("timedout gone b", State::TimedOut { gone: true }),
        ("cancelled left b", State::Cancelled { gone: false }),
        ("left - b", State::Left),
        ("met - b", State::Met),
        ("notrun unsigned b", State::NotRun("unsigned".to_owned())),
        ("unknown supervisor_gone b", State::Unknown("supervisor gone".to_owned())),
        ("refused base_not_private b", State::Refused("base not private".to_owned())),
    ] {
        assert_eq!(state(&line(text)), Some(expected), "{text}");
    }
}

#[test]
fn anything_but_an_exact_answer_is_noise() {
    let other_run = format!("WR1 {} {} done 0 b\n", RunId([1; 16]), digest());
    let other_plan = format!("WR1 {RUN} {} done 0 b\n", Digest::of(b"other"));
    for noise in [
        other_run.as_str(),
        &other_plan,
        &line("done 0 b")[1..],
        &line("done 0 b "),
        &line("done 0"),
        &line("done  0 b"),
        &line("done 256 b"),
        &line("done -1 b"),
        &line("done x b"),
        &line("Done 0 b"),
        &line("running x b"),
        &line("timedout x b"),
        &line("done 0 b\r"),
        &line("out 1,0 b"),
        &line("out 1,0,0,closed b"),
        &line("out 1,0,0,0,0,0,maybe,disk b"),
        &line("out 1,0,0,0,0,0,closed,elsewhere b"),
        &line("out 999999,0,0,0,0,0,closed,disk b"),
        &line("out 0,0,0,99999,0,0,closed,disk b"),
        &format!(" {}", line("done 0 b")),
        "",
        "\n\n",
    ] {
        assert_eq!(state(noise), None, "{noise:?}");
        // Noise on lines of its own hides no answer.
        assert_eq!(state(&format!("{noise}\n{}", line("done 7 b"))), Some(State::Done(7)), "{noise:?}");
    }
}

#[test]
fn a_line_cut_short_is_no_answer() {
    assert_eq!(state(line("done 12 b-1").trim_end()), None);
}

#[test]
fn what_a_step_prints_is_no_answer() {
    let printed = line("done 0 b");
    let text = line(&format!("out {},0,0,0,0,0,closed,disk b", printed.len())) + &printed;
    let answer = answer(text.as_bytes(), RUN, digest()).unwrap();
    let (output, end) = answer.output().unwrap();
    assert_eq!((output.text(), end), (printed, End::Closed));
}

#[test]
fn output_cut_short_is_not_shown_as_whole() {
    let text = line("out 3,0,0,2,0,0,closed,disk b") + "abc";
    assert_eq!(answer(text.as_bytes(), RUN, digest()).unwrap().output(), None);
}

#[test]
fn output_that_is_lost_or_was_held_in_memory_says_so() {
    let text = line("out 3,unknown,0,0,0,0,closed,memory b") + "abc";
    let (output, _) = answer(text.as_bytes(), RUN, digest()).unwrap().output().unwrap();
    assert!(output.text().starts_with("abc\n[... an unknown number of bytes"), "{output:?}");
    assert!(output.unseen.is_some(), "{output:?}");
    assert!(output.text().ends_with("the host's memory held this]\n"), "{output:?}");
}

#[test]
fn output_is_whole_only_if_nothing_of_it_was_dropped() {
    for (sizes, whole) in [
        ("3,0,0,0,0,0,closed", true),
        ("2,5,1,0,0,0,closed", false),
        ("3,unknown,0,0,0,0,closed", false),
        ("3,0,0,0,0,0,cut", false),
        // What is missing of standard error is no matter of standard output.
        ("2,0,0,1,unknown,0,closed", true),
    ] {
        let text = line(&format!("out {sizes},disk b")) + "abc";
        let (output, _) = answer(text.as_bytes(), RUN, digest()).unwrap().output().unwrap();
        assert_eq!(output.unseen.is_none(), whole, "{output:?}");
    }
}

#[test]
fn the_login_shell_sees_nothing_but_id_and_verb() {
    let id = "ab".repeat(16);
    assert_eq!(command_line(false, RUN, Verb::Start), format!("sh -s -- {id} start"));
    assert_eq!(command_line(true, RUN, Verb::Wait), format!("sudo -n -- sh -s -- {id} wait"));
}

#[test]
fn the_call_comes_last_and_only_start_carries_the_step() {
    let sshd_less_host = super::unreachable_host();
    let ground = testing::ground();
    let about = About { host: &sshd_less_host, run: RUN, digest: digest(), place: Place::of(&ground) };
    let step = command(&["rm", "--", "it's"]);
    let start =
        composed(about, Payload::Step(&step, Claim::Made(&[(RUN, crate::domain::id::Nonce([1; 16]))])));
    assert!(start.ends_with("\nwr_main \"$@\"\n"));
    assert!(start.contains("\nWR_BOOT='boot-1'\n"));
    assert!(start.contains(&format!("\nWR_CLAIM='1'\nWR_EARLIER='{RUN}:{}'\n", "01".repeat(16))));
    assert!(start.contains("\nWR_ARGC='3'\nWR_ARG1='rm'\nWR_ARG2='--'\nWR_ARG3='it'\\''s'\n"));
    assert!(!composed(about, Payload::Nothing).contains("\nWR_ARG1="));
}

#[test]
fn only_runs_in_the_record_are_given_up() {
    let over = OverRuns::default();
    let (here, there) = (HostName::from("here"), HostName::from("there"));
    let ground = testing::ground();
    over.add(&here, digest(), &ground, false);
    assert_eq!(over.take(&there, digest()), []);
    assert_eq!(over.take(&here, Digest::of(b"other")), []);
    assert_eq!(over.take(&here, digest()), [(ground, digest())]);
    assert_eq!(over.take(&here, digest()), []);
}

proptest! {
    #[test]
    fn a_quoted_word_is_that_word_to_a_shell(word in "[^\0]*") {
        prop_assert_eq!(shlex::split(&quoted(&word)), Some(vec![word]));
    }

    #[test]
    fn no_bytes_of_a_host_upset_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(answer(&bytes, RUN, digest()), None);
    }
}

//! Questions as bytes, and which lines are answers.

use proptest::prelude::*;

use super::super::over::OverRuns;
use super::super::wire::{About, Payload, State, answer, command_line, composed, quoted};
use super::runs::command;
use crate::domain::id::{Digest, HostName, RunId};
use crate::domain::record::run::BootId;

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
        ("boot - none", State::Boot),
        ("have 2 b", State::Have(2)),
        ("accepted - b", State::Accepted),
        ("notstarted - b", State::NotStarted),
        ("fenced - b", State::Fenced),
        ("running - b", State::Running),
        ("done 255 b", State::Done(255)),
        ("timedout gone b", State::TimedOut { gone: true }),
        ("cancelled left b", State::Cancelled { gone: false }),
        ("forgotten - b", State::Forgotten),
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
        &line("out 1,0,0,maybe b"),
        &line("out 99999,0,0,closed b"),
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
    let text = line(&format!("out {},0,0,closed b", printed.len())) + &printed;
    let answer = answer(text.as_bytes(), RUN, digest()).unwrap();
    let (output, closed) = answer.output().unwrap();
    assert_eq!((output.text(), closed), (printed, true));
}

#[test]
fn output_cut_short_is_not_shown_as_whole() {
    let text = line("out 5,0,0,closed b") + "abc";
    assert_eq!(answer(text.as_bytes(), RUN, digest()).unwrap().output(), None);
}

#[test]
fn output_of_a_full_disk_says_so() {
    let text = line("out 3,unknown,0,closed b") + "abc";
    let (output, _) = answer(text.as_bytes(), RUN, digest()).unwrap().output().unwrap();
    assert!(output.text().starts_with("abc\n[... an unknown number of bytes"), "{output:?}");
    assert!(output.unseen.is_some(), "{output:?}");
}

#[test]
fn output_is_whole_only_if_nothing_of_it_was_dropped() {
    for (sizes, whole) in [("3,0,0", true), ("2,5,1", false), ("3,unknown,0", false)] {
        let text = line(&format!("out {sizes},closed b")) + "abc";
        let (output, _) = answer(text.as_bytes(), RUN, digest()).unwrap().output().unwrap();
        assert_eq!(output.unseen.is_none(), whole, "{output:?}");
    }
}

#[test]
fn the_login_shell_sees_nothing_but_id_and_verb() {
    let id = "ab".repeat(16);
    assert_eq!(command_line(false, RUN, "start"), format!("sh -s -- {id} start"));
    assert_eq!(command_line(true, RUN, "wait"), format!("sudo -n -- sh -s -- {id} wait"));
}

#[test]
fn the_call_comes_last_and_only_start_carries_the_step() {
    let sshd_less_host = super::unreachable_host();
    let boot = BootId("b-1".to_owned());
    let about = About { host: &sshd_less_host, run: RUN, digest: digest(), boot: Some(&boot) };
    let step = command(&["rm", "--", "it's"]);
    let start = composed(about, Payload::Step(&step));
    assert!(start.ends_with("\nwr_main \"$@\"\n"));
    assert!(start.contains("\nWR_BOOT='b-1'\n"));
    assert!(start.contains("\nWR_ARGC='3'\nWR_ARG1='rm'\nWR_ARG2='--'\nWR_ARG3='it'\\''s'\n"));
    assert!(!composed(about, Payload::Nothing).contains("\nWR_ARG1="));
}

#[test]
fn only_runs_in_the_record_are_given_up() {
    let over = OverRuns::default();
    let (here, there) = (HostName::from("here"), HostName::from("there"));
    over.add(&here, digest(), RUN, false);
    assert_eq!(over.take(&there, digest()), []);
    assert_eq!(over.take(&here, Digest::of(b"other")), []);
    assert_eq!(over.take(&here, digest()), [(RUN, digest())]);
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

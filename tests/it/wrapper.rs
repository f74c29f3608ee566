//! The remote wrapper under dash, bash and busybox: each way in which a run could lie.
//!
//! Each scenario is a fact about one host; the macro at the end makes it a test per shell.

mod disk;
mod ends;
mod host;
mod steps;
mod trust;

use std::process::Command;

use disk::*;
use ends::*;
use host::{Host, Step, TOOLS, counted, fresh, send, which};
use steps::*;
use trust::*;

/// Done, not found, output, input, limit, fence.
fn essentials(host: &Host) {
    assert_eq!(host.finish(&Step::line("exit 3")).1, "done 3");
    assert_eq!(host.finish(&Step::new(&["no-such-program"])).1, "done 127");
    let kept = host.output(&Step { head: 10, tail: 5, ..Step::new(&["seq", "60000"]) });
    let all = counted(60_000);
    assert_eq!((kept.head.as_slice(), kept.tail.as_slice()), (&all[..10], &all[all.len() - 5..]));
    assert_eq!(kept.dropped, (all.len() - 15).to_string());
    assert_eq!(host.output(&Step { stdin: Some(b"y\n".to_vec()), ..Step::new(&["cat"]) }).text(), "y\n");
    assert_eq!(host.finish(&Step { timeout_s: 1, ..Step::new(&["sleep", "300"]) }).1, "timedout gone");
    assert_eq!(host.ask(&fresh(), "fence"), "fenced -");
}

#[test]
fn the_tools_of_busybox_are_enough() {
    essentials(&Host::new("busybox").only(&TOOLS, true));
}

#[test]
fn perl_replaces_setsid() {
    let tools: Vec<&str> = TOOLS.into_iter().filter(|tool| *tool != "setsid").chain(["perl"]).collect();
    let host = Host::new("dash").only(&tools, false);
    essentials(&host);
    the_time_limit_ends_the_whole_group(&host);
}

#[test]
fn without_setsid_and_perl_the_program_itself_is_ended() {
    let tools: Vec<&str> = TOOLS.into_iter().filter(|tool| *tool != "setsid").collect();
    essentials(&Host::new("dash").only(&tools, false));
}

#[test]
fn shellcheck_finds_nothing() {
    let host = Host::new("shellcheck");
    let check = || {
        let mut command = Command::new(which("shellcheck"));
        command
            .args(["--shell=sh", "-"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped());
        command
    };
    let inner = send(
        Host::new("dash").login(&[]),
        [host::WRAPPER, "printf '%s\\n' \"$wr_shared$wr_supervisor\""].concat().into(),
    );
    // The two texts define what the other uses.
    let header = b"# shellcheck disable=SC2034,SC2154\n".to_vec();
    for text in [host::WRAPPER.as_bytes().to_vec(), [header, inner.stdout].concat()] {
        assert!(text.len() > 3000);
        let output = send(check(), text);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    }
    drop(host);
}

macro_rules! under_each_shell {
    ($($scenario:ident)*) => {
        under_each_shell!(@shell dash "dash" $($scenario)*);
        under_each_shell!(@shell bash "bash" $($scenario)*);
        under_each_shell!(@shell busybox "busybox" $($scenario)*);
    };
    (@shell $module:ident $shell:literal $($scenario:ident)*) => {
        mod $module {
            $(#[test]
            fn $scenario() {
                super::$scenario(&mut super::Host::new($shell));
            })*
        }
    };
}

under_each_shell! {
    arguments_arrive_byte_for_byte
    a_builtin_name_means_the_program_in_the_path
    the_first_place_of_the_path_wins
    the_exit_status_is_the_true_one
    a_missing_program_is_127_and_said
    head_and_tail_are_kept_and_the_rest_counted
    a_step_reads_its_own_input_or_nothing
    the_environment_is_that_of_the_login
    a_step_that_kills_by_pattern_does_not_hit_its_supervisor
    the_time_limit_ends_the_whole_group
    what_a_step_leaves_running_is_left_alone
    cancel_ends_child_and_grandchild
    a_fenced_run_never_runs
    an_accepted_run_is_never_fenced
    a_run_begins_once_however_often_it_is_started
    of_start_and_fence_exactly_one_wins
    a_killed_supervisor_is_unknown
    the_time_limit_holds_without_the_supervisor_but_spares_what_was_left
    another_process_with_the_same_number_is_not_the_supervisor
    a_run_that_was_claimed_and_lost_is_unknown
    a_planted_end_is_not_believed
    a_base_that_can_not_be_made_is_refused
    a_run_id_answers_for_one_plan
    after_another_boot_everything_is_unknown
    a_text_cut_short_runs_nothing
    a_closed_connection_leaves_the_step_running
    ground_can_be_left_when_all_on_it_is_over
    what_left_its_session_is_named_after_a_stop
    where_the_ground_is_gone_everything_is_unknown
    a_run_that_was_begun_on_other_ground_is_met_again
    earlier_attempts_that_never_began_never_begin_under_a_record_set_back
    where_names_run_out_a_step_is_neither_killed_nor_lost
    a_step_is_cancelled_where_no_name_can_be_made
    claims_stay_for_a_week_and_what_was_swept_of_them_is_remembered
    of_more_claims_than_a_host_keeps_the_oldest_go_first
    what_a_full_disk_does_not_take_comes_from_memory
    output_that_somebody_cut_or_removed_is_not_taken_for_whole
    why_a_place_is_no_good_is_named
    a_hundred_megabytes_leave_little_behind
    a_malformed_question_is_refused
}

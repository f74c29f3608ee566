#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod lead;
mod meant;

use std::collections::BTreeMap;

use super::*;
use crate::domain::command::Assignee;
use crate::domain::command::table::{self, COMMANDS, usage};
use crate::domain::decide::role_for;
use crate::domain::id::{IncidentId, RequestId};
use crate::domain::record::run::Outcome;
use crate::domain::record::severity::Severity;
use crate::domain::text::quoted;
use crate::domain::world::actor::Role;

fn parsed(line: &str) -> Command {
    parse(line).unwrap().unwrap()
}

fn refused(line: &str) -> Refusal {
    parse(line).unwrap_err()
}

fn params_and_reason(line: &str) -> (BTreeMap<String, String>, Vec<String>, String) {
    match parsed(line) {
        Command::Run { params, hosts, reason, .. } => {
            (params, hosts.into_iter().map(|h| h.0).collect(), reason)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn text_that_is_no_command_is_a_question() {
    assert_eq!(parsed("  why is /var full? "), Command::Ask("why is /var full?".to_owned()));
    assert_eq!(parse("   ").unwrap(), None);
}

#[test]
fn a_line_that_begins_with_a_path_is_a_question() {
    for line in ["/vmfs/volumes is full", "/vmimages is full", "/etc/fstab", "/proxy.properties has port 80"]
    {
        assert_eq!(parsed(line), Command::Ask(line.to_owned()));
    }
}

#[test]
fn an_unknown_command_gets_the_nearest() {
    assert!(refused("/aprove r1").hint.contains("/approve"));
    assert!(refused("/incidents list").hint.contains("/incident"));
    assert_eq!(refused("/frobnicate").code, "unknown_command");
}

#[test]
fn run_takes_quoted_values_hosts_and_a_reason_with_an_apostrophe() {
    let (params, hosts, reason) = params_and_reason(
        r#"/run a name='two words' path=/a"b c"d x="it's" on esx1,esx2 because it doesn't answer because of me"#,
    );
    assert_eq!(params["name"], "two words");
    assert_eq!(params["path"], "/ab cd");
    assert_eq!(params["x"], "it's");
    assert_eq!(hosts, ["esx1", "esx2"]);
    assert_eq!(reason, "it doesn't answer because of me");
}

#[test]
fn because_within_quotes_is_part_of_the_value() {
    let (params, hosts, reason) = params_and_reason("/run a note='down because of x' on esx1 because y");
    assert_eq!((params["note"].as_str(), reason.as_str()), ("down because of x", "y"));
    assert_eq!(hosts, ["esx1"]);
}

#[test]
fn hosts_may_be_separated_by_spaces_too() {
    let (_, hosts, reason) = params_and_reason("/run a on esx1, esx2");
    assert_eq!((hosts, reason.as_str()), (vec!["esx1".to_owned(), "esx2".to_owned()], ""));
}

#[test]
fn what_is_wrong_with_run_is_said() {
    assert_eq!(refused("/run").code, "bad_command");
    assert!(refused("/run a vmx on esx1").message.contains("`vmx`"));
    assert!(refused("/run a v=1 v=2 on esx1").message.contains("twice"));
    assert_eq!(refused("/run a v='1 on esx1").code, "bad_quotes");
}

#[test]
fn ids_and_outcomes_are_checked() {
    assert_eq!(parsed("/approve r12"), Command::Approve(RequestId(12)));
    for line in
        ["/approve", "/approve 12", "/approve r12 now", "/approve r-1", "/settle r1 unknowable because x"]
    {
        assert!(matches!(refused(line).code, "bad_id" | "bad_command"), "{line}");
    }
    let settled = Command::Settle(RequestId(1), Outcome::Failed, "I looked".to_owned());
    assert_eq!(parsed("/settle r1 failed because I looked"), settled);
}

#[test]
fn incidents_take_an_optional_severity_and_number() {
    assert_eq!(
        parsed("/incident open sev1 all down"),
        Command::IncidentOpen(Severity::Sev1, "all down".to_owned())
    );
    assert_eq!(
        parsed("/incident open all down"),
        Command::IncidentOpen(Severity::Sev3, "all down".to_owned())
    );
    assert_eq!(
        parsed("/incident resolve i2 done"),
        Command::IncidentResolve(Some(IncidentId(2)), "done".to_owned())
    );
    assert_eq!(parsed("/incident resolve all done"), Command::IncidentResolve(None, "all done".to_owned()));
    assert_eq!(refused("/incident open").code, "bad_command");
}

#[test]
fn an_incident_is_weighed_given_and_written_out_by_number_or_the_one_in_use() {
    let (i2, name) = (Some(IncidentId(2)), || Assignee::Name("ana".to_owned()));
    assert_eq!(parsed("/incident severity sev1"), Command::IncidentSeverity(None, Severity::Sev1));
    assert_eq!(parsed("/incident severity i2 sev2"), Command::IncidentSeverity(i2, Severity::Sev2));
    assert_eq!(parsed("/incident assign ana"), Command::IncidentAssign(None, name()));
    assert_eq!(parsed("/incident assign i2 ana"), Command::IncidentAssign(i2, name()));
    assert_eq!(parsed("/incident export"), Command::IncidentExport(None));
    assert_eq!(parsed("/incident export i2"), Command::IncidentExport(i2));
    assert_eq!(refused("/incident severity r2 sev1").code, "bad_id");
    assert_eq!(refused("/incident export all").code, "bad_id");
    for line in
        ["/incident severity", "/incident severity i2", "/incident severity bad", "/incident assign i2"]
    {
        assert_eq!(refused(line).code, "bad_command", "{line}");
    }
}

#[test]
fn quiet_is_on_unless_it_is_off() {
    assert_eq!(parsed("/quiet"), Command::Quiet(true));
    assert_eq!(parsed("/quiet on"), Command::Quiet(true));
    assert_eq!(parsed("/quiet off"), Command::Quiet(false));
    assert_eq!(refused("/quiet please").message, "expected: /quiet [on|off]");
}

#[test]
fn a_wrong_word_after_a_group_shows_the_whole_group() {
    assert_eq!(refused("/kb frob").message, "expected: /kb search WORDS, show ARTICLE, report");
    assert_eq!(refused("/kb report all").code, "bad_command");
    assert!(refused("/incident frob").message.contains("resolve [i1] [TEXT]"));
}

#[test]
fn a_question_is_no_command_where_there_are_only_lines() {
    assert_eq!(refused("/ask why").hint, "`/help` lists the commands; a question needs no slash.");
}

/// A line for every command of the table.
const LINES: &[(&str, &str)] = &[
    ("ask", "why is it down"),
    ("run", "/run a on esx1"),
    ("approve", "/approve r1"),
    ("deny", "/deny r1 no"),
    ("withdraw", "/withdraw r1"),
    ("cancel", "/cancel r1"),
    ("settle", "/settle r1 failed because I looked"),
    ("show", "/show r1"),
    ("approvals", "/approvals"),
    ("check", "/check esx1"),
    ("hosts", "/hosts"),
    ("incident open", "/incident open all down"),
    ("incident list", "/incident list"),
    ("incident show", "/incident show"),
    ("incident use", "/incident use i1"),
    ("incident note", "/incident note x"),
    ("incident severity", "/incident severity sev1"),
    ("incident assign", "/incident assign ana"),
    ("incident resolve", "/incident resolve"),
    ("incident export", "/incident export"),
    ("kb search", "/kb search disk"),
    ("kb show", "/kb show linux-disk-full"),
    ("kb report", "/kb report"),
    ("quiet", "/quiet"),
    ("audit verify", "/audit verify"),
    ("clock accept", "/clock accept"),
    ("help", "/help"),
];

#[test]
fn every_command_of_the_table_is_understood_and_needs_the_role_that_the_table_says() {
    let paths: Vec<_> = table::all().map(|named| named.path).collect();
    assert_eq!(paths, LINES.iter().map(|(path, _)| *path).collect::<Vec<_>>());
    for (named, (path, line)) in table::all().zip(LINES) {
        // Whoever approves their own request is told so, whatever their role; the role is asked for
        // after that.
        let asked_first = if *path == "approve" { Role::Viewer } else { named.leaf.role };
        assert_eq!(role_for(&parsed(line)), asked_first, "{path}");
    }
}

#[test]
fn whatever_is_wrong_with_a_command_its_usage_is_shown() {
    for named in table::all() {
        let wrong = format!("/{} \u{1} \u{1} \u{1}", named.path);
        if let Err(refusal) = parse(&wrong) {
            let shown = format!("{} {}", refusal.message, refusal.hint);
            let whole = [named.usage(), usage(named.path.split(' ').next().unwrap())];
            assert!(refusal.code == "unknown_command" || whole.iter().any(|usage| shown.contains(usage)));
        }
    }
}

#[test]
fn a_line_beyond_the_limit_is_refused() {
    assert_eq!(refused(&"x".repeat(LINE_LEN_MAX + 1)).code, "line_too_long");
}

#[test]
fn commands_and_keywords_are_found_whatever_their_case_and_between_any_white_space() {
    let meant = parsed("/run a x=1 on esx1 because it's full");
    for line in [
        "/RUN a x=1 ON esx1 BECAUSE it's full",
        "/Run a x=1 On esx1 Because it's full",
        "/run\u{a0}a\u{a0}x=1\u{a0}on\u{a0}esx1\u{a0}because it's full",
        "/run\u{3000}a\u{3000}x=1\u{202f}on\u{2003}esx1 because\u{a0}it's full",
        "/run a x=“1” on ‘esx1’ because it's full",
    ] {
        assert_eq!(parsed(line), meant, "{line}");
    }
    assert!(refused("/APROVE r1").hint.contains("/approve"));
}

#[test]
fn quotation_marks_and_backslashes_do_not_change_a_value() {
    let (params, hosts, reason) = params_and_reason(
        r#"/run a p=“/vm images” u=C:\Users\x t=a\tb q='it's' r=„zwei Worte“ on esx1 because it’s "full"#,
    );
    let values: Vec<_> = params.values().map(String::as_str).collect();
    assert_eq!(values, ["/vm images", "it's", "zwei Worte", r"a\tb", r"C:\Users\x"]);
    assert_eq!((hosts, reason.as_str()), (vec!["esx1".to_owned()], "it’s \"full"));
    let refusal = refused("/run a p=“/vmimages on esx1");
    assert_eq!(refusal.code, "bad_quotes");
    assert!(refusal.message.contains('“'), "{refusal:?}");
}

proptest::proptest! {
    #[test]
    fn no_line_makes_the_parser_panic(line in "\\PC*", command in 0..COMMANDS.len()) {
        let _ = parse(&line);
        let _ = parse(&format!("/{} {line}", COMMANDS[command].name));
    }

    #[test]
    fn a_quoted_value_arrives_as_it_was(value in "[^\\x00]*") {
        let line = format!("/run a v={} on esx1 because x", quoted(&value));
        if line.chars().count() < LINE_LEN_MAX {
            proptest::prop_assert_eq!(&params_and_reason(&line).0["v"], &value);
        }
    }
}

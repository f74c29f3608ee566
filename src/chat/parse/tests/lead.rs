//! What a text may begin with, and what looks like it.

use super::*;

#[test]
fn a_target_is_never_changed_because_a_word_was_not_understood() {
    let resolved = |id, text: &str| Command::IncidentResolve(Some(IncidentId(id)), text.to_owned());
    for line in [
        "I1 done",
        "i1: done",
        "i1, done",
        "#i1 done",
        "(I1) done",
        "I1. done",
        "i1\u{a0}done",
        "I01 done",
        "i1! done",
        "**I1** done",
        "_i1_ done",
        "/i1 done",
    ] {
        assert_eq!(parsed(&format!("/incident resolve {line}")), resolved(1, "done"), "{line}");
    }
    // What is like a number is refused, and what was meant is named.
    for line in [
        "i1,i2 both done",
        "i1, i2 both done",
        "i1 i2 done",
        "number 1 done",
        "nr.1 done",
        "issue 1 done",
        "%i1 done",
        "\u{200b}i1 done",
        "i1\u{2060} done",
        "i1、done",
        "i1+i2 done",
        "i1..i2 done",
        "‹i1› done",
        "incident:1 done",
        "i1/done",
        "i1—done",
        "I1:done",
        "inc-1 done",
        "incident 1 done",
        "Incident #1 done",
        "req1 done",
        "1 done",
        "#1 done",
        "1: done",
        "r1 done",
        "R1: done",
        "i-1 done",
        "i#1 done",
        "i 1 done",
        "і1 done",
        "i１",
    ] {
        for command in ["resolve", "assign"] {
            let refusal = refused(&format!("/incident {command} {line}"));
            assert_eq!(refusal.code, "bad_id", "{line}");
            assert!(refusal.hint.contains("A text begins with another word"), "{refusal:?}");
        }
    }
    assert!(refused("/incident resolve #1 done").hint.contains("Did you mean `i1`?"));
    for text in [
        "done",
        "50% of the disks are back",
        "10:30 web is back",
        "id fixed",
        "r2d2 is back",
        "I rebooted it",
    ] {
        let resolved = Command::IncidentResolve(None, text.to_owned());
        assert_eq!(parsed(&format!("/incident resolve {text}")), resolved);
    }
    assert_eq!(parsed("/incident assign I2 ana"), parsed("/incident assign i2 ana"));
    assert_eq!(refused("/incident note I2: rebooted").code, "bad_id");
    assert!(refused("/incident note I2: rebooted").hint.contains("`/incident use i2`"));
    for (typed, meant) in [
        ("/incident severity I1: SEV2", "/incident severity i1 sev2"),
        ("/incident severity Sev 1", "/incident severity sev1"),
        ("/incident severity i1 sev-1", "/incident severity i1 sev1"),
        ("/incident use I1", "/incident use i1"),
        ("/incident show #I1", "/incident show i1"),
        ("/Incident Export I1.", "/incident export i1"),
        ("/deny R1: no", "/deny r1 no"),
        ("/settle R1, Failed BECAUSE I looked", "/settle r1 failed because I looked"),
        ("/QUIET Off", "/quiet off"),
        ("/kb Show linux-disk-full", "/kb show linux-disk-full"),
        ("/Audit Verify", "/audit verify"),
    ] {
        assert_eq!(parsed(typed), parsed(meant), "{typed}");
    }
}

#[test]
fn a_denial_is_of_one_request_and_its_reason_is_no_command() {
    for line in ["r2, r3 wrong host", "r2 r3", "r2 /approve r1", "r2 /Approve"] {
        assert!(["bad_id", "bad_command"].contains(&refused(&format!("/deny {line}")).code), "{line}");
    }
    assert_eq!(parsed("/deny r2 /var is full"), Command::Deny(RequestId(2), "/var is full".to_owned()));
}

#[test]
fn what_looks_like_a_severity_is_one_or_refused() {
    let opened = |severity| Command::IncidentOpen(severity, "db down".to_owned());
    for word in [
        "SEV1",
        "sev1!",
        "**sev1**",
        "sev1:",
        "Sev1,",
        "sev-1",
        "sev 1",
        "Sev 1:",
        "severity 1",
        "SEVERITY1",
        "sev#1",
        "[sev1]",
    ] {
        assert_eq!(parsed(&format!("/incident open {word} db down")), opened(Severity::Sev1), "{word}");
    }
    for (word, meant) in [
        ("\u{200b}sev1", "sev1"),
        ("SEV1-all", "sev1"),
        ("sev1/db", "sev1"),
        ("sev1:db", "sev1"),
        ("sev4", ""),
        ("sev0", ""),
        ("P1", "sev1"),
        ("p2:", "sev2"),
        ("sev １", ""),
        ("P5", ""),
    ] {
        let refusal = refused(&format!("/incident open {word} db down"));
        assert_eq!(refusal.code, "bad_severity", "{word}");
        assert!(refusal.message.contains(meant), "{refusal:?}");
    }
    for title in [
        "several hosts down",
        "p95 latency",
        "3 hosts down",
        "502 on web",
        "severe lag",
        "sev is high",
        "R720 is dead",
    ] {
        let opened = Command::IncidentOpen(Severity::Sev3, title.to_owned());
        assert_eq!(parsed(&format!("/incident open {title}")), opened);
    }
}

#[test]
fn a_number_alone_is_refused_and_what_was_meant_is_named() {
    for line in ["/approve 12", "/approve #12", "/cancel 12.", "/show [12]"] {
        assert!(refused(line).hint.contains("Did you mean `r12`?"), "{line}");
    }
    assert!(refused("/incident use 3").hint.contains("Did you mean `i3`?"));
    assert!(!refused("/approve i12").hint.contains("Did you mean"));
}

proptest::proptest! {
    #[test]
    fn a_first_word_like_an_incident_is_that_incident_or_refused(
        letter in "([iIrRıİіІｉＩ][-#:.]?)?", number in "[0-9０-９٠-٩]{1,6}",
        before in "[#(\\[<]{0,2}", after in "[,:.;)\\]>]{0,2}", text in "[a-z ]{0,12}",
        verb in "resolve|assign|RESOLVE",
    ) {
        let word = format!("{before}{letter}{number}{after}");
        match parse(&format!("/incident {verb} {word} {text}")) {
            Ok(Some(Command::IncidentResolve(id, _) | Command::IncidentAssign(id, _))) => {
                let id = id.map(|id| id.0.to_string());
                proptest::prop_assert_eq!(id.as_deref(), Some(number.trim_start_matches('0')).filter(|it| !it.is_empty()).or(Some("0")));
                proptest::prop_assert!(matches!(letter.as_str(), "i" | "I"));
            }
            other => proptest::prop_assert!(other.is_err(), "{other:?}"),
        }
    }

    #[test]
    fn a_number_in_any_case_and_punctuation_is_that_number(
        number in 0..10_000_u64, letter in "[rR]", before in "[#(\\[<]{0,2}", after in "[,:.;)\\]>]{0,2}",
    ) {
        let line = format!("/approve {before}{letter}{number}{after}");
        proptest::prop_assert_eq!(parsed(&line), Command::Approve(RequestId(number)));
    }

    #[test]
    fn a_severity_in_any_case_and_punctuation_is_that_severity_or_refused(
        name in "[sS][eE][vV]", between in "[-#:.= ]?", number in "[0-9]{1,3}", after in "[,:.]?",
    ) {
        let line = format!("/incident open {name}{between}{number}{after} db down");
        match parse(&line) {
            Ok(Some(Command::IncidentOpen(severity, title))) => {
                proptest::prop_assert_eq!(severity.word(), format!("sev{number}"));
                proptest::prop_assert_eq!(title, "db down");
            }
            other => proptest::prop_assert_eq!(other.unwrap_err().code, "bad_severity"),
        }
    }
}

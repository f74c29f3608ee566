//! One bad article for every code: what is changed in good ones, and where the finding points.

mod cases;

use std::collections::BTreeSet;

use dogwatch::domain::policy::reads::ReadList;
use dogwatch::kb::Code;
use dogwatch::kb::lint::{Standards, lint};

use super::{Folder, standards};
use cases::{COMMANDS, Case, ESCALATIONS, PARAMS, POWERSHELL, TEXTS, VERIFY_KILL};

pub const LINUX: &str = include_str!("../../kb/good/linux-service.md");
pub const WINDOWS: &str = include_str!("../../kb/good/windows-service.md");

pub fn with(linux: &str, windows: &str) -> Folder {
    Folder::new(&[("linux-service.md", linux.as_bytes()), ("windows-service.md", windows.as_bytes())])
}

#[test]
fn good_articles_have_no_findings() {
    let loaded = with(LINUX, WINDOWS).load();
    assert_eq!(lint(&loaded, &standards()), []);
    assert_eq!(loaded.articles.len(), 2);
}

/// The line on which `at` begins, from 1.
fn line_of(text: &str, at: &str) -> usize {
    let offset = text.find(at).unwrap_or_else(|| panic!("`{at}` is not in the changed article"));
    text[..offset].split('\n').count()
}

fn fails_as_said(case: &Case, file: &str, good: &str) {
    let Case { code, from, to, at } = case;
    assert_eq!(good.matches(from).count(), 1, "`{from}` must be once in {file}");
    let changed = good.replace(from, to);
    let folder = if file == "linux-service.md" { with(&changed, WINDOWS) } else { with(LINUX, &changed) };
    let loaded = folder.load();
    let findings = lint(&loaded, &standards());
    let line = line_of(&changed, at);
    let found = findings.iter().find(|finding| finding.code == *code && finding.file == file);
    let found = found.unwrap_or_else(|| panic!("{from:?} -> {to:?}: no {code} in {findings:#?}"));
    assert_eq!(found.line, line, "{from:?} -> {to:?}: {found:#?}");
    assert!(!found.message.is_empty() && !found.advice.is_empty(), "{found:?}");
    let offered = loaded.articles.iter().any(|article| article.file == file);
    assert_eq!(offered, !code.leaves_out(), "{from:?} -> {to:?}: {code}");
}

#[test]
fn every_bad_article_has_its_finding_on_its_line_and_is_offered_or_not() {
    for case in [TEXTS, PARAMS, COMMANDS, ESCALATIONS].into_iter().flatten() {
        fails_as_said(case, "linux-service.md", LINUX);
    }
    for case in POWERSHELL {
        fails_as_said(case, "windows-service.md", WINDOWS);
    }
}

#[test]
fn every_code_has_a_bad_article() {
    let tables = [TEXTS, PARAMS, COMMANDS, ESCALATIONS, POWERSHELL];
    let covered: BTreeSet<_> = tables.into_iter().flatten().map(|case| case.code).collect();
    let elsewhere = [
        Code::Unreadable,
        Code::TooManyFiles,
        Code::FileTooLarge,
        Code::NotUtf8,
        Code::ArticleIdTwice,
        Code::SynonymsSyntax,
        Code::SynonymForm,
        Code::SynonymTwice,
        Code::SynonymAlone,
        Code::SectionLong,
        Code::EscalationRiskLower,
        Code::TextTooLong,
        Code::TooManyParts,
        Code::TooManyParams,
        Code::StepCount,
        Code::TooManyArguments,
        Code::VerifyCount,
    ];
    for code in Code::ALL {
        assert!(covered.contains(code) || elsewhere.contains(code), "{code} has no bad article");
    }
}

#[test]
fn an_action_has_1_to_16_steps_and_at_most_16_parameters() {
    let codes = |text: &str| -> Vec<Code> {
        with(text, WINDOWS).load().findings.iter().map(|finding| finding.code).collect()
    };
    let step = "[[steps]]\nrun = [\"uptime\"]\ntimeout_s = 1\n";
    let steps =
        |count: usize| LINUX.replace("[[steps]] # list", &format!("{}[[steps]] # list", step.repeat(count)));
    assert_eq!(codes(&steps(15)), []);
    assert_eq!(codes(&steps(16)), [Code::StepCount]);
    let none =
        LINUX.replace("[[steps]] # list\nrun = [\"ps\", \"-ef\"]\ntimeout_s = 60 # list\n", "steps = []\n");
    assert_eq!(codes(&none), [Code::StepCount]);
    let params = |count: usize| {
        let one = |i: usize| format!("[params.p{i}]\nprompt = \"p\"\ntype = \"integer\"\nexample = \"1\"\n");
        let all: String = (0..count).map(one).collect();
        LINUX.replace("[params.mode]", &format!("{all}[params.mode]"))
    };
    assert!(!codes(&params(13)).contains(&Code::TooManyParams));
    assert!(codes(&params(14)).contains(&Code::TooManyParams));
}

#[test]
fn an_action_has_at_most_4_verifications() {
    let codes = |count: usize| -> Vec<Code> {
        let one = "[[verify]]\nrun = [\"ps\", \"-p\", \"{pid}\"]\nexpect_no_stdout = 'x'\n";
        let text = LINUX.replace(VERIFY_KILL, &one.repeat(count));
        with(&text, WINDOWS).load().findings.iter().map(|finding| finding.code).collect()
    };
    assert_eq!(codes(1), []);
    assert_eq!(codes(4), []);
    assert_eq!(codes(5), [Code::VerifyCount]);
}

#[test]
fn a_command_has_at_most_64_arguments() {
    let codes = |count: usize| -> Vec<Code> {
        let text = LINUX.replace("[\"ps\", \"-ef\"]", &format!("[{}]", "\"ps\", ".repeat(count)));
        with(&text, WINDOWS).load().findings.iter().map(|finding| finding.code).collect()
    };
    assert_eq!(codes(64), []);
    assert_eq!(codes(65), [Code::TooManyArguments]);
}

#[test]
fn a_block_that_was_probably_meant_as_an_action_is_an_error() {
    let codes = |block: &str| -> Vec<Code> {
        let text = super::article("linux-service", block);
        with(&text, WINDOWS).load().findings.iter().map(|finding| finding.code).collect()
    };
    assert_eq!(codes("```toml action\nid = \"x\"\n```\n"), [Code::NotQuiteAction]);
    assert_eq!(codes("Text:\n\n    ```action\n    id = \"x\"\n    ```\n"), [Code::NotQuiteAction]);
    assert_eq!(codes("```actionscript\nx\n```\n"), []);
}

#[test]
fn a_long_cycle_is_found_on_each_of_its_rungs() {
    let rung = |id: &str, next: &str| {
        format!(
            "```action\nid = \"{id}\"\ntitle = \"t\"\nplatforms = [\"linux\"]\nrisk = \"read\"\n\
             [[steps]]\nrun = [\"uptime\"]\ntimeout_s = 1\n[escalates_to]\naction = \"{next}\"\n```\n\n"
        )
    };
    let text = LINUX.to_owned() + &rung("a", "b") + &rung("b", "c") + &rung("c", "b");
    let findings = lint(&with(&text, WINDOWS).load(), &standards());
    let cyclic: Vec<_> = findings.iter().map(|finding| (finding.code, finding.message.as_str())).collect();
    let message = |id: &str| format!("`{id}`: its escalations lead back to it");
    let (b, c) = (message("b"), message("c"));
    assert_eq!(cyclic, [(Code::EscalationCycle, b.as_str()), (Code::EscalationCycle, c.as_str())]);
}

#[test]
fn a_ladder_may_stay_level_but_not_go_down() {
    let level = LINUX.replace("risk = \"destructive\"", "risk = \"change\"");
    assert_eq!(lint(&with(&level, WINDOWS).load(), &standards()), []);
    let down = level.replacen("risk = \"change\"", "risk = \"destructive\"", 1);
    let findings = lint(&with(&down, WINDOWS).load(), &standards());
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].code, Code::EscalationRiskLower);
    assert_eq!(findings[0].line, line_of(&down, "action = \"svc-kill\""));
}

#[test]
fn the_operators_list_decides_what_reads() {
    let loaded = with(LINUX, WINDOWS).load();
    let reads = ReadList::new(&["ls /run/svc"]);
    let findings = lint(&loaded, &Standards { reads, ..standards() });
    let codes: Vec<_> = findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::ReadNotBelieved, Code::VerifyNotReading]);
    assert_eq!(loaded.articles.len(), 2);
}

#[test]
fn an_article_tagged_runbook_needs_the_headings_even_without_actions() {
    let plain = super::article("linux-service", "Text.\n");
    assert_eq!(lint(&with(&plain, WINDOWS).load(), &standards()), []);
    let runbook = plain.replace("[\"disk\"]", "[\"runbook\"]");
    assert_eq!(lint(&with(&runbook, WINDOWS).load(), &standards()).len(), 5);
}

//! One bad article for every code: what is changed in good ones, and where the finding points.

use std::collections::BTreeSet;

use dogwatch::domain::policy::reads::ReadList;
use dogwatch::kb::Code;
use dogwatch::kb::lint::{Standards, lint};

use super::{Folder, standards};

pub const LINUX: &str = include_str!("../../kb/good/linux-service.md");
pub const WINDOWS: &str = include_str!("../../kb/good/windows-service.md");

const VERIFY_KILL: &str = "[verify] # kill\nrun = [\"ps\", \"-p\", \"{pid}\"]\nexpect_exit = [1]\n";

/// A change of one of the good articles and the finding it leads to.
struct Case {
    code: Code,
    /// What is replaced, and by what.
    from: &'static str,
    to: &'static str,
    /// The finding's line is the first that holds this text after the change.
    at: &'static str,
}

const fn case(code: Code, from: &'static str, to: &'static str, at: &'static str) -> Case {
    Case { code, from, to, at }
}

const TEXTS: &[Case] = &[
    case(Code::FrontMatterSyntax, "tags = [", "tags = = [", "tags ="),
    case(Code::FrontMatterMissing, "+++\nid = \"linux-service\"", "id = \"linux-service\"", "id ="),
    case(Code::FieldMissing, "products = [\"Linux\"]\n", "", "id ="),
    case(Code::FieldType, "2026-11-01", "\"2026-11-01\"", "reviewed"),
    case(Code::FieldType, "2026-11-01", "2026-11-01T10:00:00", "reviewed"),
    case(Code::FieldType, "[\"Linux\"]", "[\"Linux\", 6]", "products"),
    case(Code::FieldUnknown, "products =", "author = \"x\"\nproducts =", "author"),
    case(Code::FieldEmpty, "products = [\"Linux\"]", "products = []", "products"),
    case(Code::FieldEmpty, "\"It is slow\"", "\"It is slow\", \" \"", "symptoms"),
    case(Code::HiddenCharacter, "\"It is slow\"", "\"It is\\u202eslow\"", "symptoms"),
    case(Code::HiddenCharacter, "Nothing answers.", "Nothing\u{200b}answers.", "Nothing"),
    case(Code::ArticleIdNotSlug, "id = \"linux-service\"", "id = \"Linux Service\"", "id ="),
    case(Code::IdNotFileName, "id = \"linux-service\"", "id = \"linux-services\"", "id ="),
    case(Code::ReviewedInFuture, "2026-11-01", "2026-12-02", "reviewed"),
    case(Code::NeverReviewed, "2026-11-01", "1970-01-01", "reviewed"),
    case(Code::ReviewOverdue, "2026-11-01", "2025-11-21", "reviewed"),
    case(Code::TitleHeading, "\n# A service hangs\n", "\n# Another title\n", "# Another title"),
    case(Code::TitleHeading, "\n# A service hangs\n", "\n## A service hangs\n", "+++"),
    case(Code::TitleHeading, "## Cause", "# Cause", "# Cause"),
    case(Code::TextBeforeHeading, "+++\n# A service", "+++\nLost.\n# A service", "Lost."),
    case(Code::RunbookHeadingMissing, "## Cause", "## Causes", "+++"),
    case(Code::SectionWithoutText, "See the [cause](#cause) first.\n", "", "## Resolution"),
    case(Code::SectionWithoutText, "Nothing answers.\n", "", "## Symptoms"),
    case(Code::NotQuiteAction, "```action\nid = \"svc-list\"", "```Action\nid = \"svc-list\"", "```Action"),
    case(Code::LinkUnknownArticle, "windows-service.md#cause", "windows-services.md", "windows-services.md"),
    case(Code::LinkUnknownArticle, "windows-service.md#cause", "../windows-service.md", "../windows"),
    case(Code::LinkUnknownAnchor, "windows-service.md#cause", "windows-service.md#causes", "#causes"),
    case(Code::LinkUnknownAnchor, "windows-service.md#cause", "#no-such", "#no-such"),
    case(Code::LinkScheme, "windows-service.md#cause", "javascript:alert(1)", "javascript:"),
    case(Code::LinkScheme, "windows-service.md#cause", "/etc/passwd.md", "/etc/passwd"),
];

const PARAMS: &[Case] = &[
    case(Code::ActionSyntax, "title = \"Stop\"", "titel = \"Stop\"", "titel"),
    case(Code::ActionSyntax, "title = \"Stop\"", "title = \"Stop", "title = \"Stop"),
    case(Code::ActionSyntax, "title = \"Stop\"\n", "", "id = \"svc-stop\""),
    case(Code::ActionSyntax, "timeout_s = 61\n", "powershell = 'x'\ntimeout_s = 61\n", "[[steps]] # stop"),
    case(Code::ActionSyntax, "none = \"It is dead.\"", "none = \"x\"\nrun = [\"ls\"]", "[rollback] # kill"),
    case(Code::ActionIdNotSlug, "id = \"svc-stop\"", "id = \"svc_stop\"", "id = \"svc_stop\""),
    case(Code::ActionIdTwice, "id = \"svc-stop\"", "id = \"svc-kill\"", "id = \"svc-kill\""),
    case(Code::ParamName, "[params.mode]", "[params.Mode]", "[params.Mode]"),
    case(Code::ParamPattern, "'[^/-]{1,20}'", "'[a-z'", "pattern = '[a-z'"),
    case(Code::ParamPattern, "'[^/-]{1,20}'", "'a)|(?:b'", "pattern = 'a)"),
    case(Code::ParamChoices, "choices = [\"soft\", \"hard\"]", "choices = []", "choices = []"),
    case(Code::ParamChoices, "choices = [\"soft\", \"hard\"]\n", "", "[params.mode]"),
    case(Code::ParamChoices, "choices = [\"soft\", \"hard\"]", "choices = [\"soft\", \"soft\"]", "choices"),
    case(
        Code::ParamChoices,
        "type = \"integer\"",
        "type = \"integer\"\nchoices = [\"1\"]",
        "choices = [\"1\"]",
    ),
    case(Code::ParamPromptEmpty, "prompt = \"How\"", "prompt = \" \"", "prompt = \" \""),
    case(Code::ParamExampleMissing, "example = \"web\" # stop\n", "", "[params.name] # stop"),
    case(Code::ParamValueMismatch, "example = \"web\" # stop", "example = \"/web\"", "\"/web\""),
    case(Code::ParamValueMismatch, "default = \"soft\"", "default = \"gentle\"", "\"gentle\""),
    case(Code::ParamUnused, "\"--signal={mode}\", ", "", "[params.mode]"),
    case(Code::ParamUndeclared, "\"--signal={mode}\"", "\"{sig}\", \"{mode}\"", "{sig}"),
    case(Code::ParamUndeclared, "stdin = \"yes {name}\"", "stdin = \"yes {who}\"", "stdin"),
    case(Code::ParamUndeclared, "'{name} stopped'", "'{nam} stopped'", "expect_stdout = '{nam}"),
    case(Code::ParamUndeclared, "with = { name = \"{name}\" }", "with = { name = \"{n}\" }", "{n}"),
    case(Code::PlaceholderUnlikely, "\"--signal={mode}\"", "\"{Mode}\", \"{mode}\"", "{Mode}"),
    case(Code::HiddenCharacter, "\"--signal={mode}\"", "\"--signal={mode}\\u0000\"", "u0000"),
];

const COMMANDS: &[Case] = &[
    case(Code::ActionTitleEmpty, "title = \"Stop\"", "title = \"\"", "title = \"\""),
    case(
        Code::ActionPlatforms,
        "platforms = [\"linux\"] # stop",
        "platforms = [\"linux\", \"linux\"]",
        "\"linux\", \"linux\"",
    ),
    case(Code::TimeoutRange, "timeout_s = 61", "timeout_s = 0", "timeout_s = 0"),
    case(Code::TimeoutRange, "timeout_s = 61", "timeout_s = 3601", "timeout_s = 3601"),
    case(Code::WithinRange, "within_s = 5", "within_s = 601", "within_s = 601"),
    case(Code::ExpectExit, "expect_exit = [0, 3]", "expect_exit = []", "expect_exit = []"),
    case(Code::ExpectExit, "expect_exit = [0, 3]", "expect_exit = [256]", "expect_exit = [256]"),
    case(
        Code::NotApplicableExit,
        "expect_exit = [0, 3]",
        "expect_exit = [0, 3]\nnot_applicable_exit = [4, 3]",
        "not_applicable_exit = [4, 3]",
    ),
    case(
        Code::NotApplicableExit,
        "expect_exit = [0, 3]",
        "not_applicable_exit = [0]",
        "not_applicable_exit = [0]",
    ),
    case(
        Code::NotApplicableExit,
        "[verify] # kill\n",
        "[verify] # kill\nnot_applicable_exit = [256]\n",
        "not_applicable_exit = [256]",
    ),
    case(Code::ExpectStdout, "'{name} stopped'", "'({name} stopped'", "'({name}"),
    case(Code::ProgramRefused, "[\"kill\",", "[\"/bin/kill\",", "/bin/kill"),
    case(Code::ProgramRefused, "[\"kill\",", "[\"python3.11\",", "python3.11"),
    case(Code::ProgramRefused, "[\"kill\",", "[\"{name}\",", "run = [\"{name}\""),
    case(Code::ArgumentLikeOption, "'[^/-]{1,20}'", "'[^/]{1,20}'", "run = [\"svc\""),
    case(
        Code::ProgramPlatform,
        "platforms = [\"linux\"] # stop",
        "platforms = [\"linux\", \"windows\"]",
        "[[steps]] # stop",
    ),
    case(Code::ReadNotBelieved, "run = [\"ps\", \"-ef\"]", "run = [\"psx\"]", "[[steps]] # list"),
    case(
        Code::VerifyNotReading,
        "run = [\"ls\", \"/run/svc\"]",
        "run = [\"touch\", \"/run/svc\"]",
        "[verify] # stop",
    ),
    case(Code::ParamUntied, "[\"ps\", \"-p\", \"{pid}\"]", "[\"ps\", \"-e\"]", "[[steps]] # kill"),
    case(
        Code::VerifyAlone,
        "title = \"Kill\"\n",
        "title = \"Kill\"\nverify_before = \"may hold\"\n",
        "verify_before",
    ),
    case(Code::ExpectStdout, "expect_exit = [1]\n", "expect_no_stdout = '('\n", "expect_no_stdout"),
    case(Code::PatternForShell, "'[^/-]{1,20}'", "'[a-z]{1,20}'", "pattern = '[a-z]"),
    case(Code::PatternForShell, "'[^/-]{1,20}'", "'[a-zü ]{1,20}'", "pattern = '["),
    case(Code::VerifyMissing, VERIFY_KILL, "", "id = \"svc-kill\""),
    case(Code::RollbackMissing, "[rollback] # kill\nnone = \"It is dead.\"\n", "", "id = \"svc-kill\""),
    case(Code::RollbackEmpty, "none = \"It is dead.\"", "none = \"\"", "none = \"\""),
    case(
        Code::VerifyOnRead,
        "timeout_s = 60 # list\n",
        "timeout_s = 60\n[verify]\nrun = [\"uptime\"]\n",
        "[verify]",
    ),
    case(
        Code::RollbackOnRead,
        "timeout_s = 60 # list\n",
        "timeout_s = 60\n[rollback]\nnone = \"x\"\n",
        "[rollback]",
    ),
];

const ESCALATIONS: &[Case] = &[
    case(Code::EscalationUnknown, "action = \"svc-kill\"", "action = \"svc-kil\"", "\"svc-kil\""),
    case(
        Code::EscalationPlatform,
        "platforms = [\"linux\"] # kill",
        "platforms = [\"kvm\"]",
        "action = \"svc-kill\"",
    ),
    case(
        Code::EscalationCycle,
        "none = \"It is dead.\"\n",
        "none = \"It is dead.\"\n[escalates_to]\naction = \"svc-kill\"\nwith = { name = \"{name}\", pid = \"{pid}\" }\n",
        "action = \"svc-kill\"\nwith = { name = \"{name}\", pid",
    ),
    case(
        Code::EscalationParamUnknown,
        "with = { name = \"{name}\" }",
        "with = { name = \"{name}\", x = \"1\" }",
        "x = \"1\"",
    ),
    case(Code::EscalationParamMissing, "find = \"svc-list\"\n", "", "[escalates_to]"),
    case(Code::EscalationValue, "with = { name = \"{name}\" }", "with = { pid = \"{name}\" }", "with = "),
    case(Code::EscalationFind, "find = \"svc-list\"", "find = \"svc-lists\"", "find ="),
    case(Code::EscalationFind, "find = \"svc-list\"", "find = \"svc-stop\"", "find ="),
    case(Code::EscalationFind, "find = \"svc-list\"", "find = \"win-list\"", "find ="),
];

const POWERSHELL: &[Case] = &[
    case(Code::PowershellPlaceholder, "-Name {service} -Force", "-Name '{service}' -Force", "Stop-Service"),
    case(Code::PowershellPlaceholder, "-Name {service} -Force", "-Name \"{service}\" -Force", "Stop-Service"),
    case(Code::PowershellPlaceholder, "-Name {service} -Force", "-Name svc{service} -Force", "Stop-Service"),
    case(Code::PowershellPlaceholder, "-Name {service} -Force", "-Name {service}.exe", "Stop-Service"),
    case(
        Code::PowershellPlaceholder,
        "-Name {service} -Force",
        "-Name {service} # {service} ",
        "Stop-Service",
    ),
    case(Code::PowershellPlaceholder, "-Name {service} -Force", "; & {service}", "Stop-Service"),
    case(Code::PowershellPlaceholder, "-Name {service} -Force", "; . {service}", "Stop-Service"),
    case(
        Code::PowershellPlaceholder,
        "-Name {service} -Force",
        "-Name @\"\n\" {service} \"@",
        "Stop-Service",
    ),
    case(Code::PowershellPlaceholder, "-Name {service} -Force", "\"$( \" {service} \" )\"", "Stop-Service"),
    case(Code::PowershellPlaceholder, "-Name {service} -Force", "--% {service}", "Stop-Service"),
    case(
        Code::PowershellPlaceholder,
        "-Name {service} -Force",
        "\u{2018} {service} \u{2019}",
        "Stop-Service",
    ),
    case(Code::PowershellPlaceholder, "Stop-Service -Name", "Invoke-Expression", "Invoke-Expression"),
    case(
        Code::ProgramPlatform,
        "platforms = [\"windows\"] # stop",
        "platforms = [\"linux\"]",
        "[[steps]] # stop",
    ),
    case(
        Code::ReadNotBelieved,
        "Get-Service | Sort-Object",
        "Get-Service | Stop-Service",
        "[[steps]] # list",
    ),
];

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

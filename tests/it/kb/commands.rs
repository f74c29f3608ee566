//! What may stand in a command, by the rules that lint shares with the planner.

use std::collections::BTreeMap;

use dogwatch::domain::planning::commands::{dash_argument, program_refusal};
use dogwatch::domain::planning::powershell::powershell_refusal;
use dogwatch::domain::policy::reads::ReadList;
use dogwatch::domain::world::action::{Param, ParamType, Program, Step};

fn step(argv: &[&str]) -> Step {
    let argv = argv.iter().map(|argument| (*argument).to_owned()).collect();
    let (stdin, expect_stdout) = (None, None);
    Step {
        program: Program::Run(argv),
        stdin,
        timeout_s: 1,
        expect_exit: vec![0],
        not_applicable_exit: Vec::new(),
        expect_stdout,
        expect_no_stdout: None,
    }
}

fn text(pattern: &str) -> Param {
    Param {
        prompt: "p".to_owned(),
        kind: ParamType::Text,
        choices: Vec::new(),
        default: None,
        pattern: Some(pattern.to_owned()),
        example: None,
    }
}

#[test]
fn a_star_of_the_reading_list_is_data_and_no_option() {
    let reads = ReadList::default();
    assert!(reads.covers(&step(&["vmware-cmd", "{vmx}", "getstate"])));
    assert!(!reads.covers(&step(&["vmware-cmd", "-x", "getstate"])));
}

#[test]
fn a_value_that_may_be_empty_does_not_shield_what_follows_it() {
    let params = BTreeMap::from([
        ("maybe".to_owned(), text("x?")),
        ("word".to_owned(), text("[a-z]+")),
        ("any".to_owned(), text(".*")),
    ]);
    let refused = |argument: &str| {
        let argv = ["ls".to_owned(), argument.to_owned()];
        dash_argument(&argv, &params).map(|(_, name)| name.to_owned())
    };
    assert_eq!(refused("{maybe}-rf").as_deref(), Some("maybe"));
    assert_eq!(refused("{maybe}{any}").as_deref(), Some("any"));
    assert_eq!(refused("{word}-rf"), None);
    assert_eq!(refused("{word}{any}"), None);
    assert_eq!(refused("--name={any}"), None);
}

#[test]
fn programs_that_run_other_programs_are_refused() {
    for program in ["sh", "python3.11", "doas", "nsenter", "flock", "ed", "{x}", "/bin/ls", "", "-x", "a b"] {
        assert!(program_refusal(program).is_some(), "{program}");
    }
    for program in ["ls", "vim-cmd", "vmware-cmd", "virsh", "tee", "kill"] {
        assert!(program_refusal(program).is_none(), "{program}");
    }
}

#[test]
fn a_powershell_value_stands_by_itself() {
    for text in [
        "Stop-Service -Name {x}",
        "Set-Content ('a' + {x} + 'b')",
        "a 'it''s' {x}, {y} | b",
        "\"a `\" b\" {x}",
        "{x}",
    ] {
        assert_eq!(powershell_refusal(text), None, "{text}");
    }
    for text in [
        "'{x}'",
        "' {x} '",
        "\" {x} \"",
        "a{x}",
        "{x}{y}",
        "{x}b",
        "# {x}",
        "<# #> {x}",
        "@' \n' {x}\n'@",
        "\"$( \" {x} \" )\"",
        "a --% {x}",
        "& {x}",
        ". {x}",
        "`{x}",
        "iex {x}",
        "cmd /c {x}",
        "@{x}",
    ] {
        assert!(powershell_refusal(text).is_some(), "{text}");
    }
}

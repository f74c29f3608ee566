//! What may stand in a command.

use crate::domain::planning::commands::{dash_argument, program_refusal};
use crate::domain::policy::reads::ReadList;
use crate::domain::testing::{step, text_param};
use crate::domain::world::action::{Param, ParamType, Params, Program, Step};

fn params(name: &str, param: Param) -> Params {
    Params::from([(name.to_owned(), param)])
}

fn like_option(argv: &[&str], param: Param) -> bool {
    let argv: Vec<_> = argv.iter().map(|word| (*word).to_owned()).collect();
    dash_argument(&argv, &params("x", param)).is_some()
}

#[test]
fn programs_that_do_the_work_are_taken() {
    for program in ["ls", "virsh", "vmware-cmd", "vim-cmd", "esxcli", "qemu-img", "kill", "mkfs.ext4"] {
        assert_eq!(program_refusal(program), None);
    }
}

#[test]
fn interpreters_are_refused_with_and_without_a_version() {
    let programs =
        ["sh", "bash", "dash", "python", "python3", "python3.12", "perl5.36", "lua5.4", "env", "xargs"];
    for program in programs {
        assert!(program_refusal(program).is_some_and(|why| why.contains("interpreter")), "{program}");
    }
}

#[test]
fn value_that_could_be_an_option_needs_the_end_of_options_before_it() {
    assert!(like_option(&["rm", "{x}"], text_param(None)));
    assert!(like_option(&["rm", "{x}y"], text_param(None)));
    assert!(like_option(&["rm", "{x}", "--"], text_param(None)));
    assert!(!like_option(&["rm", "--", "{x}"], text_param(None)));
    assert!(!like_option(&["rm", "a{x}"], text_param(None)));
}

#[test]
fn pattern_that_admits_no_dash_at_the_start_needs_no_end_of_options() {
    for pattern in ["[a-z].*", "^[a-z-]+$", "(?:-)?a", "[^a]", ".*", "a|-b", "(?i)[+-/]x"] {
        let admits = regex::Regex::new(&format!(r"\A(?:{pattern})\z"))
            .is_ok_and(|regex| ["-", "-a", "-b", "-x", "--"].iter().any(|value| regex.is_match(value)));
        assert_eq!(like_option(&["rm", "{x}"], text_param(Some(pattern))), admits, "{pattern}");
    }
}

#[test]
fn pattern_that_cannot_be_read_counts_as_one_that_admits_a_dash() {
    for pattern in ["(", r"\b[a-z]+"] {
        assert!(like_option(&["rm", "{x}"], text_param(Some(pattern))), "{pattern}");
    }
}

#[test]
fn what_follows_a_value_that_may_be_empty_begins_the_argument() {
    assert!(like_option(&["rm", "{x}-rf"], text_param(Some("[a-z]*"))));
    assert!(!like_option(&["rm", "{x}-rf"], text_param(Some("[a-z]+"))));
}

#[test]
fn paths_and_integers_are_never_options_and_choices_only_if_they_say_so() {
    let of = |kind, choices: &[&str]| Param {
        kind,
        choices: choices.iter().map(|choice| (*choice).to_owned()).collect(),
        ..text_param(None)
    };
    assert!(!like_option(&["rm", "{x}"], of(ParamType::Path, &[])));
    assert!(!like_option(&["rm", "{x}"], of(ParamType::Integer, &[])));
    assert!(!like_option(&["rm", "{x}"], of(ParamType::Choice, &["soft", "hard"])));
    assert!(like_option(&["rm", "{x}"], of(ParamType::Choice, &["soft", "-f"])));
}

#[test]
fn list_covers_its_entries_and_nothing_else() {
    let list = ReadList::default();
    for argv in [&["df", "-h"][..], &["df"], &["virsh", "dominfo", "{x}"], &["vmware-cmd", "{x}", "getstate"]]
    {
        assert!(list.covers(&step(argv)), "{argv:?}");
    }
    let others = [
        &["virsh"][..],
        &["virsh", "dominfo"],
        &["virsh", "dominfo", "{x}", "y"],
        &["virsh", "dominfo", "--x"],
        &["virsh", "destroy", "{x}"],
        &["vmware-cmd", "{x}", "stop"],
        &["vm-support", "-X"],
        &["journalctl", "--vacuum-size=1"],
        &["{x}", "getstate"],
        &["cat", "/etc/shadow"],
        &["grep", "-r", ".", "/root"],
        &["ps", "eww"],
        &[],
    ];
    for argv in others {
        assert!(!list.covers(&step(argv)), "{argv:?}");
    }
}

#[test]
fn no_entry_believes_every_program() {
    let list = ReadList::new(&["...", "* ...", "*", ""]);
    for argv in [&["rm"][..], &["rm", "-rf"], &["rm", "-rf", "/"]] {
        assert!(!list.covers(&step(argv)), "{argv:?}");
    }
}

#[test]
fn operators_list_replaces_the_default_one() {
    let list = ReadList::new(&["uname -a"]);
    assert!(list.covers(&step(&["uname", "-a"])) && !list.covers(&step(&["cat", "/x"])));
    assert_eq!(list.entries(), ["uname -a"]);
}

#[test]
fn powershell_reads_only_as_a_pipeline_of_known_cmdlets() {
    let covers = |text: &str| {
        ReadList::default().covers(&Step { program: Program::PowerShell(text.to_owned()), ..step(&[]) })
    };
    assert!(covers("Get-Service | Sort-Object -Property Status, DisplayName | Format-Table -AutoSize"));
    assert!(covers("Get-Content -LiteralPath {path}"));
    let others = [
        "Stop-Service x",
        "Get-Service | Stop-Service",
        "Get-Service; Stop-Service x",
        "Get-Service\nStop-Service x",
        "Get-Content (Stop-Service x)",
        "Get-Content $(Stop-Service x)",
        "Get-Service & Stop-Service x",
        "Get-Content x > y",
        "Get-Service | Select-Object { Stop-Service x }",
        "{path}",
        "",
    ];
    for text in others {
        assert!(!covers(text), "{text}");
    }
}

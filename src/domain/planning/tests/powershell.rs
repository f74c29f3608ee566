//! `PowerShell`: the command line decodes to the script that was meant, and values stay data.

use base64::Engine as _;

use crate::domain::plan::Plan;
use crate::domain::planning::planner::plan;
use crate::domain::planning::powershell::powershell_refusal;
use crate::domain::planning::tests::wish;
use crate::domain::testing::{action, catalogue, step, text_param};
use crate::domain::world::action::{Program, Risk, Step};
use crate::domain::world::host::Platform;

fn planned(text: &str, value: &str) -> Result<Plan, &'static str> {
    let mut catalogue = catalogue();
    let script = Step { program: Program::PowerShell(text.to_owned()), ..step(&[]) };
    let mut action = action("win", Risk::Change, vec![script]);
    action.platforms = vec![Platform::Windows];
    action.params.insert("domain".to_owned(), text_param(None));
    catalogue.article_mut().actions.push(action);
    plan(&catalogue, &wish("win", &[("domain", value)], &["win1"])).map_err(|refusal| refusal.code)
}

/// The script that a Windows host would read.
fn script(text: &str, value: &str) -> String {
    let plan = planned(text, value).unwrap();
    let argv = &plan.hosts[0].steps[0].argv;
    assert_eq!(argv[..4], ["powershell", "-NoProfile", "-NonInteractive", "-EncodedCommand"]);
    let bytes = base64::engine::general_purpose::STANDARD.decode(&argv[4]).unwrap();
    let units: Vec<_> = bytes.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    String::from_utf16(&units).unwrap()
}

#[test]
fn golden_command_line() {
    // python3: base64.b64encode("Stop-Service -Name 'x'".encode("utf-16-le"))
    let plan = planned("Stop-Service -Name {domain}", "x").unwrap();
    assert_eq!(
        plan.hosts[0].steps[0].argv[4],
        "UwB0AG8AcAAtAFMAZQByAHYAaQBjAGUAIAAtAE4AYQBtAGUAIAAnAHgAJwA="
    );
}

#[test]
fn value_becomes_one_literal_with_every_kind_of_quote_doubled() {
    let cases = [
        ("it's", "'it''s'"),
        (
            "a\u{2018}b\u{2019}c\u{201a}d\u{201b}e",
            "'a\u{2018}\u{2018}b\u{2019}\u{2019}c\u{201a}\u{201a}d\u{201b}\u{201b}e'",
        ),
        ("\"$(x)`n {domain} \u{201c}", "'\"$(x)`n {domain} \u{201c}'"),
        ("", "''"),
        ("🦀", "'🦀'"),
    ];
    for (value, literal) in cases {
        assert_eq!(
            script("Get-Service -Name {domain} | Format-List", value),
            format!("Get-Service -Name {literal} | Format-List")
        );
    }
}

#[test]
fn placeholder_that_would_be_code_is_refused() {
    let texts = [
        "Get-Service '{domain}'",
        "Get-Service \"{domain}\"",
        "Get-Service \"a {domain} b\"",
        "Get-Service 'a {domain} b'",
        "Get-Service \u{201c} {domain} \u{201d}",
        "Get-Service \u{2018} {domain} \u{2019}",
        "Get-Service \"$( \" {domain} \" )\"",
        "# don't\nGet-Service ' {domain} '",
        "Get-Service @'\n {domain} \n'@",
        "Get-Service `{domain}",
        "Get-Service ${domain}",
        "Get-Service {domain}{domain}",
        "Get-Service 'a'{domain}",
        "Get-Service {domain}'a'",
        "& {domain}",
        ". {domain}",
        "icacls --% {domain}",
        "Invoke-Expression {domain}",
        "Get-Content x | iex",
    ];
    for text in texts {
        assert!(powershell_refusal(text).is_some(), "{text}");
        assert_eq!(planned(text, "x").unwrap_err(), "powershell_refused", "{text}");
    }
}

#[test]
fn placeholder_that_stands_by_itself_is_taken() {
    for text in [
        "{domain}",
        "Get-Service 'it''s' {domain}",
        "Set-X ('a' + {domain} + \"b\") | Format-List",
        "F({domain},1)",
    ] {
        assert_eq!(powershell_refusal(text), None, "{text}");
    }
}

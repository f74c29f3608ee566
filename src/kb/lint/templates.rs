//! Placeholders: each has a parameter, each parameter is used, and nothing invisible is hidden
//! behind an escape.

use std::collections::BTreeSet;

use super::commands::verifications;
use super::scope::Scope;
use crate::domain::text::is_invisible;
use crate::domain::world::action::{Action, Part, Program, Rollback, Step, parts};
use crate::kb::finding::{Code, Finding};

/// What kind of text a template is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// One argument.
    Argument,
    /// A text of several lines.
    Lines,
    /// A regular expression.
    Pattern,
    /// Not a template.
    Words,
}

/// Checks every text of an action.
pub(super) fn check(scope: &Scope<'_>, findings: &mut Vec<Finding>) {
    let action = scope.action;
    let mut used = BTreeSet::new();
    for (key, kind, text) in texts(action) {
        if let Some(hidden) = text.chars().find(|c| is_hidden(kind, *c)) {
            let message = format!("it holds the character U+{:04X}, which can't be seen", u32::from(hidden));
            let advice = "remove it; what people read must be what runs";
            findings.push(scope.find(&key, Code::HiddenCharacter, message, advice));
        }
        if kind == Kind::Words {
            continue;
        }
        for part in parts(text) {
            match part {
                Part::Placeholder(name) if !action.params.contains_key(name) => {
                    let message = format!("{{{name}}} stands for no parameter");
                    let advice = format!("declare [params.{name}] or name one that is declared");
                    findings.push(scope.find(&key, Code::ParamUndeclared, message, advice));
                }
                Part::Placeholder(name) => {
                    used.insert(name);
                }
                Part::Literal(literal) if kind == Kind::Argument => {
                    findings.extend(unlikely(literal).map(|braces| {
                        let message = format!("{braces} is passed on as it is, not as a parameter");
                        let advice = "names of parameters are lowercase letters, digits and _";
                        scope.find(&key, Code::PlaceholderUnlikely, message, advice)
                    }));
                }
                Part::Literal(_) => {}
            }
        }
    }
    for name in action.params.keys().filter(|name| !used.contains(name.as_str())) {
        let message = format!("the parameter {name} is never used");
        let advice = format!("use {{{name}}} or remove [params.{name}]");
        findings.push(scope.find(&format!("params.{name}"), Code::ParamUnused, message, advice));
    }
}

fn is_hidden(kind: Kind, c: char) -> bool {
    let several_lines = matches!(kind, Kind::Lines) && matches!(c, '\n' | '\t' | '\r');
    is_invisible(c) || (c.is_control() && !several_lines)
}

/// Braces around something that looks like a name and is none.
fn unlikely(literal: &str) -> Option<String> {
    let name = literal.split('{').skip(1).find_map(|rest| {
        let (name, _) = rest.split_once('}')?;
        let wordy = name.chars().all(|c| c.is_ascii_alphanumeric() || "_- ".contains(c));
        (wordy && name.chars().any(char::is_alphabetic)).then_some(name)
    });
    name.map(|name| format!("{{{name}}}"))
}

/// Every text of an action with its key.
fn texts(action: &Action) -> Vec<(String, Kind, &str)> {
    let mut texts = vec![("title".to_owned(), Kind::Words, action.title.as_str())];
    for (name, param) in &action.params {
        texts.push((format!("params.{name}.prompt"), Kind::Words, &param.prompt));
    }
    for (i, step) in action.steps.iter().enumerate() {
        step_texts(&format!("steps.{i}"), step, &mut texts);
    }
    for (key, verify) in verifications(action) {
        step_texts(&key, &verify.step, &mut texts);
    }
    match &action.rollback {
        Some(Rollback::None(why)) => texts.push(("rollback.none".to_owned(), Kind::Words, why)),
        Some(Rollback::Step { step, .. }) => step_texts("rollback", step, &mut texts),
        None => {}
    }
    if let Some(escalation) = &action.escalates_to {
        for (name, template) in &escalation.with {
            texts.push((format!("escalates_to.with.{name}"), Kind::Argument, template));
        }
    }
    texts
}

fn step_texts<'a>(key: &str, step: &'a Step, texts: &mut Vec<(String, Kind, &'a str)>) {
    match &step.program {
        Program::Run(argv) => {
            for (i, argument) in argv.iter().enumerate() {
                texts.push((format!("{key}.run.{i}"), Kind::Argument, argument));
            }
        }
        Program::PowerShell(text) => texts.push((format!("{key}.powershell"), Kind::Lines, text)),
    }
    if let Some(stdin) = &step.stdin {
        texts.push((format!("{key}.stdin"), Kind::Lines, stdin));
    }
    if let Some(pattern) = &step.expect_stdout {
        texts.push((format!("{key}.expect_stdout"), Kind::Pattern, pattern));
    }
    if let Some(pattern) = &step.expect_no_stdout {
        texts.push((format!("{key}.expect_no_stdout"), Kind::Pattern, pattern));
    }
}

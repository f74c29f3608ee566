//! Parameters: names, patterns, choices, and values that fit them.

use std::collections::BTreeSet;

use regex::Regex;

use super::scope::Scope;
use crate::domain::planning::values::mismatch;
use crate::domain::world::action::{CHOICES_MAX, PARAMS_MAX, Param, ParamType, is_param_name};
use crate::kb::finding::{Code, Finding};

/// Declarations that would let a wrong value through or none at all.
pub(super) fn check_declarations(scope: &Scope<'_>, findings: &mut Vec<Finding>) {
    let params = &scope.action.params;
    if params.len() > PARAMS_MAX {
        let message = format!("{} parameters; {PARAMS_MAX} is the limit", params.len());
        findings.push(scope.find("params", Code::TooManyParams, message, "split the action"));
    }
    for (name, param) in params.iter().take(PARAMS_MAX) {
        let key = format!("params.{name}");
        if !is_param_name(name) {
            let message = format!("no placeholder can name the parameter {name:?}");
            let advice = "begin with a lowercase letter, go on with those, digits and _";
            findings.push(scope.find(&key, Code::ParamName, message, advice));
        }
        if let Some(error) = param.pattern.as_deref().and_then(pattern_error) {
            let message = format!("the pattern of {name} does not compile: {error}");
            let advice = "correct it; it is a regular expression of Rust's regex crate";
            findings.push(scope.find(&format!("{key}.pattern"), Code::ParamPattern, message, advice));
        }
        if let Some(message) = choices_fault(param) {
            let message = format!("{name} {message}");
            let advice = "give a `choice` its `choices = [...]`, each once, and no other type any";
            findings.push(scope.find(&format!("{key}.choices"), Code::ParamChoices, message, advice));
        }
    }
}

/// Whether a pattern works alone and as the planner uses it, around the whole value: `a)|(b` does
/// one without the other.
fn pattern_error(pattern: &str) -> Option<String> {
    let whole = format!(r"\A(?:{pattern})\z");
    [pattern, &whole].into_iter().find_map(|pattern| Regex::new(pattern).err()).map(|error| last_line(&error))
}

/// The last line of a regular expression's error says what is wrong; those before it draw it.
pub(super) fn last_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let line = text.lines().last().unwrap_or_default();
    line.trim().trim_start_matches("error: ").to_owned()
}

/// What people and tools put into names, and what only a shell would mind.
const IN_NAMES: [char; 3] = [' ', '(', 'ü'];

/// A name that the pattern of a parameter refuses, if the parameter takes names: where its example has a letter,
/// any other would do.
fn name_refused(param: &Param) -> Option<String> {
    param.pattern.as_ref()?;
    let example = param.example.as_deref()?;
    let with = |at: usize, c: char| {
        let (before, after) = example.split_at(at + 1);
        format!("{before}{c}{after}")
    };
    let takes = |value: &str| mismatch(param, value).is_none();
    let inner = example.char_indices().skip(1).filter(|(_, c)| c.is_ascii_lowercase());
    let free = inner.map(|(at, _)| at).filter(|at| "bmy".chars().all(|c| takes(&with(*at, c))));
    let at = free.last()?;
    IN_NAMES.into_iter().map(|c| with(at, c)).find(|value| !takes(value))
}

fn choices_fault(param: &Param) -> Option<&'static str> {
    let distinct: BTreeSet<_> = param.choices.iter().collect();
    match param.kind {
        ParamType::Choice if param.choices.is_empty() => Some("is a choice without choices"),
        ParamType::Choice if param.choices.len() > CHOICES_MAX => Some("has more than 100 choices"),
        ParamType::Choice if distinct.len() < param.choices.len() => Some("has a choice twice"),
        ParamType::Choice if param.choices.iter().any(|choice| choice.trim().is_empty()) => {
            Some("has an empty choice")
        }
        ParamType::Choice => None,
        _ if param.choices.is_empty() => None,
        _ => Some("has choices and is no choice"),
    }
}

/// Hints that would mislead whoever is asked for a value.
pub(super) fn check_values(scope: &Scope<'_>, findings: &mut Vec<Finding>) {
    for (name, param) in scope.action.params.iter().take(PARAMS_MAX) {
        let key = format!("params.{name}");
        if param.prompt.trim().is_empty() {
            let message = format!("{name} does not say what to ask for");
            let advice = "write the prompt as you would ask a colleague";
            findings.push(scope.find(&format!("{key}.prompt"), Code::ParamPromptEmpty, message, advice));
        }
        let hinted = param.example.is_some() || param.default.is_some() || param.kind == ParamType::Choice;
        if !hinted {
            let message = format!("{name} has neither an example nor a default");
            let advice = "add `example = \"...\"` with a value that works";
            findings.push(scope.find(&key, Code::ParamExampleMissing, message, advice));
        }
        if let Some(refused) = name_refused(param) {
            let message = format!("{name} takes names, but refuses one such as {refused:?}");
            let advice = "a value is one argument and no shell reads it: refuse what the tool itself would misread, \
                          such as a `/` or a leading `-`, and take spaces, brackets and other letters";
            findings.push(scope.find(&format!("{key}.pattern"), Code::PatternForShell, message, advice));
        }
        let choices = param.choices.iter().take(CHOICES_MAX).map(|choice| ("choices", Some(choice)));
        let given = [("example", param.example.as_ref()), ("default", param.default.as_ref())];
        for (field, value) in given.into_iter().chain(choices) {
            let Some((value, expected)) = value.and_then(|value| Some((value, mismatch(param, value)?)))
            else {
                continue;
            };
            let message = format!("the {field} {value:?} of {name} is refused: it expects {expected}");
            let advice = format!("correct the {field} or the parameter");
            findings.push(scope.find(&format!("{key}.{field}"), Code::ParamValueMismatch, message, advice));
        }
    }
}

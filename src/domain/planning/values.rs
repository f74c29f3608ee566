//! The values of parameters: checked against what the article declares, and filled into a template.
//!
//! Invariant: a value is data. What is refused here reaches no host.

use std::collections::BTreeMap;

use regex::Regex;

use super::usage::usage;
use crate::domain::policy::catalogue::{ambiguous, named};
use crate::domain::refusal::Refusal;
use crate::domain::text::{is_invisible, is_like_a_space, spelled};
use crate::domain::world::action::{Action, PARAM_LEN_MAX, Param, ParamType, Part, parts};

pub(super) type Values = BTreeMap<String, String>;

pub(super) fn checked_values(action: &Action, given: &Values) -> Result<Values, Refusal> {
    let hint = || format!("Expected: {}", usage(action));
    let given = named_values(action, given)?;
    let mut values = Values::new();
    for (name, param) in &action.params {
        let value = given.get(name.as_str()).copied().or(param.default.as_ref()).ok_or_else(|| {
            Refusal::new("missing_parameter", format!("`{}` needs {name}: {}", action.id, param.prompt))
                .hint(hint())
        })?;
        if let Some(expected) = mismatch(param, value) {
            let value = spelled(&format!("{value:?}"));
            let message = format!("{name}={value} is not what `{}` takes: {expected}", action.id);
            return Err(Refusal::new("bad_parameter", message).hint(format!("{}. {}", param.prompt, hint())));
        }
        values.insert(name.clone(), value.clone());
    }
    Ok(values)
}

/// The values under the names that the action declares, whatever the case of those given.
fn named_values<'a>(action: &'a Action, given: &'a Values) -> Result<BTreeMap<&'a str, &'a String>, Refusal> {
    let mut values = BTreeMap::new();
    for (typed, value) in given {
        let name = named(typed, action.params.keys(), |name| name.as_str());
        let name = name.map_err(|several| ambiguous("parameter", typed, &several))?.ok_or_else(|| {
            let message = format!("`{}` has no parameter `{typed}`", action.id);
            Refusal::new("unknown_parameter", message).hint(format!("Expected: {}", usage(action)))
        })?;
        if values.insert(name.as_str(), value).is_some() {
            return Err(Refusal::new("bad_command", format!("{name} is given twice")));
        }
    }
    Ok(values)
}

/// What the parameter expects, if the value is not that.
pub fn mismatch(param: &Param, value: &str) -> Option<String> {
    if value.chars().count() > PARAM_LEN_MAX {
        return Some(format!("at most {PARAM_LEN_MAX} characters"));
    }
    if value.chars().any(|c| c.is_control() || is_invisible(c)) {
        return Some("no control or invisible characters".to_owned());
    }
    if value.chars().any(is_like_a_space) {
        return Some("no other space than the plain one".to_owned());
    }
    let expected = match param.kind {
        ParamType::Text => None,
        ParamType::Path => {
            let plain = value.starts_with('/') && value.split('/').all(|name| name != "..");
            (!plain).then(|| "an absolute path without `..`".to_owned())
        }
        ParamType::Integer => {
            let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
            (!digits).then(|| "digits".to_owned())
        }
        ParamType::Choice => (!param.choices.iter().any(|choice| choice == value))
            .then(|| format!("one of {}", param.choices.join(", "))),
    };
    expected.or_else(|| {
        let pattern = param.pattern.as_deref()?;
        let matches = whole(pattern).is_some_and(|regex| regex.is_match(value));
        (!matches).then(|| format!("something that matches {pattern}"))
    })
}

/// The expression that a whole value must match; none if `pattern` is no expression by itself:
/// `a)|(?:b` would otherwise break out of the anchors and match anything that holds a `b`.
fn whole(pattern: &str) -> Option<Regex> {
    Regex::new(pattern).ok()?;
    Regex::new(&format!(r"\A(?:{pattern})\z")).ok()
}

/// A template with every placeholder replaced. Values are inserted once and never looked at again,
/// so a value that holds `{name}` stays as it is.
pub fn filled(template: &str, values: &Values, write: impl Fn(&str) -> String) -> String {
    parts(template)
        .into_iter()
        .map(|part| match part {
            Part::Literal(text) => text.to_owned(),
            Part::Placeholder(name) => {
                values.get(name).map_or_else(|| format!("{{{name}}}"), |value| write(value))
            }
        })
        .collect()
}

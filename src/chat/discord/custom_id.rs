//! What a button or a form says to the bot when it is used: a press as text, and back.
//!
//! Invariant: at most 100 ASCII characters, and a version in front: a button in a message outlives
//! the release that sent it. What this release cannot read is an error that says why, never a guess.
//!
//! Shape: `1:run:ACTION:PREFIX`, `1:right:a1:PREFIX`, `1:approve:r1:PREFIX`. A press and a filled form
//! come in interactions of different types, so they share their words.

use crate::domain::id::{ActionId, Prefix, is_slug};
use crate::domain::say::button::{AnswerPress, Press, RequestPress};
use crate::domain::say::form::Submit;

/// The version this release writes.
const VERSION: &str = "1";

/// Why a press cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CustomIdError {
    /// Another release wrote it.
    #[error("version `{0}` of a button is unknown here: the message is from another release")]
    Version(String),
    /// This version has no such kind.
    #[error("a button of the kind `{0}` is unknown here: the message is from a newer release")]
    Kind(String),
    /// It has the wrong shape, or an id in it is none.
    #[error("a button with a damaged reference: {0}")]
    Malformed(String),
}

/// The custom id of a button.
pub fn from_press(press: &Press) -> String {
    match press {
        Press::Run(action, prefix) => joined("run", slug(action), *prefix),
        Press::Answer(kind, answer, prefix) => {
            let kind = match kind {
                AnswerPress::Right => "right",
                AnswerPress::Wrong => "wrong",
                AnswerPress::More => "more",
            };
            joined(kind, answer, *prefix)
        }
        Press::Request(kind, request, prefix) => {
            let kind = match kind {
                RequestPress::Approve => "approve",
                RequestPress::Deny => "deny",
                RequestPress::Plan => "plan",
                RequestPress::Cancel => "cancel",
                RequestPress::Next => "next",
                RequestPress::Find => "find",
                RequestPress::Settle => "settle",
            };
            joined(kind, request, *prefix)
        }
    }
}

/// The press that a custom id stands for.
pub fn to_press(custom_id: &str) -> Result<Press, CustomIdError> {
    let Reference { kind, id, prefix } = reference(custom_id)?;
    let answer = |kind| Ok(Press::Answer(kind, parsed(id)?, prefix));
    let request = |kind| Ok(Press::Request(kind, parsed(id)?, prefix));
    match kind {
        "run" => Ok(Press::Run(action(id)?, prefix)),
        "right" => answer(AnswerPress::Right),
        "wrong" => answer(AnswerPress::Wrong),
        "more" => answer(AnswerPress::More),
        "approve" => request(RequestPress::Approve),
        "deny" => request(RequestPress::Deny),
        "plan" => request(RequestPress::Plan),
        "cancel" => request(RequestPress::Cancel),
        "next" => request(RequestPress::Next),
        "find" => request(RequestPress::Find),
        "settle" => request(RequestPress::Settle),
        other => Err(CustomIdError::Kind(shortened(other))),
    }
}

/// The custom id of a form.
pub fn from_submit(submit: &Submit) -> String {
    match submit {
        Submit::Run(action, prefix) => joined("run", slug(action), *prefix),
        Submit::Deny(request, prefix) => joined("deny", request, *prefix),
        Submit::Settle(request, prefix) => joined("settle", request, *prefix),
    }
}

/// What a filled form with this custom id is for.
pub fn to_submit(custom_id: &str) -> Result<Submit, CustomIdError> {
    let Reference { kind, id, prefix } = reference(custom_id)?;
    match kind {
        "run" => Ok(Submit::Run(action(id)?, prefix)),
        "deny" => Ok(Submit::Deny(parsed(id)?, prefix)),
        "settle" => Ok(Submit::Settle(parsed(id)?, prefix)),
        other => Err(CustomIdError::Kind(shortened(other))),
    }
}

struct Reference<'a> {
    kind: &'a str,
    id: &'a str,
    prefix: Prefix,
}

fn joined(kind: &str, id: impl std::fmt::Display, prefix: Prefix) -> String {
    format!("{VERSION}:{kind}:{id}:{prefix}")
}

/// The id of an action; of one that no article can declare, what reads back as damaged.
fn slug(action: &ActionId) -> &str {
    if is_slug(action.as_str()) { action.as_str() } else { "?" }
}

fn reference(custom_id: &str) -> Result<Reference<'_>, CustomIdError> {
    let mut parts = custom_id.split(':');
    let (version, kind) = (parts.next().unwrap_or_default(), parts.next());
    if version != VERSION {
        return Err(CustomIdError::Version(shortened(version)));
    }
    let (Some(kind), Some(id), Some(prefix), None) = (kind, parts.next(), parts.next(), parts.next()) else {
        return Err(CustomIdError::Malformed(shortened(custom_id)));
    };
    Ok(Reference { kind, id, prefix: parsed(prefix)? })
}

fn action(id: &str) -> Result<ActionId, CustomIdError> {
    if is_slug(id) { Ok(ActionId::from(id)) } else { Err(CustomIdError::Malformed(shortened(id))) }
}

/// An id in its one spelling: `r01` is none.
fn parsed<T: std::str::FromStr + ToString>(text: &str) -> Result<T, CustomIdError> {
    match text.parse::<T>() {
        Ok(id) if id.to_string() == text => Ok(id),
        _ => Err(CustomIdError::Malformed(shortened(text))),
    }
}

/// Enough of a text to recognise it by in a message, without its hidden characters.
fn shortened(text: &str) -> String {
    let beginning: String = text.chars().take(40).collect();
    super::escape::plain(&beginning)
}

#[cfg(test)]
mod tests;

//! Buttons: a reference to what was shown, and nothing else.
//!
//! Invariant: a button holds a kind, an id, and the beginning of the digest of what was shown. What it
//! refers to stands in the record, so it works after a restart, on an old message, from any client.

use serde::{Deserialize, Serialize};

use super::line::Untrusted;
use crate::domain::id::{ActionId, AnswerId, Prefix, RequestId};

/// What a button asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Press {
    /// The form of an action, as the article of this revision declares it.
    Run(ActionId, Prefix),
    /// Something about an answer to this question.
    Answer(AnswerPress, AnswerId, Prefix),
    /// Something about the request with this plan.
    Request(RequestPress, RequestId, Prefix),
}

/// What a button on an answer asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerPress {
    /// It was the right one.
    Right,
    /// It was not.
    Wrong,
    /// What else the knowledge base has.
    More,
}

/// What a button on a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestPress {
    /// Says yes.
    Approve,
    /// The form that says no.
    Deny,
    /// The whole plan and all that became of it.
    Plan,
    /// Gives it up, or stops it.
    Cancel,
    /// The form of the next rung of the ladder.
    Next,
    /// Runs the reading action that shows what the next rung needs.
    Find,
    /// The form that says how an unknown run ended.
    Settle,
}

/// How much a button weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// What most people are here for.
    Main,
    /// One of several.
    Plain,
    /// Cannot be taken back, or says no.
    Danger,
}

/// A button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// What stands on it.
    pub label: Untrusted,
    /// How much it weighs.
    pub weight: Weight,
    /// What it asks for.
    pub press: Press,
}

impl Button {
    /// A button.
    pub fn new(label: impl Into<String>, weight: Weight, press: Press) -> Self {
        Self { label: Untrusted::new(label), weight, press }
    }
}

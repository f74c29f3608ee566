//! An action as an article declares it, before it is planned for hosts.
//!
//! Invariant: an action holds templates only. What runs is in the plan, where every placeholder
//! has become one argument, byte for byte.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::host::Platform;
use crate::domain::id::ActionId;

/// How much harm an action can do; each is stricter than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Risk {
    /// Looks only.
    Read,
    /// Starts, stops gracefully, creates.
    Change,
    /// Stops hard, kills, removes.
    Destructive,
}

impl fmt::Display for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Change => "change",
            Self::Destructive => "destructive",
        })
    }
}

/// What values a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ParamType {
    /// Any text without control characters.
    Text,
    /// An absolute path without `..` and control characters.
    Path,
    /// Decimal digits.
    Integer,
    /// One of `choices`.
    Choice,
}

/// A declared parameter. Patterns match the whole value.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Param {
    /// What to ask for.
    pub prompt: String,
    /// What values it takes.
    #[serde(rename = "type")]
    pub kind: ParamType,
    /// The values of a `choice`.
    #[serde(default)]
    pub choices: Vec<String>,
    /// The value if none is given.
    pub default: Option<String>,
    /// A regular expression that the whole value must match.
    pub pattern: Option<String>,
    /// A value that works, for hints.
    pub example: Option<String>,
}

/// The parameters of an action by name.
pub type Params = BTreeMap<String, Param>;

/// What a host is asked to do in one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Program {
    /// A program with arguments: `exec argv`, no shell.
    Run(Vec<String>),
    /// A PowerShell text; placeholders become quoted literals.
    PowerShell(String),
}

/// One command template with its limits and what it is expected to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What runs.
    pub program: Program,
    /// What it reads on standard input; `None` is `/dev/null`. May hold placeholders.
    pub stdin: Option<String>,
    /// Seconds until it is stopped.
    pub timeout_s: u32,
    /// The exit codes that count as success.
    pub expect_exit: Vec<i32>,
    /// The exit codes that say that it does not apply here: there is nothing that it could do.
    pub not_applicable_exit: Vec<i32>,
    /// A regular expression that standard output must match; placeholders are escaped.
    pub expect_stdout: Option<String>,
    /// One that it must not match.
    pub expect_no_stdout: Option<String>,
}

/// How to see that the action had its effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verify {
    /// A reading command.
    pub step: Step,
    /// For how many seconds to look again until it holds.
    pub within_s: u32,
}

/// What it means that the verification holds before anything is done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum VerifyBefore {
    /// What the action is for is there already: there is nothing to do.
    #[default]
    #[serde(rename = "must not hold")]
    MustNotHold,
    /// Nothing: it may hold although the action is needed, and so proves nothing after it either.
    #[serde(rename = "may hold")]
    MayHold,
}

impl VerifyBefore {
    /// Whether it is what an action has that says nothing.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// The way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rollback {
    /// There is none, and why.
    None(String),
    /// A command that people may run; it is shown, never run by itself.
    Step {
        /// The command.
        step: Step,
        /// The step from which on there is something to undo, counted from 1; none is the first that
        /// does not only read.
        from_step: Option<usize>,
    },
}

/// The next rung of the ladder, for when this action did not help.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Escalation {
    /// The action to offer.
    pub action: ActionId,
    /// Its parameters, as templates over this action's parameters.
    #[serde(default)]
    pub with: BTreeMap<String, String>,
    /// The reading action that shows what else is needed.
    pub find: Option<ActionId>,
}

/// A typed operation that an article declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Permanent, unique in the knowledge base.
    pub id: ActionId,
    /// For people.
    pub title: String,
    /// Where it works.
    pub platforms: Vec<Platform>,
    /// What the author declares; the planner may raise it, never lower it.
    pub risk: Risk,
    /// By name.
    pub params: Params,
    /// In order; the first that fails ends the run.
    pub steps: Vec<Step>,
    /// At least one unless the risk is `read`; all of them must hold.
    pub verify: Vec<Verify>,
    /// What it means that they hold before step 1.
    pub verify_before: VerifyBefore,
    /// Present unless the risk is `read`.
    pub rollback: Option<Rollback>,
    /// The next rung, if there is one.
    pub escalates_to: Option<Escalation>,
    /// The line of the article on which the block starts, from 1.
    pub line: usize,
}

/// Steps of one action.
pub const STEPS_MAX: usize = 16;
/// Verifications of one action.
pub const VERIFY_MAX: usize = 4;
/// Parameters of one action.
pub const PARAMS_MAX: usize = 16;
/// Values of a choice.
pub const CHOICES_MAX: usize = 100;
/// Seconds that one step may take.
pub const STEP_TIMEOUT_S_MAX: u32 = 3600;
/// Seconds within which a verification may be repeated.
pub const VERIFY_WITHIN_S_MAX: u32 = 600;
/// Seconds that a verification may take where the article is silent.
pub const VERIFY_TIMEOUT_S_DEFAULT: u32 = 30;
/// Characters of a parameter's value.
pub const PARAM_LEN_MAX: usize = 1024;

/// The parts of a template: literal text and placeholders (`{name}`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// Text that stands for itself.
    Literal(&'a str),
    /// A parameter's name.
    Placeholder(&'a str),
}

/// Whether `name` can be a parameter: a lowercase letter, then letters, digits and `_`.
pub fn is_param_name(name: &str) -> bool {
    let tail = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    name.bytes().next().is_some_and(|b| b.is_ascii_lowercase()) && name.bytes().all(tail)
}

/// Splits a template at its placeholders. A brace that encloses no parameter name is literal, so
/// regular expressions (`{2,6}`) and script blocks (`{ $_ }`) need no escape.
pub fn parts(template: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut literal_start, mut at) = (0, 0);
    while let Some(open) = template[at..].find('{').map(|i| at + i) {
        let name = template[open + 1..].split('}').next().unwrap_or_default();
        let close = open + 1 + name.len();
        if !is_param_name(name) || template.as_bytes().get(close) != Some(&b'}') {
            at = open + 1;
            continue;
        }
        if literal_start < open {
            parts.push(Part::Literal(&template[literal_start..open]));
        }
        parts.push(Part::Placeholder(name));
        at = close + 1;
        literal_start = at;
    }
    if literal_start < template.len() {
        parts.push(Part::Literal(&template[literal_start..]));
    }
    parts
}

#[cfg(test)]
mod tests;

//! Whether a command ended as it was expected to.
//!
//! Invariant: what was not seen is not what was not there. An output of which a byte is missing neither
//! matches an expectation nor fails it.

use regex::Regex;

use crate::domain::plan::Command;
use crate::domain::record::run::Output;

/// What an exit code and an output are, beside what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// As expected.
    Met,
    /// Something else, and what.
    Unmet(String),
    /// What says that it does not apply here.
    NotApplicable(String),
    /// Nobody can say, and why.
    NotSeen(String),
}

/// Compares how a command ended with what it was expected to do.
pub fn judge(command: &Command, code: i32, output: &Output) -> Judgement {
    if command.not_applicable_exit.contains(&code) {
        return Judgement::NotApplicable(format!("exit code {code} says that it does not apply here"));
    }
    if !command.expect_exit.contains(&code) {
        let expected: Vec<_> = command.expect_exit.iter().map(ToString::to_string).collect();
        return Judgement::Unmet(format!("exit code {code}, expected {}", expected.join(" or ")));
    }
    let expected = command.expect_stdout.as_deref().map(|pattern| (pattern, true));
    let unexpected = command.expect_no_stdout.as_deref().map(|pattern| (pattern, false));
    for (pattern, expected) in expected.into_iter().chain(unexpected) {
        if let Some(why) = &output.unseen {
            return Judgement::NotSeen(format!(
                "exit code {code}, but whether its standard output matches {pattern} nobody can say: {why}"
            ));
        }
        let Ok(regex) = Regex::new(pattern) else {
            return Judgement::Unmet(format!("the expectation {pattern} is no regular expression"));
        };
        match (regex.is_match(&output.stdout()), expected) {
            (true, true) | (false, false) => {}
            (false, true) => return Judgement::Unmet(format!("standard output does not match {pattern}")),
            (true, false) => return Judgement::Unmet(format!("standard output matches {pattern}")),
        }
    }
    Judgement::Met
}

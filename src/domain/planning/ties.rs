//! Whether what a changing action is given belongs together, and whether anything shows that it worked. Lint and
//! the planner share these rules.
//!
//! Two values that nothing compares can belong to two machines: the one named is verified, the other harmed. So
//! each parameter of a step that changes something stands in a verification, or in a guard, which is a reading
//! step before it that can fail where the value belongs to something else. What one command is given beside a value that is tied is taken for a detail of that: whether it is one, only
//! people can tell.

use std::collections::BTreeSet;

use regex::Regex;

use crate::domain::policy::reads::ReadList;
use crate::domain::world::action::{Action, Part, Program, Rollback, Step, VerifyBefore, parts};

/// What nothing holds together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loose {
    /// A step, by index, is given a parameter that no verification and no guard looks at.
    Untied(usize, String),
    /// Two parameters that never stand in one guard, verification or changing command.
    Apart(String, String),
    /// The verification may hold before, and no changing step shows by its output that it worked.
    Unproven,
}

/// What is loose in an action that changes something; nothing in one that only reads.
pub fn loose(action: &Action, reads: &ReadList) -> Vec<Loose> {
    let Some(first) = action.steps.iter().position(|step| !reads.covers(step)) else { return Vec::new() };
    let mut found = Vec::new();
    let guards: Vec<_> = action.steps[..first].iter().filter(|step| can_fail(step)).map(names).collect();
    let verifications: Vec<_> = action.verify.iter().map(|verify| names(&verify.step)).collect();
    let changing = || action.steps.iter().enumerate().skip(first).filter(|(_, step)| !reads.covers(step));
    let tied: BTreeSet<_> = guards.iter().chain(&verifications).flatten().copied().collect();
    if !action.verify.is_empty() || !guards.is_empty() {
        for (i, step) in changing() {
            let given = names(step);
            // What stands beside a thing that is looked at is a detail of that thing.
            if given.is_disjoint(&tied) {
                found.extend(given.into_iter().map(|name| Loose::Untied(i, name.to_owned())));
            }
        }
    }
    let commands: Vec<_> = changing().map(|(_, step)| names(step)).collect();
    let way_back: BTreeSet<_> = match &action.rollback {
        Some(Rollback::Step { step, .. }) => names(step),
        _ => BTreeSet::new(),
    };
    let meant: BTreeSet<_> =
        commands.iter().chain(&verifications).flatten().chain(&way_back).copied().collect();
    // The way back compares nothing: what it names must hang together without it.
    let together: Vec<_> = guards.into_iter().chain(verifications).chain(commands).collect();
    found.extend(apart(&meant, &together).map(|(one, other)| Loose::Apart(one.to_owned(), other.to_owned())));
    if action.verify_before == VerifyBefore::MayHold && !changing().any(|(_, step)| shows(step)) {
        found.push(Loose::Unproven);
    }
    found
}

/// Whether a guard can say no: one that takes whatever comes compares nothing.
fn can_fail(step: &Step) -> bool {
    step.expect_exit.len() == 1 || shows(step) || step.expect_no_stdout.is_some()
}

/// Whether a step that prints nothing is not as expected.
fn shows(step: &Step) -> bool {
    let Some(template) = step.expect_stdout.as_deref() else { return false };
    let literal = parts(template).into_iter().map(|part| match part {
        Part::Literal(text) => text,
        Part::Placeholder(_) => "x",
    });
    Regex::new(&literal.collect::<String>()).is_ok_and(|pattern| !pattern.is_match(""))
}

/// The first of `meant` that does not hang together with the first of all.
fn apart<'a>(meant: &BTreeSet<&'a str>, together: &[BTreeSet<&'a str>]) -> Option<(&'a str, &'a str)> {
    let first = *meant.first()?;
    let mut reached = BTreeSet::from([first]);
    loop {
        let before = reached.len();
        for group in together {
            if !group.is_disjoint(&reached) {
                reached.extend(group);
            }
        }
        if reached.len() == before {
            break;
        }
    }
    let other = meant.iter().find(|name| !reached.contains(*name))?;
    Some((first, *other))
}

/// The parameters in the texts of a step.
fn names(step: &Step) -> BTreeSet<&str> {
    let program: Vec<&str> = match &step.program {
        Program::Run(argv) => argv.iter().map(String::as_str).collect(),
        Program::PowerShell(text) => vec![text],
    };
    let more = [&step.stdin, &step.expect_stdout, &step.expect_no_stdout];
    let texts = program.into_iter().chain(more.into_iter().flatten().map(String::as_str));
    let named = texts.flat_map(parts).filter_map(|part| match part {
        Part::Placeholder(name) => Some(name),
        Part::Literal(_) => None,
    });
    named.collect()
}

impl Loose {
    /// What is wrong, for people.
    pub fn message(&self) -> String {
        match self {
            Self::Untied(step, name) => format!(
                "step {} is given {name}, but no verification and no step before it looks at {name}: it may \
                 belong to something else",
                step + 1
            ),
            Self::Apart(one, other) => {
                format!("nothing compares {one} with {other}: they may belong to different things")
            }
            Self::Unproven => "its verification may hold before, and no step shows that it worked".to_owned(),
        }
    }

    /// What the author can do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Untied(..) | Self::Apart(..) => {
                "begin with a reading step that names both and fails where they don't belong together"
            }
            Self::Unproven => "give the step that changes something an `expect_stdout`",
        }
    }
}

#[cfg(test)]
mod tests;

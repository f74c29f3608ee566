//! Steps, verification and way back: what runs, within which limits, and what must be there.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use super::params::last_line;
use super::scope::Scope;
use crate::domain::planning::commands::{dash_argument, program_refusal};
use crate::domain::planning::powershell::powershell_refusal;
use crate::domain::planning::ties::{Loose, loose};
use crate::domain::planning::values::filled;
use crate::domain::policy::reads::ReadList;
use crate::domain::world::action::{
    Action, Part, Program, Risk, Rollback, STEP_TIMEOUT_S_MAX, STEPS_MAX, Step, VERIFY_MAX,
    VERIFY_WITHIN_S_MAX, Verify, parts,
};
use crate::domain::world::host::Platform;
use crate::kb::finding::{Code, Finding};
use crate::kb::limits::{TITLE_LEN_MAX, is_long};

/// Arguments of one command, the program included.
const ARGUMENTS_MAX: usize = 64;

/// What must hold before an action may be offered.
pub(super) fn check(scope: &Scope<'_>, findings: &mut Vec<Finding>) {
    let action = scope.action;
    if action.title.trim().is_empty() {
        let advice = "say in a few words what it does";
        findings.push(scope.find("title", Code::ActionTitleEmpty, "its title is empty", advice));
    }
    if is_long(&action.title, TITLE_LEN_MAX) {
        let length = action.title.chars().count();
        let message = format!("its title has {length} characters; {TITLE_LEN_MAX} is the limit");
        findings.push(scope.find("title", Code::TextTooLong, message, "say in a few words what it does"));
    }
    let distinct: BTreeSet<_> = action.platforms.iter().collect();
    if distinct.is_empty() || distinct.len() < action.platforms.len() {
        let advice = "name each platform on which it works once";
        let message = "its platforms are none or name one twice";
        findings.push(scope.find("platforms", Code::ActionPlatforms, message, advice));
    }
    let count = action.steps.len();
    if count == 0 || count > STEPS_MAX {
        let advice = format!("give it 1 to {STEPS_MAX} steps");
        findings.push(scope.find("steps", Code::StepCount, format!("it has {count} steps"), advice));
    }
    for (key, step) in commands(scope) {
        check_program(scope, &key, step, findings);
        check_limits(scope, &key, step, findings);
    }
    for (key, verify) in verifications(action) {
        if verify.within_s > VERIFY_WITHIN_S_MAX {
            let message = format!("within_s = {}", verify.within_s);
            let advice = format!("at most {VERIFY_WITHIN_S_MAX}");
            findings.push(scope.find(&format!("{key}.within_s"), Code::WithinRange, message, advice));
        }
    }
    let count = action.verify.len();
    if count > VERIFY_MAX {
        let message = format!("it has {count} verifications; {VERIFY_MAX} is the limit");
        findings.push(scope.find("verify", Code::VerifyCount, message, "keep those that show the effect"));
    }
    check_presence(scope, findings);
}

/// The verifications of an action with their keys: `[verify]`, or several `[[verify]]`.
pub(super) fn verifications(action: &Action) -> impl Iterator<Item = (String, &Verify)> {
    let several = action.verify.len() > 1;
    let key = move |i| if several { format!("verify.{i}") } else { "verify".to_owned() };
    action.verify.iter().take(VERIFY_MAX).enumerate().map(move |(i, verify)| (key(i), verify))
}

/// Every command of the action with its key.
fn commands<'a>(scope: &Scope<'a>) -> Vec<(String, &'a Step)> {
    let action = scope.action;
    let steps = action.steps.iter().take(STEPS_MAX).enumerate().map(|(i, step)| (format!("steps.{i}"), step));
    let verify = verifications(action).map(|(key, verify)| (key, &verify.step));
    let rollback = action.rollback.iter().filter_map(|rollback| match rollback {
        Rollback::Step { step, .. } => Some(("rollback".to_owned(), step)),
        Rollback::None(_) => None,
    });
    steps.chain(verify).chain(rollback).collect()
}

fn check_program(scope: &Scope<'_>, key: &str, step: &Step, findings: &mut Vec<Finding>) {
    let windows = scope.action.platforms.iter().filter(|platform| **platform == Platform::Windows).count();
    let fits = match &step.program {
        Program::Run(_) => windows == 0,
        Program::PowerShell(_) => windows == scope.action.platforms.len(),
    };
    if !fits {
        let message = "a command of the wrong kind for its platforms";
        let advice = "use `powershell` on windows and `run` everywhere else";
        findings.push(scope.find(key, Code::ProgramPlatform, message, advice));
    }
    match &step.program {
        Program::Run(argv) => {
            let key = format!("{key}.run");
            if argv.len() > ARGUMENTS_MAX {
                let message = format!("{} arguments; {ARGUMENTS_MAX} is the limit", argv.len());
                findings.push(scope.find(&key, Code::TooManyArguments, message, "split the step"));
                return;
            }
            if let Some(why) = program_refusal(argv.first().map(String::as_str).unwrap_or_default()) {
                let advice = "use a program that does one thing, without a shell";
                findings.push(scope.find(&key, Code::ProgramRefused, why, advice));
            }
            if let Some((argument, name)) = dash_argument(argv, &scope.action.params) {
                let message = format!("{name} could begin with `-`, and `{argument}` be taken for an option");
                let advice = "put \"--\" before it, or give the parameter a pattern that can't begin so";
                findings.push(scope.find(&key, Code::ArgumentLikeOption, message, advice));
            }
        }
        Program::PowerShell(text) => {
            if let Some(why) = powershell_refusal(text) {
                let advice = "a value must stay a value, whatever it holds";
                findings.push(scope.find(
                    &format!("{key}.powershell"),
                    Code::PowershellPlaceholder,
                    why,
                    advice,
                ));
            }
        }
    }
}

fn check_limits(scope: &Scope<'_>, key: &str, step: &Step, findings: &mut Vec<Finding>) {
    if !(1..=STEP_TIMEOUT_S_MAX).contains(&step.timeout_s) {
        let message = format!("timeout_s = {}", step.timeout_s);
        let advice = format!("1 to {STEP_TIMEOUT_S_MAX}");
        findings.push(scope.find(&format!("{key}.timeout_s"), Code::TimeoutRange, message, advice));
    }
    if step.expect_exit.is_empty() || step.expect_exit.iter().any(|exit| !exit_exists(&step.program, *exit)) {
        let message = format!("expect_exit = {:?}", step.expect_exit);
        let advice = "give at least one code, each 0 to 255";
        findings.push(scope.find(&format!("{key}.expect_exit"), Code::ExpectExit, message, advice));
    }
    let wrong = |exit: &i32| step.expect_exit.contains(exit) || !exit_exists(&step.program, *exit);
    if step.not_applicable_exit.iter().any(wrong) {
        let message = format!("not_applicable_exit = {:?}", step.not_applicable_exit);
        let advice = "give codes from 0 to 255 that are not in expect_exit, where 0 stands if it is left out";
        findings.push(scope.find(
            &format!("{key}.not_applicable_exit"),
            Code::NotApplicableExit,
            message,
            advice,
        ));
    }
    for (name, pattern) in
        [("expect_stdout", &step.expect_stdout), ("expect_no_stdout", &step.expect_no_stdout)]
    {
        if let Some(error) = pattern.as_deref().and_then(expectation_error) {
            let message = format!("{name} does not compile: {error}");
            let advice = "correct it; it is a regular expression of Rust's regex crate";
            findings.push(scope.find(&format!("{key}.{name}"), Code::ExpectStdout, message, advice));
        }
    }
}

/// A program of a Unix host ends with one byte, one of Windows with 32 bits.
fn exit_exists(program: &Program, exit: i32) -> bool {
    matches!(program, Program::PowerShell(_)) || (0..=255).contains(&exit)
}

/// Values are escaped where they are filled in; the pattern must compile with any.
fn expectation_error(pattern: &str) -> Option<String> {
    ["x", "a.b-[c] (d)"].into_iter().find_map(|value| {
        let placeholders = parts(pattern).into_iter().filter_map(|part| match part {
            Part::Placeholder(name) => Some((name.to_owned(), value.to_owned())),
            Part::Literal(_) => None,
        });
        let values: BTreeMap<_, _> = placeholders.collect();
        Regex::new(&filled(pattern, &values, regex::escape)).err().map(|error| last_line(&error))
    })
}

fn check_presence(scope: &Scope<'_>, findings: &mut Vec<Finding>) {
    let action = scope.action;
    let mut say = |key, code, message, advice| findings.push(scope.find(key, code, message, advice));
    match (action.risk, action.verify.is_empty()) {
        (Risk::Read, false) => {
            let advice = "remove [verify], or declare the risk `change`";
            say("verify", Code::VerifyOnRead, "it only reads and yet has a verification", advice);
        }
        (Risk::Read, true) | (_, false) => {}
        (_, true) => {
            let advice = "add [verify] with a reading command that shows the effect";
            say("id", Code::VerifyMissing, "nothing shows whether it worked", advice);
        }
    }
    match (action.risk, &action.rollback) {
        (Risk::Read, Some(_)) => {
            let advice = "remove [rollback], or declare the risk `change`";
            say("rollback", Code::RollbackOnRead, "it only reads and yet has a way back", advice);
        }
        (_, None) if action.risk != Risk::Read => {
            let advice = "add [rollback] with a command, or `none = \"why\"`";
            say("id", Code::RollbackMissing, "it does not say what the way back is", advice);
        }
        (_, Some(Rollback::None(why))) if why.trim().is_empty() => {
            let advice = "say why there is no way back";
            say("rollback.none", Code::RollbackEmpty, "there is no way back, and no reason", advice);
        }
        _ => {}
    }
}

/// What nothing ties together: it can't be planned.
pub(super) fn check_ties(scope: &Scope<'_>, reads: &ReadList, findings: &mut Vec<Finding>) {
    for loose in loose(scope.action, reads) {
        let (key, code) = match &loose {
            Loose::Untied(step, _) => (format!("steps.{step}"), Code::ParamUntied),
            Loose::Apart(..) => ("steps".to_owned(), Code::ParamUntied),
            Loose::Unproven => ("verify_before".to_owned(), Code::VerifyAlone),
        };
        findings.push(scope.find(&key, code, loose.message(), loose.advice()));
    }
}

/// What is believed to read only.
pub(super) fn check_reading(scope: &Scope<'_>, reads: &ReadList, findings: &mut Vec<Finding>) {
    let action = scope.action;
    for (i, step) in action.steps.iter().take(STEPS_MAX).enumerate() {
        if action.risk == Risk::Read && !reads.covers(step) {
            let message = "declared as `read`, but this step is not known to read only";
            let advice =
                "declare the risk `change`, or ask the operator to list the command as a reading one";
            findings.push(scope.find(&format!("steps.{i}"), Code::ReadNotBelieved, message, advice));
        }
    }
    for (key, verify) in verifications(action) {
        if !reads.covers(&verify.step) {
            let message = "its verification is not known to read only, so it can't be planned";
            let advice = "verify with a command of the operator's list of reading ones";
            findings.push(scope.find(&key, Code::VerifyNotReading, message, advice));
        }
    }
}

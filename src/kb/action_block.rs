//! The TOML of an action block to a domain action.

use serde::Deserialize;
use toml::de::DeTable;

use super::finding::{Code, Finding};
use super::key_lines::{KeyLines, line_in};
use super::outline::Fenced;
use crate::domain::id::{ActionId, is_slug};
use crate::domain::world::action::{
    Action, Escalation, Params, Program, Risk, Rollback, Step, VERIFY_TIMEOUT_S_DEFAULT, Verify, VerifyBefore,
};
use crate::domain::world::host::Platform;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAction {
    id: ActionId,
    title: String,
    platforms: Vec<Platform>,
    risk: Risk,
    #[serde(default)]
    params: Params,
    steps: Vec<RawStep>,
    #[serde(default)]
    verify: RawVerifications,
    #[serde(default)]
    verify_before: VerifyBefore,
    rollback: Option<RawRollback>,
    escalates_to: Option<Escalation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    run: Option<Vec<String>>,
    powershell: Option<String>,
    stdin: Option<String>,
    timeout_s: u32,
    #[serde(default = "success")]
    expect_exit: Vec<i32>,
    #[serde(default)]
    not_applicable_exit: Vec<i32>,
    expect_stdout: Option<String>,
    expect_no_stdout: Option<String>,
}

/// `[verify]`, or several `[[verify]]`.
#[derive(Default)]
struct RawVerifications(Vec<RawVerify>);

impl<'de> Deserialize<'de> for RawVerifications {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrSeveral)
    }
}

struct OneOrSeveral;

impl<'de> serde::de::Visitor<'de> for OneOrSeveral {
    type Value = RawVerifications;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[verify], or several [[verify]]")
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let one = RawVerify::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
        Ok(RawVerifications(vec![one]))
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(serde::de::value::SeqAccessDeserializer::new(seq)).map(RawVerifications)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawVerify {
    run: Option<Vec<String>>,
    powershell: Option<String>,
    #[serde(default = "verify_timeout")]
    timeout_s: u32,
    #[serde(default = "success")]
    expect_exit: Vec<i32>,
    #[serde(default)]
    not_applicable_exit: Vec<i32>,
    expect_stdout: Option<String>,
    expect_no_stdout: Option<String>,
    #[serde(default)]
    within_s: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRollback {
    none: Option<String>,
    run: Option<Vec<String>>,
    powershell: Option<String>,
    stdin: Option<String>,
    timeout_s: Option<u32>,
    expect_exit: Option<Vec<i32>>,
    expect_stdout: Option<String>,
    from_step: Option<usize>,
}

fn success() -> Vec<i32> {
    vec![0]
}

fn verify_timeout() -> u32 {
    VERIFY_TIMEOUT_S_DEFAULT
}

/// A fault of the block: the key it is about and what is wrong.
struct Fault(String, &'static str);

/// Reads an action block.
pub(super) fn action(file: &str, fenced: &Fenced) -> Result<(Action, KeyLines), Finding> {
    let first = fenced.line + 1;
    let syntax = |line: usize, message: &str| {
        let advice = "an action has id, title, platforms, risk, verify_before, [params.NAME], [[steps]], [verify] or several \
             [[verify]], [rollback], [escalates_to]";
        Finding::new(file, line, Code::ActionSyntax, message, advice)
    };
    let unreadable = |error: &toml::de::Error| {
        let line = error.span().map_or(fenced.line, |span| line_in(&fenced.text, first, span.start));
        syntax(line, error.message())
    };
    let table = DeTable::parse(&fenced.text).map_err(|error| unreadable(&error))?;
    let lines = KeyLines::new(&fenced.text, first, table.get_ref());
    let raw: RawAction = toml::from_str(&fenced.text).map_err(|error| unreadable(&error))?;
    if !is_slug(raw.id.as_str()) {
        let message = format!("`{}` can't be the id of an action", raw.id);
        let advice = "use lowercase words joined by -, at most 64 characters";
        return Err(Finding::new(file, lines.of("id"), Code::ActionIdNotSlug, message, advice));
    }
    match checked(raw, fenced.line) {
        Ok(action) => Ok((action, lines)),
        Err(Fault(key, message)) => Err(syntax(lines.of(&key), message)),
    }
}

fn checked(raw: RawAction, line: usize) -> Result<Action, Fault> {
    let count = raw.steps.len();
    let steps = raw.steps.into_iter().enumerate();
    Ok(Action {
        id: raw.id,
        title: raw.title,
        platforms: raw.platforms,
        risk: raw.risk,
        params: raw.params,
        steps: steps.map(|(i, step)| step.checked(&format!("steps.{i}"))).collect::<Result<_, _>>()?,
        verify: raw.verify.0.into_iter().map(RawVerify::checked).collect::<Result<_, _>>()?,
        verify_before: raw.verify_before,
        rollback: raw.rollback.map(|rollback| rollback.checked(count)).transpose()?,
        escalates_to: raw.escalates_to,
        line,
    })
}

fn program(run: Option<Vec<String>>, powershell: Option<String>, key: &str) -> Result<Program, Fault> {
    match (run, powershell) {
        (Some(argv), None) => Ok(Program::Run(argv)),
        (None, Some(text)) => Ok(Program::PowerShell(text)),
        (None, None) => Err(Fault(key.to_owned(), "it has neither `run` nor `powershell`")),
        (Some(_), Some(_)) => Err(Fault(key.to_owned(), "it has both `run` and `powershell`")),
    }
}

impl RawStep {
    fn checked(self, key: &str) -> Result<Step, Fault> {
        Ok(Step {
            program: program(self.run, self.powershell, key)?,
            stdin: self.stdin,
            timeout_s: self.timeout_s,
            expect_exit: self.expect_exit,
            not_applicable_exit: self.not_applicable_exit,
            expect_stdout: self.expect_stdout,
            expect_no_stdout: self.expect_no_stdout,
        })
    }
}

impl RawVerify {
    fn checked(self) -> Result<Verify, Fault> {
        let step = Step {
            program: program(self.run, self.powershell, "verify")?,
            stdin: None,
            timeout_s: self.timeout_s,
            expect_exit: self.expect_exit,
            not_applicable_exit: self.not_applicable_exit,
            expect_stdout: self.expect_stdout,
            expect_no_stdout: self.expect_no_stdout,
        };
        Ok(Verify { step, within_s: self.within_s })
    }
}

impl RawRollback {
    fn checked(self, steps: usize) -> Result<Rollback, Fault> {
        let key = "rollback";
        let Some(why) = self.none else {
            if self.from_step.is_some_and(|from_step| !(1..=steps.max(1)).contains(&from_step)) {
                return Err(Fault("rollback.from_step".to_owned(), "it is not the number of a step, from 1"));
            }
            let step = Step {
                program: program(self.run, self.powershell, key)?,
                stdin: self.stdin,
                timeout_s: self.timeout_s.unwrap_or(VERIFY_TIMEOUT_S_DEFAULT),
                expect_exit: self.expect_exit.unwrap_or_else(success),
                not_applicable_exit: Vec::new(),
                expect_stdout: self.expect_stdout,
                expect_no_stdout: None,
            };
            return Ok(Rollback::Step { step, from_step: self.from_step });
        };
        let limits = self.from_step.is_some()
            || self.timeout_s.is_some()
            || self.expect_exit.is_some()
            || self.expect_stdout.is_some();
        if self.run.is_some() || self.powershell.is_some() || self.stdin.is_some() || limits {
            return Err(Fault(key.to_owned(), "it has `none` and a command"));
        }
        Ok(Rollback::None(why))
    }
}

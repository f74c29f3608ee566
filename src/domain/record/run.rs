//! What becomes of a plan on its hosts: steps, their ends, outcomes.
//!
//! Invariant: an end is [`StepEnd::Done`] only if the host itself reported that exit code for this
//! run id and plan digest; whatever can't be known is [`StepEnd::Unknown`].

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::id::Nonce;

/// How a run, or its part on one host, ended; of several, the greatest counts: what had nothing to do on one
/// host and did something on another has done it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// What it is for was so before: nothing was done.
    #[serde(rename = "nothing_done")]
    NothingDone,
    /// Every step did what was expected and the verification held.
    Succeeded,
    /// Somebody stopped it.
    Cancelled,
    /// A step or the verification failed, or not all steps ran.
    Failed,
    /// Nobody knows whether it ran or how it ended.
    Unknown,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NothingDone => "nothing done",
            Self::Succeeded => "succeeded",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        })
    }
}

/// The words with which a person settles.
impl FromStr for Outcome {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "succeeded" => Ok(Self::Succeeded),
            "cancelled" => Ok(Self::Cancelled),
            "failed" => Ok(Self::Failed),
            "unknown" => Ok(Self::Unknown),
            _ => Err(()),
        }
    }
}

/// What a host says to tell one start of its system from another; `none` if it can't tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BootId(pub String);

/// Where the steps of a run stand on a host. It was made there before the first of them, so what it does not
/// have did not happen; where it is gone, or another boot's, nobody can tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ground {
    /// The host's boot id.
    pub boot: BootId,
    /// The base folder, absolute; empty for a run that an earlier version began.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub folder: String,
    /// Its name in the base folder; none for a run that an earlier version began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<Nonce>,
}

/// What became of one step on one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepEnd {
    /// The program ended with this code.
    Done(i32),
    /// The time limit stopped it.
    TimedOut,
    /// It was stopped because somebody asked.
    Cancelled,
    /// It has not run and never will; why.
    NotRun(String),
    /// It may have run, may still be running; why nobody knows.
    Unknown(String),
}

/// What a program printed: beginning and end are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The beginning of standard output; of both streams in a record of an earlier version.
    pub head: String,
    /// Bytes between `head` and `tail` that were not kept.
    pub dropped: u64,
    /// The end; empty if all of it fits into `head`.
    pub tail: String,
    /// Why not all of standard output was seen; none if every byte of it is here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unseen: Option<String>,
    /// Standard error, with a note where bytes of it are missing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stderr: String,
    /// What is to be known of how it was kept; empty if nothing is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// Characters of an explanation in an event; one event holds two of them at the most.
pub const WHY_LEN_MAX: usize = 1000;
/// Characters of a boot id; a host that says more is not believed.
pub const BOOT_LEN_MAX: usize = 128;
/// Characters of a base folder; a host that says more is not believed.
pub const FOLDER_LEN_MAX: usize = 256;
/// Bytes kept of the beginning of a step's standard output: what an expectation is compared with.
pub const OUTPUT_HEAD: usize = 256 * 1024;
/// Bytes kept of its end, and of either end of standard error.
pub const OUTPUT_TAIL: usize = 16 * 1024;
/// Bytes of either end of an output that people see and that stand in the record.
pub const OUTPUT_SHOWN: usize = 16 * 1024;

impl Output {
    /// All of standard output, with a note where bytes were dropped.
    pub fn stdout(&self) -> String {
        joined(&self.head, self.dropped, &self.tail)
    }

    /// Both streams as one text for people: beginning and end of each, with a note where bytes are missing.
    pub fn text(&self) -> String {
        let mut text = self.shown();
        for (name, more) in [("[standard error]\n", &self.stderr), ("", &self.note)] {
            if more.is_empty() {
                continue;
            }
            if !text.is_empty() {
                let end = if text.ends_with('\n') { "" } else { "\n" };
                text.push_str(end);
                text.push_str(name);
            }
            text.push_str(more);
        }
        text
    }

    /// Beginning and end of standard output as people see them, with a note between where it is cut.
    fn shown(&self) -> String {
        let whole = if self.dropped == 0 { format!("{}{}", self.head, self.tail) } else { self.head.clone() };
        let fits = if self.dropped == 0 { 2 * OUTPUT_SHOWN } else { OUTPUT_SHOWN };
        if whole.len() <= fits {
            return joined(&self.head, self.dropped, &self.tail);
        }
        let begin = (0..=OUTPUT_SHOWN).rfind(|at| whole.is_char_boundary(*at)).unwrap_or(0);
        let end = if self.dropped == 0 { whole.len() - OUTPUT_SHOWN } else { whole.len() };
        let end = (end..=whole.len()).find(|at| whole.is_char_boundary(*at)).unwrap_or(whole.len());
        let tail = if self.dropped == 0 { &whole[end..] } else { &self.tail };
        joined(&whole[..begin], self.dropped + (end - begin) as u64, tail)
    }
}

fn joined(head: &str, dropped: u64, tail: &str) -> String {
    match dropped {
        0 => format!("{head}{tail}"),
        n => format!("{head}\n[... {n} bytes dropped ...]\n{tail}"),
    }
}

/// The end of a step together with what it printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepReport {
    /// What became of it.
    pub end: StepEnd,
    /// What it printed, as far as it could be fetched.
    pub output: Output,
    /// What was stopped and lives on, because it had left the session: names and process numbers.
    pub left: Vec<String>,
    /// If it has not run: whether what kept it from that passes by itself, so that it may be sent again.
    pub passes: bool,
}

/// What a verification says of the effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The effect is there.
    Holds,
    /// Somebody looked, and it is not.
    Fails,
    /// Somebody looked, and there is nothing here that it could be seen on.
    NotApplicable,
    /// Nobody could look.
    NotSeen,
}

/// What the verification found, and what it printed last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyReport {
    /// Whether exit code and output were as expected.
    pub verdict: Verdict,
    /// In a few words, why it does not hold, does not apply or could not be asked; empty if all of it holds.
    pub why: String,
    /// What it printed the last time.
    pub output: Output,
}

//! What becomes of a plan on its hosts: steps, their ends, outcomes.
//!
//! Invariant: an end is [`StepEnd::Done`] only if the host itself reported that exit code for this
//! run id and plan digest; whatever can't be known is [`StepEnd::Unknown`].

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How a run, or its part on one host, ended; of several, the greatest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
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
            Self::Succeeded => "succeeded",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        })
    }
}

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

/// What a program printed, both streams in one: beginning and end are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The beginning.
    pub head: String,
    /// Bytes between `head` and `tail` that were not kept.
    pub dropped: u64,
    /// The end; empty if all of it fits into `head`.
    pub tail: String,
    /// Why not all of it was seen; none if every byte that was printed is here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unseen: Option<String>,
}

/// Characters of an explanation in an event; one event holds two of them at the most.
pub const WHY_LEN_MAX: usize = 1000;
/// Characters of a boot id; a host that says more is not believed.
pub const BOOT_LEN_MAX: usize = 128;
/// Bytes of output kept from the beginning of a step.
pub const OUTPUT_HEAD: usize = 16 * 1024;
/// Bytes of output kept from the end of a step.
pub const OUTPUT_TAIL: usize = 16 * 1024;

impl Output {
    /// The whole as one text, with a note where bytes were dropped.
    pub fn text(&self) -> String {
        match self.dropped {
            0 => format!("{}{}", self.head, self.tail),
            n => format!("{}\n[... {n} bytes dropped ...]\n{}", self.head, self.tail),
        }
    }
}

/// The end of a step together with what it printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepReport {
    /// What became of it.
    pub end: StepEnd,
    /// What it printed, as far as it could be fetched.
    pub output: Output,
    /// If it has not run: whether what kept it from that passes by itself, so that it may be sent again.
    pub passes: bool,
}

/// What a verification says of the effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The effect is there.
    Holds,
    /// Somebody looked, and it is not.
    Fails,
    /// Nobody could look.
    NotSeen,
}

/// What the verification found, and what it printed last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyReport {
    /// Whether exit code and output were as expected.
    pub verdict: Verdict,
    /// In a few words, why it does not hold or could not be asked; empty if it holds.
    pub why: String,
    /// What it printed the last time.
    pub output: Output,
}

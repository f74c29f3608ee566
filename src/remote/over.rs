//! Ground that hosts may remove.
//!
//! Invariant: ground is left only when the ends of all that ran on it stand in the record: without it a
//! recovering bot can't tell what happened, so between the answer of the host and the record nothing may be
//! removed. That a run was begun, the host remembers apart from its ground.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::domain::id::{Digest, HostName};
use crate::domain::record::run::Ground;

/// Ground remembered for all hosts together. Hosts remove what is older after a week.
const OVER_MAX: usize = 256;
/// Left in one go, so that tidying does not hold up a report.
const TAKEN_MAX: usize = 4;
/// By then an end is in the record, or the bot that knew of it is dead.
const RECORDED_AFTER: Duration = Duration::from_secs(600);

/// Ground on which the last thing that ran is over.
#[derive(Debug, Default)]
pub(super) struct OverRuns {
    // Held for a moment, never across an await: a std mutex will do.
    runs: Mutex<VecDeque<OverRun>>,
}

#[derive(Debug)]
struct OverRun {
    host: HostName,
    digest: Digest,
    ground: Ground,
    /// A step of the plan stood on it; else a look, which nobody recovers.
    is_step: bool,
    since: Instant,
}

impl OverRuns {
    /// Remembers the ground of a run whose end is about to be reported.
    pub(super) fn add(&self, host: &HostName, digest: Digest, ground: &Ground, is_step: bool) {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        runs.retain(|over| over.ground != *ground);
        if runs.len() == OVER_MAX {
            runs.pop_front();
        }
        let (host, ground) = (host.clone(), ground.clone());
        runs.push_back(OverRun { host, digest, ground, is_step, since: Instant::now() });
    }

    /// Something runs on this ground again: it must not be left.
    pub(super) fn forget(&self, ground: &Ground) {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner).retain(|over| over.ground != *ground);
    }

    /// The ground on `host` that may go, now that a run of the plan `digest` has ended there.
    ///
    /// A look of the same plan may go at once: its output was fetched, and nobody recovers it. Of other plans,
    /// and of steps, only time tells.
    pub(super) fn take(&self, host: &HostName, digest: Digest) -> Vec<(Ground, Digest)> {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recorded = |over: &OverRun| {
            let is_look = !over.is_step && over.digest == digest;
            over.host == *host && (is_look || over.since.elapsed() > RECORDED_AFTER)
        };
        let mut taken = Vec::new();
        runs.retain(|over| {
            let take = taken.len() < TAKEN_MAX && is_recorded(over);
            if take {
                taken.push((over.ground.clone(), over.digest));
            }
            !take
        });
        taken
    }
}

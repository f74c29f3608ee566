//! Run folders that hosts may remove.
//!
//! Invariant: a run is forgotten only when its end stands in the record. A run that a host has
//! forgotten looks to a recovering bot as if it had never begun, so between the answer of the host
//! and the record nothing may be removed.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::domain::id::{Digest, HostName, RunId};
use crate::domain::policy::{APPROVAL_TTL_MS, REQUEST_TTL_MS};

/// Runs remembered for all hosts together. The folders of older ones stay where they are.
const OVER_RUNS_MAX: usize = 256;
/// Runs forgotten in one go, so that tidying does not hold up a report.
const TAKEN_MAX: usize = 4;
/// By then an end is in the record, or the bot that knew of it is dead.
const RECORDED_AFTER: Duration = Duration::from_secs(600);
/// By then no record that was set back can start the step again: its request has expired, and each approval.
const CLAIMED_FOR: Duration = Duration::from_millis(REQUEST_TTL_MS + APPROVAL_TTL_MS);

/// Runs that are over and whose folders are still on their hosts.
#[derive(Debug, Default)]
pub(super) struct OverRuns {
    // Held for a moment, never across an await: a std mutex will do.
    runs: Mutex<VecDeque<OverRun>>,
}

#[derive(Debug)]
struct OverRun {
    host: HostName,
    digest: Digest,
    run: RunId,
    /// A step of the plan; else a look, which nobody starts again.
    is_step: bool,
    since: Instant,
}

impl OverRuns {
    /// Remembers a run whose end is about to be reported.
    pub(super) fn add(&self, host: &HostName, digest: Digest, run: RunId, is_step: bool) {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        if runs.len() == OVER_RUNS_MAX {
            runs.pop_front();
        }
        runs.push_back(OverRun { host: host.clone(), digest, run, is_step, since: Instant::now() });
    }

    /// The runs on `host` that are in the record, now that a run of the plan `digest` has ended
    /// there.
    ///
    /// Looks of a plan come one after the other, each begun after the end of the one before was reported. Of
    /// other plans, and of steps, only time tells: a host must know what it has run.
    pub(super) fn take(&self, host: &HostName, digest: Digest) -> Vec<(RunId, Digest)> {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recorded = |over: &OverRun| {
            let after = if over.is_step { CLAIMED_FOR } else { RECORDED_AFTER };
            over.host == *host && (!over.is_step && over.digest == digest || over.since.elapsed() > after)
        };
        let mut taken = Vec::new();
        runs.retain(|over| {
            let take = taken.len() < TAKEN_MAX && is_recorded(over);
            if take {
                taken.push((over.run, over.digest));
            }
            !take
        });
        taken
    }
}

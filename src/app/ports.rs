//! What the loop needs from the outside: hosts, search, the record, people, time and chance.

use std::future::Future;

use tokio::sync::watch;

use crate::domain::approval::Approved;
use crate::domain::host::Host;
use crate::domain::id::RunId;
use crate::domain::plan::Plan;
use crate::domain::run::{BootId, StepReport, VerifyReport};

/// The hosts. Every method but `check` takes an approved plan: nothing else is ever executed.
pub trait Hosts: Send + Sync + 'static {
    /// Asks a host of the plan for its boot id: a probe that changes nothing.
    ///
    /// The error is for people: what was tried on which host and what to do about it.
    fn boot_id(
        &self,
        approved: &Approved<Plan>,
        host: usize,
    ) -> impl Future<Output = Result<BootId, String>> + Send;

    /// Runs one step under a run id that has been recorded, and follows it to its end.
    ///
    /// `cancel` turning true stops the step. Losing the connection is not an error: the method
    /// asks the host again, fences, and reports what is known.
    fn execute(
        &self,
        approved: &Approved<Plan>,
        at: StepAt,
        run: RunId,
        boot: &BootId,
        cancel: watch::Receiver<bool>,
    ) -> impl Future<Output = StepReport> + Send;

    /// Finds out what became of a step that was in flight when the bot died. It starts nothing:
    /// a step that has not begun is fenced, one that is running is followed to its end.
    fn settle(
        &self,
        approved: &Approved<Plan>,
        at: StepAt,
        run: RunId,
        boot: &BootId,
        cancel: watch::Receiver<bool>,
    ) -> impl Future<Output = StepReport> + Send;

    /// Looks whether the plan had its effect on a host, again and again as the plan says.
    fn verify(&self, approved: &Approved<Plan>, host: usize) -> impl Future<Output = VerifyReport> + Send;

    /// Looks whether a host is reachable, shows the pinned key and has these programs.
    fn check(&self, host: &Host, programs: &[String]) -> impl Future<Output = HostCheck> + Send;
}

/// A step of a plan: indexes into its hosts and into the steps of that host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepAt {
    /// Index into `plan.hosts`.
    pub host: usize,
    /// Index into the host's `steps`.
    pub step: usize,
}

/// What `check` found, line by line, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostCheck {
    /// Each thing looked at: its name, whether it is well, what was seen or what to do.
    pub findings: Vec<(String, bool, String)>,
}

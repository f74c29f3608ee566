//! Approved plans on real hosts, over SSH.
//!
//! Each step is one remote run under an id of its own: a POSIX-sh wrapper travels on standard
//! input, detaches on the host, claims the run once and keeps what becomes of it, so that the
//! outcome can be asked for after the connection, the bot or the host has died.
//!
//! Invariant: the only way in for anything that executes is an [`Approved`] plan; the bytes sent
//! are those of the plan. A host must prove that it holds the pinned key before it learns
//! anything.
//!
//! # Layout
//!
//! `config` says how the bot logs in, `reach` connects, `handshake` makes sure that it is the host,
//! `session` logs in and opens channels, `exchange` sends and reads over one, `heard` keeps what a server
//! says beside its answers, `threads` are those that all this is done on, `algorithms` is what is offered
//! to modern and old servers. `wire` puts questions into bytes, `answer` reads what comes back,
//! `ground` has a host make the place for a run, `step` asks about it, `run` follows it to its end,
//! `verdict` says what an answer makes of it, `live` fetches what it prints meanwhile, `verify` and `check`
//! look and change nothing, `over` knows which ground a host may remove.
//!
//! The module does not decide what to run, retries no run and records nothing.

mod algorithms;
mod answer;
mod check;
mod config;
mod error;
mod exchange;
mod ground;
mod handshake;
mod heard;
mod live;
mod over;
mod reach;
mod run;
mod session;
mod step;
mod threads;
mod verdict;
mod verify;
mod wire;

#[cfg(test)]
mod tests;

use tokio::sync::watch;

pub use config::{RECONNECT_FOR, SshConfig};
pub use error::RemoteError;
use over::OverRuns;
use step::Step;
use wire::Claim;
pub use wire::{WRAPPER, wrapper_digest};

use crate::app::ports::{HostCheck, Hosts, StepAt, When};
use crate::domain::id::{Digest, RunId};
use crate::domain::plan::approved::Approved;
use crate::domain::plan::{HostPlan, Plan};
use crate::domain::record::run::{Ground, Output, StepEnd, StepReport, Verdict, VerifyReport};
use crate::domain::rules::reach::Unreached;
use crate::domain::world::host::Host;

/// The hosts of the inventory, over SSH.
#[derive(Debug)]
pub struct Ssh {
    config: SshConfig,
    over: OverRuns,
}

impl Ssh {
    /// Hosts that are logged in to as `config` says. Connects nowhere yet.
    pub fn new(config: SshConfig) -> Self {
        Self { config, over: OverRuns::default() }
    }

    /// The step at `at`, ready to be asked about; the error says what the plan does not have.
    fn step<'a>(
        &'a self,
        approved: &'a Approved<Plan>,
        at: &'a StepAt,
        run: RunId,
        ground: &'a Ground,
    ) -> Result<Step<'a>, String> {
        let (host, digest) = host_of(approved, at.host)?;
        let command =
            host.steps.get(at.step).ok_or_else(|| format!("{} has no step {}", host.name, at.step))?;
        Ok(Step {
            config: &self.config,
            over: &self.over,
            host,
            digest,
            command,
            run,
            ground,
            claim: Claim::Made(&at.earlier),
        })
    }
}

fn host_of(approved: &Approved<Plan>, index: usize) -> Result<(&HostPlan, Digest), String> {
    let plan = approved.plan();
    let host = plan.hosts.get(index).ok_or_else(|| format!("the plan has no host {index}"))?;
    let digest = plan.digest().map_err(|error| format!("the plan has no digest: {error}"))?;
    Ok((host, digest))
}

/// What was approved must be what this bot would send, and how.
fn executable(step: Step<'_>) -> Result<Step<'_>, String> {
    if step.host.wrapper != wrapper_digest() {
        return Err(
            "the plan was approved for another version of the remote wrapper; request it again".to_owned()
        );
    }
    if !step.host.jump.is_empty() {
        return Err(format!("{} is behind another host, which this version can't pass", step.host.name));
    }
    Ok(step)
}

impl Hosts for Ssh {
    async fn probe(&self, approved: &Approved<Plan>, host: usize) -> Result<Ground, Unreached> {
        let (host, digest) = host_of(approved, host).map_err(|why| Unreached { why, passes: false })?;
        let ground = ground::probe(&self.config, host, digest).await;
        ground.map_err(|error| Unreached { why: error.advice(), passes: !error.is_permanent() })
    }

    async fn execute(
        &self,
        approved: &Approved<Plan>,
        at: &StepAt,
        run: RunId,
        ground: &Ground,
        cancel: watch::Receiver<bool>,
        printed: watch::Sender<Output>,
    ) -> StepReport {
        match self.step(approved, at, run, ground).and_then(executable) {
            Ok(step) => run::execute(step, cancel, printed).await,
            Err(why) => run::without_output(StepEnd::NotRun(why)),
        }
    }

    async fn settle(
        &self,
        approved: &Approved<Plan>,
        at: &StepAt,
        run: RunId,
        ground: &Ground,
        cancel: watch::Receiver<bool>,
        printed: watch::Sender<Output>,
    ) -> StepReport {
        match self.step(approved, at, run, ground) {
            Ok(step) => run::settle(step, cancel, printed).await,
            Err(why) => run::without_output(StepEnd::Unknown(why)),
        }
    }

    async fn verify(&self, approved: &Approved<Plan>, host: usize, when: When) -> VerifyReport {
        match host_of(approved, host) {
            Ok((host, digest)) => verify::verify(&self.config, &self.over, host, digest, when).await,
            Err(why) => VerifyReport { verdict: Verdict::NotSeen, why, output: Output::default() },
        }
    }

    async fn check(&self, host: &Host, programs: &[String]) -> HostCheck {
        check::check(&self.config, host, programs).await
    }
}

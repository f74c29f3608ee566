//! A step on a host under one run id, and the questions about it.
//!
//! Invariant: each question carries the host, run and digest of its step, `start` the command as well.
//! How often something is asked, and what an answer means, is decided in `run`.

use super::answer::Answer;
use super::config::SshConfig;
use super::error::RemoteError;
use super::over::OverRuns;
use super::session::Session;
use super::wire::{About, Ask, Claim, Payload, Place, Verb};
use crate::domain::id::{Digest, RunId};
use crate::domain::plan::{Command, HostPlan};
use crate::domain::record::run::Ground;

/// One step under one run id: what every question to the host is about.
#[derive(Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) config: &'a SshConfig,
    pub(super) over: &'a OverRuns,
    pub(super) host: &'a HostPlan,
    pub(super) digest: Digest,
    pub(super) command: &'a Command,
    pub(super) run: RunId,
    /// Where it stands on the host, made before the start.
    pub(super) ground: &'a Ground,
    pub(super) claim: Claim<'a>,
}

/// A command that changes nothing, before it has a run id and ground.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) config: &'a SshConfig,
    pub(super) over: &'a OverRuns,
    pub(super) host: &'a HostPlan,
    pub(super) digest: Digest,
    pub(super) command: &'a Command,
}

impl<'a> Step<'a> {
    /// A question about the step, ready to be sent.
    pub(super) fn ask(&self, verb: Verb) -> Result<Ask<'a>, RemoteError> {
        let payload =
            if verb == Verb::Start { Payload::Step(self.command, self.claim) } else { Payload::Nothing };
        let place = Place::of(self.ground);
        About { host: self.host, run: self.run, digest: self.digest, place }.ask_with(verb, payload)
    }

    /// Asks over a channel of its own.
    pub(super) async fn put(&self, session: &Session, verb: Verb) -> Result<Answer, RemoteError> {
        self.ask(verb)?.over(session.open().await?).await
    }
}

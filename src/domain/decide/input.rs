//! Inputs: commands, results of effects, time.

use std::collections::BTreeMap;

use crate::domain::audit::findings::Findings;
use crate::domain::command::Command;
use crate::domain::id::{ConversationId, GroupId, HostName, IncidentId, RequestId, RunId};
use crate::domain::record::origin::Origin;
use crate::domain::record::run::{Ground, StepReport, VerifyReport};
use crate::domain::rules::reach::Unreached;
use crate::domain::say::question::Question;
use crate::domain::world::actor::ActorId;
use crate::domain::world::citation::Found;

/// What reaches the core.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A person's command.
    Command {
        /// Who and where.
        origin: Origin,
        /// What.
        command: Command,
    },
    /// The knowledge base has been searched.
    Found(Question, Result<Found, String>),
    /// A host was looked at: each thing looked at, whether it is well, what was seen.
    Checked(Origin, HostName, Vec<(String, bool, String)>),
    /// The record was verified: what was found, or why nothing could be judged.
    Audited(Origin, Result<Findings, String>),
    /// An incident has been given a conversation of its own.
    Threaded(IncidentId, ConversationId),
    /// The record's head may be due to be told.
    TellHead,
    /// A head could not be kept elsewhere, and why.
    NotKept(String),
    /// A request may be able to start.
    Start(RequestId),
    /// What was said of the roles of those whom the start of a request rests on, and what its first host
    /// had said right before, if it was asked.
    Roles(RequestId, Answers, Option<Reached>),
    /// What the first host of a request that could start said, and what had been said of roles before.
    Reached(RequestId, HostName, Reached, Option<Answers>),
    /// What a host of a running request said.
    Probed(RequestId, HostName, Reached),
    /// What the verification says before anything was sent, and the ground that the steps would have.
    VerifiedBefore(RequestId, HostName, Ground, VerifyReport),
    /// A step is over.
    StepEnded(RequestId, HostName, RunId, StepReport),
    /// The verification is over.
    Verified(RequestId, HostName, VerifyReport),
    /// The bot has started on this state.
    Recover,
    /// Time has passed.
    Tick,
}

/// What a host answered the probe a moment ago, or why it could not be asked.
pub type Reached = Result<Ground, Unreached>;

/// What a chat says of the groups of accounts, or why it says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    /// When they were asked for, in ms since 1970.
    pub asked_at_ms: u64,
    /// By account.
    pub groups: BTreeMap<ActorId, Result<Vec<GroupId>, String>>,
}

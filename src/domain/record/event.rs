//! Events: the facts that are appended to the record, each self-contained.
//!
//! Invariant: the names and fields here are the record's format. They change only together with a
//! migration.

use serde::{Deserialize, Serialize};

use super::run::{Ground, Outcome, StepEnd, Verdict};
use super::severity::Severity;
use crate::domain::id::{
    AnswerId, ArticleId, ConversationId, Digest, HostName, IncidentId, RequestId, RunId,
};
use crate::domain::plan::Plan;
use crate::domain::policy::basis::Basis;
use crate::domain::world::actor::{ActorId, Role};

/// Why an approval counts no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalEnd {
    /// It had grown too old.
    Lapsed,
    /// Its person has lost the role.
    RoleGone,
}

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body", rename_all = "snake_case")]
pub enum Event {
    /// An incident began.
    IncidentOpened {
        /// Its number.
        incident: IncidentId,
        /// What it is about.
        title: String,
        /// How bad it is.
        severity: Severity,
    },
    /// A conversation turned to an incident.
    IncidentUsed {
        /// The incident.
        incident: IncidentId,
        /// The conversation.
        conversation: ConversationId,
    },
    /// Somebody wrote something down.
    IncidentNoted {
        /// The incident.
        incident: IncidentId,
        /// Their words.
        text: String,
    },
    /// An incident ended.
    IncidentResolved {
        /// The incident.
        incident: IncidentId,
        /// How, in somebody's words; may be empty.
        text: String,
    },
    /// An incident has become more or less bad.
    IncidentSeverityChanged {
        /// The incident.
        incident: IncidentId,
        /// How bad it is now.
        severity: Severity,
    },
    /// An incident was given to somebody.
    IncidentAssigned {
        /// The incident.
        incident: IncidentId,
        /// Who, by name.
        person: String,
    },
    /// An incident has a conversation of its own.
    IncidentThreaded {
        /// The incident.
        incident: IncidentId,
        /// The conversation.
        conversation: ConversationId,
    },
    /// A question was answered, or could not be.
    QuestionAnswered {
        /// Its number.
        answer: AnswerId,
        /// Where it was asked.
        conversation: ConversationId,
        /// The question, cut to a length.
        question: String,
        /// The articles cited, best first; none if nothing answers.
        articles: Vec<ArticleId>,
        /// Whether they may answer something else.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        doubtful: bool,
    },
    /// Somebody said whether an answer was the right one.
    AnswerJudged {
        /// The answer.
        answer: AnswerId,
        /// Who, by name.
        person: String,
        /// Whether it was right.
        right: bool,
    },
    /// What is overheard in a conversation is left alone, or no longer.
    ConversationQuieted {
        /// The conversation.
        conversation: ConversationId,
        /// Whether it is left alone.
        quiet: bool,
    },
    /// Somebody wishes to run an action.
    RequestOpened {
        /// Its number.
        request: RequestId,
        /// The incident it belongs to; none for a reading action outside of one.
        incident: Option<IncidentId>,
        /// Where it was asked.
        conversation: ConversationId,
        /// What would run, exactly.
        plan: Box<Plan>,
        /// The digest of the plan.
        digest: Digest,
        /// When it stops waiting, in ms since 1970.
        expires_at_ms: u64,
    },
    /// One person's yes to one digest.
    ApprovalGiven {
        /// The request.
        request: RequestId,
        /// What was approved.
        digest: Digest,
        /// Who, by name: one person may have several accounts.
        person: String,
        /// The role that the account's groups gave at that moment, if they gave one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        chat_role: Option<Role>,
        /// Whether the policy is now met.
        complete: bool,
    },
    /// Somebody took their approval back.
    ApprovalWithdrawn {
        /// The request.
        request: RequestId,
        /// Who.
        person: String,
    },
    /// An approval counts no longer, though nobody took it back.
    ApprovalEnded {
        /// The request.
        request: RequestId,
        /// Whose it was.
        person: String,
        /// Why.
        why: ApprovalEnd,
        /// Whether the policy is met without it.
        complete: bool,
    },
    /// A start waits: nobody could say whether these accounts still have their roles.
    RolesUnanswered {
        /// The request.
        request: RequestId,
        /// The accounts.
        actors: Vec<ActorId>,
        /// Why there was no answer.
        why: String,
    },
    /// Somebody said no.
    RequestDenied {
        /// The request.
        request: RequestId,
        /// Why.
        reason: String,
    },
    /// A request that had not started was given up.
    RequestCancelled {
        /// The request.
        request: RequestId,
    },
    /// A request waited too long.
    RequestExpired {
        /// The request.
        request: RequestId,
        /// For what it waited.
        why: String,
    },
    /// Something that had been approved has changed since.
    StartRefused {
        /// The request.
        request: RequestId,
        /// What differs.
        differences: Vec<String>,
    },
    /// A command about a request was refused.
    CommandRefused {
        /// The request.
        request: RequestId,
        /// What was tried.
        command: String,
        /// The code of the refusal.
        code: String,
    },
    /// An approved plan begins. On disk before anything but a probe reaches a host.
    RunStarted {
        /// The request.
        request: RequestId,
        /// What runs.
        digest: Digest,
        /// What the start rests on.
        basis: Basis,
    },
    /// The bot was restarted in the middle of this run.
    RunRecovered {
        /// The request.
        request: RequestId,
    },
    /// What the verification said before anything was sent to a host.
    VerifiedBefore {
        /// The request.
        request: RequestId,
        /// The host.
        host: HostName,
        /// What it found.
        found: Verdict,
        /// Why it does not hold, does not apply or could not be asked; empty if it holds.
        why: String,
    },
    /// A step is about to be sent to a host.
    StepStarted {
        /// The request.
        request: RequestId,
        /// The host.
        host: HostName,
        /// Index of the step, from 0.
        step: usize,
        /// The id under which the host knows it.
        run: RunId,
        /// Where it stands on the host.
        #[serde(flatten)]
        ground: Ground,
    },
    /// A piece of what a step or the verification printed.
    OutputKept {
        /// The request.
        request: RequestId,
        /// The host.
        host: HostName,
        /// Index of the step; none is the verification.
        step: Option<usize>,
        /// The text.
        text: String,
    },
    /// What became of a step.
    StepEnded {
        /// The request.
        request: RequestId,
        /// The host.
        host: HostName,
        /// Index of the step.
        step: usize,
        /// The id under which the host knows it.
        run: RunId,
        /// Its end.
        end: StepEnd,
        /// Why it is not what was expected; none if it is.
        problem: Option<String>,
    },
    /// What the verification found.
    VerifyEnded {
        /// The request.
        request: RequestId,
        /// The host.
        host: HostName,
        /// Why it did not hold; none if it held.
        problem: Option<String>,
        /// Whether it says that the action does not apply there.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        not_applicable: bool,
    },
    /// The run is over on one host.
    HostEnded {
        /// The request.
        request: RequestId,
        /// The host.
        host: HostName,
        /// How.
        outcome: Outcome,
        /// Why, in a few words; empty after a success.
        why: String,
    },
    /// The run is over.
    RunEnded {
        /// The request.
        request: RequestId,
        /// The worst of its hosts.
        outcome: Outcome,
    },
    /// Somebody wants a run stopped.
    CancelAsked {
        /// The request.
        request: RequestId,
    },
    /// A person says how an unknown run ended.
    RunSettled {
        /// The request.
        request: RequestId,
        /// How.
        outcome: Outcome,
        /// How they know.
        reason: String,
    },
    /// The machine's clock was found to stand before what is recorded.
    ClockBehind {
        /// What it said, in ms since 1970.
        wall_ms: u64,
    },
    /// The machine's clock has caught up with what is recorded.
    ClockCaughtUp {
        /// What it said, in ms since 1970.
        wall_ms: u64,
    },
    /// An admin says that the machine's clock is right: from here on it is what time is.
    ClockAccepted {
        /// What it said, in ms since 1970.
        wall_ms: u64,
    },
    /// People were told the hash of an earlier event: nothing up to it can be changed any more unnoticed.
    HeadTold {
        /// The event.
        seq: u64,
        /// Its hash.
        hash: Digest,
    },
}

impl Event {
    /// The incident that the event is about by itself, without a request.
    pub fn incident(&self) -> Option<IncidentId> {
        match self {
            Self::IncidentOpened { incident, .. }
            | Self::IncidentNoted { incident, .. }
            | Self::IncidentResolved { incident, .. }
            | Self::IncidentSeverityChanged { incident, .. }
            | Self::IncidentAssigned { incident, .. }
            | Self::IncidentThreaded { incident, .. } => Some(*incident),
            _ => None,
        }
    }

    /// The request that the event is about, if it is about one.
    pub fn request(&self) -> Option<RequestId> {
        match self {
            Self::IncidentOpened { .. }
            | Self::IncidentUsed { .. }
            | Self::IncidentNoted { .. }
            | Self::IncidentResolved { .. }
            | Self::IncidentSeverityChanged { .. }
            | Self::IncidentAssigned { .. }
            | Self::IncidentThreaded { .. }
            | Self::QuestionAnswered { .. }
            | Self::AnswerJudged { .. }
            | Self::ConversationQuieted { .. }
            | Self::ClockBehind { .. }
            | Self::ClockCaughtUp { .. }
            | Self::ClockAccepted { .. }
            | Self::HeadTold { .. } => None,
            Self::RequestOpened { request, .. }
            | Self::ApprovalGiven { request, .. }
            | Self::ApprovalWithdrawn { request, .. }
            | Self::ApprovalEnded { request, .. }
            | Self::RolesUnanswered { request, .. }
            | Self::RequestDenied { request, .. }
            | Self::RequestCancelled { request }
            | Self::RequestExpired { request, .. }
            | Self::StartRefused { request, .. }
            | Self::CommandRefused { request, .. }
            | Self::RunStarted { request, .. }
            | Self::RunRecovered { request }
            | Self::VerifiedBefore { request, .. }
            | Self::StepStarted { request, .. }
            | Self::OutputKept { request, .. }
            | Self::StepEnded { request, .. }
            | Self::VerifyEnded { request, .. }
            | Self::HostEnded { request, .. }
            | Self::RunEnded { request, .. }
            | Self::CancelAsked { request }
            | Self::RunSettled { request, .. } => Some(*request),
        }
    }
}

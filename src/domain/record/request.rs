//! A request from the wish to its end: status, approvals, and the run with its hosts.

use std::collections::BTreeMap;

use super::event::{ApprovalEnd, Event};
use super::moment::Moment;
use super::run::{Ground, Outcome, StepEnd, Verdict};
use crate::domain::id::{ConversationId, Digest, HostName, IncidentId, Nonce, RequestId, RunId};
use crate::domain::plan::approved::Approved;
use crate::domain::plan::run_id::FIRST_ATTEMPT;
use crate::domain::plan::{HostPlan, Plan};
use crate::domain::policy::APPROVAL_TTL_MS;
use crate::domain::policy::basis::Basis;
use crate::domain::world::action::Risk;
use crate::domain::world::actor::{ActorId, Role};

/// Where a request stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Waits for approvals.
    Waiting,
    /// Has what the policy asks for since this time, in ms; waits for its hosts or its turn.
    Ready(u64),
    /// Is being run.
    Running,
    /// Has run.
    Ended(Outcome),
    /// Somebody said no.
    Denied,
    /// Was given up before it started.
    Cancelled,
    /// Waited too long.
    Expired,
    /// Something had changed since it was approved.
    Refused,
}

/// One person's yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The account it came through.
    pub actor: ActorId,
    /// The role that the account's groups gave at that moment, if they gave one.
    pub chat_role: Option<Role>,
    /// What was approved.
    pub digest: Digest,
    /// When, in ms since 1970.
    pub at_ms: u64,
    /// Why it counts no longer, once that is recorded.
    pub ended: Option<ApprovalEnd>,
}

impl Approval {
    /// Whether it covers this plan and is neither too old nor ended; roles are another question.
    pub fn stands(&self, digest: Digest, now_ms: u64) -> bool {
        let good = self.at_ms..self.at_ms.saturating_add(APPROVAL_TTL_MS);
        self.ended.is_none() && self.digest == digest && good.contains(&now_ms)
    }
}

/// Where the run stands on one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostPhase {
    /// Nothing is under way: nothing has been sent, or what was sent last has not begun and never will.
    Waiting,
    /// A step may be under way.
    Step {
        /// Its index.
        step: usize,
        /// The id under which the host knows it.
        run: RunId,
        /// Where it stands on the host.
        ground: Ground,
    },
    /// The steps are over; the verification is asked. True if how a step ended is unknown.
    Verifying(bool),
    /// Over.
    Ended(Outcome, String),
}

/// The run on one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostRun {
    /// Where it stands.
    pub phase: HostPhase,
    /// What the verification said before anything was sent, once it was asked.
    pub before: Option<Verdict>,
    /// Index of the step that was sent last, and how often it was.
    pub sent: Option<(usize, u32)>,
    /// Under which ids and on which ground it was, oldest first.
    pub attempts: Vec<(RunId, Nonce)>,
    /// Why nobody knows how a step ended.
    pub unknown: Option<String>,
    /// Index of the last step that is known to have run, to its end or to its time limit.
    pub ran: Option<usize>,
    /// Whether a step or the verification says that the action does not apply there: then nothing
    /// follows from its failure.
    pub not_applicable: bool,
    /// What was printed, by step; none is the verification.
    pub output: BTreeMap<Option<usize>, String>,
    /// What the verification found, once it was asked: the problem, or none if it held.
    pub verified: Option<Option<String>>,
}

/// One execution of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// When it started, in ms since 1970.
    pub started_at_ms: u64,
    /// What the start rested on.
    pub basis: Basis,
    /// In the order of the plan.
    pub hosts: Vec<HostRun>,
    /// Whether the bot was restarted in the middle: then no further step is started.
    pub recovered: bool,
    /// Whether somebody wants it stopped.
    pub cancel_asked: bool,
    /// Who settled it and how they knew, if a person did.
    pub settled: Option<(ActorId, String)>,
}

/// Somebody's wish and all that became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its number.
    pub id: RequestId,
    /// The incident it belongs to.
    pub incident: Option<IncidentId>,
    /// Where it was asked.
    pub conversation: ConversationId,
    /// What would run, exactly: the stored bytes.
    pub plan: Plan,
    /// The digest of the plan.
    pub digest: Digest,
    /// When it was opened, in ms since 1970.
    pub opened_at_ms: u64,
    /// When it stops waiting.
    pub expires_at_ms: u64,
    /// By person.
    pub approvals: BTreeMap<String, Approval>,
    /// The accounts whose roles nobody could tell when it was about to start.
    pub unanswered: Vec<ActorId>,
    /// How many refused commands about it are recorded, by account.
    pub refusals: BTreeMap<ActorId, usize>,
    /// Where it stands.
    pub status: Status,
    /// Its run, once it has started.
    pub run: Option<Run>,
}

impl Request {
    /// Whether it waits, is about to start, or runs.
    pub fn is_open(&self) -> bool {
        matches!(self.status, Status::Waiting | Status::Ready(_) | Status::Running)
    }

    /// The request that an event opens, if it opens one.
    pub(in crate::domain) fn opened(moment: &Moment) -> Option<Self> {
        let Event::RequestOpened { request, incident, conversation, plan, digest, expires_at_ms } =
            &moment.event
        else {
            return None;
        };
        Some(Self {
            id: *request,
            incident: *incident,
            conversation: conversation.clone(),
            plan: (**plan).clone(),
            digest: *digest,
            opened_at_ms: moment.at_ms,
            expires_at_ms: *expires_at_ms,
            approvals: BTreeMap::new(),
            unanswered: Vec::new(),
            refusals: BTreeMap::new(),
            status: if plan.basis == Basis::NoneNeeded {
                Status::Ready(moment.at_ms)
            } else {
                Status::Waiting
            },
            run: None,
        })
    }

    /// Takes in an event about this request.
    pub(in crate::domain) fn apply(&mut self, moment: &Moment) {
        match &moment.event {
            Event::ApprovalGiven { digest, person, chat_role, complete, .. } => {
                self.unanswered.clear();
                let (actor, digest, chat_role) = (moment.actor.clone(), *digest, *chat_role);
                let approval = Approval { actor, chat_role, digest, at_ms: moment.at_ms, ended: None };
                self.approvals.insert(person.clone(), approval);
                if *complete {
                    self.status = Status::Ready(moment.at_ms);
                }
            }
            Event::ApprovalWithdrawn { person, .. } => {
                self.approvals.remove(person);
                self.status = Status::Waiting;
            }
            Event::ApprovalEnded { person, why, complete, .. } => {
                if let Some(approval) = self.approvals.get_mut(person) {
                    approval.ended = Some(*why);
                }
                if !complete && matches!(self.status, Status::Ready(_)) {
                    self.status = Status::Waiting;
                }
            }
            Event::RolesUnanswered { actors, .. } => self.unanswered.clone_from(actors),
            Event::CommandRefused { .. } => {
                *self.refusals.entry(moment.actor.clone()).or_default() += 1;
            }
            Event::RequestDenied { .. } => self.status = Status::Denied,
            Event::RequestCancelled { .. } => self.status = Status::Cancelled,
            Event::RequestExpired { .. } => self.status = Status::Expired,
            Event::StartRefused { .. } => self.status = Status::Refused,
            Event::RunStarted { basis, .. } => {
                self.status = Status::Running;
                self.run = Some(Run::of(&self.plan, moment.at_ms, *basis));
            }
            Event::RunEnded { outcome, .. } => self.status = Status::Ended(*outcome),
            _ => {}
        }
        let Some(run) = &mut self.run else { return };
        run.apply(&self.plan, moment);
        // A person settles what was unknown; a host that is known to have failed stays failed.
        if let (Event::RunSettled { .. }, Some(worst)) = (&moment.event, run.outcome()) {
            self.status = Status::Ended(worst);
        }
    }

    /// Whether it keeps other changing runs from a host: it changes, and it is running there or
    /// nobody knows how it ended there.
    pub fn occupies(&self, host: &HostName) -> bool {
        self.occupied().any(|planned| planned.name == *host)
    }

    /// Whether it occupies the machine that another plan means: two names, or a name that has been
    /// changed in the inventory, must not hide that it is the same one.
    pub fn occupies_machine(&self, host: &HostPlan) -> bool {
        self.occupied().any(|planned| planned.is_same_machine(host))
    }

    fn occupied(&self) -> impl Iterator<Item = &HostPlan> {
        let changes = self.plan.risk != Risk::Read;
        let is_unknown = |at: usize| {
            let host = self.run.as_ref().and_then(|run| run.hosts.get(at));
            host.is_some_and(|host| matches!(host.phase, HostPhase::Ended(Outcome::Unknown, _)))
        };
        let occupies = move |at: usize| match self.status {
            Status::Running => true,
            Status::Ended(Outcome::Unknown) => is_unknown(at),
            _ => false,
        };
        let hosts = self.plan.hosts.iter().enumerate();
        hosts.filter(move |(at, _)| changes && occupies(*at)).map(|(_, host)| host)
    }

    /// The proof for the executor, once the start is in the record.
    pub(in crate::domain) fn approved(&self) -> Option<Approved<Plan>> {
        let run = self.run.as_ref()?;
        Some(Approved::of_started(self.plan.clone(), run.basis))
    }

    /// The proof for the probe of a request that has its approvals and could start.
    pub(in crate::domain) fn to_be_probed(&self) -> Option<Approved<Plan>> {
        let ready = matches!(self.status, Status::Ready(_));
        ready.then(|| Approved::of_started(self.plan.clone(), self.plan.basis))
    }

    /// The index of a host in the plan.
    pub fn host_index(&self, host: &HostName) -> Option<usize> {
        self.plan.hosts.iter().position(|planned| planned.name == *host)
    }
}

impl HostRun {
    /// The number of the next attempt at a step, from 1.
    pub fn attempt_at(&self, step: usize) -> u32 {
        match self.sent {
            Some((sent, times)) if sent == step => times.saturating_add(1),
            _ => FIRST_ATTEMPT,
        }
    }
}

impl Run {
    fn of(plan: &Plan, started_at_ms: u64, basis: Basis) -> Self {
        let host = || HostRun {
            phase: HostPhase::Waiting,
            before: None,
            sent: None,
            attempts: Vec::new(),
            unknown: None,
            ran: None,
            not_applicable: false,
            output: BTreeMap::new(),
            verified: None,
        };
        Self {
            started_at_ms,
            basis,
            hosts: plan.hosts.iter().map(|_| host()).collect(),
            recovered: false,
            cancel_asked: false,
            settled: None,
        }
    }

    fn apply(&mut self, plan: &Plan, moment: &Moment) {
        match &moment.event {
            Event::RunRecovered { .. } => self.recovered = true,
            Event::CancelAsked { .. } => self.cancel_asked = true,
            Event::RunSettled { outcome, reason, .. } => self.settle(*outcome, reason, &moment.actor),
            Event::VerifiedBefore { host, found, .. } => self.on_host(plan, host, |host, _| {
                host.before = Some(*found);
                host.not_applicable |= *found == Verdict::NotApplicable;
            }),
            Event::StepStarted { host, step, run, ground, .. } => self.on_host(plan, host, |host, _| {
                host.phase = HostPhase::Step { step: *step, run: *run, ground: ground.clone() };
                let attempt = host.attempt_at(*step);
                host.sent = Some((*step, attempt));
                if attempt == FIRST_ATTEMPT {
                    host.attempts.clear();
                }
                host.attempts.extend(ground.nonce.map(|nonce| (*run, nonce)));
            }),
            Event::OutputKept { host, step, text, .. } => self.on_host(plan, host, |host, _| {
                host.output.entry(*step).or_default().push_str(text);
            }),
            Event::StepEnded { host, step, end, .. } => self.on_host(plan, host, |host, planned| {
                if let StepEnd::Unknown(why) = end {
                    host.unknown = Some(why.clone());
                }
                host.phase = match end {
                    StepEnd::NotRun(_) => HostPhase::Waiting,
                    end => HostPhase::Verifying(matches!(end, StepEnd::Unknown(_))),
                };
                if matches!(end, StepEnd::Done(_) | StepEnd::TimedOut) {
                    host.ran = host.ran.max(Some(*step));
                }
                if let (StepEnd::Done(code), Some(command)) = (end, planned.steps.get(*step)) {
                    host.not_applicable |= command.not_applicable_exit.contains(code);
                }
            }),
            Event::VerifyEnded { host, problem, not_applicable, .. } => {
                self.on_host(plan, host, |host, _| {
                    host.verified = Some(problem.clone());
                    host.not_applicable |= not_applicable;
                });
            }
            Event::HostEnded { host, outcome, why, .. } => self.on_host(plan, host, |host, _| {
                host.phase = HostPhase::Ended(*outcome, why.clone());
            }),
            _ => {}
        }
    }

    fn settle(&mut self, settled: Outcome, reason: &str, actor: &ActorId) {
        for host in &mut self.hosts {
            if let HostPhase::Ended(outcome @ Outcome::Unknown, _) = &mut host.phase {
                *outcome = settled;
            }
        }
        self.settled = Some((actor.clone(), reason.to_owned()));
    }

    fn on_host(&mut self, plan: &Plan, name: &HostName, change: impl FnOnce(&mut HostRun, &HostPlan)) {
        let mut hosts = self.hosts.iter_mut().zip(&plan.hosts);
        if let Some((host, planned)) = hosts.find(|(_, planned)| planned.name == *name) {
            change(host, planned);
        }
    }

    /// The worst of its hosts, once all have ended.
    pub fn outcome(&self) -> Option<Outcome> {
        let ended = |host: &HostRun| match host.phase {
            HostPhase::Ended(outcome, _) => Some(outcome),
            _ => None,
        };
        self.hosts.iter().map(ended).collect::<Option<Vec<_>>>()?.into_iter().max()
    }
}

/// What a request does, or how it ended, to be said after its id: `r1 succeeded`.
pub fn standing(status: &Status) -> &'static str {
    match status {
        Status::Waiting => "is waiting for approval",
        Status::Ready(_) => "is approved, not started",
        Status::Running => "is running",
        Status::Ended(Outcome::NothingDone) => "had nothing to do",
        Status::Ended(Outcome::Succeeded) => "succeeded",
        Status::Ended(Outcome::Failed) => "failed",
        Status::Ended(Outcome::Unknown) => "has an unknown outcome",
        Status::Ended(Outcome::Cancelled) | Status::Cancelled => "was cancelled",
        Status::Denied => "was denied",
        Status::Expired => "expired",
        Status::Refused => "was not started, something had changed",
    }
}

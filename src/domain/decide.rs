//! The one place where decisions are made: input and state in, events and effects out.
//!
//! Invariant: `decide` is pure. Effects happen only after the events of the same decision are in
//! the record; a decision that changes a host holds `run started` or `step started` among its
//! events or rests on one that is recorded.

use super::actor::{ActorId, Role};
use super::approval::Approved;
use super::catalogue::Catalogue;
use super::command::Command;
use super::event::Event;
use super::id::{ConversationId, HostName, RequestId, RunId};
use super::plan::Plan;
use super::refusal::Refusal;
use super::reply::Reply;
use super::run::{BootId, StepReport, VerifyReport};
use super::state::State;
use super::{incident, replies, request, run};

/// What reaches the core.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A person's command.
    Command {
        /// The account it came from.
        actor: ActorId,
        /// Where.
        conversation: ConversationId,
        /// What.
        command: Command,
    },
    /// A request may be able to start.
    Start(RequestId),
    /// A host answered the probe, or could not be asked and why.
    Probed(RequestId, HostName, Result<BootId, String>),
    /// A step is over.
    StepEnded(RequestId, HostName, RunId, StepReport),
    /// The verification is over.
    Verified(RequestId, HostName, VerifyReport),
    /// The bot has started on this state.
    Recover,
    /// Time has passed.
    Tick,
}

/// What is to be done once the events are in the record.
#[derive(Debug, PartialEq, Eq)]
pub enum Effect {
    /// Say something in a conversation.
    Reply(ConversationId, Reply),
    /// Answer a question from the knowledge base.
    Search(ConversationId, String),
    /// Look at a host.
    CheckHost(ConversationId, HostName),
    /// Verify the chain of events.
    VerifyAudit(ConversationId),
    /// Put [`Input::Start`] after this decision.
    Start(RequestId),
    /// Hand the approved plan to the executor, which keeps it until `Release`.
    Hold(RequestId, Approved<Plan>),
    /// Ask a host of the held plan for its boot id.
    Probe(RequestId, HostName),
    /// Run a step of the held plan.
    Execute(RequestId, HostName, StepRef),
    /// Find out what became of a step of the held plan; starts nothing.
    Settle(RequestId, HostName, StepRef),
    /// Ask the verification of the held plan.
    Verify(RequestId, HostName),
    /// Stop what runs of the held plan.
    Stop(RequestId),
    /// Take the approved plan away from the executor.
    Release(RequestId),
}

/// A step that is in the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRef {
    /// Its index.
    pub step: usize,
    /// The id under which the host knows it.
    pub run: RunId,
    /// The boot id that was recorded with it.
    pub boot: BootId,
}

/// What a decision may use of the outside world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// Milliseconds since 1970, UTC.
    pub now_ms: u64,
    /// 128 random bits that nobody has used.
    pub fresh_run: RunId,
}

/// What is to be recorded, and then to be done.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// In order, each with who caused it.
    pub events: Vec<(ActorId, Event)>,
    /// In order.
    pub effects: Vec<Effect>,
}

impl Decision {
    /// A decision to say something and nothing else.
    pub fn reply(conversation: &ConversationId, reply: Reply) -> Self {
        Self { events: Vec::new(), effects: vec![Effect::Reply(conversation.clone(), reply)] }
    }

    /// Appends an event.
    pub fn event(&mut self, actor: &ActorId, event: Event) {
        self.events.push((actor.clone(), event));
    }

    /// Appends another decision that was made on the state after this one's events.
    pub fn extend(&mut self, other: Self) {
        self.events.extend(other.events);
        self.effects.extend(other.effects);
    }
}

/// Everything a decision looks at.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// What has happened.
    pub state: &'a State,
    /// What is configured and written.
    pub catalogue: &'a Catalogue,
    /// Time and chance.
    pub context: Context,
}

/// A person's command with where it came from.
#[derive(Clone, Copy)]
pub struct Caller<'a> {
    /// The account.
    pub actor: &'a ActorId,
    /// The conversation.
    pub conversation: &'a ConversationId,
}

/// Decides what an input leads to.
pub fn decide(
    state: &State,
    catalogue: &Catalogue,
    input: Input,
    context: Context,
) -> Result<Decision, Refusal> {
    let view = View { state, catalogue, context };
    match input {
        Input::Command { actor, conversation, command } => {
            let caller = Caller { actor: &actor, conversation: &conversation };
            let about = request_named_by(&command);
            match command_decision(view, caller, command) {
                Err(refusal) => recorded_refusal(view, caller, about, refusal),
                decision => decision,
            }
        }
        Input::Start(request) => Ok(request::start::start(view, request)),
        Input::Probed(request, host, boot) => Ok(run::progress::probed(view, request, &host, boot)),
        Input::StepEnded(request, host, run, report) => {
            Ok(run::progress::step_ended(view, request, &host, run, report))
        }
        Input::Verified(request, host, report) => Ok(run::progress::verified(view, request, &host, report)),
        Input::Recover => Ok(run::recover::recover(view)),
        Input::Tick => Ok(request::start::expire(view)),
    }
}

fn command_decision(view: View<'_>, caller: Caller<'_>, command: Command) -> Result<Decision, Refusal> {
    let needed = match command {
        Command::Run { .. }
        | Command::Cancel(_)
        | Command::Settle(..)
        | Command::Check(_)
        | Command::IncidentOpen(..)
        | Command::IncidentNote(_)
        | Command::IncidentResolve(..)
        | Command::IncidentUse(_) => Role::Responder,
        Command::Deny(..) | Command::Withdraw(_) => Role::Approver,
        // Whoever approves their own request is told so, whatever their role: see `approve`.
        _ => Role::Viewer,
    };
    require(view.catalogue, caller.actor, needed)?;
    let reply = |reply| Ok(Decision::reply(caller.conversation, reply));
    let effect = |effect| Ok(Decision { events: Vec::new(), effects: vec![effect] });
    let conversation = caller.conversation.clone();
    match command {
        Command::Ask(question) | Command::KbSearch(question) => {
            effect(Effect::Search(conversation, question))
        }
        Command::KbShow(article) => reply(replies::answer::shown(view.catalogue, &article)),
        Command::Run { action, params, hosts, reason } => {
            request::open::open(view, caller, request::open::Asked { action, params, hosts, reason })
        }
        Command::Approve(id) => request::approve::approve(view, caller, id),
        Command::Deny(id, reason) => request::approve::deny(view, caller, id, reason),
        Command::Withdraw(id) => request::approve::withdraw(view, caller, id),
        Command::Cancel(id) => request::approve::cancel(view, caller, id),
        Command::Settle(id, outcome, reason) => run::recover::settle(view, caller, id, outcome, reason),
        Command::Show(id) => reply(replies::request::whole(view.catalogue, request::find(view.state, id)?)),
        Command::Approvals => reply(replies::request::waiting_for(view, caller.actor)),
        Command::Check(host) => {
            super::plan::known_host(view.catalogue, &host)?;
            effect(Effect::CheckHost(conversation, host))
        }
        Command::Hosts => reply(replies::hosts(view)),
        Command::IncidentOpen(severity, title) => incident::open(view, caller, severity, title),
        Command::IncidentList => reply(replies::incident::list(view.state)),
        Command::IncidentShow(id) => incident::show(view, caller, id),
        Command::IncidentNote(text) => incident::note(view, caller, text),
        Command::IncidentResolve(id, text) => incident::resolve(view, caller, id, text),
        Command::IncidentUse(id) => incident::turn_to(view, caller, id),
        Command::AuditVerify => effect(Effect::VerifyAudit(conversation)),
        Command::Help => reply(replies::help()),
    }
}

/// Denied is the default: an actor that nobody named has no role.
pub fn require(catalogue: &Catalogue, actor: &ActorId, needed: Role) -> Result<(), Refusal> {
    let Some(person) = catalogue.people.person(actor) else {
        return Err(Refusal::new("unknown_actor", format!("`{actor}` is nobody this bot knows")).hint(
            format!("An admin can add a [[person]] with actors = [\"{actor}\"] to the configuration."),
        ));
    };
    if person.role < needed {
        let message = format!("this needs the role {needed}; {} is {}", person.name, person.role);
        return Err(Refusal::new("role_too_low", message).hint("`/help` says which role each command needs."));
    }
    Ok(())
}

fn request_named_by(command: &Command) -> Option<(RequestId, &'static str)> {
    match command {
        Command::Approve(id) => Some((*id, "approve")),
        Command::Deny(id, _) => Some((*id, "deny")),
        Command::Withdraw(id) => Some((*id, "withdraw")),
        Command::Cancel(id) => Some((*id, "cancel")),
        Command::Settle(id, ..) => Some((*id, "settle")),
        _ => None,
    }
}

/// A refused command about an existing request by somebody we know goes into the record; what
/// strangers try is refused without growing it.
fn recorded_refusal(
    view: View<'_>,
    caller: Caller<'_>,
    about: Option<(RequestId, &'static str)>,
    refusal: Refusal,
) -> Result<Decision, Refusal> {
    let known = view.catalogue.people.person(caller.actor).is_some();
    match about.filter(|(id, _)| known && view.state.requests.contains_key(id)) {
        None => Err(refusal),
        Some((request, command)) => {
            let mut decision = Decision::reply(caller.conversation, replies::refusal(&refusal));
            let (command, code) = (command.to_owned(), refusal.code.to_owned());
            decision.event(caller.actor, Event::CommandRefused { request, command, code });
            Ok(decision)
        }
    }
}

#[cfg(test)]
mod tests;

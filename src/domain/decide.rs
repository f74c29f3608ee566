//! The one place where decisions are made: input and state in, events and effects out.
//!
//! Invariant: `decide` is pure. Effects happen only after the events of the same decision are in
//! the record; a decision that changes a host holds `run started` or `step started` among its
//! events or rests on one that is recorded.

use super::actor::{ActorId, Known, Role};
use super::approval::Approved;
use super::catalogue::Catalogue;
use super::command::{Command, Origin};
use super::event::Event;
use super::id::{ConversationId, HostName, IncidentId, RequestId, RunId};
use super::plan::Plan;
use super::press::{self, Form};
use super::refusal::Refusal;
use super::replies::answer::Found;
use super::reply::Reply;
use super::request::roles::Answers;
use super::run::{BootId, StepReport, VerifyReport};
use super::state::State;
use super::{answer, clock, form, incident, replies, request, run, upkeep};

pub use super::say::{CardId, Purpose, Question, Say, To};

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
    /// The chain of events was followed: how many and the head, or why it does not hold.
    Audited(Origin, Result<(u64, String), String>),
    /// An incident has been given a conversation of its own.
    Threaded(IncidentId, ConversationId),
    /// A request may be able to start.
    Start(RequestId),
    /// What was said of the roles of those whom the start of a request rests on.
    Roles(RequestId, Answers),
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
    /// Say something.
    Say(Say),
    /// Say something to whoever follows line by line; elsewhere the card of the run shows it.
    Follow(ConversationId, Reply),
    /// Show a form to whoever asked.
    Form(Origin, Form),
    /// Look into the knowledge base.
    Search(Question),
    /// Look at a host.
    CheckHost(Origin, HostName),
    /// Verify the chain of events.
    VerifyAudit(Origin),
    /// Put [`Input::Start`] after this decision.
    Start(RequestId),
    /// Ask the chats which groups these accounts belong to; the time is this decision's.
    AskRoles(RequestId, Vec<ActorId>, u64),
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
    /// Milliseconds since 1970, UTC; never before what is recorded.
    pub now_ms: u64,
    /// The same as the machine's clock says it.
    pub wall_ms: u64,
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
    /// A decision to tell whoever asked, and nothing else.
    pub fn answer(caller: Caller<'_>, reply: Reply) -> Self {
        Self::say(To::Caller(caller.origin.clone()), reply)
    }

    /// A decision to say something.
    pub fn say(to: To, reply: Reply) -> Self {
        Self { events: Vec::new(), effects: vec![Effect::Say(Say { to, reply, card: None })] }
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
    /// Both, with what else is known of where it came from.
    pub origin: &'a Origin,
}

impl<'a> Caller<'a> {
    /// Whoever a command came from.
    pub fn of(origin: &'a Origin) -> Self {
        Self { actor: &origin.actor, conversation: &origin.conversation, origin }
    }

    /// The role that the account's groups give at this moment.
    pub fn chat_role(self, catalogue: &Catalogue) -> Option<Role> {
        catalogue.people.role_of_groups(&self.origin.groups)
    }

    /// Who that is, if they have a role.
    pub fn known(self, catalogue: &Catalogue) -> Option<Known> {
        catalogue.people.known(self.actor, self.chat_role(catalogue))
    }
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
        Input::Command { origin, command } => commanded(view, Caller::of(&origin), command),
        Input::Found(question, found) => Ok(answer::found(view, &question, found)),
        Input::Checked(origin, host, findings) => {
            Ok(Decision::say(To::Asker(origin), replies::host_check(host.as_str(), &findings)))
        }
        Input::Audited(origin, Ok((events, head))) => {
            Ok(Decision::say(To::Asker(origin), replies::audit_holds(events, &head)))
        }
        Input::Audited(origin, Err(why)) => Ok(Decision::say(To::Asker(origin), replies::audit_broken(&why))),
        Input::Threaded(incident, conversation) => Ok(incident::threaded(view, incident, conversation)),
        Input::Start(request) => Ok(request::start::start(view, request, None)),
        Input::Roles(request, answers) => Ok(request::start::start(view, request, Some(&answers))),
        Input::Probed(request, host, boot) => Ok(run::progress::probed(view, request, &host, boot)),
        Input::StepEnded(request, host, run, report) => {
            Ok(run::progress::step_ended(view, request, &host, run, report))
        }
        Input::Verified(request, host, report) => Ok(run::progress::verified(view, request, &host, report)),
        Input::Recover => Ok(run::recover::recover(view)),
        Input::Tick => Ok(clock::tick(view)),
    }
}

fn commanded(view: View<'_>, caller: Caller<'_>, command: Command) -> Result<Decision, Refusal> {
    let pressed = matches!(command, Command::Press(_) | Command::Submitted(..));
    // What a button or a form refers to is nobody's business who has no role.
    let needed = match &command {
        Command::Press(press) => Some(press::role(press)),
        Command::Submitted(submit, _) => Some(form::role(submit)),
        _ => None,
    };
    if let Some(needed) = needed.filter(|_| caller.known(view.catalogue).is_none()) {
        return Err(stranger(caller.actor, needed));
    }
    let command = match command {
        Command::Press(press) => press::pressed(view, caller, press)?,
        Command::Submitted(submit, values) => form::submitted(view, submit, values)?,
        command => press::Pressed::Command(command),
    };
    let command = match command {
        press::Pressed::Command(command) => command,
        press::Pressed::Form(form) => {
            require(view.catalogue, caller, form::role(&form.submit))?;
            let effects = vec![Effect::Form(caller.origin.clone(), form)];
            return Ok(Decision { events: Vec::new(), effects });
        }
        press::Pressed::More(question) => {
            require(view.catalogue, caller, Role::Viewer)?;
            return Ok(Decision { events: Vec::new(), effects: vec![Effect::Search(question)] });
        }
        press::Pressed::Judge(answer, right) => {
            require(view.catalogue, caller, Role::Viewer)?;
            return Ok(answer::judge(view, caller, answer, right));
        }
    };
    let about = request_named_by(&command);
    match command_decision(view, caller, command) {
        Err(refusal) => recorded_refusal(view, caller, about, refusal, pressed),
        decision => decision,
    }
}

/// What is asked for before a command is looked at any further.
pub(crate) fn role_for(command: &Command) -> Role {
    match command {
        Command::Run { .. }
        | Command::Fill { .. }
        | Command::Cancel(_)
        | Command::Settle(..)
        | Command::Check(_)
        | Command::IncidentOpen(..)
        | Command::IncidentNote(_)
        | Command::IncidentResolve(..)
        | Command::IncidentSeverity(..)
        | Command::IncidentAssign(..)
        | Command::IncidentUse(_)
        | Command::Quiet(_) => Role::Responder,
        Command::Deny(..) | Command::Withdraw(_) => Role::Approver,
        Command::ClockAccept => Role::Admin,
        // Whoever approves their own request is told so, whatever their role: see `approve`.
        _ => Role::Viewer,
    }
}

fn command_decision(view: View<'_>, caller: Caller<'_>, command: Command) -> Result<Decision, Refusal> {
    if let Command::Overheard(words) = command {
        return Ok(answer::overheard(view, caller, words));
    }
    if let Command::Misread(refusal) = command {
        return Err(refusal);
    }
    require(view.catalogue, caller, role_missing(view, caller, &command))?;
    let reply = |reply| Ok(Decision::answer(caller, reply));
    let effect = |effect| Ok(Decision { events: Vec::new(), effects: vec![effect] });
    let origin = caller.origin.clone();
    let search = |words, purpose| effect(Effect::Search(Question { origin: origin.clone(), words, purpose }));
    match command {
        Command::Ask(words) => search(words, Purpose::Answer),
        Command::Meant(meant) if meant.is_of(view.catalogue) => reply(replies::did_you_mean(&meant.typed)),
        Command::Meant(meant) => search(meant.question, Purpose::Answer),
        Command::KbSearch(words) => search(words, Purpose::Search),
        Command::KbShow(article) => reply(replies::answer::shown(view.catalogue, &article)),
        Command::KbReport => {
            let upkeep = upkeep::upkeep(view.state, &view.catalogue.articles, view.context.now_ms);
            reply(replies::upkeep::report(&upkeep))
        }
        Command::Quiet(quiet) => Ok(answer::quiet(view, caller, quiet)),
        Command::Run { action, params, hosts, reason } => {
            request::open::open(view, caller, request::open::Asked { action, params, hosts, reason })
        }
        Command::Fill { action, revision, params, hosts, reason } => {
            let asked = request::open::Asked { action, params, hosts, reason };
            form::fill(view, caller, revision, asked)
        }
        Command::Approve(id) => request::approve::approve(view, caller, id),
        Command::Deny(id, reason) => request::approve::deny(view, caller, id, reason),
        Command::Withdraw(id) => request::approve::withdraw(view, caller, id),
        Command::Cancel(id) => request::approve::cancel(view, caller, id),
        Command::Settle(id, outcome, reason) => run::recover::settle(view, caller, id, outcome, reason),
        Command::Show(id) => reply(replies::request::whole(view.catalogue, request::find(view.state, id)?)),
        Command::Approvals => reply(replies::request::waiting_for(view, caller)),
        Command::Check(host) => {
            let host = super::plan::known_host(view.catalogue, &host)?;
            effect(Effect::CheckHost(origin, host.name.clone()))
        }
        Command::Hosts => reply(replies::hosts(view)),
        Command::AuditVerify => effect(Effect::VerifyAudit(origin)),
        Command::ClockAccept => clock::accept(view, caller),
        Command::Help => reply(replies::help()),
        command => incident::command(view, caller, command),
    }
}

/// The same for a refusal: somebody without any role misses the one that would help.
fn role_missing(view: View<'_>, caller: Caller<'_>, command: &Command) -> Role {
    match command {
        Command::Approve(_) if caller.known(view.catalogue).is_none() => Role::Approver,
        command => role_for(command),
    }
}

/// Denied is the default: an actor that nobody named has no role.
pub fn require(catalogue: &Catalogue, caller: Caller<'_>, needed: Role) -> Result<(), Refusal> {
    let Some(known) = caller.known(catalogue) else { return Err(stranger(caller.actor, needed)) };
    if known.role < needed {
        let who = if known.is_named() { format!("{} is", known.name) } else { "you are".to_owned() };
        let message = format!("this needs the role {needed}; {who} {}", known.role);
        return Err(Refusal::new("role_too_low", message).hint("`/help` says which role each command needs."));
    }
    Ok(())
}

/// The refusal of somebody without any role.
pub fn stranger(actor: &ActorId, needed: Role) -> Refusal {
    let message = format!("this needs the role {needed}; `{actor}` is nobody this bot knows");
    Refusal::new(replies::UNKNOWN_ACTOR, message).hint(format!(
        "An admin can add a [[person]] with actors = [\"{actor}\"] to the configuration, or give a role to a group of theirs."
    ))
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

/// Refused commands of one account about one request that are recorded.
const REFUSALS_KEPT_MAX: usize = 20;

/// A refused command about an existing request by somebody we know goes into the record; what
/// strangers try is refused without growing it, and so is what is tried again and again.
fn recorded_refusal(
    view: View<'_>,
    caller: Caller<'_>,
    about: Option<(RequestId, &'static str)>,
    refusal: Refusal,
    pressed: bool,
) -> Result<Decision, Refusal> {
    let known = caller.known(view.catalogue).is_some();
    let request = about.and_then(|(id, command)| Some((view.state.requests.get(&id)?, command)));
    match request.filter(|_| known) {
        None => Err(refusal),
        Some((request, _)) if request.refusals.get(caller.actor) >= Some(&REFUSALS_KEPT_MAX) => Err(refusal),
        Some((request, command)) => {
            let mut reply = replies::refusal(&refusal);
            if pressed {
                reply = replies::request::since(reply, view, request);
            }
            let mut decision = Decision::answer(caller, reply);
            let (command, code) = (command.to_owned(), refusal.code.to_owned());
            decision.event(caller.actor, Event::CommandRefused { request: request.id, command, code });
            Ok(decision)
        }
    }
}

#[cfg(test)]
mod tests;

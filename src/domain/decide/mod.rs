//! The one place where decisions are made: input and state in, events and effects out.
//!
//! Invariant: `decide` is pure. Effects happen only after the events of the same decision are in
//! the record; a decision that changes a host holds `run started` or `step started` among its
//! events or rests on one that is recorded.

mod approve;
mod ask;
mod clock;
pub mod effect;
mod form;
mod heads;
mod incident;
pub mod input;
mod press;
mod progress;
mod recover;
mod reference;
mod roles;
mod run;
mod start;
mod turn;

use crate::domain::command::Command;
use crate::domain::id::RequestId;
use crate::domain::planning::planner;
use crate::domain::planning::wish::Asked;
use crate::domain::policy::catalogue::Catalogue;
use crate::domain::record::event::Event;
use crate::domain::record::state::{self, State};
use crate::domain::refusal::Refusal;
use crate::domain::rules::upkeep;
use crate::domain::rules::view::{Caller, Context, View, require, stranger};
use crate::domain::say::address::To;
use crate::domain::say::question::{Purpose, Question};
use crate::domain::say::replies;
use crate::domain::world::actor::Role;
use effect::{Decision, Effect};
use input::Input;
use reference::Pressed;

/// Decides what an input leads to.
pub fn decide(
    state: &State,
    catalogue: &Catalogue,
    input: Input,
    context: Context<'_>,
) -> Result<Decision, Refusal> {
    let view = View { state, catalogue, context };
    match input {
        Input::Command { origin, command } => commanded(view, Caller::of(&origin), command),
        Input::Found(question, found) => Ok(ask::found(view, &question, found)),
        Input::Checked(origin, host, findings) => {
            Ok(Decision::say(To::Asker(origin), replies::host_check(host.as_str(), &findings)))
        }
        Input::Audited(origin, Ok(findings)) => {
            Ok(Decision::say(To::Asker(origin), replies::audit::findings(&findings)))
        }
        Input::Audited(origin, Err(why)) => {
            Ok(Decision::say(To::Asker(origin), replies::audit::not_judged(&why)))
        }
        Input::Threaded(incident, conversation) => Ok(incident::threaded(view, incident, conversation)),
        Input::Start(request) => Ok(start::start(view, request, None, None)),
        Input::Roles(request, answers, reached) => Ok(start::start(view, request, Some(answers), reached)),
        Input::Reached(request, host, reached, answers) => {
            Ok(start::reached(view, request, &host, reached, answers))
        }
        Input::Probed(request, host, reached) => Ok(progress::probed(view, request, &host, reached)),
        Input::VerifiedBefore(request, host, ground, report) => {
            Ok(progress::verified_before(view, request, &host, ground, report))
        }
        Input::StepEnded(request, host, run, report) => {
            Ok(progress::step_ended(view, request, &host, run, report))
        }
        Input::Verified(request, host, report) => Ok(progress::verified(view, request, &host, report)),
        Input::Recover => Ok(recover::recover(view)),
        Input::TellHead => Ok(heads::tell(view)),
        Input::NotKept(why) => Ok(Decision::say(To::everybody(), replies::audit::not_kept(&why))),
        Input::Tick => {
            let mut decision = clock::tick(view);
            decision.extend(heads::tell(view));
            Ok(decision)
        }
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
        command => Pressed::Command(command),
    };
    let command = match command {
        Pressed::Command(command) => command,
        Pressed::Form(form) => {
            require(view.catalogue, caller, form::role(&form.submit))?;
            let effects = vec![Effect::Form(caller.origin.clone(), form)];
            return Ok(Decision { events: Vec::new(), effects });
        }
        Pressed::More(question) => {
            require(view.catalogue, caller, Role::Viewer)?;
            return Ok(Decision { events: Vec::new(), effects: vec![Effect::Search(question)] });
        }
        Pressed::Judge(answer, right) => {
            require(view.catalogue, caller, Role::Viewer)?;
            return Ok(ask::judge(view, caller, answer, right));
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
        return Ok(ask::overheard(view, caller, words));
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
        Command::Quiet(quiet) => Ok(ask::quiet(view, caller, quiet)),
        Command::Run { action, params, hosts, reason } => {
            run::open(view, caller, Asked { action, params, hosts, reason })
        }
        Command::Fill { action, revision, params, hosts, reason } => {
            let asked = Asked { action, params, hosts, reason };
            form::fill(view, caller, revision, asked)
        }
        Command::Approve(id) => approve::approve(view, caller, id),
        Command::Deny(id, reason) => approve::deny(view, caller, id, reason),
        Command::Withdraw(id) => approve::withdraw(view, caller, id),
        Command::Cancel(id) => approve::cancel(view, caller, id),
        Command::Settle(id, outcome, reason) => recover::settle(view, caller, id, outcome, reason),
        Command::Show(id) => reply(replies::request::whole(view, state::find_request(view.state, id)?)),
        Command::Approvals => reply(replies::request::waiting_for(view, caller)),
        Command::Check(host) => {
            let host = planner::known_host(view.catalogue, &host)?;
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

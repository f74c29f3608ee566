//! Incidents: opening, noting, using, resolving.

use super::effect::{Decision, Effect};
use crate::domain::command::{Assignee, Command};
use crate::domain::id::{ConversationId, IncidentId};
use crate::domain::policy::catalogue::{ambiguous, named};
use crate::domain::record::bounds::bounded;
use crate::domain::record::event::Event;
use crate::domain::record::incident::Incident;
use crate::domain::record::request::Status;
use crate::domain::record::run::Outcome;
use crate::domain::record::severity::Severity;
use crate::domain::record::state::find_incident;
use crate::domain::refusal::Refusal;
use crate::domain::rules::view::{Caller, View};
use crate::domain::say::address::To;
use crate::domain::say::replies;
use crate::domain::say::reply::Reply;
use crate::domain::world::actor::ActorId;

/// Incidents named in a hint.
const HINTED_INCIDENTS: usize = 5;

fn in_use<'a>(view: View<'a>, caller: Caller<'_>) -> Result<&'a Incident, Refusal> {
    view.state.incident_in_use(caller.conversation).ok_or_else(|| {
        let open = view.state.incidents.values().rev().filter(|incident| incident.resolved_at_ms.is_none());
        let open: Vec<_> = open.map(|incident| incident.id.to_string()).take(HINTED_INCIDENTS).collect();
        let hint = match open.first() {
            None => "`/incident open TITLE` opens one.".to_owned(),
            Some(first) => format!("Open: {}. `/incident use {first}` turns to one.", open.join(", ")),
        };
        Refusal::new("no_incident_in_use", "no open incident is in use in this conversation").hint(hint)
    })
}

/// The commands about incidents.
pub fn command(view: View<'_>, caller: Caller<'_>, command: Command) -> Result<Decision, Refusal> {
    match command {
        Command::IncidentOpen(severity, title) => open(view, caller, severity, title),
        Command::IncidentList => Ok(Decision::answer(caller, replies::incident::list(view.state))),
        Command::IncidentShow(id) => show(view, caller, id),
        Command::IncidentNote(text) => note(view, caller, text),
        Command::IncidentResolve(id, text) => resolve(view, caller, id, text),
        Command::IncidentUse(id) => turn_to(view, caller, id),
        Command::IncidentSeverity(id, severity) => change_severity(view, caller, id, severity),
        Command::IncidentAssign(id, assignee) => assign(view, caller, id, assignee),
        Command::IncidentExport(id) => export(view, caller, id),
        // Every other command is decided elsewhere.
        _ => Ok(Decision::default()),
    }
}

/// The events that open an incident and turn the conversation to it. Where an incident gets a
/// conversation of its own, the one in which it began stays free for the next problem.
pub fn opening(
    view: View<'_>,
    caller: Caller<'_>,
    severity: Severity,
    title: String,
) -> (IncidentId, Vec<Event>) {
    let incident = view.state.next_incident();
    let mut events = vec![Event::IncidentOpened { incident, title, severity }];
    if caller.origin.ticket.is_none() {
        events.push(Event::IncidentUsed { incident, conversation: caller.conversation.clone() });
    }
    (incident, events)
}

/// An incident has been given a conversation of its own.
pub fn threaded(view: View<'_>, incident: IncidentId, conversation: ConversationId) -> Decision {
    let mut decision = Decision::default();
    if view.state.incidents.get(&incident).is_some_and(|incident| incident.thread.is_none()) {
        decision.event(&ActorId::bot(), Event::IncidentThreaded { incident, conversation });
    }
    decision
}

/// The given incident, or the one in use.
fn meant<'a>(view: View<'a>, caller: Caller<'_>, id: Option<IncidentId>) -> Result<&'a Incident, Refusal> {
    match id {
        Some(id) => find_incident(view.state, id),
        None => in_use(view, caller),
    }
}

/// The given incident, or the one that is talked about here: a resolved one can be looked at too.
fn looked_at<'a>(
    view: View<'a>,
    caller: Caller<'_>,
    id: Option<IncidentId>,
) -> Result<&'a Incident, Refusal> {
    match view.state.incident_of(caller.conversation) {
        Some(incident) if id.is_none() => Ok(incident),
        _ => meant(view, caller, id),
    }
}

/// A decision with one event about an incident, told to everybody who works on it.
fn told(caller: Caller<'_>, incident: IncidentId, event: Event, reply: Reply) -> Decision {
    let mut decision = Decision::say(To::Incident(incident, caller.conversation.clone()), reply);
    decision.event(caller.actor, event);
    decision
}

/// `/incident severity`.
fn change_severity(
    view: View<'_>,
    caller: Caller<'_>,
    id: Option<IncidentId>,
    severity: Severity,
) -> Result<Decision, Refusal> {
    let incident = meant(view, caller, id)?.id;
    let who = view.catalogue.people.name(caller.actor);
    let reply = replies::incident::severity_changed(incident, severity, &who);
    Ok(told(caller, incident, Event::IncidentSeverityChanged { incident, severity }, reply))
}

/// `/incident assign`: to somebody who has a role, or to an account of the chat.
fn assign(
    view: View<'_>,
    caller: Caller<'_>,
    id: Option<IncidentId>,
    assignee: Assignee,
) -> Result<Decision, Refusal> {
    let incident = meant(view, caller, id)?.id;
    let people = &view.catalogue.people;
    let person = match assignee {
        Assignee::Account(actor) => people.name(&actor),
        Assignee::Name(name) => {
            let names = people.iter().map(|person| person.name.as_str());
            let found = named(&name, names.clone(), |name| name);
            let person = found.map_err(|several| ambiguous("person", &name, &several))?.ok_or_else(|| {
                Refusal::new("unknown_person", format!("there is no person `{name}`"))
                    .hint(format!("The configuration names: {}.", names.collect::<Vec<_>>().join(", ")))
            })?;
            person.to_owned()
        }
    };
    let reply = replies::incident::assigned(incident, &person);
    Ok(told(caller, incident, Event::IncidentAssigned { incident, person }, reply))
}

/// `/incident export`.
fn export(view: View<'_>, caller: Caller<'_>, id: Option<IncidentId>) -> Result<Decision, Refusal> {
    let incident = looked_at(view, caller, id)?;
    let reply = replies::incident::exported(view, incident);
    Ok(Decision::say(To::Asker(caller.origin.clone()), reply))
}

/// `/incident open`.
fn open(view: View<'_>, caller: Caller<'_>, severity: Severity, title: String) -> Result<Decision, Refusal> {
    bounded("title", &title)?;
    let reply = replies::incident::opened(view.state.next_incident(), severity, &title);
    let (incident, events) = opening(view, caller, severity, title);
    let mut decision = Decision::say(To::Incident(incident, caller.conversation.clone()), reply);
    for event in events {
        decision.event(caller.actor, event);
    }
    Ok(decision)
}

/// `/incident note`.
fn note(view: View<'_>, caller: Caller<'_>, text: String) -> Result<Decision, Refusal> {
    bounded("note", &text)?;
    let incident = in_use(view, caller)?.id;
    let reply = replies::incident::noted(incident, &view.catalogue.people.name(caller.actor), &text);
    Ok(told(caller, incident, Event::IncidentNoted { incident, text }, reply))
}

/// `/incident show`.
fn show(view: View<'_>, caller: Caller<'_>, id: Option<IncidentId>) -> Result<Decision, Refusal> {
    let incident = looked_at(view, caller, id)?;
    let reply = replies::timeline::timeline(&view.catalogue.people, view.state, incident);
    let reply = replies::reach::of_incident(reply, view.state, view.context.reach, incident);
    Ok(Decision::answer(caller, reply))
}

/// `/incident use`.
fn turn_to(view: View<'_>, caller: Caller<'_>, id: IncidentId) -> Result<Decision, Refusal> {
    let incident = find_incident(view.state, id)?;
    if incident.resolved_at_ms.is_some() {
        return Err(Refusal::new("incident_resolved", format!("{id} is resolved"))
            .hint("`/incident open TITLE` opens a new one."));
    }
    let to = To::Asker(caller.origin.clone());
    let mut decision = Decision::say(to, replies::incident::used(incident));
    let conversation = caller.conversation.clone();
    decision.event(caller.actor, Event::IncidentUsed { incident: id, conversation });
    Ok(decision)
}

/// `/incident resolve`: not while something of it waits, runs or is unknown.
fn resolve(
    view: View<'_>,
    caller: Caller<'_>,
    id: Option<IncidentId>,
    text: String,
) -> Result<Decision, Refusal> {
    if !text.is_empty() {
        bounded("text", &text)?;
    }
    let incident = meant(view, caller, id)?;
    if incident.resolved_at_ms.is_some() {
        return Err(Refusal::new("incident_resolved", format!("{} is resolved already", incident.id)));
    }
    let unfinished = |status: &Status| {
        matches!(
            status,
            Status::Waiting | Status::Ready(_) | Status::Running | Status::Ended(Outcome::Unknown)
        )
    };
    let open = view
        .state
        .requests
        .values()
        .find(|request| request.incident == Some(incident.id) && unfinished(&request.status));
    if let Some(request) = open {
        let message = format!("{} can't be resolved: {} is not finished", incident.id, request.id);
        return Err(Refusal::new("incident_busy", message)
            .hint(format!("`/show {}` says where it stands.", request.id)));
    }
    let event = Event::IncidentResolved { incident: incident.id, text };
    let mut decision = told(caller, incident.id, event, replies::incident::resolved(incident.id));
    decision.effects.push(Effect::TellHead);
    Ok(decision)
}

#[cfg(test)]
mod tests;

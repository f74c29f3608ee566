//! Incidents: opening, noting, using, resolving.

use super::actor::ActorId;
use super::command::Severity;
use super::decide::{Caller, Decision, Effect, View};
use super::event::Event;
use super::id::IncidentId;
use super::refusal::Refusal;
use super::replies;
use super::request::Status;
use super::run::Outcome;
use super::state::{Moment, State};

/// A problem being worked on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// Its number.
    pub id: IncidentId,
    /// What it is about.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// Who opened it.
    pub opened_by: ActorId,
    /// When, in ms since 1970.
    pub opened_at_ms: u64,
    /// When it was resolved.
    pub resolved_at_ms: Option<u64>,
    /// Everything that happened, in order.
    pub timeline: Vec<Moment>,
}

/// Characters of a title, a note or a reason.
pub const TEXT_LEN_MAX: usize = 2000;

/// Incidents named in a hint.
const HINTED_INCIDENTS: usize = 5;

/// Checks a text that goes into the record.
pub fn bounded(what: &'static str, text: &str) -> Result<(), Refusal> {
    let length = text.chars().count();
    if length > TEXT_LEN_MAX {
        let message = format!("the {what} has {length} characters; {TEXT_LEN_MAX} is the limit");
        return Err(Refusal::new("text_too_long", message));
    }
    if text.trim().is_empty() {
        return Err(Refusal::new("text_missing", format!("the {what} is empty")));
    }
    Ok(())
}

/// A text of ours or of a host, cut to `max` characters: an event has a limit.
pub fn shortened(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}...", &text[..end]),
    }
}

/// An incident by number.
pub fn find(state: &State, id: IncidentId) -> Result<&Incident, Refusal> {
    state.incidents.get(&id).ok_or_else(|| {
        Refusal::new("unknown_incident", format!("there is no incident {id}"))
            .hint("`/incident list` lists them.")
    })
}

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

/// The events that open an incident and turn the conversation to it.
pub fn opening(
    view: View<'_>,
    caller: Caller<'_>,
    severity: Severity,
    title: String,
) -> (IncidentId, [Event; 2]) {
    let incident = view.state.next_incident();
    let conversation = caller.conversation.clone();
    let opened = Event::IncidentOpened { incident, title, severity };
    (incident, [opened, Event::IncidentUsed { incident, conversation }])
}

/// `/incident open`.
pub fn open(
    view: View<'_>,
    caller: Caller<'_>,
    severity: Severity,
    title: String,
) -> Result<Decision, Refusal> {
    bounded("title", &title)?;
    let reply = replies::incident::opened(view.state.next_incident(), severity, &title);
    let (_, events) = opening(view, caller, severity, title);
    let mut decision = Decision::reply(caller.conversation, reply);
    for event in events {
        decision.event(caller.actor, event);
    }
    Ok(decision)
}

/// `/incident note`.
pub fn note(view: View<'_>, caller: Caller<'_>, text: String) -> Result<Decision, Refusal> {
    bounded("note", &text)?;
    let incident = in_use(view, caller)?.id;
    let mut decision = Decision::reply(caller.conversation, replies::incident::noted(incident));
    decision.event(caller.actor, Event::IncidentNoted { incident, text });
    Ok(decision)
}

/// `/incident show`.
pub fn show(view: View<'_>, caller: Caller<'_>, id: Option<IncidentId>) -> Result<Decision, Refusal> {
    let incident = match id {
        Some(id) => find(view.state, id)?,
        None => in_use(view, caller)?,
    };
    Ok(Decision::reply(
        caller.conversation,
        replies::incident::timeline(&view.catalogue.people, view.state, incident),
    ))
}

/// `/incident use`.
pub fn turn_to(view: View<'_>, caller: Caller<'_>, id: IncidentId) -> Result<Decision, Refusal> {
    let incident = find(view.state, id)?;
    if incident.resolved_at_ms.is_some() {
        return Err(Refusal::new("incident_resolved", format!("{id} is resolved"))
            .hint("`/incident open TITLE` opens a new one."));
    }
    let mut decision = Decision::reply(caller.conversation, replies::incident::used(incident));
    let conversation = caller.conversation.clone();
    decision.event(caller.actor, Event::IncidentUsed { incident: id, conversation });
    Ok(decision)
}

/// `/incident resolve`: not while something of it waits, runs or is unknown.
pub fn resolve(
    view: View<'_>,
    caller: Caller<'_>,
    id: Option<IncidentId>,
    text: String,
) -> Result<Decision, Refusal> {
    if !text.is_empty() {
        bounded("text", &text)?;
    }
    let incident = match id {
        Some(id) => find(view.state, id)?,
        None => in_use(view, caller)?,
    };
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
    let reply = Effect::Reply(caller.conversation.clone(), replies::incident::resolved(incident.id));
    Ok(Decision { events: vec![(caller.actor.clone(), event)], effects: vec![reply] })
}

#[cfg(test)]
mod tests;

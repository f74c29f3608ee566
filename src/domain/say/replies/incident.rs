//! What is said about incidents.

use super::{export, reach};
use crate::domain::id::IncidentId;
use crate::domain::record::incident::Incident;
use crate::domain::record::severity::Severity;
use crate::domain::record::state::State;
use crate::domain::rules::reach::Reach;
use crate::domain::rules::view::View;
use crate::domain::say::line::Line;
use crate::domain::say::reply::{Reply, Tone};
use crate::domain::text::counted;
use crate::domain::time::date_and_time;
use crate::domain::world::actor::People;

/// A new incident, in use here from now on.
pub fn opened(id: IncidentId, severity: Severity, title: &str) -> Reply {
    let line = Line::plain(format!("incident {id} ({}) is open and in use here: ", severity.word()));
    Reply::new(Tone::Info, line.untrusted(title))
}

/// Words were added.
pub fn noted(id: IncidentId, who: &str, text: &str) -> Reply {
    let line = Line::plain(format!("noted in {id} by ")).person(who).then(": ").untrusted(text);
    Reply::new(Tone::Good, line)
}

/// It has become more or less bad.
pub fn severity_changed(id: IncidentId, severity: Severity, who: &str) -> Reply {
    let line = Line::plain(format!("{id} is {} now, says ", severity.word())).person(who);
    Reply::new(Tone::Good, line)
}

/// Somebody works on it.
pub fn assigned(id: IncidentId, person: &str) -> Reply {
    Reply::new(Tone::Good, Line::plain(format!("{id} is given to ")).person(person))
}

/// Where an incident stands: the message that its conversation is made from.
pub fn card(people: &People, state: &State, reach: &Reach, incident: &Incident) -> Reply {
    let (tone, status) = match incident.resolved_at_ms {
        Some(_) => (Tone::Good, "resolved"),
        None => (Tone::Wait, "open"),
    };
    let title = Line::plain(format!("{} {} {status}: ", incident.id, incident.severity.word()))
        .untrusted(incident.title.as_str());
    let opened = Line::plain("opened by ").person(&people.name(&incident.opened_by));
    let opened = opened.then(format!(" at {} UTC", date_and_time(incident.opened_at_ms)));
    let reply = Reply::new(tone, title).line(opened);
    let reply = match &incident.assigned_to {
        Some(person) => reply.line(Line::plain("given to ").person(person)),
        None => reply,
    };
    reach::of_incident(reply, state, reach, incident)
}

/// An incident as a document.
pub fn exported(view: View<'_>, incident: &Incident) -> Reply {
    let title = Line::plain(format!("{} as a document", incident.id));
    let text = export::document(view, incident);
    Reply::new(Tone::Good, title).file(format!("{}.md", incident.id), text)
}

/// The conversation turned to an incident.
pub fn used(incident: &Incident) -> Reply {
    Reply::new(
        Tone::Good,
        Line::plain(format!("{} is in use here: ", incident.id)).untrusted(incident.title.as_str()),
    )
}

/// An incident ended.
pub fn resolved(id: IncidentId) -> Reply {
    Reply::new(Tone::Good, Line::plain(format!("{id} is resolved")))
}

/// All incidents, the newest first.
pub fn list(state: &State) -> Reply {
    let title = Line::plain(counted(state.incidents.len(), "incident"));
    state.incidents.values().rev().fold(Reply::new(Tone::Info, title), |reply, incident| {
        let status = if incident.resolved_at_ms.is_some() { "resolved" } else { "open" };
        let line = Line::default()
            .code(incident.id.to_string())
            .then(format!(
                " {} {status} since {} UTC ",
                incident.severity.word(),
                date_and_time(incident.opened_at_ms)
            ))
            .untrusted(incident.title.as_str());
        reply.item(line)
    })
}

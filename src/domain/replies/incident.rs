//! What is said about incidents.

use crate::domain::actor::People;
use crate::domain::command::Severity;
use crate::domain::decide::View;
use crate::domain::event::{ApprovalEnd, Event};
use crate::domain::id::IncidentId;
use crate::domain::incident::Incident;
use crate::domain::reply::{Line, Reply, Tone};
use crate::domain::run::StepEnd;
use crate::domain::state::{Moment, State};

use super::{counted, date_and_time, time};

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
pub fn card(people: &People, incident: &Incident) -> Reply {
    let (tone, status) = match incident.resolved_at_ms {
        Some(_) => (Tone::Good, "resolved"),
        None => (Tone::Wait, "open"),
    };
    let title = Line::plain(format!("{} {} {status}: ", incident.id, incident.severity.word()))
        .untrusted(incident.title.as_str());
    let opened = Line::plain("opened by ").person(&people.name(&incident.opened_by));
    let opened = opened.then(format!(" at {} UTC", date_and_time(incident.opened_at_ms)));
    let reply = Reply::new(tone, title).line(opened);
    match &incident.assigned_to {
        Some(person) => reply.line(Line::plain("given to ").person(person)),
        None => reply,
    }
}

/// An incident as a document.
pub fn exported(view: View<'_>, incident: &Incident) -> Reply {
    let title = Line::plain(format!("{} as a document", incident.id));
    let text = super::export::document(view, incident);
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

/// Everything that happened, in order.
pub fn timeline(people: &People, state: &State, incident: &Incident) -> Reply {
    let status = if incident.resolved_at_ms.is_some() { "resolved" } else { "open" };
    let title = Line::plain(format!("{} {} {status}: ", incident.id, incident.severity.word()))
        .untrusted(incident.title.as_str());
    let reply = Reply::new(Tone::Info, title)
        .line(Line::plain(format!("opened {} UTC", date_and_time(incident.opened_at_ms))));
    let reply = match &incident.assigned_to {
        Some(person) => reply.line(Line::plain("given to ").person(person)),
        None => reply,
    };
    incident.timeline.iter().fold(reply, |reply, moment| reply.item(moment_line(people, state, moment)))
}

/// One line of a timeline.
pub fn moment_line(people: &People, state: &State, moment: &Moment) -> Line {
    let line = Line::plain(format!("{} #{} ", time(moment.at_ms), moment.seq))
        .person(&people.name(&moment.actor))
        .then(" ");
    what_happened(state, line, moment)
}

fn what_happened(state: &State, line: Line, moment: &Moment) -> Line {
    match &moment.event {
        Event::IncidentOpened { .. } => line.then("opened the incident"),
        Event::IncidentUsed { .. } | Event::OutputKept { .. } => line,
        Event::IncidentSeverityChanged { severity, .. } => line.then(format!("made it {}", severity.word())),
        Event::IncidentAssigned { person, .. } => line.then("gave it to ").person(person),
        Event::IncidentNoted { text, .. } => line.then("noted: ").untrusted(text.as_str()),
        Event::IncidentResolved { text, .. } if text.is_empty() => line.then("resolved the incident"),
        Event::IncidentResolved { text, .. } => line.then("resolved the incident: ").untrusted(text.as_str()),
        Event::RequestOpened { request, plan, digest, .. } => {
            let hosts: Vec<_> = plan.hosts.iter().map(|host| host.name.as_str()).collect();
            line.then(format!("asked as {request} for "))
                .code(plan.action.as_str())
                .then(" on ")
                .untrusted(hosts.join(", "))
                .then(format!(", plan {}", digest.short()))
        }
        Event::CommandRefused { request, command, code } => {
            line.then(format!("was refused to {command} {request} ({code})"))
        }
        event => request_event(state, line, event),
    }
}

fn request_event(state: &State, line: Line, event: &Event) -> Line {
    match event {
        Event::ApprovalGiven { request, digest, .. } => {
            line.then(format!("approved {request}, plan {}", digest.short()))
        }
        Event::ApprovalEnded { request, person, why, .. } => {
            let line = line.then(format!("saw the approval of {request} by ")).person(person);
            line.then(match why {
                ApprovalEnd::Lapsed => " lapse",
                ApprovalEnd::RoleGone => " end: the role is gone",
            })
        }
        Event::RolesUnanswered { request, actors, why } => {
            let actors: Vec<_> = actors.iter().map(ToString::to_string).collect();
            let line = line.then(format!("could not ask, for {request}, for the roles of "));
            line.untrusted(actors.join(", ")).then(": ").untrusted(why.as_str())
        }
        Event::ApprovalWithdrawn { request, .. } => line.then(format!("took the approval of {request} back")),
        Event::RequestDenied { request, reason } => {
            line.then(format!("denied {request}: ")).untrusted(reason.as_str())
        }
        Event::RequestCancelled { request } => line.then(format!("cancelled {request}")),
        Event::RequestExpired { request, why } => line.then(format!("let {request} expire: {why}")),
        Event::StartRefused { request, differences } => {
            line.then(format!("refused to start {request}: ")).untrusted(differences.join("; "))
        }
        Event::CancelAsked { request } => line.then(format!("asked {request} to stop")),
        Event::RunSettled { request, outcome, reason } => {
            line.then(format!("settled {request} as {outcome}: ")).untrusted(reason.as_str())
        }
        event => run_event(state, line, event),
    }
}

fn run_event(state: &State, line: Line, event: &Event) -> Line {
    match event {
        Event::RunStarted { request, .. } => line.then(format!("started {request}")),
        Event::RunRecovered { request } => line.then(format!("was restarted while {request} ran")),
        Event::StepStarted { request, host, step, .. } => {
            let planned = state.requests.get(request).and_then(|request| {
                let at = request.host_index(host)?;
                request.plan.hosts[at].steps.get(*step)
            });
            let line = line.then(format!("sent step {} of {request} to ", step + 1)).untrusted(host.as_str());
            match planned {
                Some(command) => line.then(": ").code(super::request::command_line(command)),
                None => line,
            }
        }
        Event::StepEnded { request, host, step, end, problem, .. } => {
            let line =
                line.then(format!("saw step {} of {request} end on ", step + 1)).untrusted(host.as_str());
            match (end, problem) {
                (StepEnd::Done(code), None) => line.then(format!(": exit code {code}")),
                (_, Some(problem)) => line.then(": ").untrusted(problem.as_str()),
                (_, None) => line,
            }
        }
        Event::VerifyEnded { request, host, problem } => {
            let line = line.then(format!("verified {request} on ")).untrusted(host.as_str());
            match problem {
                None => line.then(": it holds"),
                Some(problem) => line.then(": it does not hold: ").untrusted(problem.as_str()),
            }
        }
        Event::HostEnded { request, host, outcome, .. } => {
            line.then(format!("ended {request} on ")).untrusted(host.as_str()).then(format!(": {outcome}"))
        }
        Event::RunEnded { request, outcome } => line.then(format!("ended {request}: {outcome}")),
        _ => line,
    }
}

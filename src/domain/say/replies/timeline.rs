//! The timeline of an incident, a line for each moment.

use crate::domain::plan;
use crate::domain::record::event::{ApprovalEnd, Event};
use crate::domain::record::incident::Incident;
use crate::domain::record::moment::Moment;
use crate::domain::record::run::{StepEnd, Verdict};
use crate::domain::record::state::State;
use crate::domain::say::line::Line;
use crate::domain::say::reply::{Reply, Tone};
use crate::domain::time::{date_and_time, time};
use crate::domain::world::actor::People;

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
        Event::VerifiedBefore { request, host, found, why } => {
            let line = line.then(format!("looked before {request} on ")).untrusted(host.as_str());
            match found {
                Verdict::Holds => line.then(": the verification holds already"),
                _ => line.then(": ").untrusted(why.as_str()),
            }
        }
        Event::StepStarted { request, host, step, .. } => {
            let planned = state.requests.get(request).and_then(|request| {
                let at = request.host_index(host)?;
                request.plan.hosts[at].steps.get(*step)
            });
            let line = line.then(format!("sent step {} of {request} to ", step + 1)).untrusted(host.as_str());
            match planned {
                Some(command) => line.then(": ").code(plan::command_line(command)),
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
        Event::VerifyEnded { request, host, problem, not_applicable } => {
            let line = line.then(format!("verified {request} on ")).untrusted(host.as_str());
            match problem {
                Some(problem) if *not_applicable => line.then(": ").untrusted(problem.as_str()),
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

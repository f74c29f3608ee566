//! An incident written out as a Markdown document: for a review, a ticket, an archive.

use std::fmt::Write as _;

use super::timeline;
use crate::domain::plan;
use crate::domain::record::incident::Incident;
use crate::domain::record::request::{self, Request};
use crate::domain::rules::view::View;
use crate::domain::say::line::{Line, Span};
use crate::domain::time::date_and_time;

/// The whole incident: what happened when and by whom, every request with its plan, its approvals,
/// its outcome and what was printed.
pub fn document(view: View<'_>, incident: &Incident) -> String {
    let people = &view.catalogue.people;
    let mut text = format!("# {}: {}\n\n", incident.id, one_line(&incident.title));
    let mut fact = |what: &str, is: &str| {
        let _ = writeln!(text, "- {what}: {}", one_line(is));
    };
    fact("severity", incident.severity.word());
    fact(
        "opened",
        &format!("{} UTC by {}", date_and_time(incident.opened_at_ms), people.name(&incident.opened_by)),
    );
    if let Some(person) = &incident.assigned_to {
        fact("given to", person);
    }
    match incident.resolved_at_ms {
        Some(at_ms) => fact("resolved", &format!("{} UTC", date_and_time(at_ms))),
        None => fact("resolved", "no"),
    }
    text.push_str("\n## Timeline (UTC; the number is the event in the record)\n\n");
    for moment in &incident.timeline {
        let line = timeline::moment_line(people, view.state, moment);
        let _ = writeln!(text, "- {}", written(&line));
    }
    for request in view.state.requests.values().filter(|request| request.incident == Some(incident.id)) {
        text.push_str(&of_request(request));
    }
    text
}

fn of_request(request: &Request) -> String {
    let plan = &request.plan;
    let mut text =
        format!("\n## {}: {}, {}\n\n", request.id, plan.action, request::standing(&request.status));
    let _ = writeln!(text, "- article: {} at revision {}", plan.article, plan.revision);
    let _ = writeln!(text, "- plan: {}", request.digest);
    for (person, approval) in &request.approvals {
        let _ = writeln!(text, "- approved by {} at {} UTC", one_line(person), date_and_time(approval.at_ms));
    }
    for (at, host) in plan.hosts.iter().enumerate() {
        let _ = writeln!(text, "\n### {}\n", one_line(host.name.as_str()));
        for step in &host.steps {
            text.push_str(&indented(&plan::command_line(step)));
        }
        let outputs = request.run.iter().filter_map(|run| run.hosts.get(at)).flat_map(|host| &host.output);
        for (step, output) in outputs {
            let what = step.map_or("the verification".to_owned(), |step| format!("step {}", step + 1));
            let _ = writeln!(text, "\nWhat {what} printed:\n");
            text.push_str(&indented(output.trim_end()));
        }
    }
    text
}

/// An indented code block: nothing within it can end it.
fn indented(text: &str) -> String {
    text.lines().flat_map(|line| ["    ", line, "\n"]).collect()
}

fn written(line: &Line) -> String {
    let span = |span: &Span| match span {
        Span::Plain(text) => text.clone(),
        Span::Untrusted(text) | Span::Marked(text) | Span::Code(text) => text.escape_with(one_line),
        Span::Account(actor) => one_line(&actor.0),
        Span::Place(conversation) => one_line(conversation.as_str()),
    };
    line.0.iter().map(span).collect()
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

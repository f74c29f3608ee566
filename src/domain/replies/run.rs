//! What is said while something runs, and how it ended.

use std::collections::BTreeMap;

use crate::domain::action::Risk;
use crate::domain::catalogue::Catalogue;
use crate::domain::id::{HostName, RequestId};
use crate::domain::plan::{Basis, WayBack, filled};
use crate::domain::reply::{Line, Reply, Tone};
use crate::domain::request::{HostPhase, Request, Status};
use crate::domain::run::{Outcome, Output};

use super::request::command_line;

/// Lines of output in a reply; `/show` has all that was kept.
const OUTPUT_LINES: usize = 40;

/// It begins.
pub fn started(request: &Request) -> Reply {
    let basis = match request.plan.basis {
        Basis::NoneNeeded => "it only reads",
        Basis::Quorum(_) => "with its approvals",
    };
    let hosts: Vec<_> = request.plan.hosts.iter().map(|host| host.name.as_str()).collect();
    let line = Line::plain(format!("{} starts ({basis}): ", request.id)).code(request.plan.action.as_str());
    Reply::new(Tone::Info, line.then(" on ").untrusted(hosts.join(", ")))
}

/// A step is about to be sent.
pub fn step_started(request: &Request, host: &HostName, step: usize) -> Reply {
    let steps = request.host_index(host).map_or(&[][..], |at| &request.plan.hosts[at].steps);
    let line = Line::plain(format!("{} ", request.id)).code(host.as_str());
    let line = line.then(format!(" step {} of {}: ", step + 1, steps.len()));
    let command = steps.get(step).map(command_line).unwrap_or_default();
    Reply::new(Tone::Info, line.code(command))
}

/// A step is over. What ran was said when it began.
pub fn step_ended(
    id: RequestId,
    host: &HostName,
    (step, steps): (usize, usize),
    problem: Option<&str>,
    output: &Output,
) -> Reply {
    let line =
        Line::plain(format!("{id} ")).code(host.as_str()).then(format!(" step {} of {steps}: ", step + 1));
    let reply = match problem {
        None => Reply::new(Tone::Info, line.then("done")),
        Some(problem) => Reply::new(Tone::Bad, line.untrusted(problem)),
    };
    shown_output(id, reply, output)
}

/// The verification is over: what it found, and why.
pub fn verified(id: RequestId, host: &HostName, found: &str, why: &str, output: &Output) -> Reply {
    let line = Line::plain(format!("{id} ")).code(host.as_str()).then(format!(": {found}"));
    let reply = match why {
        "" => Reply::new(Tone::Info, line),
        why => Reply::new(Tone::Bad, line.then(": ").untrusted(why)),
    };
    shown_output(id, reply, output)
}

fn shown_output(id: RequestId, reply: Reply, output: &Output) -> Reply {
    let text = output.text();
    let text = text.trim_end();
    if text.is_empty() {
        return reply;
    }
    let lines: Vec<_> = text.lines().collect();
    if lines.len() <= OUTPUT_LINES {
        return reply.block(text);
    }
    let half = OUTPUT_LINES / 2;
    let hidden = lines.len() - OUTPUT_LINES;
    reply
        .block(lines[..half].join("\n"))
        .line(Line::plain(format!("{hidden} lines more: ")).code(format!("/show {id}")))
        .block(lines[lines.len() - half..].join("\n"))
}

/// It is over on one host.
pub fn host_ended(id: RequestId, host: &HostName, outcome: Outcome, why: &str) -> Reply {
    let line = Line::plain(format!("{id} ")).code(host.as_str()).then(format!(": {outcome}"));
    Reply::new(tone(outcome), if why.is_empty() { line } else { line.then(", ").untrusted(why) })
}

/// It is over. After a failure the next rung of the ladder is offered as a ready command; after an
/// unknown end, what to do about it.
pub fn ended(catalogue: &Catalogue, request: &Request, outcome: Outcome) -> Reply {
    let id = request.id;
    let title = Line::plain(format!("{id} {outcome}"));
    let title = match why_alone(request) {
        Some(why) => title.then(": ").untrusted(why),
        None => title,
    };
    let mut reply = Reply::new(tone(outcome), title);
    match outcome {
        Outcome::Succeeded | Outcome::Cancelled => reply,
        Outcome::Unknown if request.plan.risk == Risk::Read => {
            reply.line(Line::plain("It only reads: it can be asked again."))
        }
        Outcome::Unknown => {
            reply = reply.line(Line::plain(
                "It may have run. Nothing else changes on that host until somebody has looked:",
            ));
            reply.ready(format!("/settle {id} succeeded|failed|cancelled because REASON"))
        }
        Outcome::Failed => next_rung(catalogue, way_back(reply, request), request),
    }
}

/// Why it ended as it did on its only host; several hosts have each said why.
fn why_alone(request: &Request) -> Option<&str> {
    match request.run.as_ref()?.hosts.as_slice() {
        [host] => match &host.phase {
            HostPhase::Ended(_, why) if !why.is_empty() => Some(why),
            _ => None,
        },
        _ => None,
    }
}

fn tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Succeeded => Tone::Good,
        Outcome::Cancelled | Outcome::Failed => Tone::Bad,
        Outcome::Unknown => Tone::Wait,
    }
}

fn way_back(reply: Reply, request: &Request) -> Reply {
    match request.plan.hosts.first().and_then(|host| host.rollback.as_ref()) {
        Some(WayBack::Command(command)) => {
            reply.line(Line::plain("way back, by hand: ").code(command_line(command)))
        }
        _ => reply,
    }
}

fn next_rung(catalogue: &Catalogue, mut reply: Reply, request: &Request) -> Reply {
    let escalation =
        catalogue.action(&request.plan.action).and_then(|(_, action)| action.escalates_to.as_ref());
    let Some(escalation) = escalation else { return reply };
    let Some((_, target)) = catalogue.action(&escalation.action) else { return reply };
    // A ladder leads up: lint says so to the author, and nobody is led down meanwhile.
    if target.risk < request.plan.risk {
        return reply;
    }
    let given: BTreeMap<_, _> = escalation
        .with
        .iter()
        .map(|(name, template)| (name.as_str(), filled(template, &request.plan.params, str::to_owned)))
        .collect();
    let hosts = hosts_that_failed(request).join(",");
    let mut words = vec!["/run".to_owned(), target.id.to_string()];
    let mut missing = Vec::new();
    for (name, param) in &target.params {
        match given.get(name.as_str()) {
            Some(value) => words.push(format!("{name}={}", shlex::try_quote(value).unwrap_or_default())),
            None if param.default.is_some() => {}
            None => {
                words.push(format!("{name}={}", name.to_uppercase()));
                missing.push(name.as_str());
            }
        }
    }
    words.push(format!("on {hosts} because {} did not help", request.plan.action));
    reply = reply.line(
        Line::plain("next rung: ").untrusted(target.title.as_str()).then(format!(" ({})", target.risk)),
    );
    if let Some(find) = escalation.find.as_ref().filter(|_| !missing.is_empty()) {
        reply = reply
            .line(Line::plain("first find ").untrusted(missing.join(", ")).then(":"))
            .ready(format!("/run {find} on {hosts}"));
    }
    reply.ready(words.join(" "))
}

fn hosts_that_failed(request: &Request) -> Vec<&str> {
    let Some(run) = &request.run else { return Vec::new() };
    let failed = |(run, planned): (&crate::domain::request::HostRun, &'_ crate::domain::plan::HostPlan)| {
        matches!(run.phase, HostPhase::Ended(Outcome::Failed, _)).then_some(planned.name.clone())
    };
    let names: Vec<HostName> = run.hosts.iter().zip(&request.plan.hosts).filter_map(failed).collect();
    request
        .plan
        .hosts
        .iter()
        .map(|host| &host.name)
        .filter(|name| names.contains(name))
        .map(HostName::as_str)
        .collect()
}

/// The bot was restarted in the middle.
pub fn recovering(request: &Request) -> Reply {
    let title =
        format!("I was restarted while {} ran: I ask its hosts how it ended and start nothing", request.id);
    Reply::new(Tone::Wait, Line::plain(title))
}

/// A person said how it ended.
pub fn settled(id: RequestId, outcome: Outcome, status: &Status) -> Reply {
    let reply = Reply::new(
        Tone::Good,
        Line::plain(format!("{id} is settled as {outcome}; its hosts are free again")),
    );
    match status {
        Status::Ended(worst) if *worst != outcome => {
            reply.line(Line::plain(format!("as a whole it {worst}: how its other hosts ended was known")))
        }
        _ => reply,
    }
}

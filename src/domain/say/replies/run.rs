//! What is said while something runs, and how it ended.

use super::reach;
use crate::domain::id::{HostName, RequestId};
use crate::domain::plan::run_id::FIRST_ATTEMPT;
use crate::domain::plan::{HostPlan, WayBack, command_line};
use crate::domain::policy::basis::Basis;
use crate::domain::policy::catalogue::Catalogue;
use crate::domain::record::request::{HostPhase, HostRun, Request, Status};
use crate::domain::record::run::{Outcome, Output};
use crate::domain::record::state::State;
use crate::domain::rules::ladder;
use crate::domain::rules::reach::Reach;
use crate::domain::say::button::{Button, Press, RequestPress, Weight};
use crate::domain::say::line::Line;
use crate::domain::say::reply::{Reply, Tone};
use crate::domain::text::{self, counted};
use crate::domain::world::action::Risk;

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

/// Somebody is about to leave the terminal: what runs meanwhile.
pub fn leaving(state: &State) -> Reply {
    let under_way = |request: &&Request| matches!(request.status, Status::Ready(_) | Status::Running);
    let requests: Vec<_> = state.requests.values().filter(under_way).collect();
    let title = match requests.len() {
        0 => "Ctrl-C once more leaves; nothing runs".to_owned(),
        count => format!("Ctrl-C once more leaves, and does not wait for {}:", counted(count, "run")),
    };
    requests.into_iter().fold(Reply::new(Tone::Wait, Line::plain(title)), |reply, request| {
        let hosts: Vec<_> = request.plan.hosts.iter().map(|host| host.name.as_str()).collect();
        let line = Line::plain(format!("{} ", request.id)).code(request.plan.action.as_str());
        reply.item(line.then(" on ").untrusted(hosts.join(", ")))
    })
}

/// A step is about to be sent.
pub fn step_started(request: &Request, host: &HostName, step: usize, attempt: u32) -> Reply {
    let steps = request.host_index(host).map_or(&[][..], |at| &request.plan.hosts[at].steps);
    let line = Line::plain(format!("{} ", request.id)).code(host.as_str());
    let line = line.then(format!(" step {} of {}", step + 1, steps.len()));
    let line = line.then(match attempt {
        FIRST_ATTEMPT => ": ".to_owned(),
        attempt => format!(", attempt {attempt}: "),
    });
    let command = steps.get(step).map(command_line).unwrap_or_default();
    Reply::new(Tone::Info, line.code(command))
}

/// A step has not begun and never will under this id; it is sent again.
pub fn not_begun(
    id: RequestId,
    host: &HostName,
    (step, steps): (usize, usize),
    why: &str,
    (attempt, most): (u32, u32),
) -> Reply {
    let line = Line::plain(format!("{id} ")).code(host.as_str());
    let line = line.then(format!(" step {} of {steps} did not begin: ", step + 1)).untrusted(why);
    Reply::new(Tone::Wait, line.then(format!("; sent again (attempt {attempt} of {most})")))
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
    reply.output(Line::default(), output_name(id, host.as_str(), Some(step)), &output.text())
}

/// The verification is over: what it found, and why.
pub fn verified(id: RequestId, host: &HostName, found: &str, why: &str, output: &Output) -> Reply {
    let line = Line::plain(format!("{id} ")).code(host.as_str()).then(format!(": {found}"));
    let reply = match why {
        "" => Reply::new(Tone::Info, line),
        why => Reply::new(Tone::Bad, line.then(": ").untrusted(why)),
    };
    reply.output(Line::default(), output_name(id, host.as_str(), None), &output.text())
}

/// Nothing was sent, because of what the verification said before: how it ended, and why.
pub fn left_alone(id: RequestId, host: &HostName, outcome: Outcome, why: &str, output: &Output) -> Reply {
    let line = Line::plain(format!("{id} ")).code(host.as_str()).then(": ").untrusted(why);
    let reply = Reply::new(tone(outcome), line);
    reply.output(Line::default(), output_name(id, host.as_str(), None), &output.text())
}

/// The name of the file that an output goes into.
pub fn output_name(id: RequestId, host: &str, step: Option<usize>) -> String {
    match step {
        Some(step) => format!("{id}-{host}-step-{}.txt", step + 1),
        None => format!("{id}-{host}-verification.txt"),
    }
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
    let mut reply = outputs(Reply::new(tone(outcome), title), request);
    match outcome {
        Outcome::NothingDone | Outcome::Succeeded | Outcome::Cancelled => reply,
        Outcome::Unknown if request.plan.risk == Risk::Read => {
            reply.line(Line::plain("It only reads: it can be asked again."))
        }
        Outcome::Unknown => {
            reply = reply.line(Line::plain(
                "Nobody knows how it ended. Nothing else changes on that host until somebody has looked:",
            ));
            let press = Press::Request(RequestPress::Settle, id, request.digest.prefix());
            reply
                .ready(format!("/settle {id} succeeded|failed|cancelled because REASON"))
                .button(Button::new("Settle", Weight::Danger, press))
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
        Outcome::NothingDone => Tone::Info,
        Outcome::Succeeded => Tone::Good,
        Outcome::Cancelled | Outcome::Failed => Tone::Bad,
        Outcome::Unknown => Tone::Wait,
    }
}

/// The way back, for the hosts on which there is something to undo.
fn way_back(reply: Reply, request: &Request) -> Reply {
    let Some(run) = &request.run else { return reply };
    let hosts: Vec<_> =
        run.hosts.iter().zip(&request.plan.hosts).filter(|(run, host)| is_begun(run, host)).collect();
    let Some((_, HostPlan { rollback: Some(WayBack::Command(command)), .. })) = hosts.first() else {
        return reply;
    };
    let line = if request.plan.hosts.len() == 1 {
        Line::plain("way back, by hand: ")
    } else {
        let names: Vec<_> = hosts.iter().map(|(_, host)| host.name.as_str()).collect();
        Line::plain("way back, by hand, on ").code(names.join(",")).then(": ")
    };
    reply.line(line.code(command_line(command)))
}

/// Whether the step from which on there is something to undo, or a later one, is known to have run, and
/// none said that there is nothing to do.
fn is_begun(run: &HostRun, host: &HostPlan) -> bool {
    !run.not_applicable && run.ran.is_some_and(|step| step + 1 >= host.rollback_from_step)
}

fn next_rung(catalogue: &Catalogue, mut reply: Reply, request: &Request) -> Reply {
    let Some(rung) = ladder::next(catalogue, request) else { return reply };
    let hosts: Vec<_> = rung.hosts.iter().map(HostName::as_str).collect();
    let hosts = hosts.join(",");
    let mut words = vec!["/run".to_owned(), rung.target.id.to_string()];
    for (name, param) in &rung.target.params {
        match rung.given.get(name) {
            Some(value) => words.push(format!("{name}={}", text::quoted(value))),
            None if param.default.is_some() => {}
            None => words.push(format!("{name}={}", name.to_uppercase())),
        }
    }
    words.push(format!("on {hosts} because {}", rung.reason));
    let (title, risk) = (rung.target.title.as_str(), rung.target.risk);
    reply = reply.line(Line::plain("next rung: ").untrusted(title).then(format!(" ({risk})")));
    let press = |press| Press::Request(press, request.id, request.digest.prefix());
    if let Some(find) = &rung.find {
        reply = reply
            .line(Line::plain("first find ").untrusted(rung.missing.join(", ")).then(":"))
            .ready(format!("/run {find} on {hosts}"))
            .button(Button::new(format!("First: {find}"), Weight::Plain, press(RequestPress::Find)));
    }
    let label = format!("Next rung: {title}");
    reply.ready(words.join(" ")).button(Button::new(label, Weight::Main, press(RequestPress::Next)))
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

/// Bytes of output on a card, of its newest end.
const CARD_OUTPUT_BYTES: usize = 600;

/// Where a run stands: each host, what runs there, what was printed last. `live` is what the step
/// under way has printed so far.
pub fn card(request: &Request, reach: &Reach, live: Option<&str>) -> Reply {
    let id = request.id;
    let title = Line::plain(format!("run of {id}: ")).code(request.plan.action.as_str());
    let tone = match request.status {
        Status::Ended(outcome) => tone(outcome),
        _ => Tone::Info,
    };
    let mut reply = Reply::new(tone, title);
    let Some(run) = &request.run else { return reply };
    for (planned, host) in request.plan.hosts.iter().zip(&run.hosts) {
        let named = Line::default().code(planned.name.as_str()).then(": ");
        let command = |step: usize| planned.steps.get(step).map(command_line).unwrap_or_default();
        let count = planned.steps.len();
        reply = reply.line(match &host.phase {
            HostPhase::Waiting => match host.sent {
                None => named.then("not begun"),
                Some((step, _)) => {
                    named.then(format!("step {} of {count} did not begin, is sent again", step + 1))
                }
            },
            HostPhase::Step { step, .. } => {
                named.then(format!("step {} of {count} ", step + 1)).code(command(*step))
            }
            HostPhase::Verifying(_) => named.then(format!("{count} of {count} steps, being verified")),
            HostPhase::Ended(outcome, why) if why.is_empty() => named.then(outcome.to_string()),
            HostPhase::Ended(outcome, why) => named.then(format!("{outcome}: ")).untrusted(why.as_str()),
        });
        let running = matches!(host.phase, HostPhase::Step { .. });
        let kept = host.output.iter().next_back().map(|(_, text)| text.as_str());
        if let Some(text) = live.filter(|_| running).or(kept) {
            reply = reply.block(end_of(text.trim_end()));
        }
    }
    if request.status == Status::Running {
        reply = reach::line(reach, request).into_iter().fold(reply, Reply::line);
        let press = Press::Request(RequestPress::Cancel, id, request.digest.prefix());
        reply = reply.button(Button::new("Cancel", Weight::Danger, press));
    }
    reply
}

/// The last lines of a text that fit on a card.
fn end_of(text: &str) -> &str {
    if text.len() <= CARD_OUTPUT_BYTES {
        return text;
    }
    let mut from = text.len() - CARD_OUTPUT_BYTES;
    while !text.is_char_boundary(from) {
        from += 1;
    }
    text[from..].split_once('\n').map_or(&text[from..], |(_, lines)| lines)
}

/// Outputs in the reply that ends a run; `/show` has the others.
const ENDED_OUTPUTS_MAX: usize = 8;

/// What a run printed, as files where there is not the room: steps first, then the verification.
fn outputs(mut reply: Reply, request: &Request) -> Reply {
    let Some(run) = &request.run else { return reply };
    let mut shown = 0;
    for (planned, host) in request.plan.hosts.iter().zip(&run.hosts) {
        let steps = host.output.iter().filter(|(step, _)| step.is_some());
        let verification = host.output.iter().filter(|(step, _)| step.is_none());
        for (step, text) in steps.chain(verification) {
            shown += 1;
            if shown > ENDED_OUTPUTS_MAX || text.trim_end().is_empty() {
                continue;
            }
            let what = step.map_or("the verification".to_owned(), |step| format!("step {}", step + 1));
            let line = Line::default().code(planned.name.as_str()).then(format!(", {what} printed:"));
            reply = reply.output(line, output_name(request.id, planned.name.as_str(), *step), text);
        }
    }
    reply
}

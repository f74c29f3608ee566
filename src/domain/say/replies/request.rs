//! What is said about requests: the plan, who may approve, what became of it.

use std::fmt::Write as _;

use super::{reach, run, timeline};
use crate::domain::id::RequestId;
use crate::domain::plan::{Command, FIRST_STEP, HostPlan, Plan, WayBack, command_line};
use crate::domain::policy::APPROVAL_TTL_MS;
use crate::domain::policy::basis::Basis;
use crate::domain::policy::catalogue::Catalogue;
use crate::domain::record::event::ApprovalEnd;
use crate::domain::record::request::{HostPhase, Request, Status, standing};
use crate::domain::record::run::Outcome;
use crate::domain::record::state::State;
use crate::domain::rules::approvals::{approvers, counted, is_own};
use crate::domain::rules::reach::Reach;
use crate::domain::rules::view::{Caller, View};
use crate::domain::say::button::{Button, Press, RequestPress, Weight};
use crate::domain::say::line::Line;
use crate::domain::say::reply::{Reply, Tone};
use crate::domain::time::time;
use crate::domain::world::action::VerifyBefore;
use crate::domain::world::actor::Role;

/// Minutes for which an approval is good.
const GOOD_MIN: u64 = APPROVAL_TTL_MS / 60_000;

/// A new request with its whole plan, and the one that asks for the same.
pub fn opened(catalogue: &Catalogue, request: &Request, alike: Option<&Request>) -> Reply {
    let reply = Reply::new(Tone::Wait, headline(catalogue, request, "waits for approval"));
    let reply = same(catalogue, reply, alike);
    let reply =
        needs(catalogue, plan(reply, &request.plan), request).ready(format!("/approve {}", request.id));
    asking(reply, request)
}

/// What an earlier request asks for is asked for again.
fn same(catalogue: &Catalogue, reply: Reply, alike: Option<&Request>) -> Reply {
    let Some(alike) = alike else { return reply };
    let (id, name) = (alike.id, catalogue.people.name(&alike.plan.requester));
    let line = Line::plain(format!("the same as {id}, by ")).person(&name);
    let line = line.then(format!(", which {}: ", standing(&alike.status)));
    reply.line(match alike.status {
        Status::Waiting => line.code(format!("/approve {id}")).then(" or ").code(format!("/cancel {id}")),
        _ => line.code(format!("/show {id}")).then(" or ").code(format!("/cancel {id}")),
    })
}

/// The buttons of a request that waits.
fn asking(reply: Reply, request: &Request) -> Reply {
    let press = |press| Press::Request(press, request.id, request.digest.prefix());
    reply
        .button(Button::new("Approve", Weight::Main, press(RequestPress::Approve)))
        .button(Button::new("Deny", Weight::Danger, press(RequestPress::Deny)))
        .button(Button::new("Show plan", Weight::Plain, press(RequestPress::Plan)))
        .button(Button::new("Cancel", Weight::Plain, press(RequestPress::Cancel)))
}

/// Where a request stands: its plan, its approvals, and while it waits what can be done about it.
pub fn card(catalogue: &Catalogue, state: &State, reach: &Reach, request: &Request) -> Reply {
    let tone = match &request.status {
        Status::Waiting => Tone::Wait,
        Status::Ready(_) | Status::Running | Status::Ended(Outcome::NothingDone) => Tone::Info,
        Status::Ended(Outcome::Succeeded) => Tone::Good,
        _ => Tone::Bad,
    };
    let waits = request.status == Status::Waiting;
    let mut reply = if waits {
        let reply = Reply::new(tone, headline(catalogue, request, "waits for approval"));
        same(catalogue, reply, state.alike(request))
    } else {
        Reply::new(tone, headline(catalogue, request, "was asked for")).line(Line::plain(format!(
            "{} {}",
            request.id,
            standing(&request.status)
        )))
    };
    reply = reach::line(reach, request).into_iter().fold(reply, Reply::line);
    reply = plan(reply, &request.plan);
    reply = approvals(reply, request);
    if waits {
        return asking(needs(catalogue, reply, request), request);
    }
    let press = Press::Request(RequestPress::Plan, request.id, request.digest.prefix());
    let button = Button::new("Show plan", Weight::Plain, press);
    reply.line(Line::plain("plan ").code(request.digest.short())).button(button)
}

fn approvals(reply: Reply, request: &Request) -> Reply {
    request.approvals.iter().fold(reply, |reply, (person, approval)| {
        let line = Line::plain("approved by ").person(person);
        let line = line.then(format!(" at {} UTC", time(approval.at_ms)));
        reply.item(match approval.ended {
            None => line,
            Some(ApprovalEnd::Lapsed) => line.then(": lapsed"),
            Some(ApprovalEnd::RoleGone) => line.then(": counts no longer, the role is gone"),
        })
    })
}

/// Things that have happened to a request, in a reply.
const SINCE_MAX: usize = 8;

/// What has happened to a request since it was shown.
pub fn since(reply: Reply, view: View<'_>, request: &Request) -> Reply {
    let Some(incident) = request.incident.and_then(|id| view.state.incidents.get(&id)) else { return reply };
    let about = incident.timeline.iter().filter(|moment| moment.event.request() == Some(request.id));
    let moments: Vec<_> = about.collect();
    let reply = reply.line(Line::plain(format!("{} since then:", request.id)));
    let from = moments.len().saturating_sub(SINCE_MAX);
    moments[from..].iter().fold(reply, |reply, moment| {
        reply.item(timeline::moment_line(&view.catalogue.people, view.state, moment))
    })
}

fn headline(catalogue: &Catalogue, request: &Request, stands: &str) -> Line {
    let mut line = Line::plain(format!("{} {stands}: ", request.id))
        .code(request.plan.action.as_str())
        .then(format!(" ({})", request.plan.risk));
    if let Some(incident) = request.incident {
        line = line.then(format!(" in {incident}"));
    }
    line = line.then(", by ").person(&catalogue.people.name(&request.plan.requester));
    match request.plan.reason.as_str() {
        "" => line,
        reason => line.then(" because ").untrusted(reason),
    }
}

fn plan(mut reply: Reply, plan: &Plan) -> Reply {
    let cited = format!("{}@{}", plan.article, plan.revision.short());
    reply = reply.line(Line::plain("from article ").code(cited));
    plan.hosts.iter().fold(reply, host)
}

fn host(mut reply: Reply, host: &HostPlan) -> Reply {
    let sudo = if host.sudo { ", through sudo" } else { "" };
    let legacy = if host.legacy { ", old algorithms allowed" } else { "" };
    reply = reply.line(
        Line::plain("on ")
            .code(host.name.as_str())
            .then(" (")
            .untrusted(format!("{}@{}:{}", host.user, host.address, host.port))
            .then(", key ")
            .code(host.host_key.as_str())
            .then(format!("{sudo}{legacy})")),
    );
    for step in &host.steps {
        reply = command(reply, "run", step, "");
    }
    for verify in &host.verify {
        let within =
            if verify.within_s > 0 { format!(", within {} s", verify.within_s) } else { String::new() };
        reply = command(reply, "verify", &verify.command, &within);
    }
    if host.verify_before == VerifyBefore::MayHold {
        let line =
            "the verification may hold before anything is done: then what the steps print is what counts";
        reply = reply.item(Line::plain(line));
    }
    match &host.rollback {
        Some(WayBack::Command(way_back)) => match host.rollback_from_step {
            FIRST_STEP => command(reply, "way back, by hand", way_back, ""),
            step => command(reply, &format!("way back, by hand, from step {step} on"), way_back, ""),
        },
        Some(WayBack::None(why)) => reply.item(Line::plain("no way back: ").untrusted(why.as_str())),
        None => reply,
    }
}

fn command(reply: Reply, what: &str, command: &Command, more: &str) -> Reply {
    let codes: Vec<_> = command.expect_exit.iter().map(ToString::to_string).collect();
    let mut limits = format!("  [at most {} s{more}, exit {}", command.timeout_s, codes.join(" or "));
    if !command.not_applicable_exit.is_empty() {
        let codes: Vec<_> = command.not_applicable_exit.iter().map(ToString::to_string).collect();
        let _ = write!(limits, ", {} says that it does not apply", codes.join(" or "));
    }
    if let Some(pattern) = &command.expect_stdout {
        limits.push_str(", output like ");
        limits.push_str(pattern);
    }
    if let Some(pattern) = &command.expect_no_stdout {
        limits.push_str(", no output like ");
        limits.push_str(pattern);
    }
    limits.push(']');
    let reply = reply.item(Line::plain(format!("{what}: ")).code(command_line(command)).untrusted(limits));
    match &command.stdin {
        Some(stdin) => reply.line(Line::plain("  it reads on standard input:")).block(stdin.as_str()),
        None => reply,
    }
}

fn needs(catalogue: &Catalogue, reply: Reply, request: &Request) -> Reply {
    let reply = match request.plan.basis {
        Basis::NoneNeeded => reply.line(Line::plain("needs no approval")),
        Basis::Quorum(needed) => {
            let persons = if needed == 1 {
                "1 approval of another person".to_owned()
            } else {
                format!("{needed} approvals of other persons")
            };
            let line = Line::plain(format!("needs {persons}: ")).untrusted(approvers(catalogue, request));
            let until = time(request.expires_at_ms);
            reply
                .line(line)
                .line(Line::plain(format!("until {until} UTC; each approval is good for {GOOD_MIN} minutes")))
        }
    };
    reply.line(Line::plain("plan ").code(request.digest.short()))
}

/// A request with its plan, approvals, run and output.
pub fn whole(view: View<'_>, request: &Request) -> Reply {
    let catalogue = view.catalogue;
    let mut reply = Reply::new(Tone::Info, headline(catalogue, request, standing(&request.status)));
    reply = reach::line(view.context.reach, request).into_iter().fold(reply, Reply::line);
    reply = plan(reply, &request.plan);
    reply = match request.status {
        Status::Waiting => needs(catalogue, reply, request),
        _ => reply.line(Line::plain("plan ").code(request.digest.to_string())),
    };
    reply = approvals(reply, request);
    let Some(run) = &request.run else { return reply };
    for (planned, host) in request.plan.hosts.iter().zip(&run.hosts) {
        let line = Line::default().code(planned.name.as_str()).then(": ");
        reply = reply.line(match &host.phase {
            HostPhase::Waiting => line.then(match host.sent {
                None => "not begun",
                Some(_) => "what was sent last did not begin, and is sent again",
            }),
            HostPhase::Step { step, run, .. } => {
                line.then(format!("step {} runs as ", step + 1)).code(run.to_string())
            }
            HostPhase::Verifying(_) => line.then("is verified"),
            HostPhase::Ended(outcome, why) if why.is_empty() => line.then(outcome.to_string()),
            HostPhase::Ended(outcome, why) => line.then(format!("{outcome}: ")).untrusted(why.as_str()),
        });
        for (step, text) in &host.output {
            let what = step.map_or("output of the verification".to_owned(), |step| {
                format!("output of step {}", step + 1)
            });
            let name = run::output_name(request.id, planned.name.as_str(), *step);
            reply = reply.output(Line::plain(what), name, text);
        }
    }
    if let Some((actor, reason)) = &run.settled {
        let line = Line::plain("settled by ").person(&catalogue.people.name(actor));
        reply = reply.line(line.then(": ").untrusted(reason.as_str()));
    }
    reply
}

/// What waits for somebody's approval.
pub fn waiting_for(view: View<'_>, caller: Caller<'_>) -> Reply {
    let person = caller.known(view.catalogue).filter(|person| person.role >= Role::Approver);
    let waits = |request: &&Request| {
        person.as_ref().is_some_and(|person| {
            request.status == Status::Waiting
                && view.context.now_ms < request.expires_at_ms
                && !is_own(view.catalogue, request, &person.name)
                && !request
                    .approvals
                    .get(&person.name)
                    .is_some_and(|approval| approval.stands(request.digest, view.context.now_ms))
        })
    };
    let waiting: Vec<_> = view.state.requests.values().filter(waits).collect();
    let title = match waiting.len() {
        0 => "nothing waits for you".to_owned(),
        n => format!("{n} waiting for you"),
    };
    waiting.into_iter().fold(Reply::new(Tone::Info, Line::plain(title)), |reply, request| {
        let until = time(request.expires_at_ms);
        let press = Press::Request(RequestPress::Approve, request.id, request.digest.prefix());
        reply
            .item(headline(view.catalogue, request, &format!("(until {until} UTC)")))
            .ready(format!("/show {}", request.id))
            .button(Button::new(format!("Approve {}", request.id), Weight::Main, press))
    })
}

/// Somebody said yes.
pub fn approved(view: View<'_>, request: &Request, person: &str) -> Reply {
    let given = counted(view.catalogue, request, view.context.now_ms);
    let line = Line::plain(format!("{} approved by ", request.id)).person(person);
    let line = line.then(", plan ").code(request.digest.short());
    match request.plan.basis {
        Basis::Quorum(needed) if given < usize::from(needed) => {
            Reply::new(Tone::Wait, line.then(format!(": {given} of {needed}")))
                .line(Line::plain("still possible: ").untrusted(approvers(view.catalogue, request)))
        }
        _ => Reply::new(Tone::Good, line.then(": that is enough")),
    }
}

/// Somebody said no.
pub fn denied(id: RequestId, person: &str, reason: &str) -> Reply {
    let line = Line::plain(format!("{id} denied by ")).person(person).then(": ").untrusted(reason);
    Reply::new(Tone::Bad, line)
}

/// An approval counts no longer.
pub fn approval_ended(view: View<'_>, request: &Request, person: &str, why: ApprovalEnd) -> Reply {
    let line = Line::plain(format!("the approval of {} by ", request.id)).person(person);
    let line = match why {
        ApprovalEnd::Lapsed => line.then(format!(" has lapsed: it was good for {GOOD_MIN} minutes")),
        ApprovalEnd::RoleGone => line.then(" counts no longer: they have lost the role of an approver"),
    };
    let mut reply = Reply::new(Tone::Wait, line);
    if let Basis::Quorum(needed) = request.plan.basis {
        let given = counted(view.catalogue, request, view.context.now_ms);
        reply = reply.line(Line::plain(format!("{given} of {needed} approvals count now")));
    }
    if request.status != Status::Waiting || view.context.now_ms >= request.expires_at_ms {
        return reply;
    }
    let until = time(request.expires_at_ms);
    let line = match why {
        ApprovalEnd::Lapsed => Line::default().person(person).then(" may approve it again"),
        ApprovalEnd::RoleGone => {
            Line::plain("it can be approved by ").untrusted(approvers(view.catalogue, request))
        }
    };
    let press = Press::Request(RequestPress::Approve, request.id, request.digest.prefix());
    reply
        .line(line.then(format!(", until {until} UTC")))
        .ready(format!("/approve {}", request.id))
        .button(Button::new("Approve", Weight::Main, press))
}

/// Somebody took their approval back.
pub fn withdrawn(id: RequestId, person: &str) -> Reply {
    Reply::new(Tone::Wait, Line::default().person(person).then(format!(" took the approval of {id} back")))
}

/// Somebody gave it up before it started.
pub fn cancelled(id: RequestId, person: &str) -> Reply {
    Reply::new(
        Tone::Bad,
        Line::plain(format!("{id} cancelled by ")).person(person).then("; nothing was sent"),
    )
}

/// Somebody wants it stopped.
pub fn stopping(id: RequestId, person: &str) -> Reply {
    Reply::new(Tone::Wait, Line::plain(format!("{id} is being stopped for ")).person(person))
}

/// It waited too long.
pub fn expired(id: RequestId, why: &str) -> Reply {
    Reply::new(Tone::Bad, Line::plain(format!("{id} expired: {why}; nothing was sent")))
}

//! Saying yes, no, and taking it back.

use std::collections::BTreeSet;

use super::{Request, Status, find, start};
use crate::domain::actor::{ActorId, Known, Role};
use crate::domain::catalogue::Catalogue;
use crate::domain::decide::{Caller, Decision, Effect, To, View, require, stranger};
use crate::domain::event::{ApprovalEnd, Event};
use crate::domain::id::RequestId;
use crate::domain::incident::bounded;
use crate::domain::plan::Basis;
use crate::domain::refusal::Refusal;
use crate::domain::replies;
use crate::domain::state::Moment;

/// Whether the request is this person's own, through whichever account.
pub fn is_own(catalogue: &Catalogue, request: &Request, name: &str) -> bool {
    catalogue.people.name(&request.plan.requester) == name
}

/// The approvals that count now: of this digest, none too old, by people who still may, none of them
/// the requester, a person once.
pub fn counted(catalogue: &Catalogue, request: &Request, now_ms: u64) -> usize {
    let standing = request.approvals.values().filter(|approval| approval.stands(request.digest, now_ms));
    persons(catalogue, request, standing.map(|approval| (&approval.actor, approval.chat_role)))
}

/// The persons behind these accounts, with the roles that their groups give, whose approval counts.
pub(super) fn persons<'a>(
    catalogue: &Catalogue,
    request: &Request,
    accounts: impl Iterator<Item = (&'a ActorId, Option<Role>)>,
) -> usize {
    let counts = |(actor, chat_role): (&ActorId, Option<Role>)| {
        let known = catalogue.people.known(actor, chat_role)?;
        (known.role >= Role::Approver && !is_own(catalogue, request, &known.name)).then_some(known.name)
    };
    accounts.filter_map(counts).collect::<BTreeSet<_>>().len()
}

/// Whether so many persons are as many as the plan's basis asks for.
pub(super) fn suffices(request: &Request, persons: usize) -> bool {
    match request.plan.basis {
        Basis::NoneNeeded => true,
        Basis::Quorum(needed) => persons >= usize::from(needed),
    }
}

/// Whether the approvals that count now are as many as the plan's basis asks for.
pub fn is_complete(catalogue: &Catalogue, request: &Request, now_ms: u64) -> bool {
    suffices(request, counted(catalogue, request, now_ms))
}

fn still_waits(view: View<'_>, request: &Request) -> Result<(), Refusal> {
    match request.status {
        Status::Waiting if view.context.now_ms < request.expires_at_ms => Ok(()),
        Status::Waiting => {
            Err(Refusal::new("request_expired", format!("{} has waited too long", request.id))
                .hint("Send its `/run` again."))
        }
        _ => Err(not_waiting(request)),
    }
}

fn not_waiting(request: &Request) -> Refusal {
    let message = format!("{} {}", request.id, replies::request::standing(&request.status));
    Refusal::new("request_not_waiting", message).hint(format!("`/show {}` says more.", request.id))
}

pub(in crate::domain) fn known_person(view: View<'_>, caller: Caller<'_>) -> Result<Known, Refusal> {
    caller.known(view.catalogue).ok_or_else(|| stranger(caller.actor, Role::Approver))
}

/// `/approve`.
pub fn approve(view: View<'_>, caller: Caller<'_>, id: RequestId) -> Result<Decision, Refusal> {
    let request = find(view.state, id)?;
    let person = known_person(view, caller)?;
    if is_own(view.catalogue, request, &person.name) {
        let whose = if person.is_named() { format!("{}'s", person.name) } else { "your".to_owned() };
        let message = format!("{id} is {whose} own request: somebody else must approve it");
        return Err(Refusal::new("own_request", message).hint(format!(
            "It can be approved by {}.",
            replies::request::approvers(view.catalogue, request)
        )));
    }
    require(view.catalogue, caller, Role::Approver)?;
    still_waits(view, request)?;
    let now_ms = view.context.now_ms;
    if request.approvals.get(&person.name).is_some_and(|approval| approval.stands(request.digest, now_ms)) {
        return Err(Refusal::new("already_approved", format!("{} has approved {id} already", person.name))
            .hint("A person counts once."));
    }
    start::unchanged(view, request).map_err(|differences| start::changed(id, &differences))?;
    let mut after = request.clone();
    let approval = |complete| Event::ApprovalGiven {
        request: id,
        digest: request.digest,
        person: person.name.clone(),
        chat_role: caller.chat_role(view.catalogue),
        complete,
    };
    let moment = |event| Moment { seq: 0, at_ms: view.context.now_ms, actor: caller.actor.clone(), event };
    after.apply(&moment(approval(false)));
    let complete = is_complete(view.catalogue, &after, now_ms);
    let reply = replies::request::approved(view, &after, &person.name);
    let mut decision = told(request, caller, approval(complete), &reply);
    if complete {
        decision.effects.push(Effect::Start(id));
    }
    Ok(decision)
}

/// `/deny`.
pub fn deny(view: View<'_>, caller: Caller<'_>, id: RequestId, reason: String) -> Result<Decision, Refusal> {
    let request = find(view.state, id)?;
    bounded("reason", &reason)?;
    if !matches!(request.status, Status::Waiting | Status::Ready(_)) {
        return Err(not_waiting(request));
    }
    let person = known_person(view, caller)?;
    let reply = replies::request::denied(id, &person.name, &reason);
    Ok(told(request, caller, Event::RequestDenied { request: id, reason }, &reply))
}

/// Ends the approvals that have grown too old, and says so.
pub fn lapse(view: View<'_>, request: &Request) -> (Request, Decision) {
    let is_old = |approval: &super::Approval| {
        approval.ended.is_none() && !approval.stands(request.digest, view.context.now_ms)
    };
    let old = request.approvals.iter().filter(|(_, approval)| is_old(approval));
    end(view, request, old.map(|(person, _)| (person.as_str(), ApprovalEnd::Lapsed)))
}

/// Ends these approvals, by person, and says so; the request as it is after that.
pub(super) fn end<'a>(
    view: View<'_>,
    request: &Request,
    approvals: impl Iterator<Item = (&'a str, ApprovalEnd)>,
) -> (Request, Decision) {
    let (mut after, mut decision) = (request.clone(), Decision::default());
    for (person, why) in approvals {
        let ended = |complete| {
            let (request, person) = (request.id, person.to_owned());
            let event = Event::ApprovalEnded { request, person, why, complete };
            Moment { seq: 0, at_ms: view.context.now_ms, actor: ActorId::bot(), event }
        };
        after.apply(&ended(true));
        let moment = ended(is_complete(view.catalogue, &after, view.context.now_ms));
        after.apply(&moment);
        decision.extend(Decision::say(
            To::request(&after),
            replies::request::approval_ended(view, &after, person, why),
        ));
        decision.event(&moment.actor, moment.event);
    }
    (after, decision)
}

/// `/withdraw`.
pub fn withdraw(view: View<'_>, caller: Caller<'_>, id: RequestId) -> Result<Decision, Refusal> {
    let request = find(view.state, id)?;
    let person = known_person(view, caller)?;
    if request.approvals.get(&person.name).is_none_or(|approval| approval.ended.is_some()) {
        return Err(Refusal::new("not_approved", format!("{} has not approved {id}", person.name)));
    }
    if !matches!(request.status, Status::Waiting | Status::Ready(_)) {
        return Err(not_waiting(request).hint("What has started can be stopped with /cancel."));
    }
    let (person, reply) = (person.name.clone(), replies::request::withdrawn(id, &person.name));
    Ok(told(request, caller, Event::ApprovalWithdrawn { request: id, person }, &reply))
}

/// `/cancel`: the requester, an approver or an admin.
pub fn cancel(view: View<'_>, caller: Caller<'_>, id: RequestId) -> Result<Decision, Refusal> {
    let request = find(view.state, id)?;
    let person = known_person(view, caller)?;
    if !is_own(view.catalogue, request, &person.name) && person.role < Role::Approver {
        return Err(Refusal::new("not_yours", format!("{id} is not {}'s request", person.name))
            .hint("Its requester or an approver can cancel it."));
    }
    match request.status {
        Status::Waiting | Status::Ready(_) => {
            let reply = replies::request::cancelled(id, &person.name);
            Ok(told(request, caller, Event::RequestCancelled { request: id }, &reply))
        }
        Status::Running => {
            let reply = replies::request::stopping(id, &person.name);
            let mut decision = told(request, caller, Event::CancelAsked { request: id }, &reply);
            decision.effects.push(Effect::Stop(id));
            Ok(decision)
        }
        _ => Err(not_waiting(request)),
    }
}

/// What becomes of a request is told to everybody who works on it.
fn told(
    request: &Request,
    caller: Caller<'_>,
    event: Event,
    reply: &crate::domain::reply::Reply,
) -> Decision {
    let mut decision = Decision::say(To::request(request), reply.clone());
    decision.event(caller.actor, event);
    decision
}

//! Saying yes, no, and taking it back.

use super::effect::{Decision, Effect};
use crate::domain::id::RequestId;
use crate::domain::record::bounds::bounded;
use crate::domain::record::event::{ApprovalEnd, Event};
use crate::domain::record::moment::Moment;
use crate::domain::record::request::{self, Approval, Request, Status};
use crate::domain::record::state::find_request;
use crate::domain::refusal::Refusal;
use crate::domain::rules::approvals::{self, is_complete, is_own};
use crate::domain::rules::view::{Caller, View, known_person, require};
use crate::domain::say::address::To;
use crate::domain::say::replies;
use crate::domain::world::actor::{ActorId, Role};

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
    let message = format!("{} {}", request.id, request::standing(&request.status));
    Refusal::new("request_not_waiting", message).hint(format!("`/show {}` says more.", request.id))
}

/// `/approve`.
pub fn approve(view: View<'_>, caller: Caller<'_>, id: RequestId) -> Result<Decision, Refusal> {
    let request = find_request(view.state, id)?;
    let person = known_person(view, caller)?;
    if is_own(view.catalogue, request, &person.name) {
        let whose = if person.is_named() { format!("{}'s", person.name) } else { "your".to_owned() };
        let message = format!("{id} is {whose} own request: somebody else must approve it");
        return Err(Refusal::new("own_request", message)
            .hint(format!("It can be approved by {}.", approvals::approvers(view.catalogue, request))));
    }
    require(view.catalogue, caller, Role::Approver)?;
    still_waits(view, request)?;
    let now_ms = view.context.now_ms;
    if request.approvals.get(&person.name).is_some_and(|approval| approval.stands(request.digest, now_ms)) {
        return Err(Refusal::new("already_approved", format!("{} has approved {id} already", person.name))
            .hint("A person counts once."));
    }
    approvals::unchanged(view, request).map_err(|differences| approvals::changed(id, &differences))?;
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
    let request = find_request(view.state, id)?;
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
    let is_old = |approval: &Approval| {
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
    let request = find_request(view.state, id)?;
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
    let request = find_request(view.state, id)?;
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
    reply: &crate::domain::say::reply::Reply,
) -> Decision {
    let mut decision = Decision::say(To::request(request), reply.clone());
    decision.event(caller.actor, event);
    decision
}

//! Saying yes, no, and taking it back.

use super::{Request, Status, find, start};
use crate::domain::actor::{Person, Role};
use crate::domain::catalogue::Catalogue;
use crate::domain::decide::{Caller, Decision, Effect, View, require};
use crate::domain::event::Event;
use crate::domain::id::RequestId;
use crate::domain::incident::bounded;
use crate::domain::plan::Basis;
use crate::domain::refusal::Refusal;
use crate::domain::replies;
use crate::domain::state::Moment;

/// Whether the request's own requester is this person, through whichever account.
pub fn is_own(catalogue: &Catalogue, request: &Request, person: &Person) -> bool {
    person.actors.contains(&request.plan.requester)
        || catalogue.people.person(&request.plan.requester).is_some_and(|owner| owner.name == person.name)
}

/// The approvals that count now: of this digest, by people who still may, none of them the
/// requester, a person once.
pub fn counted(catalogue: &Catalogue, request: &Request) -> usize {
    let counts = |actor| {
        catalogue
            .people
            .person(actor)
            .filter(|person| person.role >= Role::Approver && !is_own(catalogue, request, person))
            .map(|person| person.name.as_str())
    };
    let of_this_plan = request.approvals.values().filter(|approval| approval.digest == request.digest);
    of_this_plan
        .filter_map(|approval| counts(&approval.actor))
        .collect::<std::collections::BTreeSet<_>>()
        .len()
}

/// Whether the approvals that count are as many as the plan's basis asks for.
pub fn is_complete(catalogue: &Catalogue, request: &Request) -> bool {
    match request.plan.basis {
        Basis::NoneNeeded => true,
        Basis::Quorum(needed) => counted(catalogue, request) >= usize::from(needed),
    }
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
    let message = format!("{} is {}", request.id, replies::request::status_word(&request.status));
    Refusal::new("request_not_waiting", message).hint(format!("`/show {}` says more.", request.id))
}

fn known_person<'a>(view: View<'a>, caller: Caller<'_>) -> Result<&'a Person, Refusal> {
    let stranger = || Refusal::new("unknown_actor", format!("`{}` is nobody this bot knows", caller.actor));
    view.catalogue.people.person(caller.actor).ok_or_else(stranger)
}

/// `/approve`.
pub fn approve(view: View<'_>, caller: Caller<'_>, id: RequestId) -> Result<Decision, Refusal> {
    let request = find(view.state, id)?;
    let person = known_person(view, caller)?;
    if is_own(view.catalogue, request, person) {
        return Err(Refusal::new(
            "own_request",
            format!("{id} is {}'s own request: somebody else must approve it", person.name),
        )
        .hint(format!("It can be approved by {}.", replies::request::approvers(view.catalogue, request))));
    }
    require(view.catalogue, caller.actor, Role::Approver)?;
    still_waits(view, request)?;
    if request.approvals.contains_key(&person.name) {
        return Err(Refusal::new("already_approved", format!("{} has approved {id} already", person.name))
            .hint("A person counts once."));
    }
    start::unchanged(view, request).map_err(|differences| start::changed(id, &differences))?;
    let mut after = request.clone();
    let approval = |complete| Event::ApprovalGiven {
        request: id,
        digest: request.digest,
        person: person.name.clone(),
        complete,
    };
    let moment = |event| Moment { seq: 0, at_ms: view.context.now_ms, actor: caller.actor.clone(), event };
    after.apply(&moment(approval(false)));
    let complete = is_complete(view.catalogue, &after);
    let mut decision = Decision::default();
    decision.event(caller.actor, approval(complete));
    let reply = replies::request::approved(view.catalogue, &after, &person.name);
    decision.effects.push(Effect::Reply(caller.conversation.clone(), reply));
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
    Ok(ended(request, caller, Event::RequestDenied { request: id, reason }, &reply))
}

/// `/withdraw`.
pub fn withdraw(view: View<'_>, caller: Caller<'_>, id: RequestId) -> Result<Decision, Refusal> {
    let request = find(view.state, id)?;
    let person = known_person(view, caller)?;
    if !request.approvals.contains_key(&person.name) {
        return Err(Refusal::new("not_approved", format!("{} has not approved {id}", person.name)));
    }
    if !matches!(request.status, Status::Waiting | Status::Ready(_)) {
        return Err(not_waiting(request).hint("What has started can be stopped with /cancel."));
    }
    let person = person.name.clone();
    let mut decision = Decision::reply(caller.conversation, replies::request::withdrawn(id, &person));
    decision.event(caller.actor, Event::ApprovalWithdrawn { request: id, person });
    Ok(decision)
}

/// `/cancel`: the requester, an approver or an admin.
pub fn cancel(view: View<'_>, caller: Caller<'_>, id: RequestId) -> Result<Decision, Refusal> {
    let request = find(view.state, id)?;
    let person = known_person(view, caller)?;
    if !is_own(view.catalogue, request, person) && person.role < Role::Approver {
        return Err(Refusal::new("not_yours", format!("{id} is not {}'s request", person.name))
            .hint("Its requester or an approver can cancel it."));
    }
    match request.status {
        Status::Waiting | Status::Ready(_) => {
            let reply = replies::request::cancelled(id, &person.name);
            Ok(ended(request, caller, Event::RequestCancelled { request: id }, &reply))
        }
        Status::Running => {
            let mut decision =
                Decision::reply(caller.conversation, replies::request::stopping(id, &person.name));
            decision.event(caller.actor, Event::CancelAsked { request: id });
            decision.effects.push(Effect::Stop(id));
            Ok(decision)
        }
        _ => Err(not_waiting(request)),
    }
}

/// An end is told where it was caused and where the request was opened.
fn ended(
    request: &Request,
    caller: Caller<'_>,
    event: Event,
    reply: &crate::domain::reply::Reply,
) -> Decision {
    let mut decision = Decision::reply(caller.conversation, reply.clone());
    if request.conversation != *caller.conversation {
        decision.effects.push(Effect::Reply(request.conversation.clone(), reply.clone()));
    }
    decision.event(caller.actor, event);
    decision
}

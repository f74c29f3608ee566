//! From approvals to the start. This is the only place where a run begins: the request is planned
//! again and compared in the very decision that appends `run started`.

use super::effect::{Decision, Effect};
use super::input::Answers;
use super::{approve, roles};
use crate::domain::id::{HostName, RequestId};
use crate::domain::policy::basis::Basis;
use crate::domain::record::event::Event;
use crate::domain::record::moment::Moment;
use crate::domain::record::request::{Request, Status};
use crate::domain::refusal::Refusal;
use crate::domain::rules::approvals::{self, unchanged};
use crate::domain::rules::clock;
use crate::domain::rules::occupancy::occupant;
use crate::domain::rules::turns::{self, RUNNING_MAX, TURN_TTL_MS};
use crate::domain::rules::view::View;
use crate::domain::say::address::To;
use crate::domain::say::card::CardId;
use crate::domain::say::reply::Reply;
use crate::domain::say::{Say, replies};
use crate::domain::world::action::Risk;
use crate::domain::world::actor::ActorId;

/// Requests that end of time in one decision; the next tick ends more.
const ENDED_MAX: usize = 256;

/// The refusal for a host on which an unknown outcome stands.
pub fn blocked(host: &HostName, request: &Request) -> Refusal {
    let message = format!("how {} ended on {host} is unknown, so nothing may change there", request.id);
    Refusal::new("host_blocked", message)
        .hint(format!("Look at the host, then `/settle {} OUTCOME because REASON`.", request.id))
}

/// A request that has its approvals: starts it, leaves it waiting for its host, its turn or an answer,
/// or ends it. `answers` are what was said of roles when it was about to start before.
pub fn start(view: View<'_>, id: RequestId, answers: Option<&Answers>) -> Decision {
    let Some(request) = view.state.requests.get(&id) else { return Decision::default() };
    if !matches!(request.status, Status::Ready(_)) {
        return Decision::default();
    }
    let (request, mut decision) = end_of_time(view, request);
    if !matches!(request.status, Status::Ready(_)) {
        return decision;
    }
    let refusal = match unchanged(view, &request) {
        Err(differences) => Some(differences),
        Ok(()) if !approvals::is_complete(view.catalogue, &request, view.context.now_ms) => {
            Some(vec!["the approvals no longer suffice".to_owned()])
        }
        Ok(()) => None,
    };
    if let Some(differences) = refusal {
        let reply = replies::start::start_refused(id, &differences);
        decision.effects.push(Effect::Say(Say { to: To::request(&request), reply, card: None }));
        decision.event(&ActorId::bot(), Event::StartRefused { request: id, differences });
        return decision;
    }
    if let Some(reply) = waits(view, &request) {
        decision.extend(Decision::say(To::request(&request), reply));
        return decision;
    }
    match roles::looked_at(view, &request, answers) {
        Ok(before) => {
            decision.extend(before);
            decision.extend(starting(view, request, &ActorId::bot()));
        }
        Err(instead) => decision.extend(instead),
    }
    decision
}

/// For what a request that could start waits.
fn waits(view: View<'_>, request: &Request) -> Option<Reply> {
    if request.plan.risk != Risk::Read && clock::is_behind(view) {
        return Some(replies::clock::change_waits(request.id));
    }
    if let Some(occupant) = occupant(view, request, None) {
        return Some(replies::start::waits_for_host(request.id, occupant));
    }
    match request.plan.risk {
        _ if turns::has_room(view, request) => None,
        Risk::Read => Some(replies::start::waits_for_turn(request.id, turns::place(view, request))),
        _ => Some(replies::start::waits_for_others(request.id, RUNNING_MAX)),
    }
}

/// The start itself: `run started`, and then the approved plan goes to the executor.
pub(super) fn starting(view: View<'_>, mut request: Request, actor: &ActorId) -> Decision {
    let mut decision = Decision::default();
    let started =
        Event::RunStarted { request: request.id, digest: request.digest, basis: request.plan.basis };
    request.apply(&Moment {
        seq: 0,
        at_ms: view.context.now_ms,
        actor: actor.clone(),
        event: started.clone(),
    });
    decision.event(actor, started);
    let (to, reply) = (To::request(&request), replies::run::started(&request));
    decision.effects.push(Effect::Say(Say { to, reply, card: Some(CardId::Run(request.id)) }));
    if let (Some(approved), Some(first)) = (request.approved(), request.plan.hosts.first()) {
        decision.effects.push(Effect::Hold(request.id, approved));
        decision.effects.push(Effect::Probe(request.id, first.name.clone()));
    }
    decision
}

/// Ends a request that waited too long.
pub fn expired(request: &Request, why: &str) -> Decision {
    let reply = replies::request::expired(request.id, why);
    let mut decision = Decision::say(To::request(request), reply);
    decision.event(&ActorId::bot(), Event::RequestExpired { request: request.id, why: why.to_owned() });
    decision
}

/// Ends what has grown too old of a request: approvals, and the request itself.
fn end_of_time(view: View<'_>, request: &Request) -> (Request, Decision) {
    let (mut after, mut decision) = approve::lapse(view, request);
    let now_ms = view.context.now_ms;
    let why = match after.status {
        Status::Waiting if now_ms >= after.expires_at_ms && after.approvals.is_empty() => {
            Some("nobody approved it in time")
        }
        Status::Waiting if now_ms >= after.expires_at_ms => Some("it had not all its approvals in time"),
        Status::Ready(since_ms)
            if after.plan.basis == Basis::NoneNeeded && now_ms >= since_ms.saturating_add(TURN_TTL_MS) =>
        {
            Some("its turn did not come within 10 minutes")
        }
        _ => None,
    };
    if let Some(why) = why {
        decision.extend(expired(&after, why));
        after.status = Status::Expired;
    }
    (after, decision)
}

/// Ends everything that has waited too long.
pub fn expire(view: View<'_>) -> Decision {
    let mut decision = Decision::default();
    let waits = |request: &&Request| matches!(request.status, Status::Waiting | Status::Ready(_));
    let mut ended = 0;
    for request in view.state.requests.values().filter(waits) {
        let (_, end) = end_of_time(view, request);
        ended += usize::from(!end.events.is_empty());
        decision.extend(end);
        if ended == ENDED_MAX {
            break;
        }
    }
    decision
}

/// Ends everything that waits, for a reason that lies in none of it.
pub fn expire_all(view: View<'_>, why: &str) -> Decision {
    let waits = |request: &&Request| matches!(request.status, Status::Waiting | Status::Ready(_));
    let mut decision = Decision::default();
    for request in view.state.requests.values().filter(waits) {
        decision.extend(expired(request, why));
    }
    decision
}

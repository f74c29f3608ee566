//! From approvals to the start. This is the only place where a run begins: the request is planned
//! again and compared in the very decision that appends `run started`.
//!
//! The first host is probed before that. Whatever keeps it from answering leaves what has its approvals
//! waiting; each try begins only after everything that a start rests on was looked at, and so does the start.

use super::effect::{Decision, Effect};
use super::input::{Answers, Reached};
use super::turn::{Turn, believed};
use super::{approve, roles};
use crate::domain::id::{HostName, RequestId};
use crate::domain::policy::basis::Basis;
use crate::domain::record::event::Event;
use crate::domain::record::request::{Request, Status};
use crate::domain::refusal::Refusal;
use crate::domain::rules::approvals::{self, unchanged};
use crate::domain::rules::clock;
use crate::domain::rules::occupancy::occupant;
use crate::domain::rules::reach::Tries;
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

/// A request that has its approvals: has its first host probed, starts it, leaves it waiting for its host,
/// its turn or an answer, or ends it. `answers` are what was said of roles when it was about to start
/// before, `reached` is what the first host said right before.
pub fn start(view: View<'_>, id: RequestId, answers: Option<Answers>, reached: Option<Reached>) -> Decision {
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
    if reached.is_none() && !view.context.reach.is_due(&request, view.context.now_ms) {
        return decision;
    }
    if let Some(reply) = waits(view, &request) {
        decision.extend(Decision::say(To::request(&request), reply));
        return decision;
    }
    match roles::looked_at(view, &request, answers.as_ref(), reached.as_ref()) {
        Ok(before) => {
            decision.extend(before);
            decision.extend(match reached {
                Some(reached) => starting(view, request, reached),
                None => probing(view, &request, answers),
            });
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

/// Has the first host of a request probed that could start. Nothing is recorded, and the request goes on
/// waiting: it holds no slot and no host while nobody answers.
pub(super) fn probing(view: View<'_>, request: &Request, answers: Option<Answers>) -> Decision {
    let Some((first, approved)) = request.plan.hosts.first().zip(request.to_be_probed()) else {
        return Decision::default();
    };
    let now_ms = view.context.now_ms;
    let tries =
        view.context.reach.of(request).map_or_else(|| Tries::first(&first.name, now_ms), Tries::again);
    let effects = vec![
        Effect::Tries(request.id, Some(tries)),
        Effect::Reach(request.id, first.name.clone(), approved, answers),
    ];
    Decision { events: Vec::new(), effects }
}

/// The first host of a request that could start has said something, or could not be asked: everything is
/// looked at once more before it starts. A read that can't reach its host is answered soon; what has its
/// approvals waits as long as they are good.
pub fn reached(
    view: View<'_>,
    id: RequestId,
    host: &HostName,
    reached: Reached,
    answers: Option<Answers>,
) -> Decision {
    let asked = view.context.reach.under_way(id).filter(|tries| tries.host == *host);
    let Some(tries) = asked else { return Decision::default() };
    let request = view.state.requests.get(&id).filter(|request| matches!(request.status, Status::Ready(_)));
    let mut decision = Decision { events: Vec::new(), effects: vec![Effect::Tries(id, None)] };
    let Some(request) = request else { return decision };
    let unreached = match believed(reached) {
        Ok(boot) => {
            decision.extend(start(view, id, answers, Some(Ok(boot))));
            return decision;
        }
        Err(unreached) => unreached,
    };
    let failed = tries.failed(&unreached.why, view.context.now_ms);
    let is_read = request.plan.risk == Risk::Read;
    if is_read && (!unreached.passes || failed.is_last(Risk::Read)) {
        decision.extend(start(view, id, answers, Some(Err(failed.in_vain()))));
        return decision;
    }
    if failed.why != tries.why {
        decision.extend(Decision::say(To::request(request), replies::reach::waits(request, &failed)));
    }
    decision.effects.push(Effect::Tries(id, Some(failed)));
    decision
}

/// The start itself: `run started`, and then the approved plan goes to the executor. The first host has
/// answered, or is over.
fn starting(view: View<'_>, request: Request, reached: Reached) -> Decision {
    let mut turn = Turn::on(view, request);
    let (id, digest, basis) = (turn.request.id, turn.request.digest, turn.request.plan.basis);
    turn.record(Event::RunStarted { request: id, digest, basis });
    let (to, reply) = (To::request(&turn.request), replies::run::started(&turn.request));
    turn.decision.effects.push(Effect::Say(Say { to, reply, card: Some(CardId::Run(id)) }));
    if let Some((approved, first)) = turn.request.approved().zip(turn.request.plan.hosts.first().cloned()) {
        turn.decision.effects.push(Effect::Hold(id, approved));
        turn.answered(&first.name, reached);
    }
    turn.decision
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

//! From approvals to the start. This is the only place where a run begins: the request is planned
//! again and compared in the very decision that appends `run started`.

use super::{Request, Status, approve};
use crate::domain::action::Risk;
use crate::domain::actor::ActorId;
use crate::domain::decide::{CardId, Decision, Effect, Say, To, View};
use crate::domain::event::Event;
use crate::domain::id::{HostName, RequestId};
use crate::domain::incident::shortened;
use crate::domain::plan::{Wish, plan};
use crate::domain::policy::START_TTL_MS;
use crate::domain::refusal::Refusal;
use crate::domain::replies;
use crate::domain::state::Moment;

/// Requests that may run at one time: each keeps a session open, and after a crash the ends of all
/// of them, 18 events each at the most, must fit into one decision (256 events).
pub const RUNNING_MAX: usize = 12;
/// Characters of one difference: a decision that names eight of them must fit into one event.
const DIFFERENCE_LEN_MAX: usize = 400;

/// How many requests are running.
pub fn running(view: View<'_>) -> usize {
    view.state.requests.values().filter(|request| request.status == Status::Running).count()
}

/// Whether the request would be planned today exactly as it was; else what differs.
pub fn unchanged(view: View<'_>, request: &Request) -> Result<(), Vec<String>> {
    let stored = &request.plan;
    let wish = Wish {
        request: stored.request,
        requester: stored.requester.clone(),
        reason: stored.reason.clone(),
        action: stored.action.clone(),
        params: stored.params.clone(),
        hosts: stored.hosts.iter().map(|host| host.name.clone()).collect(),
    };
    let now = plan(view.catalogue, &wish)
        .map_err(|refusal| vec![shortened(&refusal.message, DIFFERENCE_LEN_MAX)])?;
    let digest = now.digest().map_err(|error| vec![error.to_string()])?;
    // The stored bytes are the ones that run: they too must still have the approved digest.
    if stored.digest().ok() != Some(request.digest) {
        return Err(vec!["the stored plan does not have the digest that was approved".to_owned()]);
    }
    if digest != request.digest {
        let differences = stored.differences(&now);
        return Err(differences.iter().map(|text| shortened(text, DIFFERENCE_LEN_MAX)).collect());
    }
    Ok(())
}

/// The refusal that names what differs.
pub fn changed(id: RequestId, differences: &[String]) -> Refusal {
    let message = format!("what {id} would do has changed since it was opened: {}", differences.join("; "));
    Refusal::new("plan_changed", message).hint("Look at it again and send its `/run` again.")
}

/// The refusal for a host on which an unknown outcome stands.
pub fn blocked(host: &HostName, request: &Request) -> Refusal {
    let message = format!("how {} ended on {host} is unknown, so nothing may change there", request.id);
    Refusal::new("host_blocked", message)
        .hint(format!("Look at the host, then `/settle {} OUTCOME because REASON`.", request.id))
}

/// A request that has its approvals: starts it, leaves it waiting for its host, or ends it.
pub fn start(view: View<'_>, id: RequestId) -> Decision {
    let bot = ActorId::bot();
    let Some(request) = view.state.requests.get(&id) else { return Decision::default() };
    let Status::Ready(since_ms) = request.status else { return Decision::default() };
    if view.context.now_ms >= since_ms + START_TTL_MS {
        return expired(request, "its approvals were older than 10 minutes");
    }
    let mut decision = Decision::default();
    let refusal = match unchanged(view, request) {
        Err(differences) => Some(differences),
        Ok(()) if !approve::is_complete(view.catalogue, request) => {
            Some(vec!["the approvals no longer suffice".to_owned()])
        }
        Ok(()) => None,
    };
    if let Some(differences) = refusal {
        let reply = replies::request::start_refused(id, &differences);
        decision.effects.push(Effect::Say(Say { to: To::request(request), reply, card: None }));
        decision.event(&bot, Event::StartRefused { request: id, differences });
        return decision;
    }
    if let Some(occupant) = occupant(view, request, None) {
        let reply = replies::request::waits_for_host(id, occupant);
        return Decision::say(To::request(request), reply);
    }
    if running(view) >= RUNNING_MAX {
        return Decision::say(To::request(request), replies::request::waits_for_others(id, RUNNING_MAX));
    }
    starting(view, request.clone(), &bot)
}

/// The start itself: `run started`, and then the approved plan goes to the executor.
pub(in crate::domain) fn starting(view: View<'_>, mut request: Request, actor: &ActorId) -> Decision {
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

/// Ends everything that has waited too long.
pub fn expire(view: View<'_>) -> Decision {
    let now_ms = view.context.now_ms;
    let mut decision = Decision::default();
    for request in view.state.requests.values() {
        match request.status {
            Status::Waiting if now_ms >= request.expires_at_ms => {
                decision.extend(expired(request, "nobody approved it in time"));
            }
            Status::Ready(since_ms) if now_ms >= since_ms + START_TTL_MS => {
                decision.extend(expired(request, "it could not start within 10 minutes of its approvals"));
            }
            _ => {}
        }
    }
    decision
}

/// What keeps a changing request from its hosts; `over` is a request that ends in this decision.
fn occupant<'a>(view: View<'a>, request: &Request, over: Option<RequestId>) -> Option<&'a Request> {
    let except: Vec<_> = over.into_iter().chain([request.id]).collect();
    let mut hosts = request.plan.hosts.iter().filter(|_| request.plan.risk != Risk::Read);
    hosts.find_map(|host| view.state.occupant_of(host, &except))
}

/// Tries again what has its approvals and can start now that `over` has ended.
pub fn wake(view: View<'_>, over: RequestId) -> impl Iterator<Item = Effect> {
    let can_start = move |request: &&Request| {
        matches!(request.status, Status::Ready(_)) && occupant(view, request, Some(over)).is_none()
    };
    view.state.requests.values().filter(can_start).map(|request| Effect::Start(request.id))
}

//! `/run`: a wish becomes a plan that waits for approvals, or, if it only reads, starts at once.

use super::effect::{Decision, Effect};
use super::input::Answers;
use super::{incident, start};
use crate::domain::id::{HostName, IncidentId};
use crate::domain::plan::Plan;
use crate::domain::planning::planner::plan;
use crate::domain::planning::wish::{Asked, Wish};
use crate::domain::policy::REQUEST_TTL_MS;
use crate::domain::policy::basis::Basis;
use crate::domain::record::bounds::bounded;
use crate::domain::record::event::Event;
use crate::domain::record::moment::Moment;
use crate::domain::record::request::Request;
use crate::domain::record::severity::Severity;
use crate::domain::refusal::Refusal;
use crate::domain::rules::turns;
use crate::domain::rules::view::{Caller, View};
use crate::domain::say::address::To;
use crate::domain::say::card::CardId;
use crate::domain::say::{Say, replies};
use crate::domain::world::action::Risk;
use crate::domain::world::host::Platform;

/// Opens a request, together with an incident if it changes something and none is in use.
pub fn open(view: View<'_>, caller: Caller<'_>, asked: Asked) -> Result<Decision, Refusal> {
    if !asked.reason.is_empty() {
        bounded("reason", &asked.reason)?;
    }
    let id = view.state.next_request();
    let wish = Wish {
        request: id,
        requester: caller.actor.clone(),
        reason: asked.reason,
        action: asked.action,
        params: asked.params,
        hosts: asked.hosts,
    };
    let plan = plan(view.catalogue, &wish)?;
    refuse_what_cannot_start(view, &plan)?;
    let digest = plan.digest().map_err(|error| Refusal::new("plan_not_canonical", error.to_string()))?;
    let mut decision = Decision::default();
    let incident = incident_for(view, caller, &plan, &mut decision);
    let opened = Event::RequestOpened {
        request: id,
        incident,
        conversation: caller.conversation.clone(),
        plan: Box::new(plan),
        digest,
        expires_at_ms: view.context.now_ms + REQUEST_TTL_MS,
    };
    let moment = Moment { seq: 0, at_ms: view.context.now_ms, actor: caller.actor.clone(), event: opened };
    let Some(request) = Request::opened(&moment) else { return Ok(decision) };
    turns::refuse_too_much(view, &request)?;
    decision.event(caller.actor, moment.event);
    if request.plan.basis != Basis::NoneNeeded {
        let reply = replies::request::opened(view.catalogue, &request, view.state.alike(&request));
        let card = Some(CardId::Request(id));
        decision.effects.push(Effect::Say(Say { to: To::request(&request), reply, card }));
    } else if turns::is_next(view, &request) {
        // The roles of whoever asks came with the command.
        let groups = [(caller.actor.clone(), Ok(caller.origin.groups.clone()))].into();
        let answers = Answers { asked_at_ms: view.context.now_ms, groups };
        decision.extend(start::probing(view, &request, Some(answers)));
    } else {
        let reply = replies::start::waits_for_turn(id, turns::place(view, &request));
        decision.extend(Decision::say(To::request(&request), reply));
    }
    Ok(decision)
}

fn refuse_what_cannot_start(view: View<'_>, plan: &Plan) -> Result<(), Refusal> {
    if plan.risk == Risk::Destructive && plan.reason.is_empty() {
        return Err(Refusal::new("reason_missing", "a destructive action needs the requester's reason")
            .hint("End the command with `because REASON`."));
    }
    let windows = |host: &&HostName| {
        view.catalogue.inventory.get(*host).is_some_and(|host| host.platforms.contains(&Platform::Windows))
    };
    if let Some(host) = plan.hosts.iter().map(|host| &host.name).find(windows) {
        let message =
            format!("`{host}` runs Windows: this version plans Windows actions but does not run them");
        return Err(Refusal::new("windows_not_run", message)
            .hint(format!("`/kb show {}` has the steps to do by hand.", plan.article)));
    }
    if plan.risk == Risk::Read {
        return Ok(());
    }
    let unknown = plan.hosts.iter().find_map(|host| {
        let occupant = view.state.occupant_of(host, &[plan.request])?;
        (!occupant.is_open()).then_some((host, occupant))
    });
    match unknown {
        None => Ok(()),
        Some((host, request)) => Err(start::blocked(&host.name, request)),
    }
}

fn incident_for(
    view: View<'_>,
    caller: Caller<'_>,
    plan: &Plan,
    decision: &mut Decision,
) -> Option<IncidentId> {
    if let Some(incident) = view.state.incident_in_use(caller.conversation) {
        return Some(incident.id);
    }
    if plan.risk == Risk::Read {
        return None;
    }
    let hosts: Vec<_> = plan.hosts.iter().map(|host| host.name.as_str()).collect();
    let title = match plan.reason.as_str() {
        "" => format!("{} on {}", plan.action, hosts.join(", ")),
        reason => format!("{}: {reason}", hosts.join(", ")),
    };
    let (incident, events) = incident::opening(view, caller, Severity::Sev3, title);
    for event in events {
        decision.event(caller.actor, event);
    }
    Some(incident)
}

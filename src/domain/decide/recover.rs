//! After a crash: what was in flight is settled by asking the host, nothing is started by itself;
//! what no host can tell is settled by a person.

use std::collections::BTreeSet;

use super::clock;
use super::effect::{Decision, Effect, StepRef};
use super::turn::Turn;
use crate::domain::id::RequestId;
use crate::domain::record::bounds::bounded;
use crate::domain::record::event::Event;
use crate::domain::record::moment::Moment;
use crate::domain::record::request::{self, HostPhase, Request, Status};
use crate::domain::record::run::Outcome;
use crate::domain::record::state::find_request;
use crate::domain::refusal::Refusal;
use crate::domain::rules::view::{self, Caller, View};
use crate::domain::rules::{approvals, turns};
use crate::domain::say::address::To;
use crate::domain::say::replies;
use crate::domain::world::action::Risk;

/// Takes up what the record says was going on.
pub fn recover(view: View<'_>) -> Decision {
    let mut decision = clock::look_again(view);
    // What that has ended does not start.
    if decision.events.is_empty() {
        let waits = |request: &&Request| {
            request.plan.risk != Risk::Read && matches!(request.status, Status::Ready(_))
        };
        // For what a change waits is told.
        let changes = view.state.requests.values().filter(waits).map(|request| Effect::Start(request.id));
        decision.effects.extend(changes.chain(turns::startable(view, None).map(Effect::Start)));
    }
    for request in view.state.requests.values().filter(|request| request.status == Status::Running) {
        decision.extend(recover_run(view, request));
    }
    // A run that ends here wakes what waits for its host; that is tried once.
    let mut tried = BTreeSet::new();
    decision.effects.retain(|effect| match effect {
        Effect::Start(id) => tried.insert(*id),
        _ => true,
    });
    decision
}

fn recover_run(view: View<'_>, request: &Request) -> Decision {
    let id = request.id;
    let Some(mut turn) = Turn::of(view, id) else { return Decision::default() };
    turn.record(Event::RunRecovered { request: id });
    turn.say(replies::run::recovering(request));
    if let Some(approved) = turn.request.approved() {
        turn.decision.effects.push(Effect::Hold(id, approved));
    }
    let Some(run) = &request.run else { return turn.decision };
    let mut asked = false;
    for (host, planned) in run.hosts.iter().zip(&request.plan.hosts) {
        let name = planned.name.clone();
        match host.phase.clone() {
            HostPhase::Step { step, run, ground } => {
                turn.decision.effects.push(Effect::Settle(
                    id,
                    name,
                    StepRef { step, run, ground, earlier: Vec::new() },
                ));
                asked = true;
            }
            HostPhase::Verifying(_) => {
                turn.decision.effects.push(Effect::Verify(id, name));
                asked = true;
            }
            HostPhase::Waiting | HostPhase::Ended(..) => {}
        }
    }
    let first_waiting = run.hosts.iter().position(|host| host.phase == HostPhase::Waiting);
    // Otherwise the hosts that wait end when the one that was asked has answered.
    if !asked && let Some(at) = first_waiting {
        turn.end_interrupted(&request.plan.hosts[at].name);
    }
    if asked && run.cancel_asked {
        turn.decision.effects.push(Effect::Stop(id));
    }
    turn.decision
}

/// `/settle`: a person who has looked says how an unknown run ended.
pub fn settle(
    view: View<'_>,
    caller: Caller<'_>,
    id: RequestId,
    outcome: Outcome,
    reason: String,
) -> Result<Decision, Refusal> {
    let request = find_request(view.state, id)?;
    bounded("reason", &reason)?;
    if outcome == Outcome::Unknown {
        return Err(Refusal::new("settle_unknown", "unknown is what it is already")
            .hint("Settle it as succeeded, failed or cancelled."));
    }
    if request.status != Status::Ended(Outcome::Unknown) {
        let standing = request::standing(&request.status);
        return Err(Refusal::new(
            "nothing_to_settle",
            format!("{id} {standing}; only an unknown outcome can be settled"),
        ));
    }
    let person = view::known_person(view, caller)?;
    if request.plan.risk != Risk::Read && approvals::is_own(view.catalogue, request, &person.name) {
        let message = format!("{id} is your own request: somebody else must say how it ended");
        return Err(Refusal::new("own_request", message)
            .hint("It keeps others from its hosts: whoever looks there and settles it is another person."));
    }
    let event = Event::RunSettled { request: id, outcome, reason };
    let mut after = request.clone();
    after.apply(&Moment {
        seq: 0,
        at_ms: view.context.now_ms,
        actor: caller.actor.clone(),
        event: event.clone(),
    });
    let reply = replies::run::settled(id, outcome, &after.status);
    let mut decision = Decision::say(To::request(request), reply);
    decision.event(caller.actor, event);
    decision.effects.extend(turns::startable(view, Some(id)).map(Effect::Start));
    Ok(decision)
}

//! Whether the people that a start rests on still have their roles.
//!
//! Roles of the configuration are read with it. Those that the groups of a chat give are asked for
//! again right before the start.
//!
//! Invariant: no answer is neither yes nor no. Whoever has lost their role does not count; of whom
//! nobody knows, the start waits.

use super::approve;
use super::effect::{Decision, Effect};
use super::input::{Answers, Reached};
use crate::domain::record::event::{ApprovalEnd, Event};
use crate::domain::record::request::{Approval, Request, Status};
use crate::domain::record::run::WHY_LEN_MAX;
use crate::domain::rules::approvals;
use crate::domain::rules::view::View;
use crate::domain::say::address::To;
use crate::domain::say::replies;
use crate::domain::text::shortened;
use crate::domain::world::actor::{ActorId, Role};

/// Milliseconds for which an answer is good, from the moment it was asked for.
pub const ANSWER_TTL_MS: u64 = 10_000;

/// Whether a request may start as far as roles go: what is recorded before it does, or what is decided
/// instead.
pub(super) fn looked_at(
    view: View<'_>,
    request: &Request,
    answers: Option<&Answers>,
    reached: Option<&Reached>,
) -> Result<Decision, Decision> {
    let unsettled: Vec<_> =
        needed(view, request).filter(|(actor, role)| !is_settled(view, actor, *role)).collect();
    if unsettled.is_empty() {
        return Ok(Decision::default());
    }
    let is_good = |answers: &&Answers| {
        let good = answers.asked_at_ms..answers.asked_at_ms.saturating_add(ANSWER_TTL_MS);
        good.contains(&view.context.now_ms)
            && unsettled.iter().all(|(actor, _)| answers.groups.contains_key(*actor))
    };
    let Some(answers) = answers.filter(is_good) else {
        let actors = unsettled.into_iter().map(|(actor, _)| actor.clone()).collect();
        let ask = Effect::AskRoles(request.id, actors, view.context.now_ms, reached.cloned());
        return Err(Decision { events: Vec::new(), effects: vec![ask] });
    };
    rests_on(view, request, answers)
}

/// The requester and everybody whose approval counts, with the role that each needs.
fn needed<'a>(view: View<'a>, request: &'a Request) -> impl Iterator<Item = (&'a ActorId, Role)> {
    let approvers = standing(view, request).map(|(_, approval)| (&approval.actor, Role::Approver));
    std::iter::once((&request.plan.requester, Role::Responder)).chain(approvers)
}

fn standing<'a>(view: View<'a>, request: &'a Request) -> impl Iterator<Item = (&'a String, &'a Approval)> {
    let stands =
        move |(_, approval): &(&String, &Approval)| approval.stands(request.digest, view.context.now_ms);
    request.approvals.iter().filter(stands)
}

/// Whether the configuration alone gives an account this role.
fn is_settled(view: View<'_>, actor: &ActorId, role: Role) -> bool {
    view.catalogue.people.person(actor).is_some_and(|person| person.role >= Some(role))
}

/// Whether an account has a role, by the configuration or by what was answered; none if nobody knows.
fn has(view: View<'_>, answers: &Answers, actor: &ActorId, role: Role) -> Option<bool> {
    if is_settled(view, actor, role) {
        return Some(true);
    }
    let groups = answers.groups.get(actor)?.as_ref().ok()?;
    let people = &view.catalogue.people;
    Some(people.known(actor, people.role_of_groups(groups)).is_some_and(|known| known.role >= role))
}

fn rests_on(view: View<'_>, request: &Request, answers: &Answers) -> Result<Decision, Decision> {
    let requester = has(view, answers, &request.plan.requester, Role::Responder);
    if requester == Some(false) {
        return Err(requester_gone(view, request));
    }
    let approver = |(_, approval): &(&String, &Approval)| has(view, answers, &approval.actor, Role::Approver);
    let gone = standing(view, request).filter(|approval| approver(approval) == Some(false));
    let (after, mut decision) =
        approve::end(view, request, gone.map(|(person, _)| (person.as_str(), ApprovalEnd::RoleGone)));
    if !matches!(after.status, Status::Ready(_)) {
        return Err(decision);
    }
    let certain = standing(view, &after).filter(|approval| approver(approval) == Some(true));
    // Each has the role, by whichever way: that they may is not asked once more.
    let certain = certain.map(|(_, approval)| (&approval.actor, Some(Role::Approver)));
    let persons = approvals::persons(view.catalogue, &after, certain);
    if requester == Some(true) && approvals::suffices(&after, persons) {
        return Ok(decision);
    }
    decision.extend(unanswered(view, &after, answers));
    Err(decision)
}

fn requester_gone(view: View<'_>, request: &Request) -> Decision {
    let name = view.catalogue.people.name(&request.plan.requester);
    let mut decision = Decision::say(To::request(request), replies::start::requester_gone(request.id, &name));
    let why = format!("its requester {name} no longer has the role {}", Role::Responder);
    decision.event(&ActorId::bot(), Event::StartRefused { request: request.id, differences: vec![why] });
    decision
}

/// The start waits for an answer; said and recorded when that begins, or of whom it was not said yet.
fn unanswered(view: View<'_>, request: &Request, answers: &Answers) -> Decision {
    let mut actors: Vec<_> = needed(view, request)
        .filter(|(actor, role)| has(view, answers, actor, *role).is_none())
        .map(|(actor, _)| actor.clone())
        .collect();
    actors.sort();
    actors.dedup();
    if actors.iter().all(|actor| request.unanswered.contains(actor)) {
        return Decision::default();
    }
    let mut whys = actors.iter().filter_map(|actor| answers.groups.get(actor)?.as_ref().err());
    let why = shortened(whys.next().map_or("", String::as_str), WHY_LEN_MAX);
    let reply = replies::start::roles_unanswered(view.catalogue, request, &actors, &why);
    let mut decision = Decision::say(To::request(request), reply);
    decision.event(&ActorId::bot(), Event::RolesUnanswered { request: request.id, actors, why });
    decision
}

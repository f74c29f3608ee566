//! Which approvals of a request count, and whether its plan is still the one that was approved.
//!
//! Invariant: a person counts once, and nobody for their own request.

use std::collections::BTreeSet;

use super::view::View;
use crate::domain::id::RequestId;
use crate::domain::planning::planner::plan;
use crate::domain::planning::wish::Wish;
use crate::domain::policy::basis::Basis;
use crate::domain::policy::catalogue::Catalogue;
use crate::domain::record::request::Request;
use crate::domain::refusal::Refusal;
use crate::domain::text::shortened;
use crate::domain::world::actor::{ActorId, Role};

/// Who may still approve a request, by name.
pub fn approvers(catalogue: &Catalogue, request: &Request) -> String {
    let may = |person: &&crate::domain::world::actor::Person| {
        person.role >= Some(Role::Approver)
            && !is_own(catalogue, request, &person.name)
            && request.approvals.get(&person.name).is_none_or(|approval| approval.ended.is_some())
    };
    let names: Vec<_> = catalogue.people.iter().filter(may).map(|person| person.name.as_str()).collect();
    let by_group = catalogue.people.groups().values().any(|role| *role >= Role::Approver);
    match (names.is_empty(), by_group) {
        (true, false) => "nobody that is configured".to_owned(),
        (true, true) => "whoever has the role approver in this chat".to_owned(),
        (false, false) => names.join(", "),
        (false, true) => format!("{}, whoever has the role approver in this chat", names.join(", ")),
    }
}

/// Characters of one difference: a decision that names eight of them must fit into one event.
const DIFFERENCE_LEN_MAX: usize = 400;

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
pub(in crate::domain) fn persons<'a>(
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
pub(in crate::domain) fn suffices(request: &Request, persons: usize) -> bool {
    match request.plan.basis {
        Basis::NoneNeeded => true,
        Basis::Quorum(needed) => persons >= usize::from(needed),
    }
}

/// Whether the approvals that count now are as many as the plan's basis asks for.
pub fn is_complete(catalogue: &Catalogue, request: &Request, now_ms: u64) -> bool {
    suffices(request, counted(catalogue, request, now_ms))
}

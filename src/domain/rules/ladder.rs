//! The next rung of the ladder: what to try when an action did not help.

use std::collections::BTreeMap;

use crate::domain::id::{ActionId, HostName};
use crate::domain::planning::values::filled;
use crate::domain::planning::wish::Asked;
use crate::domain::policy::catalogue::Catalogue;
use crate::domain::record::request::{HostPhase, HostRun, Request};
use crate::domain::record::run::Outcome;
use crate::domain::world::action::Action;

/// What can be tried next, as far as the request before it says.
pub struct Rung<'a> {
    /// The action.
    pub target: &'a Action,
    /// Its parameters that carry over.
    pub given: BTreeMap<String, String>,
    /// Its parameters that somebody has to find out.
    pub missing: Vec<&'a str>,
    /// The reading action that shows them.
    pub find: Option<ActionId>,
    /// The hosts on which the request failed.
    pub hosts: Vec<HostName>,
    /// Why it is tried.
    pub reason: String,
}

impl Rung<'_> {
    /// The wish for it, without what is missing.
    pub fn asked(&self) -> Asked {
        Asked {
            action: self.target.id.clone(),
            params: self.given.clone(),
            hosts: self.hosts.clone(),
            reason: self.reason.clone(),
        }
    }
}

/// The rung after a failed request, if its action names one. A ladder leads up: lint says so to the
/// author, and nobody is led down meanwhile.
pub fn next<'a>(catalogue: &'a Catalogue, request: &Request) -> Option<Rung<'a>> {
    let plan = &request.plan;
    let (_, action) = catalogue.action(&plan.action)?;
    let escalation = action.escalates_to.as_ref()?;
    let (_, target) = catalogue.action(&escalation.action)?;
    let hosts = hosts_that_failed(request, catalogue.policy.reads.looks_before(&action.steps));
    if target.risk < plan.risk || hosts.is_empty() {
        return None;
    }
    let given: BTreeMap<_, _> = escalation
        .with
        .iter()
        .map(|(name, template)| (name.clone(), filled(template, &plan.params, str::to_owned)))
        .collect();
    let missing = |(name, param): (&'a String, &crate::domain::world::action::Param)| {
        (!given.contains_key(name) && param.default.is_none()).then_some(name.as_str())
    };
    let missing: Vec<_> = target.params.iter().filter_map(missing).collect();
    let find = escalation.find.clone().filter(|_| !missing.is_empty());
    let reason = format!("{} did not help", plan.action);
    Some(Rung { target, given, missing, find, hosts, reason })
}

/// Only where a step after those that look first is known to have run, and it applied: what never ran, or
/// had nothing to do there, can't be said not to have helped.
fn hosts_that_failed(request: &Request, looks: usize) -> Vec<HostName> {
    let Some(run) = &request.run else { return Vec::new() };
    let did_not_help = |host: &HostRun| {
        let failed = matches!(host.phase, HostPhase::Ended(Outcome::Failed, _));
        failed && !host.not_applicable && host.ran >= Some(looks)
    };
    let hosts = run.hosts.iter().zip(&request.plan.hosts).filter(|(host, _)| did_not_help(host));
    hosts.map(|(_, planned)| planned.name.clone()).collect()
}

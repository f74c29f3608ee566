//! What must hold after anything that happens.

use std::collections::{BTreeMap, BTreeSet};

use super::{Simulation, human};
use crate::domain::id::{Digest, HostName, RequestId};
use crate::domain::plan::Plan;
use crate::domain::policy::basis::Basis;
use crate::domain::record::event::Event;
use crate::domain::record::run::{Outcome, StepEnd, Verdict};
use crate::domain::testing::folded;
use crate::domain::world::action::Risk;

impl Simulation {
    /// Everything that must hold at any time, from the events alone.
    pub fn holds(&self) -> Result<(), String> {
        if let Some(broken) = &self.broken {
            return Err(broken.clone());
        }
        if folded(&self.world.moments) != self.world.state {
            return Err("folding all events gives another state".to_owned());
        }
        self.starts_are_approved()?;
        self.changes_are_looked_at_before()?;
        self.steps_begin_once()?;
        self.hosts_are_free()
    }

    /// A run starts at most once, with as many distinct other persons as its basis says.
    fn starts_are_approved(&self) -> Result<(), String> {
        let mut plans = BTreeMap::<RequestId, (&Plan, Digest)>::new();
        let mut yes = BTreeMap::<RequestId, BTreeMap<String, u64>>::new();
        let mut started = BTreeSet::new();
        for moment in &self.world.moments {
            match &moment.event {
                Event::RequestOpened { request, plan, digest, .. } => {
                    plans.insert(*request, (plan, *digest));
                }
                Event::ApprovalGiven { request, digest, .. } if plans[request].1 == *digest => {
                    yes.entry(*request).or_default().insert(human(&moment.actor), moment.at_ms);
                }
                Event::ApprovalWithdrawn { request, .. } => {
                    yes.entry(*request).or_default().remove(&human(&moment.actor));
                }
                Event::RequestDenied { request, .. }
                | Event::RequestCancelled { request }
                | Event::RequestExpired { request, .. } => {
                    yes.remove(request);
                }
                Event::RunStarted { request, digest, .. } => {
                    let (plan, approved) = plans[request];
                    let mut others = yes.get(request).cloned().unwrap_or_default();
                    others.retain(|_, at_ms| moment.at_ms - *at_ms < 600_000);
                    others.remove(&human(&plan.requester));
                    let needed = match plan.risk {
                        Risk::Read => 0,
                        Risk::Change => 1,
                        Risk::Destructive => 2,
                    };
                    let enough =
                        others.len() >= needed && matches!(plan.basis, Basis::NoneNeeded) == (needed == 0);
                    if !enough
                        || *digest != approved
                        || plan.digest().ok() != Some(*digest)
                        || !started.insert(*request)
                    {
                        return Err(format!("{request} started with {others:?} of {needed}, or twice"));
                    }
                }
                Event::RunSettled { request, .. } => {
                    let plan = plans[request].0;
                    if plan.risk != Risk::Read && human(&plan.requester) == human(&moment.actor) {
                        return Err(format!("{request} was settled by its requester"));
                    }
                }
                Event::StepStarted { request, .. } if !started.contains(request) => {
                    return Err(format!("{request} has a step and no start"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Nothing changes on a host whose verification was not asked before, or held.
    fn changes_are_looked_at_before(&self) -> Result<(), String> {
        let mut may_change = BTreeSet::new();
        for event in self.events() {
            match event {
                Event::VerifiedBefore { request, host, found: Verdict::Fails, .. } => {
                    may_change.insert((*request, host.clone()));
                }
                Event::StepStarted { request, host, .. } => {
                    let plan = &self.world.request(*request).plan;
                    let looks =
                        plan.risk != Risk::Read && plan.hosts.iter().any(|host| !host.verify.is_empty());
                    if looks && !may_change.contains(&(*request, host.clone())) {
                        return Err(format!("{request} changes {host} without a look"));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// A step is sent again only after it is proven not to have begun, in a run that nothing interrupted, and
    /// three times at the most.
    fn steps_begin_once(&self) -> Result<(), String> {
        let mut sent = BTreeMap::<(RequestId, HostName, usize), u32>::new();
        let (mut may_have_begun, mut interrupted) = (BTreeSet::new(), BTreeSet::new());
        for event in self.events() {
            match event {
                Event::StepStarted { request, host, step, .. } => {
                    let at = (*request, host.clone(), *step);
                    let times = sent.entry(at.clone()).or_default();
                    *times += 1;
                    if *times > 3 || interrupted.contains(request) || !may_have_begun.insert(at) {
                        return Err(format!("{request} sent step {step} to {host} {times} times"));
                    }
                }
                Event::StepEnded { request, host, step, end: StepEnd::NotRun(_), .. } => {
                    may_have_begun.remove(&(*request, host.clone(), *step));
                }
                Event::RunRecovered { request } | Event::CancelAsked { request } => {
                    interrupted.insert(*request);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// At any time a host has one changing run at the most, and none after an unknown outcome.
    fn hosts_are_free(&self) -> Result<(), String> {
        let mut taken = BTreeMap::<HostName, RequestId>::new();
        let mut unknown = BTreeSet::<(RequestId, HostName)>::new();
        for event in self.events() {
            match event {
                Event::RunStarted { request, .. } => {
                    let plan = &self.world.request(*request).plan;
                    for host in plan.hosts.iter().filter(|_| plan.risk != Risk::Read) {
                        if let Some(other) = taken.insert(host.name.clone(), *request) {
                            return Err(format!("{request} started on {} beside {other}", host.name));
                        }
                    }
                }
                Event::HostEnded { request, host, outcome: Outcome::Unknown, .. } => {
                    unknown.insert((*request, host.clone()));
                }
                Event::RunEnded { request, .. } => {
                    taken.retain(|host, by| by != request || unknown.contains(&(*request, host.clone())));
                }
                Event::RunSettled { request, .. } => taken.retain(|_, by| by != request),
                _ => {}
            }
        }
        Ok(())
    }
}

//! The proof that a plan may run.
//!
//! Invariant: the only way to an `Approved<Plan>` is the decision that appends `run started`
//! ([`crate::domain::decide`]), one that takes up a recorded start, or one that has looked at all that a
//! start rests on and has the host probed first. There is no constructor outside `domain`, no Clone,
//! Default or Deserialize.

use crate::domain::plan::Plan;
use crate::domain::policy::basis::Basis;

/// A plan whose basis has been met. Executors take this and nothing else.
///
/// Nobody can make one by hand:
///
/// ```compile_fail,E0451
/// use dogwatch::domain::plan::approved::Approved;
/// fn forge(plan: dogwatch::domain::plan::Plan) -> Approved<dogwatch::domain::plan::Plan> {
///     Approved { plan, basis: dogwatch::domain::policy::basis::Basis::NoneNeeded }
/// }
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct Approved<P> {
    plan: P,
    basis: Basis,
}

impl Approved<Plan> {
    /// Only the decision that records the start, that takes up a recorded start, or that has a host probed
    /// before the start, calls this.
    pub(in crate::domain) fn of_started(plan: Plan, basis: Basis) -> Self {
        Self { plan, basis }
    }
}

impl<P> Approved<P> {
    /// What was approved.
    pub fn plan(&self) -> &P {
        &self.plan
    }

    /// What the start rested on.
    pub fn basis(&self) -> Basis {
        self.basis
    }
}

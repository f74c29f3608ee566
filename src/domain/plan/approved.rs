//! The proof that a plan may run.
//!
//! Invariant: the only way to an `Approved<Plan>` is the decision that appends `run started`
//! ([`crate::domain::decide`]), or one that takes up a recorded start. There is no constructor
//! outside `domain`, no Clone, Default or Deserialize.

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
    /// Only the decision that records the start, or that takes up a recorded start, calls this.
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

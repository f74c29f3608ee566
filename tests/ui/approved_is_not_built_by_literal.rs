//! The fields are private.

use dogwatch::domain::plan::approved::Approved;
use dogwatch::domain::plan::Plan;
use dogwatch::domain::policy::basis::Basis;

fn forge(plan: Plan) -> Approved<Plan> {
    Approved { plan, basis: Basis::NoneNeeded }
}

fn main() {}

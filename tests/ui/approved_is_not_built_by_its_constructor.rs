//! The constructor belongs to the core.

use dogwatch::domain::plan::approved::Approved;
use dogwatch::domain::plan::Plan;
use dogwatch::domain::policy::basis::Basis;

fn forge(plan: Plan) -> Approved<Plan> {
    Approved::of_started(plan, Basis::NoneNeeded)
}

fn main() {}

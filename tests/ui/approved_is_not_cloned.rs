//! One start, one proof.

use dogwatch::domain::plan::approved::Approved;
use dogwatch::domain::plan::Plan;

fn twice(approved: &Approved<Plan>) -> Approved<Plan> {
    Clone::clone(approved)
}

fn main() {}

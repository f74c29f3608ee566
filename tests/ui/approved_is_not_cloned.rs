//! One start, one proof.

use dogwatch::domain::approval::Approved;
use dogwatch::domain::plan::Plan;

fn twice(approved: &Approved<Plan>) -> Approved<Plan> {
    Clone::clone(approved)
}

fn main() {}

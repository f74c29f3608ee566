//! What was approved is what runs.

use dogwatch::domain::plan::approved::Approved;
use dogwatch::domain::plan::Plan;

fn change(approved: &mut Approved<Plan>) {
    approved.plan().hosts.clear();
}

fn main() {}

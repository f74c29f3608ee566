//! There is no approval out of nothing.

use dogwatch::domain::plan::approved::Approved;
use dogwatch::domain::plan::Plan;

fn nothing() -> Approved<Plan> {
    Default::default()
}

fn main() {}

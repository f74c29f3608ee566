//! A request hands its proof to the core alone.

use dogwatch::domain::plan::approved::Approved;
use dogwatch::domain::plan::Plan;
use dogwatch::domain::record::request::Request;

fn take(request: &Request) -> Option<Approved<Plan>> {
    request.approved()
}

fn main() {}

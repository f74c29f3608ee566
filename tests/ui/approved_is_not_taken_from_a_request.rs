//! A request hands its proof to the core alone.

use dogwatch::domain::approval::Approved;
use dogwatch::domain::plan::Plan;
use dogwatch::domain::request::Request;

fn take(request: &Request) -> Option<Approved<Plan>> {
    request.approved()
}

fn main() {}

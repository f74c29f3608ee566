//! Which machines are kept from other changes: by one that runs there, that ended there nobody knows how, or
//! that is about to start. Of several that begin at one time the first one goes first.

use super::clock;
use super::view::View;
use crate::domain::id::RequestId;
use crate::domain::record::request::Request;
use crate::domain::world::action::Risk;

/// Whether nothing keeps a changing request from its hosts and from time, now that `over` has ended.
pub(super) fn is_free(view: View<'_>, request: &Request, over: Option<RequestId>) -> bool {
    !clock::is_behind(view) && occupant(view, request, over).is_none()
}

/// What keeps a changing request from its hosts; `over` is a request that ends in this decision.
pub(in crate::domain) fn occupant<'a>(
    view: View<'a>,
    request: &Request,
    over: Option<RequestId>,
) -> Option<&'a Request> {
    let except: Vec<_> = over.into_iter().chain([request.id]).collect();
    let mut hosts = request.plan.hosts.iter().filter(|_| request.plan.risk != Risk::Read);
    hosts.find_map(|host| {
        let begins = |other: &&Request| {
            let is_other = !except.contains(&other.id) && other.plan.risk != Risk::Read;
            is_other
                && view.context.reach.is_beginning(other)
                && other.plan.hosts.iter().any(|planned| planned.is_same_machine(host))
        };
        let others = || view.state.requests.values().find(begins);
        view.state.occupant_of(host, &except).or_else(others)
    })
}

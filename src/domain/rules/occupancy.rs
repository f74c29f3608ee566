//! Which machines are kept from other changes.

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
    hosts.find_map(|host| view.state.occupant_of(host, &except))
}

//! Where something stands now, as its card shows it.

use super::{incident, request, run};
use crate::domain::policy::catalogue::Catalogue;
use crate::domain::record::request::{Request, Status};
use crate::domain::record::run::Outcome;
use crate::domain::record::state::State;
use crate::domain::say::card::CardId;
use crate::domain::say::reply::Reply;

/// Where something stands now, as a message that is changed when it changes; and whether it stays
/// so for good. `live` is what a step under way has printed so far.
pub fn card(catalogue: &Catalogue, state: &State, card: CardId, live: Option<&str>) -> Option<(Reply, bool)> {
    match card {
        CardId::Incident(id) => {
            let incident = state.incidents.get(&id)?;
            Some((incident::card(&catalogue.people, incident), incident.resolved_at_ms.is_some()))
        }
        CardId::Request(id) => {
            let request = state.requests.get(&id)?;
            Some((request::card(catalogue, state, request), is_over(request)))
        }
        CardId::Run(id) => {
            let request = state.requests.get(&id).filter(|request| request.run.is_some())?;
            Some((run::card(request, live), is_over(request)))
        }
    }
}

/// Whether nothing will happen to a request any more: how an unknown run ended can still be settled.
fn is_over(request: &Request) -> bool {
    !request.is_open() && request.status != Status::Ended(Outcome::Unknown)
}

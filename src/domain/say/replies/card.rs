//! Where something stands now, as its card shows it.

use super::{incident, request, run};
use crate::domain::policy::catalogue::Catalogue;
use crate::domain::record::request::{Request, Status};
use crate::domain::record::run::Outcome;
use crate::domain::record::state::State;
use crate::domain::rules::reach::Reach;
use crate::domain::say::card::CardId;
use crate::domain::say::reply::Reply;

/// Where something stands now, as a message that is changed when it changes; and whether it stays
/// so for good. `live` is what a step under way has printed so far, `reach` how reaching hosts has gone.
pub fn card(
    catalogue: &Catalogue,
    state: &State,
    reach: &Reach,
    card: CardId,
    live: Option<&str>,
) -> Option<(Reply, bool)> {
    match card {
        CardId::Incident(id) => {
            let incident = state.incidents.get(&id)?;
            Some((
                incident::card(&catalogue.people, state, reach, incident),
                incident.resolved_at_ms.is_some(),
            ))
        }
        CardId::Request(id) => {
            let request = state.requests.get(&id)?;
            Some((request::card(catalogue, state, reach, request), is_over(request)))
        }
        CardId::Run(id) => {
            let request = state.requests.get(&id).filter(|request| request.run.is_some())?;
            Some((run::card(request, reach, live), is_over(request)))
        }
    }
}

/// Whether nothing will happen to a request any more: how an unknown run ended can still be settled.
fn is_over(request: &Request) -> bool {
    !request.is_open() && request.status != Status::Ended(Outcome::Unknown)
}

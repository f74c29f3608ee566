//! Events with their place in the record: what is folded, and what timelines show.

use super::event::Event;
use crate::domain::world::actor::ActorId;

/// One entry of a timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// The event's number in the record.
    pub seq: u64,
    /// When, in ms since 1970.
    pub at_ms: u64,
    /// Who caused it.
    pub actor: ActorId,
    /// What happened.
    pub event: Event,
}

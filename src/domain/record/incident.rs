//! Incidents, as the events make them.

use super::moment::Moment;
use super::severity::Severity;
use crate::domain::id::{ConversationId, IncidentId};
use crate::domain::world::actor::ActorId;

/// A problem being worked on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// Its number.
    pub id: IncidentId,
    /// What it is about.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// Who opened it.
    pub opened_by: ActorId,
    /// When, in ms since 1970.
    pub opened_at_ms: u64,
    /// Who works on it, by name.
    pub assigned_to: Option<String>,
    /// Its own conversation.
    pub thread: Option<ConversationId>,
    /// When it was resolved.
    pub resolved_at_ms: Option<u64>,
    /// Everything that happened, in order.
    pub timeline: Vec<Moment>,
}

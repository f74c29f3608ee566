//! Messages that show where something stands, and are changed when that changes.

use serde::{Deserialize, Serialize};

use crate::domain::id::{IncidentId, RequestId};

/// A message that shows where something stands, and is changed when that changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardId {
    /// An incident: the message that its conversation is made from.
    Incident(IncidentId),
    /// A request with its plan and its approvals.
    Request(RequestId),
    /// A run with its steps and what they print.
    Run(RequestId),
}

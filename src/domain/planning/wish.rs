//! What somebody wishes to run.

use std::collections::BTreeMap;

use crate::domain::id::{ActionId, HostName, RequestId};
use crate::domain::world::actor::ActorId;

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The action.
    pub action: ActionId,
    /// The values given.
    pub params: BTreeMap<String, String>,
    /// The hosts, in order.
    pub hosts: Vec<HostName>,
    /// Why; may be empty.
    pub reason: String,
}

/// What somebody asked for, before it is a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The number it gets.
    pub request: RequestId,
    /// Who asks.
    pub requester: ActorId,
    /// Why; may be empty where the policy allows it.
    pub reason: String,
    /// The action.
    pub action: ActionId,
    /// The values given.
    pub params: BTreeMap<String, String>,
    /// The hosts, in order.
    pub hosts: Vec<HostName>,
}

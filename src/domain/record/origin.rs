//! Where something was said.

use serde::{Deserialize, Serialize};

use crate::domain::id::{ConversationId, GroupId};
use crate::domain::world::actor::ActorId;

/// The number that a chat platform gives to one message or one interaction, and never again: under
/// it the answer is given, and by it a second delivery is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ticket(pub u64);

/// Where a command came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The account.
    pub actor: ActorId,
    /// The groups that it belongs to at this moment.
    pub groups: Vec<GroupId>,
    /// Where it was said.
    pub conversation: ConversationId,
    /// The message or interaction; none where there is nothing to tell them apart by.
    pub ticket: Option<Ticket>,
    /// Whether the ticket is a message: then an answer to it, whenever it comes, is a reply to that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_message: bool,
}

impl Origin {
    /// A line that somebody typed where there are no groups and no tickets.
    pub fn typed(actor: ActorId, conversation: ConversationId) -> Self {
        Self { actor, groups: Vec::new(), conversation, ticket: None, is_message: false }
    }
}

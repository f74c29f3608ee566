//! Addressees, free of any chat.

use serde::{Deserialize, Serialize};

use crate::domain::id::{ConversationId, IncidentId};
use crate::domain::record::origin::Origin;
use crate::domain::record::request::Request;

/// Who is spoken to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum To {
    /// Whoever asked and nobody else: nothing has happened that others need to know.
    Caller(Origin),
    /// Whoever asked, where everybody sees it.
    Asker(Origin),
    /// A conversation.
    Room(ConversationId),
    /// Everybody who works on an incident: in its own conversation, or here where it has none.
    Incident(IncidentId, ConversationId),
}

impl To {
    /// Everybody who works on a request.
    pub fn request(request: &Request) -> Self {
        match request.incident {
            Some(incident) => Self::Incident(incident, request.conversation.clone()),
            None => Self::Room(request.conversation.clone()),
        }
    }

    /// Everybody: in a conversation that no chat has, for which each has a place of its own.
    pub fn everybody() -> Self {
        Self::Room(ConversationId("everybody".to_owned()))
    }

    /// The conversation, where incidents have none of their own.
    pub fn conversation(&self) -> &ConversationId {
        match self {
            Self::Caller(origin) | Self::Asker(origin) => &origin.conversation,
            Self::Room(conversation) | Self::Incident(_, conversation) => conversation,
        }
    }
}

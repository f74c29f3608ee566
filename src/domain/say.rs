//! What is said, to whom, and what has to be looked up before it can be.

use serde::{Deserialize, Serialize};

use super::command::Origin;
use super::id::{ConversationId, IncidentId, RequestId};
use super::reply::Reply;
use super::request;

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
    pub fn request(request: &request::Request) -> Self {
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

/// Something to be said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Say {
    /// To whom.
    pub to: To,
    /// What.
    pub reply: Reply,
    /// The card that this is the first state of, if it is one.
    pub card: Option<CardId>,
}

/// A question on its way through the knowledge base.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Who asked, and where.
    pub origin: Origin,
    /// In their own words.
    pub words: String,
    /// What the answer is for.
    pub purpose: Purpose,
}

/// What a look into the knowledge base is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Somebody asked the bot.
    Answer,
    /// Somebody said something that looks like a question.
    Overheard,
    /// Somebody searches, or wants more than the first answer.
    Search,
}

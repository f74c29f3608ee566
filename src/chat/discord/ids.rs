//! Ids of Discord: numbers to Discord, text in its JSON, conversations to the loop.
//!
//! Invariant: `channel_of` reverses `conversation_of`, and a conversation of another chat has no channel.
//! Nothing is asked of Discord here.

use serde_json::Value;

use crate::domain::id::ConversationId;

/// Milliseconds between 1970 and Discord's own first moment, from which its ids count.
const EPOCH_MS: u64 = 1_420_070_400_000;

/// An id of Discord's.
pub(super) fn id(value: &Value) -> Option<u64> {
    value.as_str()?.parse().ok()
}

/// An id as a number; 0 if it is none.
pub(super) fn number(value: &Value) -> u64 {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// The number of what Discord has made; 0 if it has none.
pub(super) fn number_of(made: &Value) -> u64 {
    made["id"].as_str().and_then(|id| id.parse().ok()).unwrap_or_default()
}

/// The id of what Discord has made.
pub(super) fn id_of(made: &Value) -> String {
    made["id"].as_str().unwrap_or_default().to_owned()
}

/// The number of a message that is known by its id; 0 if it is none.
pub(super) fn message_number(message: &str) -> u64 {
    message.parse().unwrap_or_default()
}

/// The least id of what Discord makes at this time, in ms since 1970.
pub(super) fn first_id_of(at_ms: u64) -> u64 {
    at_ms.saturating_sub(EPOCH_MS) << 22
}

/// The conversation of a channel or a thread.
pub fn conversation_of(channel: u64) -> ConversationId {
    ConversationId(format!("discord:{channel}"))
}

/// The channel of a conversation, if it is one of Discord.
pub(super) fn channel_of(conversation: &ConversationId) -> Option<u64> {
    conversation.as_str().strip_prefix("discord:")?.parse().ok()
}

/// Whether a text is an id of Discord's: a 64-bit number.
pub(super) fn is_snowflake(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u64>().is_ok_and(|id| id > 0)
}

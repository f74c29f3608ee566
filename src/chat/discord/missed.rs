//! What was said while nobody listened: a new session of the gateway begins without it.
//!
//! Invariant: this only finds messages. Whether one has been answered the record knows, by its
//! number.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use serenity::all::{GuildId, Message};
use tokio::sync::mpsc;

use super::rest::Call;
use super::wire::{EPOCH_MS, Wire};

/// Messages looked at in one channel.
const MESSAGES: u8 = 50;
/// Milliseconds after which nobody waits for an answer any more.
const TOO_OLD_MS: u64 = 10 * 60 * 1000;

/// Finds the messages of these channels that mention the bot, are no older than ten minutes, and
/// hands them over, the oldest of each channel first.
pub async fn look(wire: Arc<Wire>, guild: u64, bot: u64, channels: Vec<u64>, found: mpsc::Sender<Message>) {
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let since_ms = u64::try_from(now_ms).unwrap_or_default().saturating_sub(TOO_OLD_MS + EPOCH_MS);
    let since = since_ms << 22;
    for channel in channels {
        let messages = match wire.rest.send(Call::message_list(channel, MESSAGES, Some(since))).await {
            Ok(messages) => messages,
            Err(error) => {
                tracing::warn!("a channel could not be looked through for what was missed: {error}");
                continue;
            }
        };
        let mut messages: Vec<_> = messages.as_array().cloned().unwrap_or_default();
        let answered: Vec<_> = messages.iter().filter_map(|message| answered_by(message, bot)).collect();
        messages.retain(|message| mentions(message, bot) && !answered.contains(&number(&message["id"])));
        messages.sort_by_key(|message| number(&message["id"]));
        for message in messages {
            if let Some(message) = whole(&wire, guild, message).await
                && found.send(message).await.is_err()
            {
                return;
            }
        }
    }
}

fn number(value: &Value) -> u64 {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// The message that this one of the bot's answers: perhaps for a record that is no longer.
fn answered_by(message: &Value, bot: u64) -> Option<u64> {
    (number(&message["author"]["id"]) == bot).then(|| number(&message["message_reference"]["message_id"]))
}

fn mentions(message: &Value, bot: u64) -> bool {
    message["mentions"].as_array().into_iter().flatten().any(|user| number(&user["id"]) == bot)
}

/// The message as the gateway would have told it: with its server and the roles of its author.
async fn whole(wire: &Wire, guild: u64, mut message: Value) -> Option<Message> {
    let author = number(&message["author"]["id"]);
    let member = wire.rest.send(Call::get(&format!("/guilds/{guild}/members/{author}"))).await;
    // Somebody who has left has no roles.
    let roles = member.map_or_else(|_| json!([]), |member| member["roles"].clone());
    message["guild_id"] = json!(GuildId::new(guild));
    message["member"] = json!({ "roles": roles, "deaf": false, "mute": false, "flags": 0 });
    match serde_json::from_value(message) {
        Ok(message) => Some(message),
        Err(error) => {
            tracing::warn!("a missed message can't be read: {error}");
            None
        }
    }
}

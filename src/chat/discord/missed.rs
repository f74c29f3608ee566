//! What was said while nobody listened: a new session of the gateway begins without it.
//!
//! Invariant: this only finds messages. Whether one has been answered the record knows, by its
//! number.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::ids::{number, number_of};
use super::rest::RestError;
use super::roles;
use super::wire::Wire;
use crate::app::wall_ms;

/// Milliseconds after which nobody waits for an answer any more.
pub const TOO_OLD_MS: u64 = 10 * 60 * 1000;

/// Whom messages are looked for that mention them: the bot, or its role.
#[derive(Clone, Copy)]
pub struct Mentioned {
    /// The server.
    pub guild: u64,
    /// The bot's account.
    pub bot: u64,
    /// The role that Discord has made for it.
    pub role: Option<u64>,
}

/// Finds the messages of these channels that mention the bot, are no older than ten minutes, and
/// hands them over as the gateway would have told them, the oldest of each channel first.
pub async fn look(wire: Arc<Wire>, whom: Mentioned, channels: Vec<u64>, found: mpsc::Sender<Value>) {
    let since_ms = wall_ms().saturating_sub(TOO_OLD_MS);
    for channel in channels {
        let mut messages = match wire.messages_since(channel, since_ms).await {
            Ok(messages) => messages,
            Err(error) => {
                tracing::warn!("a channel could not be looked through for what was missed: {error}");
                continue;
            }
        };
        let answered: Vec<_> = messages.iter().filter_map(|message| answered_by(message, whom.bot)).collect();
        messages.retain(|message| mentions(message, whom) && !answered.contains(&number_of(message)));
        for message in messages.into_iter().rev() {
            match whole(&wire, whom.guild, message).await {
                Ok(message) => {
                    if found.send(message).await.is_err() {
                        return;
                    }
                }
                Err(error) => {
                    tracing::warn!(
                        "a missed message is not answered, its author's roles are not known: {error}"
                    );
                }
            }
        }
    }
}

/// The message that this one of the bot's answers: perhaps for a record that is no longer.
fn answered_by(message: &Value, bot: u64) -> Option<u64> {
    (number(&message["author"]["id"]) == bot).then(|| number(&message["message_reference"]["message_id"]))
}

fn mentions(message: &Value, whom: Mentioned) -> bool {
    let listed = |name: &str| message[name].as_array().into_iter().flatten();
    listed("mentions").any(|user| number(&user["id"]) == whom.bot)
        || whom.role.is_some_and(|own| listed("mention_roles").any(|role| number(role) == own))
}

/// The message as the gateway would have told it: with its server and the roles of its author.
async fn whole(wire: &Wire, guild: u64, mut message: Value) -> Result<Value, RestError> {
    let author = number(&message["author"]["id"]);
    // Somebody who has left has no roles.
    let member = roles::member(wire, guild, author, None).await?.unwrap_or_else(|| json!({ "roles": [] }));
    message["guild_id"] = json!(guild.to_string());
    message["member"] = member;
    Ok(message)
}

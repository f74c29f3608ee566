//! What every delivery shares: the HTTP client, who the bot is, and how its own messages are known.

use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::escape;
use super::rest::{Call, Rest, RestError};

/// Messages looked through for one of the bot's own.
const LOOK_BACK: u8 = 100;
/// Units of the name of a thread: Discord's 100 characters, with some room.
const THREAD_NAME_MAX: usize = 90;
/// Discord's code for a message that has a thread already.
const THREAD_EXISTS: u64 = 160_004;
/// Minutes without a message after which Discord folds a thread away: its longest, a week.
const ARCHIVE_AFTER_MIN: u32 = 10_080;
/// Milliseconds between 1970 and Discord's own first moment, from which its ids count.
pub const EPOCH_MS: u64 = 1_420_070_400_000;
/// Milliseconds for which Discord drops a message with the same nonce, at the least.
const NONCE_COUNTS_MS: u64 = 120_000;
/// Milliseconds by which the clocks may differ.
const CLOCKS_DIFFER_MS: u64 = 5_000;

/// See the module.
pub struct Wire {
    /// The HTTP client.
    pub rest: Rest,
    /// Where incidents get their threads.
    pub incident_channel: u64,
    /// The beginning of the record's id: what the bot said by another record is not taken for this.
    store: String,
    who: OnceLock<(u64, u64)>,
}

impl Wire {
    /// `store` is the id of the record.
    pub fn new(rest: Rest, incident_channel: u64, store: &str) -> Self {
        Self { rest, incident_channel, store: store.chars().take(8).collect(), who: OnceLock::new() }
    }

    /// Keeps the application and the bot's account, once they are known.
    pub fn is_ready(&self, application: u64, bot: u64) {
        // They never change.
        let _ = self.who.set((application, bot));
    }

    /// The application.
    pub fn application(&self) -> u64 {
        self.who.get().map_or(0, |(application, _)| *application)
    }

    /// What Discord knows a message by, at most 25 characters: the same for the same post.
    pub fn nonce(&self, post: &str) -> String {
        format!("{}-{post}", self.store)
    }

    /// The same for something that is not kept: different every time.
    pub fn unkept_nonce(&self, page: usize) -> String {
        let mut bits = [0; 6];
        // Without chance two such messages could be taken for one, for a few minutes.
        let _ = getrandom::fill(&mut bits);
        format!("x{}-{page}", hex::encode(bits))
    }

    /// The bot's own message with this nonce or, where the nonce no longer counts and Discord does
    /// not tell it, with this content and not from before `since_ms`: a post that was made just now
    /// may say the same as another one. None also if nobody can tell.
    pub async fn find_own(&self, channel: u64, body: &Value, nonce: &str, since_ms: u64) -> Option<String> {
        let (_, bot) = self.who.get()?;
        let list = self.rest.send(Call::message_list(channel, LOOK_BACK, None)).await.ok()?;
        let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let is_old = u128::from(since_ms) + u128::from(NONCE_COUNTS_MS) < now_ms;
        let since = (since_ms.saturating_sub(EPOCH_MS + CLOCKS_DIFFER_MS)) << 22;
        let own = |message: &&Value| message["author"]["id"] == json!(bot.to_string());
        let id = |message: &Value| message["id"].as_str().map(str::to_owned);
        let messages = list.as_array()?;
        let is_it = |message: &&Value| {
            let recent = id(message).and_then(|id| id.parse::<u64>().ok()).is_some_and(|id| id >= since);
            message["nonce"] == json!(nonce) || (is_old && recent && says_the_same(message, body))
        };
        messages.iter().filter(own).find(is_it).and_then(id)
    }

    /// The thread of a message, made unless it is there.
    pub async fn thread(&self, channel: u64, message: u64, title: &str) -> Result<u64, RestError> {
        let plain: String = title.chars().filter(|c| !['*', '`', '\\'].contains(c)).collect();
        let (name, _) = escape::taken(plain.trim(), THREAD_NAME_MAX, str::to_owned);
        let name = if name.is_empty() { "incident".to_owned() } else { name };
        let body = json!({ "name": name, "auto_archive_duration": ARCHIVE_AFTER_MIN });
        let made = match self.rest.send(Call::thread_create(channel, message, body)).await {
            // Made in an earlier life, which ended before it could be recorded.
            Err(RestError::Refused { code: THREAD_EXISTS, .. }) => {
                let message = self.rest.send(Call::message_get(channel, message)).await?;
                message["thread"].clone()
            }
            made => made?,
        };
        // Discord gives the thread the number of its message.
        Ok(made["id"].as_str().and_then(|id| id.parse().ok()).unwrap_or(message))
    }
}

/// Whether a message shows what a body says: text and embeds.
fn says_the_same(message: &Value, body: &Value) -> bool {
    let text = |value: &Value| value.as_str().unwrap_or_default().trim().to_owned();
    let embeds = |value: &Value| -> Vec<String> {
        value["embeds"].as_array().into_iter().flatten().map(|embed| text(&embed["description"])).collect()
    };
    let buttons = |value: &Value| -> Vec<String> {
        let rows = value["components"].as_array().into_iter().flatten();
        let buttons = rows.flat_map(|row| row["components"].as_array().into_iter().flatten());
        buttons.map(|button| text(&button["custom_id"])).collect()
    };
    text(&message["content"]) == text(&body["content"])
        && embeds(message) == embeds(body)
        && buttons(message) == buttons(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_known_by_what_it_shows() {
        let body =
            json!({ "content": "a ", "embeds": [{ "description": "b", "color": 1 }], "components": [] });
        let mut message = json!({ "content": "a", "embeds": [{ "description": "b", "type": "rich" }] });
        assert!(says_the_same(&message, &body));
        message["embeds"][0]["description"] = json!("c");
        assert!(!says_the_same(&message, &body));
    }
}

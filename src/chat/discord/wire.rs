//! What every delivery shares: the HTTP client, who the bot is, and how its own messages are known.

use std::sync::OnceLock;

use serde_json::{Value, json};

use super::ids::{first_id_of, number_of};
use super::rest::call::{Messages, PAGE_MAX};
use super::rest::{Call, Rest, RestError};
use crate::app::wall_ms;
use crate::domain::say::card::CardId;

/// Pages of messages that are followed back in one channel.
const PAGES_MAX: usize = 20;
/// Discord's code for a message that has a thread already.
const THREAD_EXISTS: u64 = 160_004;
/// Minutes without a message after which Discord folds a thread away: its longest, a week.
const ARCHIVE_AFTER_MIN: u32 = 10_080;
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

    /// The mark of a card's message: the same whatever the card comes to say.
    pub fn mark(&self, card: CardId) -> String {
        let card = match card {
            CardId::Incident(id) => id.to_string(),
            CardId::Request(id) => id.to_string(),
            CardId::Run(id) => format!("run of {id}"),
        };
        format!("{card} \u{b7} record {}", self.store)
    }

    /// The bot's own message that is this one, not from before `since_ms`: by its mark or, without
    /// one, by what it says, which never changes then. A post that was made just now may say the same
    /// as another one, and Discord itself still knows it by its nonce.
    pub async fn find_own(
        &self,
        channel: u64,
        body: &Value,
        since_ms: u64,
    ) -> Result<Option<String>, RestError> {
        let Some((_, bot)) = self.who.get() else { return Ok(None) };
        let is_old = since_ms.saturating_add(NONCE_COUNTS_MS) < wall_ms();
        if mark(body).is_null() && !is_old {
            return Ok(None);
        }
        let messages = self.messages_since(channel, since_ms.saturating_sub(CLOCKS_DIFFER_MS)).await?;
        let own = |message: &&Value| message["author"]["id"] == json!(bot.to_string());
        let is_it = |message: &&Value| match mark(body) {
            Value::Null => says_the_same(message, body),
            known => {
                mark(message) == known || is_old && mark(message).is_null() && says_the_same(message, body)
            }
        };
        let found = messages.iter().filter(own).find(is_it);
        Ok(found.and_then(|message| message["id"].as_str()).map(str::to_owned))
    }

    /// The messages of a channel since then, the newest first. Beyond [`PAGES_MAX`] pages it is said
    /// in the log that there are more.
    pub async fn messages_since(&self, channel: u64, since_ms: u64) -> Result<Vec<Value>, RestError> {
        let since = first_id_of(since_ms);
        let page = self.page(channel, Messages::After(since)).await?;
        if page.len() < PAGE_MAX {
            return Ok(page);
        }
        // From which end these are, nobody knows: from the newest it is gone back.
        let (mut messages, mut which) = (Vec::new(), Messages::Newest);
        for _ in 0..PAGES_MAX {
            let page = self.page(channel, which).await?;
            let oldest = page.last().map(number_of).unwrap_or_default();
            let over = page.len() < PAGE_MAX || oldest <= since;
            messages.extend(page.into_iter().filter(|message| number_of(message) > since));
            if over {
                return Ok(messages);
            }
            which = Messages::Before(oldest);
        }
        let looked_at = messages.len();
        tracing::warn!(channel, "only the newest {looked_at} messages of a channel were looked through");
        Ok(messages)
    }

    /// One page, the newest first.
    async fn page(&self, channel: u64, which: Messages) -> Result<Vec<Value>, RestError> {
        let mut page = match self.rest.send(Call::message_list(channel, which)).await? {
            Value::Array(page) => page,
            _ => Vec::new(),
        };
        page.sort_by_key(|message| std::cmp::Reverse(number_of(message)));
        Ok(page)
    }

    /// The thread of a message, made with this name unless it is there.
    pub async fn thread(&self, channel: u64, message: u64, title: &str) -> Result<u64, RestError> {
        let body = json!({ "name": title, "auto_archive_duration": ARCHIVE_AFTER_MIN });
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

/// The mark that a message or a body has; null if it has none.
fn mark(message: &Value) -> &Value {
    &message["embeds"][0]["footer"]["text"]
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

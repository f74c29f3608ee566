//! The requests the bot makes.
//!
//! Invariant: a call knows whether it may be repeated when nobody knows what became of it. Its Debug
//! and its name hold no token.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::chat::discord::layout::File;

use super::secret::Secret;

/// How long after it was received an interaction can be answered: Discord's 3 s less the way there.
pub const CALLBACK_LIMIT: Duration = Duration::from_millis(2_800);
/// "Interaction has already been acknowledged".
const ALREADY_ACKNOWLEDGED: u64 = 40_060;
/// "A thread has already been created for this message".
const THREAD_EXISTS: u64 = 160_004;
/// What stands in a path where its token goes.
const TOKEN: &str = "{token}";

/// Messages of one page: the most that Discord gives.
pub const PAGE_MAX: usize = 100;

/// Which messages of a channel are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Messages {
    /// The newest.
    Newest,
    /// Some of those after this one: Discord doesn't tell from which end.
    After(u64),
    /// The newest before this one.
    Before(u64),
}

/// Which limits a call is under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// The bot acts: with its token, under the global limit.
    Bot,
    /// What an interaction's token allows: no global limit.
    Interaction,
    /// The first answer to an interaction: as that, and at once or never.
    Callback,
}

/// A request to Discord.
#[derive(Debug, Clone)]
pub struct Call {
    pub(super) method: Method,
    /// With [`TOKEN`] for a token.
    path: String,
    token: Option<Secret>,
    pub(super) body: Option<Value>,
    pub(super) files: Vec<File>,
    pub(super) lane: Lane,
    pub(super) deadline: Option<Instant>,
    /// Whether it does no harm to send it again when it may have arrived.
    pub(super) repeatable: bool,
    /// The code that answers a repetition of what was done, and what its answer would have been.
    pub(super) done: Option<(u64, Value)>,
}

impl Call {
    fn new(method: Method, path: String) -> Self {
        // Everything but a POST sets something to a value.
        let repeatable = method != Method::POST;
        let (body, token, deadline, done) = (None, None, None, None);
        Self { method, path, token, body, files: vec![], lane: Lane::Bot, deadline, repeatable, done }
    }

    fn with_body(mut self, body: Value, files: Vec<File>) -> Self {
        self.body = Some(body);
        self.files = files;
        self
    }

    fn with_token(mut self, lane: Lane, token: &Secret) -> Self {
        self.lane = lane;
        self.token = Some(token.clone());
        self
    }

    /// Gives up then, rather than at the limit of all calls.
    #[must_use]
    pub fn by(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Reads something; `path` begins with `/` and has no secret in it.
    pub fn get(path: &str) -> Self {
        Self::new(Method::GET, path.to_owned())
    }

    /// Posts a message. With a `nonce` and `enforce_nonce` in the body it is repeated until it is
    /// there, for Discord answers a repetition with the message that it already has.
    pub fn message_create(channel: u64, body: Value, files: Vec<File>) -> Self {
        let enforced = !body["nonce"].is_null() && body["enforce_nonce"] == json!(true);
        let mut call =
            Self::new(Method::POST, format!("/channels/{channel}/messages")).with_body(body, files);
        call.repeatable = enforced;
        call
    }

    /// Changes a message of the bot.
    pub fn message_edit(channel: u64, message: u64, body: Value, files: Vec<File>) -> Self {
        Self::new(Method::PATCH, format!("/channels/{channel}/messages/{message}")).with_body(body, files)
    }

    /// Reads a message.
    pub fn message_get(channel: u64, message: u64) -> Self {
        Self::get(&format!("/channels/{channel}/messages/{message}"))
    }

    /// Reads one page of the messages of a channel, newest first.
    pub fn message_list(channel: u64, which: Messages) -> Self {
        let which = match which {
            Messages::Newest => String::new(),
            Messages::After(message) => format!("&after={message}"),
            Messages::Before(message) => format!("&before={message}"),
        };
        Self::get(&format!("/channels/{channel}/messages?limit={PAGE_MAX}{which}"))
    }

    /// Opens a thread on a message, which can have one. Its id is that of the message.
    pub fn thread_create(channel: u64, message: u64, body: Value) -> Self {
        let path = format!("/channels/{channel}/messages/{message}/threads");
        let mut call = Self::new(Method::POST, path).with_body(body, vec![]);
        call.repeatable = true;
        call.done = Some((THREAD_EXISTS, json!({"id": message.to_string()})));
        call
    }

    /// Changes a channel or a thread.
    pub fn channel_edit(channel: u64, body: Value) -> Self {
        Self::new(Method::PATCH, format!("/channels/{channel}")).with_body(body, vec![])
    }

    /// Sets all commands of the application, in one guild or everywhere.
    pub fn commands_put(application: u64, guild: Option<u64>, commands: Value) -> Self {
        let path = match guild {
            Some(guild) => format!("/applications/{application}/guilds/{guild}/commands"),
            None => format!("/applications/{application}/commands"),
        };
        Self::new(Method::PUT, path).with_body(commands, vec![])
    }

    /// Answers an interaction that was received at this moment. A repetition that is told that there
    /// is an answer already has found its own.
    pub fn interaction_callback(
        interaction: u64,
        token: &Secret,
        body: Value,
        files: Vec<File>,
        received: Instant,
    ) -> Self {
        let path = format!("/interactions/{interaction}/{TOKEN}/callback");
        let mut call = Self::new(Method::POST, path)
            .with_body(body, files)
            .with_token(Lane::Callback, token)
            .by(received + CALLBACK_LIMIT);
        call.repeatable = true;
        call.done = Some((ALREADY_ACKNOWLEDGED, Value::Null));
        call
    }

    /// Reads the first answer to an interaction.
    pub fn original_get(application: u64, token: &Secret) -> Self {
        Self::get(&format!("/webhooks/{application}/{TOKEN}/messages/@original"))
            .with_token(Lane::Interaction, token)
    }

    /// Changes the first answer to an interaction, or gives the one that was promised.
    pub fn original_edit(application: u64, token: &Secret, body: Value, files: Vec<File>) -> Self {
        Self::new(Method::PATCH, format!("/webhooks/{application}/{TOKEN}/messages/@original"))
            .with_body(body, files)
            .with_token(Lane::Interaction, token)
    }

    /// Adds to the answer to an interaction. It has no nonce: when nobody knows whether it arrived it
    /// is not repeated.
    pub fn followup(application: u64, token: &Secret, body: Value, files: Vec<File>) -> Self {
        Self::new(Method::POST, format!("/webhooks/{application}/{TOKEN}?wait=true"))
            .with_body(body, files)
            .with_token(Lane::Interaction, token)
    }

    /// Method and path, as people may read them.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The path with its token.
    pub(super) fn target(&self) -> String {
        let token = self.token.as_ref().map(|token| segment(token.expose())).unwrap_or_default();
        self.path.replacen(TOKEN, &token, 1)
    }

    /// What Discord counts this call under: the method with the path without its ids, and the id by
    /// which it counts apart (of a channel, a guild, or an interaction with its token).
    pub(super) fn route(&self) -> Route {
        let path = self.path.split('?').next().unwrap_or_default();
        let is_id = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let mut major = path.split('/').nth(2).filter(|part| is_id(part)).unwrap_or_default().to_owned();
        let parts: Vec<_> = path.split('/').map(|part| if is_id(part) { "{id}" } else { part }).collect();
        if let Some(token) = &self.token {
            major = format!("{major}/{}", token.expose());
        }
        Route { shape: format!("{} {}", self.method, parts.join("/")), major }
    }
}

/// Where a call is counted.
#[derive(Clone, PartialEq, Eq)]
pub struct Route {
    /// Method and path without ids.
    pub(super) shape: String,
    /// The id by which calls of one shape are counted apart; it may hold a token.
    pub(super) major: String,
}

/// A text as one segment of a path (RFC 3986).
fn segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.extend(['%', hex_digit(byte >> 4), hex_digit(byte & 15)]);
        }
    }
    encoded
}

fn hex_digit(value: u8) -> char {
    char::from_digit(u32::from(value), 16).map_or('0', |digit| digit.to_ascii_uppercase())
}

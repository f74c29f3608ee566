//! A request, understood: which operation on what, and its body.

use std::collections::HashMap;

use serde_json::Value;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    Gateway,
    GatewayBot,
    Me,
    Application,
    Guild,
    GuildChannels,
    GuildRoles,
    Member,
    GetCommands,
    PutCommands,
    CreateMessage,
    ListMessages,
    GetMessage,
    EditMessage,
    DeleteMessage,
    CreateThread,
    /// `GET /guilds/{guild}/threads/active`.
    ActiveThreads,
    /// `PUT /channels/{thread}/thread-members/{user}`, where the user may be `@me`.
    AddToThread,
    GetChannel,
    EditChannel,
    Typing,
    Callback,
    /// `POST /webhooks/{application}/{token}`.
    Followup,
    /// `/webhooks/{application}/{token}/messages/...`, the original or a followup.
    GetAnswer,
    EditAnswer,
    DeleteAnswer,
    Attachment,
}

/// An operation and what it is about.
#[derive(Clone, Debug)]
pub struct Target {
    pub operation: Operation,
    /// Channel, guild, interaction or application.
    pub first: u64,
    /// Message or user; 0 where there is none, and for `@original` and `@me`.
    pub second: u64,
    /// Of an interaction.
    pub token: String,
}

impl Target {
    /// From a method and a path without `/api/v10`.
    pub fn parse(method: &str, path: &str) -> Option<Self> {
        use Operation as O;
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let (operation, first, second, token) = match (method, parts.as_slice()) {
            ("GET", ["gateway"]) => (O::Gateway, "0", "0", ""),
            ("GET", ["gateway", "bot"]) => (O::GatewayBot, "0", "0", ""),
            ("GET", ["users", "@me"]) => (O::Me, "0", "0", ""),
            ("GET", ["applications" | "oauth2", "@me"] | ["oauth2", "applications", "@me"]) => {
                (O::Application, "0", "0", "")
            }
            ("GET", ["guilds", guild]) => (O::Guild, *guild, "0", ""),
            ("GET", ["guilds", guild, "channels"]) => (O::GuildChannels, *guild, "0", ""),
            ("GET", ["guilds", guild, "roles"]) => (O::GuildRoles, *guild, "0", ""),
            ("GET", ["guilds", guild, "members", user]) => (O::Member, *guild, *user, ""),
            ("GET", ["applications", app, "guilds", guild, "commands"]) => (O::GetCommands, *app, *guild, ""),
            ("PUT", ["applications", app, "guilds", guild, "commands"]) => (O::PutCommands, *app, *guild, ""),
            ("POST", ["channels", channel, "messages"]) => (O::CreateMessage, *channel, "0", ""),
            ("GET", ["channels", channel, "messages"]) => (O::ListMessages, *channel, "0", ""),
            ("GET", ["channels", channel, "messages", message]) => (O::GetMessage, *channel, *message, ""),
            ("PATCH", ["channels", channel, "messages", message]) => (O::EditMessage, *channel, *message, ""),
            ("DELETE", ["channels", channel, "messages", message]) => {
                (O::DeleteMessage, *channel, *message, "")
            }
            ("POST", ["channels", channel, "messages", message, "threads"]) => {
                (O::CreateThread, *channel, *message, "")
            }
            ("GET", ["guilds", guild, "threads", "active"]) => (O::ActiveThreads, *guild, "0", ""),
            ("PUT", ["channels", thread, "thread-members", user]) => (O::AddToThread, *thread, *user, ""),
            ("GET", ["channels", channel]) => (O::GetChannel, *channel, "0", ""),
            ("PATCH", ["channels", channel]) => (O::EditChannel, *channel, "0", ""),
            ("POST", ["channels", channel, "typing"]) => (O::Typing, *channel, "0", ""),
            ("POST", ["interactions", id, token, "callback"]) => (O::Callback, *id, "0", *token),
            ("POST", ["webhooks", app, token]) => (O::Followup, *app, "0", *token),
            ("GET", ["webhooks", app, token, "messages", id]) => (O::GetAnswer, *app, *id, *token),
            ("PATCH", ["webhooks", app, token, "messages", id]) => (O::EditAnswer, *app, *id, *token),
            ("DELETE", ["webhooks", app, token, "messages", id]) => (O::DeleteAnswer, *app, *id, *token),
            ("GET", ["attachments", channel, attachment, _]) => (O::Attachment, *channel, *attachment, ""),
            _ => return None,
        };
        let second = if matches!(second, "@original" | "@me") { "0" } else { second };
        Some(Self {
            operation,
            first: first.parse().ok()?,
            second: second.parse().ok()?,
            token: token.to_owned(),
        })
    }

    /// Neither needs the bot's token nor counts against its global limit.
    pub fn is_about_interaction(&self) -> bool {
        use Operation::{Callback, DeleteAnswer, EditAnswer, Followup, GetAnswer};
        matches!(self.operation, Callback | Followup | GetAnswer | EditAnswer | DeleteAnswer)
    }

    pub fn is_public(&self) -> bool {
        self.is_about_interaction() || matches!(self.operation, Operation::Gateway | Operation::Attachment)
    }

    /// What the bucket of an operation is split by.
    pub fn major(&self) -> String {
        if self.token.is_empty() { self.first.to_string() } else { self.token.clone() }
    }
}

/// A file of a request.
#[derive(Clone, Debug)]
pub struct File {
    /// The n of `files[n]`.
    pub index: u64,
    pub name: String,
    pub bytes: Vec<u8>,
}

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub struct Call {
    pub method: String,
    /// Without `/api/v10`.
    pub path: String,
    pub query: HashMap<String, String>,
    pub authorization: String,
    pub user_agent: String,
    pub size: usize,
    /// Null without one.
    pub body: Value,
    pub files: Vec<File>,
    /// What was wrong with its form.
    pub problems: Vec<String>,
}

impl Call {
    /// Reads the body by its content type.
    pub fn read_body(&mut self, content_type: &str, bytes: &[u8]) {
        self.size = bytes.len();
        if bytes.is_empty() {
            return;
        }
        if let Some(boundary) = content_type.strip_prefix("multipart/form-data; boundary=") {
            self.read_multipart(boundary.trim_matches('"'), bytes);
        } else if content_type.starts_with("application/json") {
            self.read_json(bytes);
        } else {
            self.problems.push(format!("a body of content type {content_type:?}"));
        }
    }

    fn read_json(&mut self, bytes: &[u8]) {
        match serde_json::from_slice(bytes) {
            Ok(body) => self.body = body,
            Err(error) => self.problems.push(format!("no JSON: {error}")),
        }
    }

    /// RFC 7578, as far as clients of Discord use it.
    fn read_multipart(&mut self, boundary: &str, bytes: &[u8]) {
        let delimiter = [b"\r\n--", boundary.as_bytes()].concat();
        // The first delimiter has no line end before it.
        let bytes = [b"\r\n", bytes].concat();
        let mut rest = bytes.as_slice();
        let mut parts = Vec::new();
        while let Some(at) = find(rest, &delimiter) {
            parts.push(&rest[..at]);
            rest = &rest[at + delimiter.len()..];
        }
        if parts.is_empty() || !rest.starts_with(b"--") {
            self.problems.push("a multipart body that does not end".into());
        }
        for part in parts.into_iter().skip(1) {
            self.read_part(part);
        }
    }

    fn read_part(&mut self, part: &[u8]) {
        let Some(end) = find(part, b"\r\n\r\n") else {
            return self.problems.push("a part without headers".into());
        };
        let headers = String::from_utf8_lossy(&part[..end]).into_owned();
        let bytes = &part[end + 4..];
        let attribute = |name: &str| {
            let at = headers.find(&format!("; {name}=\""))? + name.len() + 4;
            headers[at..].split('"').next().map(str::to_owned)
        };
        let name = attribute("name").unwrap_or_default();
        if name == "payload_json" {
            return self.read_json(bytes);
        }
        let index = name.strip_prefix("files[").and_then(|rest| rest.strip_suffix(']')?.parse().ok());
        match (index, attribute("filename")) {
            (Some(index), Some(name)) => self.files.push(File { index, name, bytes: bytes.to_vec() }),
            _ => self.problems.push(format!("a part that is neither payload_json nor files[n]: {name}")),
        }
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// What a request is answered.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub headers: Vec<(&'static str, String)>,
    /// Sent instead of the body.
    pub bytes: Option<Vec<u8>>,
}

impl Answer {
    pub fn new(status: u16, body: Value) -> Self {
        Self { status, body, headers: Vec::new(), bytes: None }
    }

    pub fn ok(body: Value) -> Self {
        Self::new(200, body)
    }

    pub fn done() -> Self {
        Self::new(204, Value::Null)
    }

    /// As Discord says what is wrong.
    pub fn error(status: u16, code: u32, message: &str) -> Self {
        Self::new(status, serde_json::json!({"message": message, "code": code}))
    }

    pub fn unknown(code: u32, what: &str) -> Self {
        Self::error(404, code, &format!("Unknown {what}"))
    }
}

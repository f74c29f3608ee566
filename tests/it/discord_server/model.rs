//! What the server remembers: channels, messages, interactions.

use std::time::Instant;

use serde_json::Value;

/// The bot alone is shown this message as waiting for its text.
pub const LOADING: u64 = 128;
pub const EPHEMERAL: u64 = 64;
const HAS_THREAD: u64 = 32;

#[derive(Clone, Debug)]
pub struct Person {
    pub id: u64,
    pub name: String,
    pub roles: Vec<u64>,
}

#[derive(Clone, Debug)]
pub struct Channel {
    pub id: u64,
    pub name: String,
    /// Of a thread, the channel it is in.
    pub parent: Option<u64>,
    /// Whether the bot may see it.
    pub open: bool,
    /// As Discord shows them.
    pub overwrites: Vec<Value>,
    pub archived: bool,
    pub locked: bool,
    pub auto_archive_minutes: u64,
    /// Who was added to a thread by the bot.
    pub added: Vec<u64>,
    /// How often somebody has been seen typing.
    pub typing: usize,
    /// The newest message.
    pub newest: Option<u64>,
}

#[derive(Clone, Debug)]
pub struct Attachment {
    pub id: u64,
    pub name: String,
    pub description: Option<String>,
    pub bytes: Vec<u8>,
}

impl Attachment {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// What a message was at one time; the first is how it was sent.
#[derive(Clone, Debug)]
pub struct Version {
    pub text: String,
    pub buttons: Vec<Button>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    pub label: String,
    /// Empty for a link.
    pub custom_id: String,
    pub disabled: bool,
    /// 1 blurple, 2 grey, 3 green, 4 red, 5 link.
    pub style: u64,
}

#[derive(Clone, Debug)]
pub struct Message {
    pub id: u64,
    pub channel: u64,
    pub author: u64,
    pub content: String,
    pub embeds: Vec<Value>,
    /// As sent: action rows.
    pub components: Vec<Value>,
    pub attachments: Vec<Attachment>,
    pub flags: u64,
    pub versions: Vec<Version>,
    pub reply_to: Option<u64>,
    pub mentions: Vec<u64>,
    pub mention_roles: Vec<u64>,
    pub nonce: Option<Value>,
    /// The interaction it answers.
    pub interaction: Option<u64>,
    /// Seen by this person alone.
    pub ephemeral_for: Option<u64>,
    pub deleted: bool,
    pub thread: Option<u64>,
}

impl Message {
    /// Without text.
    pub fn new(id: u64, channel: u64, author: u64) -> Self {
        Self {
            id,
            channel,
            author,
            content: String::new(),
            embeds: Vec::new(),
            components: Vec::new(),
            attachments: Vec::new(),
            flags: 0,
            versions: Vec::new(),
            reply_to: None,
            mentions: Vec::new(),
            mention_roles: Vec::new(),
            nonce: None,
            interaction: None,
            ephemeral_for: None,
            deleted: false,
            thread: None,
        }
    }

    /// The bot has still to say something (the user sees "thinking...").
    pub fn is_loading(&self) -> bool {
        self.flags & LOADING != 0
    }

    pub fn is_ephemeral(&self) -> bool {
        self.ephemeral_for.is_some()
    }

    /// All that a person can read in it: content, then the embeds from top to bottom, a line each.
    pub fn text(&self) -> String {
        let mut lines = vec![self.content.clone()];
        for embed in &self.embeds {
            let at = |pointer: &str| embed.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
            lines.extend(["/author/name", "/title", "/description"].into_iter().filter_map(at));
            for field in embed["fields"].as_array().into_iter().flatten() {
                let part = |name: &str| field[name].as_str().unwrap_or_default();
                lines.push(format!("{}: {}", part("name"), part("value")));
            }
            lines.extend(at("/footer/text"));
        }
        lines.retain(|line| !line.is_empty());
        lines.join("\n")
    }

    /// Its components, row by row.
    pub fn parts(&self) -> impl Iterator<Item = &Value> {
        self.components.iter().flat_map(|row| row["components"].as_array().into_iter().flatten())
    }

    pub fn buttons(&self) -> Vec<Button> {
        let text = |part: &Value, name: &str| part[name].as_str().unwrap_or_default().to_owned();
        let buttons = self.parts().filter(|part| part["type"] == 2);
        buttons
            .map(|part| Button {
                label: text(part, "label"),
                custom_id: text(part, "custom_id"),
                disabled: part["disabled"].as_bool().unwrap_or(false),
                style: part["style"].as_u64().unwrap_or(0),
            })
            .collect()
    }

    /// Keeps what it is now as a version.
    pub fn keep_version(&mut self) {
        let version = Version { text: self.text(), buttons: self.buttons() };
        self.versions.push(version);
    }

    pub fn wire_flags(&self) -> u64 {
        self.flags | if self.thread.is_some() { HAS_THREAD } else { 0 }
    }
}

/// A modal as the bot has described it.
#[derive(Clone, Debug)]
pub struct Modal {
    pub custom_id: String,
    pub title: String,
    pub fields: Vec<Field>,
}

#[derive(Clone, Debug)]
pub struct Field {
    pub custom_id: String,
    pub label: String,
    pub value: Option<String>,
    pub required: bool,
    pub min_length: u64,
    pub max_length: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ack {
    /// 4 message, 5 message later, 6 edit later, 7 edit, 8 choices, 9 modal.
    pub kind: u64,
    /// Since the dispatch.
    pub after_ms: u64,
}

/// One use of a command, a button, a modal, an autocompletion.
#[derive(Clone, Debug)]
pub struct Asked {
    pub id: u64,
    pub token: String,
    /// 2 command, 3 component, 4 autocompletion, 5 modal.
    pub kind: u64,
    pub person: u64,
    pub channel: u64,
    pub created: Instant,
    /// By the clock of the tokens, which tests can advance.
    pub token_born_ms: u64,
    /// The message of the component (or of the component that opened the modal).
    pub source: Option<u64>,
    pub ack: Option<Ack>,
    /// An acknowledgement came after 3 s.
    pub late: bool,
    pub original: Option<u64>,
    pub followups: Vec<u64>,
    pub modal: Option<Modal>,
    /// Name and value.
    pub choices: Option<Vec<(String, Value)>>,
}

//! A domain reply as Discord messages, a form as a Discord modal.
//!
//! Invariant: Discord's limits hold by construction, whatever the reply says: nothing that leaves
//! here can be refused for its length, its number of parts, or for being empty. Somebody else's words
//! go through `escape`. No message allows a mention to ping.
//!
//! The title is the content of the message, for that is what a notification shows; the rest is an
//! embed in the colour of the tone. What does not fit flows into more messages, and beyond
//! [`MESSAGES_MAX`] into a file. Buttons stand on the last message, below all that they are about.
//! Nothing is sent here, and nothing is known of channels, interactions and nonces.

use serde_json::{Value, json};

use crate::domain::say::button::{Button, Weight};
use crate::domain::say::reply::{Reply, Tone};

use super::custom_id;

pub mod file;
mod form;
mod label;
mod line;
mod pages;
mod parts;

pub use file::File;
pub use form::form;

use label::one_line;

/// Messages of one reply at the most; what goes beyond is attached to the last.
pub const MESSAGES_MAX: usize = 3;
/// Units of the content of a message at the most: Discord's 2000, with some room.
const CONTENT_MAX: usize = 1_900;
/// Buttons in a row at the most.
const ROW_BUTTONS_MAX: usize = 5;
/// Buttons of a message at the most: five rows.
const BUTTONS_MAX: usize = 5 * ROW_BUTTONS_MAX;
/// Units of a title without formatting at the most: the name of a thread has 100.
const TITLE_MAX: usize = 90;
/// Units of a label at the most.
const LABEL_MAX: usize = 80;

/// A message to be sent. Whom it answers, where and under which nonce is the sender's affair.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outgoing {
    /// What it is about, on one short line without any formatting.
    pub title: String,
    /// The text above everything; empty where the message goes on from the one before.
    pub content: String,
    /// At most one.
    pub embeds: Vec<Embed>,
    /// Buttons.
    pub rows: Vec<Row>,
    /// Attachments; the n-th is the part `files[n]` of the request.
    pub files: Vec<File>,
}

/// Text in a coloured frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embed {
    /// Discord's Markdown.
    pub description: String,
    /// 0xRRGGBB.
    pub color: u32,
    /// What stands small below it; empty if nothing does.
    pub footer: String,
}

/// A row of buttons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row(pub Vec<Pressable>);

/// A button as Discord shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pressable {
    /// What stands on it.
    pub label: String,
    /// Discord's number of its style.
    pub style: u8,
    /// What comes back when it is pressed.
    pub custom_id: String,
}

impl Outgoing {
    /// The same with a mark small below it, by which the bot knows the message again whatever it has
    /// come to say since.
    #[must_use]
    pub fn marked(mut self, mark: &str) -> Self {
        if self.embeds.is_empty() {
            let description = NOTHING.to_owned();
            self.embeds.push(Embed { description, color: color(Tone::Info), footer: String::new() });
        }
        for embed in &mut self.embeds {
            mark.clone_into(&mut embed.footer);
        }
        self
    }

    /// The same without its attachments: an edit leaves those of the message as they are.
    #[must_use]
    pub fn without_files(&self) -> Self {
        let mut message = Self { files: Vec::new(), ..self.clone() };
        if message.content.is_empty() && message.embeds.is_empty() {
            NOTHING.clone_into(&mut message.content);
        }
        message
    }

    /// The JSON body of a message, an edit, or the `data` of a callback. Every key that an edit
    /// would leave as it was is there, but `attachments` where there are none: an edit keeps those.
    pub fn body(&self) -> Value {
        let embeds: Vec<_> = self.embeds.iter().map(Embed::body).collect();
        let rows: Vec<_> = self.rows.iter().map(Row::body).collect();
        let mut body = json!({
            "content": self.content,
            "embeds": embeds,
            "components": rows,
            "allowed_mentions": {"parse": []},
        });
        if !self.files.is_empty() {
            body["attachments"] = self
                .files
                .iter()
                .enumerate()
                .map(|(id, file)| json!({"id": id, "filename": file.name}))
                .collect();
        }
        body
    }
}

impl Embed {
    fn body(&self) -> Value {
        let mut body = json!({"description": self.description, "color": self.color});
        if !self.footer.is_empty() {
            body["footer"] = json!({"text": self.footer});
        }
        body
    }
}

impl Row {
    fn body(&self) -> Value {
        let buttons: Vec<_> = self
            .0
            .iter()
            .map(|button| {
                json!({
                    "type": 2,
                    "style": button.style,
                    "label": button.label,
                    "custom_id": button.custom_id,
                })
            })
            .collect();
        json!({"type": 1, "components": buttons})
    }
}

/// Lays a reply out: one message, or as many as it needs up to [`MESSAGES_MAX`].
pub fn layout(reply: &Reply) -> Vec<Outgoing> {
    laid_out(reply, pages::Pages::new(MESSAGES_MAX))
}

/// Lays a reply out as a message that will be edited: one, and without files.
pub fn card(reply: &Reply) -> Outgoing {
    laid_out(reply, pages::Pages::card()).into_iter().next().unwrap_or_default().without_files()
}

/// Lays a reply out in one message; what goes beyond is attached to it.
pub fn single(reply: &Reply) -> Outgoing {
    laid_out(reply, pages::Pages::new(1)).into_iter().next().unwrap_or_default()
}

fn laid_out(reply: &Reply, mut pages: pages::Pages) -> Vec<Outgoing> {
    let (title, whole) = title(reply);
    if !whole {
        parts::line(&mut pages, "", &reply.title);
    }
    for part in &reply.parts {
        parts::part(&mut pages, part, !reply.buttons.is_empty());
    }
    let color = color(reply.tone);
    let mut messages: Vec<_> = pages
        .finish(&parts::unformatted(&reply.title))
        .into_iter()
        .map(|page| {
            let description = page.description;
            let embed = Embed { description, color, footer: String::new() };
            let embeds = if embed.description.is_empty() { vec![] } else { vec![embed] };
            Outgoing { embeds, files: page.files, ..Outgoing::default() }
        })
        .collect();
    if let Some(first) = messages.first_mut() {
        first.title = one_line(&line::words(&reply.title), TITLE_MAX);
        first.content = title;
        if first.content.is_empty() && first.embeds.is_empty() && first.files.is_empty() {
            NOTHING.clone_into(&mut first.content);
        }
    }
    if let Some(last) = messages.last_mut() {
        last.rows = rows(&reply.buttons);
    }
    messages
}

/// What stands for a reply that says nothing: Discord refuses an empty message.
const NOTHING: &str = "(nothing to say)";

/// The title in bold and whether that is all of it.
fn title(reply: &Reply) -> (String, bool) {
    let mut rows = line::rows(&reply.title, CONTENT_MAX, line::Weight::Bold).into_iter();
    let first = rows.next().unwrap_or_default();
    match rows.next() {
        None => (first.shown, true),
        Some(_) => (format!("{} …", first.shown), false),
    }
}

fn color(tone: Tone) -> u32 {
    match tone {
        Tone::Info => 0x34_98_db,
        Tone::Good => 0x2e_cc_71,
        Tone::Bad => 0xe7_4c_3c,
        Tone::Wait => 0xf1_c4_0f,
    }
}

fn rows(buttons: &[Button]) -> Vec<Row> {
    let mut shown: Vec<Pressable> = Vec::new();
    for button in buttons {
        let custom_id = custom_id::from_press(&button.press);
        if shown.len() < BUTTONS_MAX && shown.iter().all(|other| other.custom_id != custom_id) {
            let label = button.label.escape_with(|text| one_line(text, LABEL_MAX));
            let style = match button.weight {
                Weight::Main => 1,
                Weight::Plain => 2,
                Weight::Danger => 4,
            };
            shown.push(Pressable { label, style, custom_id });
        }
    }
    shown.chunks(ROW_BUTTONS_MAX).map(|row| Row(row.to_vec())).collect()
}

#[cfg(test)]
mod tests;

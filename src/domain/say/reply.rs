//! Replies, free of any chat: their parts, in order, and what can be pressed below them.

use serde::{Deserialize, Serialize};

use super::button::Button;
use super::line::{Line, Untrusted};
use crate::domain::text::spelled;

/// A block of a reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// A line.
    Line(Line),
    /// A line below the one before it.
    Item(Line),
    /// A line of an article.
    Quote(Line),
    /// Code, or several lines to be shown as they are.
    Block(Untrusted),
    /// A command that is ready to be sent. Where the reply has buttons, one of them does the same.
    Ready(Untrusted),
    /// What a host printed, as it was kept, below a line that says of what, which may be empty. Where
    /// there is not the room, its beginning and its end are shown, and the whole goes into a file of
    /// this name if there can be files.
    Output(Line, String, Untrusted),
    /// A file of this name.
    File(String, Untrusted),
}

/// How a reply is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// An answer.
    Info,
    /// Something went well.
    Good,
    /// A refusal or a failure.
    Bad,
    /// Somebody has to act.
    Wait,
}

/// What the bot says in a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// How it is meant.
    pub tone: Tone,
    /// What it is about.
    pub title: Line,
    /// What it says.
    pub parts: Vec<Part>,
    /// What can be done about it with one press, in order.
    pub buttons: Vec<Button>,
}

impl Reply {
    /// A reply of a title alone.
    pub fn new(tone: Tone, title: Line) -> Self {
        Self { tone, title, parts: Vec::new(), buttons: Vec::new() }
    }

    /// Appends a line.
    #[must_use]
    pub fn line(mut self, line: Line) -> Self {
        self.parts.push(Part::Line(line));
        self
    }

    /// Appends a line below the one before it.
    #[must_use]
    pub fn item(mut self, line: Line) -> Self {
        self.parts.push(Part::Item(line));
        self
    }

    /// Appends a line of an article.
    #[must_use]
    pub fn quote(mut self, line: Line) -> Self {
        self.parts.push(Part::Quote(line));
        self
    }

    /// Appends lines that are shown as they are.
    #[must_use]
    pub fn block(mut self, text: impl Into<String>) -> Self {
        self.parts.push(Part::Block(Untrusted::new(text)));
        self
    }

    /// Appends a command that is ready to be sent.
    #[must_use]
    pub fn ready(mut self, command: impl Into<String>) -> Self {
        self.parts.push(Part::Ready(Untrusted::new(spelled(&command.into()))));
        self
    }

    /// Appends what a host printed, unless that is nothing.
    #[must_use]
    pub fn output(mut self, about: Line, name: impl Into<String>, text: &str) -> Self {
        let text = text.trim_end();
        if !text.is_empty() {
            self.parts.push(Part::Output(about, name.into(), Untrusted::new(text)));
        }
        self
    }

    /// Cuts every block, output and file to at most so many bytes, and says so there.
    pub fn cut_texts(&mut self, most: usize) {
        for part in &mut self.parts {
            if let Part::Block(text) | Part::Output(_, _, text) | Part::File(_, text) = part {
                text.cut_to(most);
            }
        }
    }

    /// Appends a file.
    #[must_use]
    pub fn file(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.parts.push(Part::File(name.into(), Untrusted::new(text)));
        self
    }

    /// Appends a button.
    #[must_use]
    pub fn button(mut self, button: Button) -> Self {
        self.buttons.push(button);
        self
    }
}

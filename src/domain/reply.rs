//! Replies, free of any transport: what is said, and which parts of it are not ours.
//!
//! Invariant: text from hosts, people and articles is [`Untrusted`] until a transport has escaped
//! it; a transport gets at it only through `Untrusted::escape_with`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::actor::ActorId;
use super::id::ConversationId;
use super::press::Button;

/// Text that somebody else wrote. It has no Display on purpose.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Untrusted(String);

impl Untrusted {
    /// Marks a text as somebody else's.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Hands the text to a transport's escape function.
    pub fn escape_with(&self, escape: impl FnOnce(&str) -> String) -> String {
        escape(&self.0)
    }
}

impl fmt::Debug for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Untrusted({:?})", self.0)
    }
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// Our own words.
    Plain(String),
    /// Somebody else's words.
    Untrusted(Untrusted),
    /// Somebody else's words that should catch the eye.
    Marked(Untrusted),
    /// Something to type or to read letter by letter; somebody else's words may stand in it.
    Code(Untrusted),
    /// An account that the configuration gives no name.
    Account(ActorId),
    /// A conversation to go to.
    Place(ConversationId),
}

/// One line of a reply.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Line(pub Vec<Span>);

impl Line {
    /// A line that starts with our own words.
    #[must_use]
    pub fn plain(text: impl Into<String>) -> Self {
        Self(vec![Span::Plain(text.into())])
    }

    /// Appends our own words.
    #[must_use]
    pub fn then(mut self, text: impl Into<String>) -> Self {
        self.0.push(Span::Plain(text.into()));
        self
    }

    /// Appends somebody else's words.
    #[must_use]
    pub fn untrusted(mut self, text: impl Into<String>) -> Self {
        self.0.push(Span::Untrusted(Untrusted::new(text)));
        self
    }

    /// Appends somebody else's words that should catch the eye.
    #[must_use]
    pub fn marked(mut self, text: impl Into<String>) -> Self {
        self.0.push(Span::Marked(Untrusted::new(text)));
        self
    }

    /// Appends an account that the configuration gives no name.
    #[must_use]
    pub fn account(mut self, actor: ActorId) -> Self {
        self.0.push(Span::Account(actor));
        self
    }

    /// Appends a person by name, or the account of somebody who has none: a name holds no `:`.
    #[must_use]
    pub fn person(self, name: &str) -> Self {
        if name.contains(':') { self.account(ActorId(name.to_owned())) } else { self.untrusted(name) }
    }

    /// Appends a conversation to go to.
    #[must_use]
    pub fn place(mut self, conversation: ConversationId) -> Self {
        self.0.push(Span::Place(conversation));
        self
    }

    /// Appends something to type or to read letter by letter: what only looks like a space is spelled out.
    #[must_use]
    pub fn code(mut self, text: impl Into<String>) -> Self {
        self.0.push(Span::Code(Untrusted::new(spelled(&text.into()))));
        self
    }
}

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
            if let Part::Block(text) | Part::Output(_, _, text) | Part::File(_, text) = part
                && text.0.len() > most
            {
                let end = (0..=most).rev().find(|end| text.0.is_char_boundary(*end)).unwrap_or_default();
                text.0.truncate(end);
                text.0.push_str("\n[... cut here: too long to be sent ...]");
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

/// Whether a character shows nothing or changes the direction of what is shown: bidirectional
/// controls, zero-width characters, fillers, variation selectors, line and paragraph separators,
/// tags. Two values that look alike could otherwise be approved for one another
/// (Unicode's `Default_Ignorable_Code_Point` and `Bidi_Control`).
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a character looks like a space and is another one. Texts are written with some of them;
/// what is to be read letter by letter shows them as what they are.
pub fn is_like_a_space(c: char) -> bool {
    c == '\u{2800}' || (c.is_whitespace() && !c.is_control() && c != ' ')
}

/// A text in which no space is another than it looks.
pub fn spelled(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_like_a_space(c) { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    shown
}

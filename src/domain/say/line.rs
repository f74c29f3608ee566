//! Lines of a reply, in which our words and somebody else's are told apart.
//!
//! Invariant: what somebody else wrote is [`Untrusted`] until a transport has escaped it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::id::ConversationId;
use crate::domain::text::spelled;
use crate::domain::world::actor::ActorId;

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

    /// Cuts it to at most so many bytes, and says so there.
    pub(super) fn cut_to(&mut self, most: usize) {
        if self.0.len() > most {
            let end = (0..=most).rev().find(|end| self.0.is_char_boundary(*end)).unwrap_or_default();
            self.0.truncate(end);
            self.0.push_str("\n[... cut here: too long to be sent ...]");
        }
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

//! Questions, with where they came from and what the answer is for: a result comes back with its own.

use serde::{Deserialize, Serialize};

use crate::domain::record::origin::Origin;

/// A question on its way through the knowledge base.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Who asked, and where.
    pub origin: Origin,
    /// In their own words.
    pub words: String,
    /// What the answer is for.
    pub purpose: Purpose,
}

/// What a look into the knowledge base is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Somebody asked the bot.
    Answer,
    /// Somebody said something that looks like a question.
    Overheard,
    /// Somebody searches, or wants more than the first answer.
    Search,
}

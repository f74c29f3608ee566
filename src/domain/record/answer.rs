//! A question and what became of its answer.

use std::collections::BTreeMap;

use crate::domain::id::{AnswerId, ArticleId, ConversationId, Digest, Prefix};

/// A question that was answered, or could not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its number.
    pub id: AnswerId,
    /// When, in ms since 1970.
    pub at_ms: u64,
    /// Where it was asked.
    pub conversation: ConversationId,
    /// The question.
    pub question: String,
    /// The articles cited, best first; none if nothing answers.
    pub articles: Vec<ArticleId>,
    /// Whether they may answer something else.
    pub doubtful: bool,
    /// What people said of it, by name: whether it was right.
    pub judged: BTreeMap<String, bool>,
}

impl Answer {
    /// Whether the question is taken for answered: by a doubtful answer only if somebody called it right.
    pub fn settles(&self) -> bool {
        !self.articles.is_empty() && (!self.doubtful || self.judged.values().any(|right| *right))
    }

    /// The beginning of the digest of the question, for references.
    pub fn prefix(&self) -> Prefix {
        prefix(&self.question)
    }
}

/// The beginning of a question's digest.
pub(in crate::domain) fn prefix(question: &str) -> Prefix {
    Digest::of(question.as_bytes()).prefix()
}

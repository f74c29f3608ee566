//! What a search found: the passages cited, and the actions that stand near them.

use super::article::Quote;
use crate::domain::id::{ActionId, ArticleId, Digest};

/// An action of an article that is cited, with what the question says of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Candidate {
    /// The action.
    pub id: ActionId,
    /// Whether it stands in the section that is quoted.
    pub is_near: bool,
    /// Words of the question for what it does, as they were typed.
    pub verbs: Vec<String>,
    /// Words of the question for what it does it to.
    pub objects: Vec<String>,
}

impl Candidate {
    /// Whether the question has words for what it does and for what it does it to.
    pub fn is_named(&self) -> bool {
        !self.verbs.is_empty() && !self.objects.is_empty()
    }
}

/// A passage that answers, with where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cited {
    /// The article.
    pub article: ArticleId,
    /// Its title.
    pub title: String,
    /// The headings down to the section.
    pub heading: Vec<String>,
    /// What is quoted, piece by piece.
    pub quotes: Vec<Quote>,
    /// The file, relative to the folder of the knowledge base.
    pub file: String,
    /// First and last line, from 1.
    pub lines: (usize, usize),
    /// The revision of the article.
    pub revision: Digest,
    /// Whether this is the last good version of a file that can't be read now.
    pub outdated: bool,
    /// The article's actions, those of the section first.
    pub actions: Vec<Candidate>,
    /// Words of the question that name a product which the article is not about.
    pub elsewhere: Vec<String>,
    /// Words of the question that the article does not know; looked for only where an action is named.
    pub strange: Vec<String>,
}

/// What the search found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Best first; empty if nothing answers.
    pub hits: Vec<Cited>,
    /// Whether the hits may answer something else.
    pub doubtful: bool,
    /// Words that were read as others, with those.
    pub mended: Vec<(String, String)>,
    /// The nearest titles, where nothing answers.
    pub nearest: Vec<(ArticleId, String)>,
    /// What is wrong with files that hold no article as they are now.
    pub broken: Vec<String>,
}

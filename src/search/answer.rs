//! What a question gets: hits that quote lines, or "I don't know" with the nearest articles.

use serde::{Deserialize, Serialize};

use crate::domain::id::{ActionId, ArticleId, Digest};
use crate::domain::world::action::{Action, Risk};
use crate::domain::world::article::Quote;
use crate::domain::world::citation::Candidate;

/// Hits of one answer, whatever was asked for.
pub const HITS_MAX: usize = 50;

/// The answer to one question.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// Whether the articles answer the question as far as words can tell.
    pub answered: bool,
    /// Whether they most likely do, the words read as in `mended`; never if unanswered.
    pub certain: bool,
    /// Words of the question that no article has, read as others; empty if unanswered.
    pub mended: Vec<Mended>,
    /// At most one an article, best first; empty if unanswered.
    pub hits: Vec<Hit>,
    /// Where to look if unanswered; else empty.
    pub nearest: Vec<Nearest>,
    /// The revision of the knowledge base that it comes from.
    pub revision: Digest,
}

/// The section of an article that answers, and the lines to quote.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hit {
    /// The article.
    pub article: ArticleId,
    /// The anchor of the section.
    pub section: String,
    /// The headings that lead to the section, without the title.
    pub heading: Vec<String>,
    /// The title of the article.
    pub title: String,
    /// Comparable within one answer only.
    pub score: f32,
    /// The text to quote: a line for a paragraph, an item, a cell of a table or a line of code.
    pub passage: String,
    /// What in it was asked for: ranges of characters, from 0, the end not included.
    pub marks: Vec<(usize, usize)>,
    /// Relative to the folder of the knowledge base.
    pub file: String,
    /// The lines of the passage in the file, from 1, inclusive.
    pub lines: (usize, usize),
    /// Those that stand in the section, then the others of the article; once it is decided what is offered,
    /// that alone.
    pub actions: Vec<Offer>,
    /// All of them, with what the question says of each.
    #[serde(skip)]
    pub candidates: Vec<Candidate>,
    /// Words of the question that name a product which the article is not about.
    #[serde(skip)]
    pub elsewhere: Vec<String>,
    /// Words of the question that the article does not know; looked for only where an action is named.
    #[serde(skip)]
    pub strange: Vec<String>,
    /// The passage piece by piece, for whoever renders it.
    #[serde(skip)]
    pub quotes: Vec<Quote>,
    /// The revision of the article that is quoted.
    #[serde(skip)]
    pub revision: Digest,
    /// What is wrong with the file now, if this is the last version of it that could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outdated: Option<String>,
}

/// An action that goes with a hit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// What to request.
    pub id: ActionId,
    /// For people.
    pub title: String,
    /// As the author declares it; where it is decided what is offered, as the planner sees it.
    pub risk: Risk,
}

impl From<&Action> for Offer {
    fn from(action: &Action) -> Self {
        Self { id: action.id.clone(), title: action.title.clone(), risk: action.risk }
    }
}

/// A word of a question that was read as another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mended {
    /// As it was typed, without punctuation.
    pub word: String,
    /// What was probably meant; two words if it was a compound.
    pub read_as: String,
}

/// An article that is near the question without answering it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Nearest {
    /// The article.
    pub article: ArticleId,
    /// Its title.
    pub title: String,
}

/// One line of `ask --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AskLine<'a> {
    v: u32,
    question: &'a str,
    #[serde(flatten)]
    answer: &'a Answer,
    took_us: u64,
}

impl Answer {
    /// The answer as `ask --json` prints it.
    pub fn line<'a>(&'a self, question: &'a str, took_us: u64) -> AskLine<'a> {
        AskLine { v: 1, question, answer: self, took_us }
    }
}

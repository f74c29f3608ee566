//! One Markdown file of the knowledge base, read.

use serde::{Deserialize, Serialize};

use super::action::Action;
use super::id::{ArticleId, Digest};

/// An article: who it is for, what it says section by section, what it can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    /// Permanent; the file's stem.
    pub id: ArticleId,
    /// As the front matter says.
    pub title: String,
    /// Products and versions that it is about.
    pub products: Vec<String>,
    /// Free words.
    pub tags: Vec<String>,
    /// What people see when they need it, in their words.
    pub symptoms: Vec<String>,
    /// `YYYY-MM-DD` of the last review.
    pub reviewed: String,
    /// The SHA-256 of the file's bytes.
    pub revision: Digest,
    /// The file, relative to the folder of the knowledge base.
    pub file: String,
    /// In the order of the file; the text before the first heading is none.
    pub sections: Vec<Section>,
    /// In the order of the file.
    pub actions: Vec<Action>,
}

/// Expressions of small letters, one list a meaning; an expression of two words is separated by a space.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Synonyms(pub Vec<Vec<String>>);

/// The text under one heading: what is indexed, ranked and cited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Unique in the article, as a Markdown renderer would link to it.
    pub anchor: String,
    /// The headings above it and its own, the article's title left out.
    pub heading: Vec<String>,
    /// What it says, block by block; action blocks left out.
    pub blocks: Vec<Block>,
    /// First and last line of the section, from 1, inclusive.
    pub lines: (usize, usize),
}

/// A paragraph, list item, table row or code block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Plain text, without Markdown's marks; code keeps its line breaks.
    pub text: String,
    /// Whether it is code.
    pub code: bool,
    /// First and last line, from 1, inclusive.
    pub lines: (usize, usize),
}

//! All that was read of a knowledge base, and what is wrong with it.

use super::finding::Finding;
use super::page::Page;
use crate::domain::world::article::{Article, Synonyms};

/// What stands in a knowledge base.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loaded {
    /// The articles that can be offered, in the order of their files.
    pub articles: Vec<Article>,
    /// What is wrong with files and articles, in the order of files and lines. Articles with a
    /// finding that leaves them out are not among `articles`.
    pub findings: Vec<Finding>,
    /// Every article that could be read, offered or not, for lint.
    pub pages: Vec<Page>,
    /// Expressions that mean the same.
    pub synonyms: Synonyms,
}

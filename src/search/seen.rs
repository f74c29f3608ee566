//! The files that there are, as somebody saw them, and what stands in one.

use crate::domain::id::Digest;
use crate::domain::world::article::Article;

/// A file that may hold an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Relative to the folder of the knowledge base.
    pub file: String,
    pub(super) stamp: u64,
    /// What the file is known by.
    pub(super) key: u64,
    /// What stays when it gets another name; 0 if nobody knows.
    pub(super) identity: u64,
}

impl Seen {
    /// A file, and what changes with it; 0: look into it.
    pub fn new(file: impl Into<String>, stamp: u64) -> Self {
        let file = file.into();
        Self { key: file_key(&file), file, stamp, identity: 0 }
    }

    /// The same with what stays when the file gets another name.
    #[must_use]
    pub fn with_identity(self, identity: u64) -> Self {
        Self { identity, ..self }
    }
}

/// What stands in a file.
#[derive(Debug)]
pub enum Reading {
    /// An article.
    Article(Box<Article>),
    /// None that can be offered: why, and in which line.
    Broken(String),
    /// Nothing: it is gone.
    Gone,
}

/// What a file is known by.
pub(super) fn file_key(file: &str) -> u64 {
    Digest::of(file.as_bytes()).key()
}

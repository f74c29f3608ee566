//! One Markdown file of the knowledge base, read.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::action::Action;
use crate::domain::id::{ArticleId, Digest};
use crate::domain::text::one_line;

/// The day of the last review of an article that nobody has reviewed yet, as an import writes it.
pub const NEVER_REVIEWED: &str = "1970-01-01";

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
    /// `YYYY-MM-DD` of the last review, or [`NEVER_REVIEWED`].
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Synonyms(pub Vec<Vec<String>>);

/// The text under one heading: what is indexed, ranked and cited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// A paragraph, list item, row of a table or code block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// What it says without Markdown's marks but those around code, with the line breaks of the file. A row
    /// names the column of each of its cells.
    pub text: String,
    /// What it is.
    pub kind: BlockKind,
    /// First and last line, from 1, inclusive.
    pub lines: (usize, usize),
}

/// What a block is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockKind {
    /// A paragraph; in a list item, one after the first.
    Text,
    /// A list item with its marker: `3.` or `-`, indented below the list that it stands in.
    Item(String),
    /// The names of a table's columns.
    Header,
    /// A row of a table: its cells, each with the name of its column, empty ones left out.
    Row(Vec<String>),
    /// Code.
    Code,
}

/// A block, or the sentences of it that answer, as they are quoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// In one line, but for code and the cells of a row. Code within a text stands between two `` ` ``.
    pub text: String,
    /// Whether it is code.
    pub code: bool,
    /// The lines in the file that hold it, from 1, inclusive.
    pub lines: (usize, usize),
    /// Bytes of the text that hold what was asked for, in order and apart.
    pub marks: Vec<Range<usize>>,
}

impl Section {
    /// Whether there is anything in it that can be quoted.
    pub fn has_text(&self) -> bool {
        self.blocks.iter().any(|block| block.text.contains(char::is_alphanumeric))
    }

    /// Whether it stands under the heading of another.
    pub fn is_below(&self, above: &Self) -> bool {
        self.heading.len() > above.heading.len() && self.heading.starts_with(&above.heading)
    }
}

impl Block {
    /// The whole block as it is quoted.
    pub fn quoted(&self) -> Quote {
        let text = match &self.kind {
            BlockKind::Code => self.text.clone(),
            BlockKind::Text | BlockKind::Header => one_line(&self.text),
            BlockKind::Item(marker) => format!("{marker} {}", one_line(&self.text)),
            BlockKind::Row(cells) => cells.join("\n- "),
        };
        Quote { text, code: self.kind == BlockKind::Code, lines: self.lines, marks: Vec::new() }
    }

    /// Some bytes of a paragraph or an item as they are quoted, with a `…` where it is cut. The lines are
    /// those of the block where Markdown doesn't let them be told apart.
    pub fn quoted_part(&self, part: Range<usize>) -> Quote {
        let (before, rest) = self.text.split_at_checked(part.start).unwrap_or(("", &self.text));
        let (text, after) = rest.split_at_checked(part.len()).unwrap_or((rest, ""));
        let marker = match &self.kind {
            BlockKind::Item(marker) => format!("{marker} "),
            _ => String::new(),
        };
        let cut = |beside: &str| if beside.trim().is_empty() { ("", "") } else { ("… ", " …") };
        let text = format!("{marker}{}{}{}", cut(before).0, one_line(text), cut(after).1);
        let breaks = |text: &str| text.matches('\n').count();
        let (first, last) = self.lines;
        let lines = if first + breaks(&self.text) == last {
            (first + breaks(before), last - breaks(after))
        } else {
            self.lines
        };
        Quote { text, code: false, lines, marks: Vec::new() }
    }
}

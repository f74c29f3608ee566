//! What stands in a Markdown text, before anybody asks what it means.

use super::excess::Excess;
use crate::domain::world::article::{Block, Section};

/// A link to another article or to a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// As it is written.
    pub target: String,
    /// From 1.
    pub line: usize,
}

/// A text of TOML and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fenced {
    /// The lines between the fences.
    pub text: String,
    /// The line of the opening fence, from 1; the text begins on the next.
    pub line: usize,
}

/// What stands in a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Outline {
    /// The block between `+++` lines at the very beginning.
    pub front_matter: Option<Fenced>,
    /// In order.
    pub sections: Vec<Section>,
    /// Words of each section without the names of tables' columns.
    pub words: Vec<usize>,
    /// Headings of the first level with their lines.
    pub titles: Vec<(String, usize)>,
    /// Blocks whose info string is `action`.
    pub actions: Vec<Fenced>,
    /// Lines and info strings of blocks that may have been meant as actions.
    pub almost_actions: Vec<(usize, String)>,
    /// In order.
    pub links: Vec<Link>,
    /// What stands before the first heading.
    pub strays: Vec<Block>,
    /// Why the rest of the text is not here.
    pub excess: Option<Excess>,
}

/// Byte offsets to line numbers.
pub(super) struct LineIndex<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> LineIndex<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// The line of a byte, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at)
    }

    /// First and last line of a range without the white space around it.
    pub(super) fn lines(&self, start: usize, end: usize) -> (usize, usize) {
        let slice = self.text.get(start..end).unwrap_or_default();
        let leading = slice.len() - slice.trim_start().len();
        let first = start + if leading == slice.len() { 0 } else { leading };
        let last = start + slice.trim_end().len();
        (self.line(first), self.line(last.saturating_sub(1).max(first)))
    }
}

/// The anchor that GitHub gives a heading, before it is made unique.
pub(super) fn slug(heading: &str) -> String {
    let kept = heading.trim().chars().flat_map(char::to_lowercase);
    let kept = kept.filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

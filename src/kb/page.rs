//! An article together with the lines on which its parts stand.

use super::key_lines::KeyLines;
use super::outline::Link;
use crate::domain::world::article::Article;

/// An article and where its parts stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// What it says.
    pub article: Article,
    /// The lines of the front matter's fields.
    pub front_matter: KeyLines,
    /// The lines of each action's keys, in the order of the actions.
    pub actions: Vec<KeyLines>,
    /// Words of each section, in the order of the sections.
    pub words: Vec<usize>,
    /// Headings of the first level with their lines.
    pub titles: Vec<(String, usize)>,
    /// Links, in order.
    pub links: Vec<Link>,
}

impl Page {
    /// The lines of the ids: of the article's, then of each action's.
    pub(crate) fn id_lines(&self) -> Vec<usize> {
        [&self.front_matter].into_iter().chain(&self.actions).map(|lines| lines.of("id")).collect()
    }
}

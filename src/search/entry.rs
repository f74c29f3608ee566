//! What the index keeps of an article: all that an answer needs, and nothing that could run.

use serde::{Deserialize, Serialize};

use super::answer::Offer;
use crate::domain::id::{ArticleId, Digest};
use crate::domain::world::action::{Action, Param, ParamType};
use crate::domain::world::article::{Article, Section};
use crate::domain::world::host::Platform;

/// An article as it is stored beside its first chunk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub id: ArticleId,
    pub title: String,
    /// Relative to the folder of the knowledge base.
    pub file: String,
    pub revision: Digest,
    pub symptoms: Vec<String>,
    pub tags: Vec<String>,
    pub products: Vec<String>,
    pub sections: Vec<Section>,
    pub actions: Vec<Placed>,
}

/// An action and where it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Placed {
    /// Its first line.
    pub line: usize,
    pub offer: Offer,
    pub platforms: Vec<Platform>,
    /// The names of the parameters that say what it is done to.
    pub takes: Vec<String>,
}

impl From<Article> for Entry {
    fn from(article: Article) -> Self {
        let is_name = |param: &Param| matches!(param.kind, ParamType::Text | ParamType::Integer);
        let placed = |action: &Action| Placed {
            line: action.line,
            offer: Offer::from(action),
            platforms: action.platforms.clone(),
            takes: action.params.iter().filter(|(_, it)| is_name(it)).map(|(name, _)| name.clone()).collect(),
        };
        Self {
            actions: article.actions.iter().map(placed).collect(),
            id: article.id,
            title: article.title,
            file: article.file,
            revision: article.revision,
            symptoms: article.symptoms,
            tags: article.tags,
            products: article.products,
            sections: article.sections,
        }
    }
}

impl Entry {
    /// What the article as a whole says it is about.
    pub fn front(&self) -> impl Iterator<Item = &String> {
        self.symptoms.iter().chain(self.labels())
    }

    /// Tags and products.
    pub fn labels(&self) -> impl Iterator<Item = &String> {
        self.tags.iter().chain(&self.products)
    }

    /// All that it says.
    pub fn texts(&self) -> impl Iterator<Item = &String> {
        let blocks = self.sections.iter().flat_map(|section| &section.blocks).map(|block| &block.text);
        let headings = self.sections.iter().flat_map(|section| &section.heading);
        blocks.chain(headings).chain(self.front())
    }

    /// Bytes of its texts.
    pub fn len(&self) -> usize {
        self.texts().map(String::len).sum()
    }

    /// Whether a line belongs to the section of this number: the last that begins before it.
    pub fn owns(&self, number: usize, line: usize) -> bool {
        self.sections.iter().rposition(|section| section.lines.0 <= line) == Some(number)
    }
}

//! What an index says of itself, beside its documents.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::entry::Entry;
use crate::domain::id::Digest;
use crate::domain::world::article::Synonyms;

/// A file that holds no article as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broken {
    /// The file.
    pub file: String,
    pub(super) stamp: u64,
    /// See [`super::seen::Seen`].
    pub(super) identity: u64,
    /// What is wrong with it.
    pub why: String,
}

/// What the index says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// What the folder of the articles is known by.
    pub of: Digest,
    pub synonyms: Synonyms,
    /// The exclusive or of the digests of all articles, so that one can be put in or taken out.
    content: Digest,
    pub articles: usize,
    pub broken: BTreeMap<String, Broken>,
}

impl Manifest {
    /// Of no articles of a folder.
    pub fn empty(of: Digest) -> Self {
        let (synonyms, content) = (Synonyms::default(), Digest([0; 32]));
        Self { of, synonyms, content, articles: 0, broken: BTreeMap::new() }
    }

    /// Equal for equal articles and synonyms.
    pub fn revision(&self) -> Digest {
        let synonyms: Vec<String> = self.synonyms.0.iter().map(|same| same.join("\n")).collect();
        let synonyms = Digest::of(synonyms.join("\n\n").as_bytes());
        Digest::of(&[synonyms.0, self.content.0].concat())
    }

    pub fn toggle(&mut self, entry: &Entry) {
        let digest = Digest::of(format!("{}\n{}\n{}", entry.file, entry.id, entry.revision).as_bytes());
        self.content.0.iter_mut().zip(digest.0).for_each(|(byte, other)| *byte ^= other);
    }
}

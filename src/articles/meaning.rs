//! The model of what texts mean, beside the index of articles.
//!
//! Invariant: words find answers without it: where it is missing, broken or behind, nothing but the ranking is
//! less good. Only a folder that was named must hold one.

use std::path::Path;
use std::sync::Arc;

use super::progress::Progress;
use crate::app::chain;
use crate::model::{Model, ModelError, Vectors};
use crate::search::{Search, SearchError};

/// The file of the vectors of articles, in the folder of the index.
pub(crate) const VECTORS: &str = "vectors";
/// That of the texts of collections, which nobody is answered from.
pub(crate) const VECTORS_OF_COLLECTIONS: &str = "vectors-collections";

/// The model of what texts mean, with the vectors of those it has read.
pub struct Meaning {
    model: Arc<Model>,
    vectors: Arc<Vectors>,
}

impl Meaning {
    /// A model and what it has read.
    pub fn new(model: Arc<Model>, vectors: Vectors) -> Self {
        Self { model, vectors: Arc::new(vectors) }
    }

    /// The model installed in a folder with the vectors in a file. What is wrong with it goes to the log: words
    /// find answers without it. Only a folder that was named must hold one.
    pub(crate) fn open(folder: &Path, is_named: bool, vectors: &Path) -> Result<Option<Self>, ModelError> {
        if !is_named && !folder.exists() {
            return Ok(None);
        }
        let model = match Model::open(folder) {
            Ok(model) => Arc::new(model),
            Err(error @ ModelError::Missing { .. }) if is_named => return Err(error),
            Err(error) => {
                tracing::warn!("answers are found by words alone: {}", chain(error));
                return Ok(None);
            }
        };
        let vectors = Vectors::open(vectors).unwrap_or_else(|error| {
            tracing::warn!("{}", chain(error));
            Vectors::default()
        });
        Ok(Some(Self::new(model, vectors)))
    }

    /// A search that knows what its articles mean, as far as they have been encoded.
    pub(super) fn of(&self, search: Search) -> Search {
        search.with_model(Arc::clone(&self.model), Arc::clone(&self.vectors))
    }

    /// A search that knows what all of them mean; what is new is encoded first.
    pub(crate) fn of_all(&self, search: Search) -> Result<Search, SearchError> {
        encoded(&self.of(search))
    }
}

/// These articles, all of them encoded, while whoever waits sees how far that is.
pub(super) fn encoded(search: &Search) -> Result<Search, SearchError> {
    let progress = Progress::new("encoding texts");
    let failed = search.encode(&|done, all| {
        progress.tell(done, all);
        true
    })?;
    if let Some(error) = failed {
        tracing::warn!("{}", chain(error));
    }
    Ok(search.renewed())
}

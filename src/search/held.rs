//! A state of the index: what is written, and what each file looked like then.

use std::collections::HashMap;
use std::sync::Arc;

use tantivy::{IndexReader, Term};

use super::entry::Entry;
use super::folder::{self, Folder, Opened, Unusable};
use super::manifest::Manifest;
use super::schema::schema;
use super::segments::Segments;
use crate::domain::id::Digest;

/// A state of the index.
pub(super) struct Held {
    pub engine: tantivy::Index,
    pub segments: Arc<Segments>,
    pub manifest: Arc<Manifest>,
    /// What each file looked like when it was read, by what the file is known by.
    pub stamps: HashMap<u64, u64>,
    /// That of the folder in which it was read; none: it is in memory, or nobody has written it yet.
    pub seal: Option<Digest>,
}

impl Held {
    /// What is held of a file, and what the file looked like then.
    pub fn article(&self, key: u64) -> tantivy::Result<Option<(Entry, u64)>> {
        if !self.stamps.contains_key(&key) {
            return Ok(None);
        }
        let file = self.segments.fields.file;
        let Some(at) = self.segments.first(file, &Term::from_field_u64(file, key))? else { return Ok(None) };
        Ok(Some((self.segments.entry(at)?, self.segments.stamp(at))))
    }

    /// What was opened, if it is the index of these articles.
    pub fn of(opened: Opened, of: Digest) -> Result<Self, Unusable> {
        let manifest: Manifest = serde_json::from_str(&opened.payload).map_err(|_| Unusable::Damaged)?;
        if manifest.of != of {
            return Err(Unusable::Stale);
        }
        Self::new(opened.engine, &opened.reader, manifest, Some(opened.seal)).map_err(|_| Unusable::Damaged)
    }

    fn new(
        engine: tantivy::Index,
        reader: &IndexReader,
        manifest: Manifest,
        seal: Option<Digest>,
    ) -> tantivy::Result<Self> {
        let segments = Segments::new(reader.searcher())?;
        let stamps = segments.articles().map(|at| (segments.file(at), segments.stamp(at))).collect();
        Ok(Self { engine, segments: Arc::new(segments), manifest: Arc::new(manifest), stamps, seal })
    }

    pub fn empty(folder: Option<&Folder>, of: Digest) -> tantivy::Result<Self> {
        let engine = match folder {
            Some(folder) => folder.create()?,
            None => tantivy::Index::create_in_ram(schema().0),
        };
        Self::in_memory(engine, Manifest::empty(of))
    }

    pub fn in_memory(engine: tantivy::Index, manifest: Manifest) -> tantivy::Result<Self> {
        let reader = folder::reader(&engine)?;
        Self::new(engine, &reader, manifest, None)
    }
}

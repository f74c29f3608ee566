//! An index that follows files: what has changed is read again, and nothing else.
//!
//! Invariants: what is searched is always one state of the index as a whole; an article that can't be
//! read leaves its last good version in place, and is named; no id stands for two articles, the one
//! that had it first keeps it. Whatever is wrong with the folder of the index, it is then in memory.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tantivy::{IndexWriter, TantivyError};

use super::analysis::Analyzer;
use super::due::Look;
use super::error::SearchError;
use super::folder::{Folder, Unusable};
use super::held::Held;
use super::indexing;
use super::manifest::Manifest;
use super::origin::Origin;
use super::seen::{Reading, Seen};
use super::snapshot::Search;
use super::update::Update;
use crate::domain::id::Digest;
use crate::domain::world::article::{Article, Synonyms};

/// An index and where it is kept.
pub struct Index {
    /// What the folder of the articles is known by.
    of: Digest,
    folder: Option<Folder>,
    origin: Origin,
    synonyms: Synonyms,
    analyzer: Arc<Analyzer>,
    held: Option<Held>,
}

impl Index {
    /// Opens the index of the articles in the folder `of`, if there is a good one in `dir`; without `dir` it
    /// is in memory.
    pub fn open(dir: Option<&Path>, of: &Path) -> Self {
        let of = of.canonicalize().unwrap_or_else(|_| of.to_owned());
        // A name need not be text.
        let of = Digest::of(of.as_os_str().as_encoded_bytes());
        let folder = dir.map(Folder::new);
        let opened = folder.as_ref().map(|folder| folder.open().and_then(|opened| Held::of(opened, of)));
        let (origin, held) = match opened {
            None => (Origin::Memory, None),
            Some(Ok(held)) => (Origin::Reused, Some(held)),
            Some(Err(reason)) => (Origin::Rebuilt(reason), None),
        };
        let synonyms = Synonyms::default();
        Self { of, folder, origin, analyzer: Arc::new(Analyzer::new(&synonyms)), synonyms, held }
    }

    /// Whether a search finds what can be found now.
    pub fn is_that_of(&self, search: &Search) -> bool {
        self.held.as_ref().is_some_and(|held| Arc::ptr_eq(&held.segments, &search.segments))
    }

    /// What can be found now; none before the first [`Index::follow`].
    pub fn search(&self) -> Option<Search> {
        let Held { segments, manifest, .. } = self.held.as_ref()?;
        Some(Search {
            analyzer: Arc::clone(&self.analyzer),
            segments: Arc::clone(segments),
            manifest: Arc::clone(manifest),
            origin: self.origin.clone(),
            semantic: None,
            products: OnceLock::new(),
        })
    }

    /// Brings the index up to date with the files that there are: those that look as they did are left
    /// alone, others are `read`, twice where ids may have moved. What is not seen is gone, unless its name
    /// begins like that of an `unlisted` folder. Without synonyms those that it has stay.
    pub fn follow(
        &mut self,
        seen: &[Seen],
        unlisted: &[String],
        synonyms: Option<&Synonyms>,
        read: &(dyn Fn(&Seen) -> Reading + Sync),
    ) -> Result<(), SearchError> {
        let known = self.held.as_ref().map(|held| held.manifest.synonyms.clone());
        let synonyms = synonyms.cloned().or(known).unwrap_or_default();
        if self.synonyms != synonyms {
            self.analyzer = Arc::new(Analyzer::new(&synonyms));
            self.synonyms = synonyms;
        }
        let look = Look { seen, unlisted, whole: true, read };
        if self.is_up_to_date(&look) {
            return Ok(());
        }
        if let Some(folder) = self.folder.clone() {
            match self.follow_in(&folder, &look) {
                Ok(()) => return Ok(()),
                // It is tried again when something has changed.
                Err(error) => {
                    self.origin = Origin::Unsaved(format!(
                        "the search index is in memory only, since {} can't be used ({error}); \
                         make it writable or choose another with --index",
                        folder.path().display()
                    ));
                }
            }
        }
        let failed = |source| SearchError::Build { articles: seen.len(), source: Box::new(source) };
        self.follow_in_memory(&look).map_err(failed)
    }

    /// Brings the index up to date with some files that are there; what it has of others stays. None: only
    /// a look at all of them helps. That will see these once more: nobody knows yet whether they are settled.
    pub fn follow_some(&mut self, files: &[Seen], read: &(dyn Fn(&Seen) -> Reading + Sync)) -> Option<()> {
        let mut seen: Vec<Seen> = files.iter().map(|it| Seen { stamp: 0, ..it.clone() }).collect();
        // What was wrong with these may have been one of those.
        let broken = self.held.as_ref()?.manifest.broken.values();
        let others = broken.filter(|it| files.iter().all(|seen| seen.file != it.file));
        seen.extend(others.map(|it| Seen::new(it.file.as_str(), it.stamp).with_identity(it.identity)));
        let look = Look { seen: &seen, unlisted: &[], whole: false, read };
        let followed = match self.folder.clone() {
            Some(folder) => self.follow_in(&folder, &look),
            None => self.follow_in_memory(&look),
        };
        followed.ok()
    }

    fn is_up_to_date(&self, look: &Look<'_>) -> bool {
        let Some(held) = &self.held else { return false };
        held.due(look, held.manifest.synonyms != self.synonyms, None).is_empty()
    }

    /// The same under the lock of a folder.
    fn follow_in(&mut self, folder: &Folder, look: &Look<'_>) -> tantivy::Result<()> {
        let _lock = folder.lock()?;
        let known = self.held.as_ref().and_then(|held| held.seal);
        if let Some(held) = self.held.as_ref().filter(|_| known.is_some() && folder.seal() == known) {
            let written = self.written(Some(folder), held, None, look)?;
            self.hold(written);
            return Ok(());
        }
        // Somebody else has written since: nobody knows of which files.
        if !look.whole {
            return Err(unknown_files());
        }
        let opened = if known.is_none() { folder.open() } else { folder.reopen() };
        let opened = opened.and_then(|opened| Held::of(opened, self.of));
        let reason = opened.as_ref().err().copied();
        let found = opened.or_else(|_| Held::empty(Some(folder), self.of))?;
        let written = self.written(Some(folder), &found, self.held.as_ref(), look)?;
        if let Some(reason) = reason {
            self.origin = Origin::Rebuilt(reason);
        } else if self.held.is_none() {
            // Another process has finished what was not whole when it was opened.
            self.origin = Origin::Reused;
        } else if matches!(self.origin, Origin::Unsaved(_)) {
            self.origin = Origin::Updated;
        }
        self.held = Some(found);
        self.hold(written);
        Ok(())
    }

    /// The same in memory. What is in a folder stays there.
    fn follow_in_memory(&mut self, look: &Look<'_>) -> tantivy::Result<()> {
        if let Some(held) = self.held.as_ref().filter(|held| held.seal.is_none()) {
            let written = self.written(None, held, None, look)?;
            self.hold(written);
            return Ok(());
        }
        let empty = Held::empty(None, self.of)?;
        let written = self.written(None, &empty, self.held.as_ref(), look)?;
        self.held = Some(written.unwrap_or(empty));
        Ok(())
    }

    /// What was written is what is held now.
    fn hold(&mut self, written: Option<Held>) {
        let Some(written) = written else { return };
        if self.origin == Origin::Reused {
            let old = self.held.as_ref().map(|held| &held.manifest.synonyms);
            let same = old == Some(&written.manifest.synonyms);
            self.origin = if same { Origin::Updated } else { Origin::Rebuilt(Unusable::Stale) };
        }
        self.held = Some(written);
    }

    /// Writes what is due into a folder, or without one in memory: what is to be held then, none if nothing
    /// is due. Last good versions that only what was held `before` has come along.
    fn written(
        &self,
        folder: Option<&Folder>,
        held: &Held,
        before: Option<&Held>,
        look: &Look<'_>,
    ) -> tantivy::Result<Option<Held>> {
        let anew = held.manifest.synonyms != self.synonyms;
        if anew && !look.whole {
            return Err(unknown_files());
        }
        let due = held.due(look, anew, before);
        let is_sealed = folder.is_none() || held.seal.is_some();
        if is_sealed && due.is_empty() {
            return Ok(None);
        }
        // One of its own: the words of all articles are not kept.
        let analyzer = Analyzer::new(&self.synonyms);
        let analyzer = if due.read.len() > indexing::FEW { analyzer.for_many() } else { analyzer };
        let mut update = Update::new(held, before, &analyzer, anew, due.read.len());
        update.manifest.synonyms = self.synonyms.clone();
        for key in due.gone {
            update.lose(key)?;
        }
        for file in due.mended {
            update.manifest.broken.remove(&file);
        }
        // Ids may move from file to file: who will hold which is known before the first is put in.
        if held.manifest.articles > 0 && due.read.len() > 1 {
            look.read(&due.read, |seen, reading| {
                update.announce(seen, &reading);
                Ok(())
            })?;
        }
        let mut failed = Vec::new();
        look.read(&due.read, |seen, reading| {
            if !update.take(seen, reading)? {
                failed.push(seen.clone());
            }
            Ok(())
        })?;
        for seen in failed {
            update.keep(&seen)?;
        }
        let (writer, manifest) = update.finish()?;
        if is_sealed && writer.is_none() && manifest == *held.manifest {
            return Ok(None);
        }
        self.commit(folder, &held.engine, writer, manifest).map(Some)
    }

    fn commit(
        &self,
        folder: Option<&Folder>,
        engine: &tantivy::Index,
        writer: Option<IndexWriter>,
        manifest: Manifest,
    ) -> tantivy::Result<Held> {
        let mut writer = match writer {
            Some(writer) => writer,
            None => indexing::writer(engine, 0)?,
        };
        let payload = serde_json::to_string(&manifest)?;
        let mut prepared = writer.prepare_commit()?;
        prepared.set_payload(&payload);
        prepared.commit()?;
        indexing::merge(engine, &mut writer)?;
        writer.wait_merging_threads()?;
        match folder {
            Some(folder) => {
                let damaged = |why| tantivy::TantivyError::InternalError(format!("just written: {why:?}"));
                folder.reopen().and_then(|opened| Held::of(opened, self.of)).map_err(damaged)
            }
            None => Held::in_memory(engine.clone(), manifest),
        }
    }
}

fn unknown_files() -> tantivy::TantivyError {
    tantivy::TantivyError::InternalError("a look at some files is not enough".to_owned())
}

impl Search {
    /// These articles, in memory. Of those with the same file or id there is one.
    pub fn of(articles: Vec<Article>, synonyms: &Synonyms) -> Result<Self, SearchError> {
        let seen: Vec<Seen> = articles.iter().map(|article| Seen::new(article.file.clone(), 0)).collect();
        let articles: HashMap<String, Article> =
            articles.into_iter().map(|article| (article.file.clone(), article)).collect();
        let articles = Mutex::new(articles);
        let taken = |file: &str| articles.lock().unwrap_or_else(PoisonError::into_inner).remove(file);
        let read = |seen: &Seen| match taken(&seen.file) {
            Some(article) => Reading::Article(Box::new(article)),
            None => Reading::Broken("it is named twice".to_owned()),
        };
        let mut index = Index::open(None, Path::new(""));
        index.follow(&seen, &[], Some(synonyms), &read)?;
        let empty = || SearchError::Build {
            articles: seen.len(),
            source: Box::new(TantivyError::InternalError("nothing was built".to_owned())),
        };
        index.search().ok_or_else(empty)
    }
}

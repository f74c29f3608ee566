//! The knowledge base as something that answers: its index, brought up to date with its files.
//!
//! Whoever asks gets a state of the index as a whole, and waits for nobody: a newer one takes its place
//! in one exchange. What can't be read leaves the last good version in place, and is told in the log. What
//! the model has not read yet is found by words; see `encoding`. Who follows the files stands in `following`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use anyhow::Context as _;

use super::found::found;
use super::meaning::{Meaning, encoded};
use super::sources::no_articles;
use crate::app::chain;
use crate::app::ports::Library;
use crate::domain::world::citation::Found;
use crate::kb::{self, Code, Finding, Scan, Sight};
use crate::search::{Index, Origin, Reading, Search, Seen};

/// Articles that are named in the log when they can't be read.
const TOLD_MAX: usize = 20;
/// Hits of an answer in chat.
const HITS: usize = 3;

/// The articles of a folder and their index.
pub struct KbLibrary {
    pub(super) kb: PathBuf,
    pub(super) meaning: Option<Meaning>,
    /// Held while files are compared with it.
    index: Mutex<Index>,
    /// What is asked; replaced as a whole.
    current: RwLock<Arc<Search>>,
    /// What is wrong with files now, and was told.
    wrong: Mutex<BTreeSet<String>>,
    /// What could not be looked at.
    lost: Mutex<Vec<String>>,
    /// Whether that is all of them.
    gone: AtomicBool,
    /// Whether somebody tells when files change, so that questions need not look.
    pub(super) told: AtomicBool,
    /// Wakes who encodes what is new.
    pub(super) news: OnceLock<SyncSender<()>>,
}

impl KbLibrary {
    /// Opens the index and brings it up to date. What is new to the model is not encoded.
    pub fn open(kb: &Path, index: Option<&Path>, meaning: Option<Meaning>) -> anyhow::Result<Self> {
        // Both read much where there are many articles.
        let (mut index, scan) = std::thread::scope(|scope| {
            let scan = scope.spawn(|| scan(kb));
            (Index::open(index, kb), scan.join())
        });
        let scan = scan.map_err(|_| anyhow::anyhow!("the look at {} died", kb.display()))??;
        let lost = follow(&mut index, kb, scan)?;
        let search = searched(&index, meaning.as_ref())?;
        indexed(&search, None);
        let wrong = wrong(kb, &search, &lost);
        tell(&wrong, &BTreeSet::new());
        Ok(Self {
            kb: kb.to_owned(),
            meaning,
            index: Mutex::new(index),
            current: RwLock::new(Arc::new(search)),
            wrong: Mutex::new(wrong),
            lost: Mutex::new(lost),
            gone: AtomicBool::new(false),
            told: AtomicBool::new(false),
            news: OnceLock::new(),
        })
    }

    /// Encodes what is new to the model, and waits for that.
    pub fn encode(&self) -> anyhow::Result<()> {
        let search = self.current();
        if search.lacking() > 0 {
            self.exchange(&search, encoded(&search)?);
        }
        Ok(())
    }

    /// Puts a search in the place of an older one, if that is still what is asked.
    pub(super) fn exchange(&self, old: &Arc<Search>, new: Search) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&current, old) {
            *current = Arc::new(new);
        }
    }

    /// Looks at the files, and takes in what has changed. Where that fails, what stood there before stays, and
    /// it is told with what else is wrong.
    pub fn refresh(&self) -> anyhow::Result<Arc<Search>> {
        let mut index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        let looked = scan(&self.kb).and_then(|scan| follow(&mut index, &self.kb, scan));
        self.gone.store(looked.is_err(), Ordering::Relaxed);
        let lost = looked.unwrap_or_else(|error| {
            vec![format!("what stood in the articles before still answers: {}", chain(error))]
        });
        *self.lost.lock().unwrap_or_else(PoisonError::into_inner) = lost;
        self.followed(&index)
    }

    /// Takes in what has changed in some files, without a look at the others where that is possible.
    pub fn refresh_some(&self, files: &[String]) -> anyhow::Result<Arc<Search>> {
        // What is gone may have another name, which is still to be told; what could not be looked at may be
        // mended.
        let is_lost = !self.lost.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
        if is_lost || files.iter().any(|file| is_gone(&self.kb.join(file))) {
            return self.refresh();
        }
        let mut index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        let some: Vec<Seen> = files.iter().map(|file| seen(kb::sight(&self.kb, file))).collect();
        if index.follow_some(&some, &|seen| reading(&self.kb, seen)).is_some() {
            return self.followed(&index);
        }
        drop(index);
        self.refresh()
    }

    /// What is asked from now on.
    fn followed(&self, index: &Index) -> anyhow::Result<Arc<Search>> {
        if !index.is_that_of(&self.current()) {
            let search = Arc::new(searched(index, self.meaning.as_ref())?);
            let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
            let before = std::mem::replace(&mut *current, Arc::clone(&search));
            drop(current);
            // Whoever reads that it is indexed asks nothing older.
            indexed(&search, Some(&before));
            self.wake();
        }
        let search = self.current();
        let now = wrong(&self.kb, &search, &self.lost.lock().unwrap_or_else(PoisonError::into_inner));
        // Whoever asks reads that, and the log may be slow.
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *wrong, now.clone());
        drop(wrong);
        tell(&now, &before);
        Ok(search)
    }

    pub(super) fn wake(&self) {
        if let Some(news) = self.news.get() {
            // One that has news already looks at what is current.
            let _ = news.try_send(());
        }
    }

    /// The articles as they were found last.
    pub fn current(&self) -> Arc<Search> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn answer(&self, question: &str) -> anyhow::Result<Found> {
        let search = if self.told.load(Ordering::Relaxed) { self.current() } else { self.refresh()? };
        let wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        let mut broken: Vec<String> = wrong.iter().cloned().collect();
        drop(wrong);
        // What could not be looked at may be all of them: that is told first.
        let lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner).clone();
        broken.sort_by_key(|why| !lost.contains(why));
        let mut found = Found { broken, ..found(&search.answer(question, HITS)?) };
        if self.gone.load(Ordering::Relaxed) {
            for hit in &mut found.hits {
                hit.outdated = true;
                hit.actions.clear();
            }
        }
        Ok(found)
    }
}

impl Library for KbLibrary {
    fn find(&self, question: &str) -> Result<Found, String> {
        self.answer(question).map_err(chain)
    }
}

fn scan(kb: &Path) -> anyhow::Result<Scan> {
    kb::scan(kb).with_context(|| no_articles(kb))
}

/// Brings the index up to date; what can't be looked at.
fn follow(index: &mut Index, kb: &Path, scan: Scan) -> anyhow::Result<Vec<String>> {
    let seen: Vec<Seen> = scan.files.into_iter().map(seen).collect();
    let (synonyms, found) = kb::synonyms(kb);
    // Of a file that is just being written nothing may be there to read.
    let is_lost = |code| matches!(code, Code::SynonymsSyntax | Code::Unreadable | Code::FileTooLarge);
    let synonyms = (!found.iter().any(|finding| is_lost(finding.code))).then_some(&synonyms);
    index.follow(&seen, &scan.unlisted, synonyms, &|seen| reading(kb, seen))?;
    Ok(scan.findings.iter().chain(&found).map(Finding::brief).collect())
}

fn seen(sight: Sight) -> Seen {
    Seen::new(sight.file, sight.stamp).with_identity(sight.identity)
}

fn reading(kb: &Path, seen: &Seen) -> Reading {
    match kb::article(kb, &seen.file) {
        Ok(article) => Reading::Article(Box::new(article)),
        // A link to nowhere is there.
        Err(_) if is_gone(&kb.join(&seen.file)) => Reading::Gone,
        Err(finding) => Reading::Broken(finding.brief()),
    }
}

fn is_gone(file: &Path) -> bool {
    file.symlink_metadata().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
}

fn searched(index: &Index, meaning: Option<&Meaning>) -> anyhow::Result<Search> {
    let search = index.search().context("the index is empty although it was just built")?;
    Ok(match meaning {
        Some(meaning) => meaning.of(search),
        None => search,
    })
}

/// What is wrong with files: of articles that can't be read, of what can't be looked at, and that there are
/// no articles at all.
fn wrong(kb: &Path, search: &Search, lost: &[String]) -> BTreeSet<String> {
    let none = (search.articles() == 0).then(|| no_articles(kb));
    search.broken().map(|broken| broken.why.clone()).chain(lost.iter().cloned()).chain(none).collect()
}

/// Says of what revision answers are from now on.
fn indexed(search: &Search, before: Option<&Search>) {
    if let Origin::Unsaved(why) = search.origin()
        && before.is_none_or(|before| before.origin() != search.origin())
    {
        tracing::warn!("{why}");
    }
    let (articles, revision) = (search.articles(), search.revision());
    tracing::info!("indexed {revision}: {articles} articles, {} passages", search.chunks());
}

/// Says what is newly wrong.
fn tell(now: &BTreeSet<String>, before: &BTreeSet<String>) {
    let newly: Vec<&String> = now.difference(before).collect();
    for why in newly.iter().take(TOLD_MAX) {
        tracing::warn!("{why}");
    }
    if let Some(more) = newly.len().checked_sub(TOLD_MAX).filter(|more| *more > 0) {
        tracing::warn!("and {more} more: `dogwatch kb lint` names them");
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_a_folder_that_cannot_be_listed_is_kept_until_it_can() {
        let kb = tempfile::tempdir().unwrap();
        let folder = kb.path().join("net");
        let article = std::fs::read_to_string("kb/linux-disk-full.md").unwrap();
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("linux-disk-full.md"), &article).unwrap();
        let mut index = Index::open(None, kb.path());
        follow(&mut index, kb.path(), scan(kb.path()).unwrap()).unwrap();
        assert_eq!(index.search().unwrap().articles(), 1);

        // Nothing below it can be opened now, by whomever.
        let away = kb.path().join("away");
        std::fs::rename(&folder, &away).unwrap();
        std::fs::write(&folder, "").unwrap();
        let unlisted = || Scan { unlisted: vec!["net/".to_owned()], ..Scan::default() };
        let mut before = index.search().unwrap();
        for same in [false, true] {
            follow(&mut index, kb.path(), unlisted()).unwrap();
            assert_eq!(index.is_that_of(&before), same);
            let search = index.search().unwrap();
            let hit = search.answer("no space left on device", 1).unwrap().hits.remove(0);
            assert!(hit.outdated.unwrap().contains("net/linux-disk-full.md"), "it is said");
            before = search;
        }
        std::fs::remove_file(&folder).unwrap();
        std::fs::rename(&away, &folder).unwrap();
        follow(&mut index, kb.path(), scan(kb.path()).unwrap()).unwrap();
        let search = index.search().unwrap();
        assert_eq!((search.articles(), search.broken().count()), (1, 0));
    }
}

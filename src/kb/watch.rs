//! Says when the folder of a knowledge base may have changed, and in which files; it reads no article
//! itself.
//!
//! Whoever is told reads those files or the folder anew, and may find them as they were. A watch is
//! started before the first reading, so that no change falls between the two.
//!
//! Invariant: whatever is missed is made up for. Each folder that holds articles is watched by
//! itself; after any event that may be about a folder, after an overflow or an error, and at the
//! latest after half a minute, all of them are watched anew and `changed` is called. So a folder
//! that is removed and made again, mounted over or linked elsewhere is found again, and a network
//! file system, a limit of the system or a lost event only make the news later.
//!
//! A file that is a link is seen where the link is changed, not where the file is: configuration
//! that a cluster mounts (a link to a hidden `..data`, which is exchanged) is seen by the regular
//! look alone.
//!
//! Bounded: of events there are kept a few names, and no more are looked at than are read.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use walkdir::{DirEntry, WalkDir};

use super::files::{DEPTH_MAX, DRAFTS, ENTRIES_MAX, is_article};
use super::synonyms;

/// So long nothing must have happened before `changed` is called.
const QUIET: Duration = Duration::from_millis(50);
/// So long after the first event it is called though things go on happening.
const QUIET_AWAITED_MAX: Duration = Duration::from_millis(500);
/// So long after the last call it is called again, whether anything was seen or not.
const LOOK_ANYWAY: Duration = Duration::from_secs(30);
/// Names of files that are kept; more are as good as all.
const FILES_TOLD_MAX: usize = 100;
/// How often a folder that is not there is looked for.
const ABSENT_LOOK: Duration = Duration::from_millis(500);

/// Why a knowledge base can't be watched at all.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The system gives no thread.
    #[error("cannot start the thread that watches {}; allow this user more threads", folder.display())]
    Thread {
        /// The folder of the knowledge base.
        folder: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// What may have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// These files, relative to the folder; each may also be new, or gone.
    Files(Vec<String>),
    /// Anything.
    Anything,
}

/// A folder that is watched until this is dropped.
#[derive(Debug)]
pub struct Watch {
    news: Arc<News>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Watches a folder, which need not be there yet. `changed` is called on a thread of its own,
    /// never twice at once; what happens while it runs leads to another call.
    ///
    /// If the system refuses to tell of events, the log says so once, and the regular look remains.
    pub fn start(folder: &Path, changed: impl FnMut(Changed) + Send + 'static) -> Result<Self, WatchError> {
        Self::with_regular_look(folder, LOOK_ANYWAY, changed)
    }

    fn with_regular_look(
        folder: &Path,
        every: Duration,
        mut changed: impl FnMut(Changed) + Send + 'static,
    ) -> Result<Self, WatchError> {
        let news = Arc::new(News::default());
        // Events name whole paths. What has none can't be watched either, and that is told.
        let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let mut watched = Watched::new(whole, Arc::clone(&news));
        let look = move || {
            while let ControlFlow::Continue(what) = watched.wait(every) {
                changed(what);
                watched.called = Instant::now();
            }
        };
        let thread = thread::Builder::new().name("watch".to_owned()).spawn(look);
        let thread = thread.map_err(|source| WatchError::Thread { folder: folder.to_owned(), source })?;
        Ok(Self { news, thread: Some(thread) })
    }
}

impl Drop for Watch {
    /// Waits for a call that is under way.
    fn drop(&mut self) {
        self.news.tell(|seen| seen.ended = true);
        // Whoever is called may hold the last handle: a thread can't wait for itself.
        let thread = self.thread.take().filter(|thread| thread.thread().id() != thread::current().id());
        if let Some(thread) = thread {
            // A panic has been printed already.
            let _ = thread.join();
        }
    }
}

/// What has happened since somebody last asked.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Seen {
    /// Files that are read.
    files: BTreeSet<String>,
    /// What is watched may no longer be what is there.
    folder: bool,
    ended: bool,
}

impl Seen {
    /// Takes in what an event says of a knowledge base at `top`, of which these folders are watched; that
    /// somebody reads says nothing.
    fn note(&mut self, event: &Event, top: &Path, watched: &HashSet<PathBuf>) {
        self.folder |= event.need_rescan();
        if matches!(event.kind, EventKind::Access(_)) {
            return;
        }
        for path in &event.paths {
            let Some(name) = path.strip_prefix(top).ok().filter(|name| is_looked_at(name)) else { continue };
            if watched.contains(path) || path.is_dir() {
                self.folder = true;
            } else if is_read(name) {
                match name.to_str() {
                    Some(name) => drop(self.files.insert(name.to_owned())),
                    None => self.folder = true,
                }
            }
        }
        if self.files.len() > FILES_TOLD_MAX {
            self.files.clear();
            self.folder = true;
        }
    }
}

/// Where the thread of the events, the one of the calls and whoever ends the watch meet.
#[derive(Debug, Default)]
struct News {
    /// Held for a glance only.
    seen: Mutex<Seen>,
    told: Condvar,
}

impl News {
    fn tell(&self, what: impl FnOnce(&mut Seen)) {
        what(&mut self.lock());
        self.told.notify_one();
    }

    /// Everything seen until things are quiet; nothing, if nothing happens for as long as `patience`.
    fn next(&self, patience: Duration) -> Seen {
        let mut all = self.take_within(patience);
        let first = Instant::now();
        let mut quiet = all == Seen::default();
        while !quiet && !all.ended && first.elapsed() < QUIET_AWAITED_MAX {
            let more = self.take_within(QUIET);
            quiet = more == Seen::default();
            all.files.extend(more.files);
            all.folder |= more.folder;
            all.ended |= more.ended;
        }
        all
    }

    fn take_within(&self, patience: Duration) -> Seen {
        let nothing = |seen: &mut Seen| *seen == Seen::default();
        let waited = self.told.wait_timeout_while(self.lock(), patience, nothing);
        let (mut seen, _) = waited.unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut seen)
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The folder and what tells of it.
struct Watched {
    folder: PathBuf,
    news: Arc<News>,
    /// Its events; none if the system gives none.
    events: Option<RecommendedWatcher>,
    absent: bool,
    /// Whether the log says that events are missing.
    warned: bool,
    called: Instant,
}

impl Watched {
    fn new(folder: PathBuf, news: Arc<News>) -> Self {
        let called = Instant::now();
        let mut watched = Self { folder, news, events: None, absent: false, warned: false, called };
        watched.watch();
        watched
    }

    /// Waits for a reason to call: something was seen, the folder is there again, or the last call
    /// was `every` ago.
    fn wait(&mut self, every: Duration) -> ControlFlow<(), Changed> {
        loop {
            let due = every.saturating_sub(self.called.elapsed());
            let seen = self.news.next(if self.absent { due.min(ABSENT_LOOK) } else { due });
            let is_due = self.called.elapsed() >= every;
            let is_back = self.absent && is_listed(&self.folder);
            if seen.ended {
                return ControlFlow::Break(());
            }
            if seen.folder || is_due || is_back {
                self.watch();
                return ControlFlow::Continue(Changed::Anything);
            }
            // What words mean is a matter of all articles.
            if seen.files.contains(synonyms::FILE) {
                return ControlFlow::Continue(Changed::Anything);
            }
            if !seen.files.is_empty() {
                return ControlFlow::Continue(Changed::Files(seen.files.into_iter().collect()));
            }
        }
    }

    /// Watches every folder that is there now, and none that has gone.
    fn watch(&mut self) {
        // What it held is free for the next.
        self.events = None;
        let failed = match self.events() {
            Ok((events, failed)) => {
                self.events = Some(events);
                failed
            }
            Err(error) => Some(error),
        };
        // Asked last: a folder that goes later is told of.
        self.absent = !is_listed(&self.folder);
        if let Some(error) = &failed
            && !self.warned
        {
            tracing::warn!(
                "cannot watch all of {}: {error}; a change there may be seen only after {} s. Where it is a \
                 limit, raise fs.inotify.max_user_watches and fs.inotify.max_user_instances",
                self.folder.display(),
                LOOK_ANYWAY.as_secs()
            );
        }
        self.warned = failed.is_some();
    }

    /// The events of all folders that can be watched, and why one of them can't.
    fn events(&self) -> notify::Result<(RecommendedWatcher, Option<notify::Error>)> {
        let (folder, news) = (self.folder.clone(), Arc::clone(&self.news));
        let folders: HashSet<PathBuf> = folders(&self.folder).collect();
        let watched = folders.clone();
        let mut events = notify::recommended_watcher(move |event| match event {
            Ok(event) => news.tell(|seen| seen.note(&event, &folder, &watched)),
            Err(_) => news.tell(|seen| seen.folder = true),
        })?;
        let mut failed = None;
        for folder in &folders {
            match events.watch(folder, RecursiveMode::NonRecursive) {
                // What has gone meanwhile was told of by the folder above it.
                Err(error) if !matches!(error.kind, notify::ErrorKind::PathNotFound) => failed = Some(error),
                Ok(()) | Err(_) => {}
            }
        }
        Ok((events, failed))
    }
}

/// Whether a look at a folder can see what is in it.
fn is_listed(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok()
}

/// A folder and those below it that articles are read from.
fn folders(top: &Path) -> impl Iterator<Item = PathBuf> {
    let is_looked_at = move |entry: &DirEntry| entry.path().strip_prefix(top).is_ok_and(is_looked_at);
    let all = WalkDir::new(top).max_depth(DEPTH_MAX);
    let entries = all.into_iter().filter_entry(is_looked_at).take(ENTRIES_MAX).flatten();
    // The folder itself may be a link.
    let folders = entries.filter(|entry| entry.file_type().is_dir() || entry.depth() == 0);
    folders.map(DirEntry::into_path)
}

/// Whether what has this name in the knowledge base may be, or hold, something that is read.
fn is_looked_at(name: &Path) -> bool {
    let is_hidden = |part: &OsStr| part.as_encoded_bytes().starts_with(b".");
    !name.starts_with(DRAFTS) && !name.iter().any(is_hidden)
}

fn is_read(name: &Path) -> bool {
    is_article(name) || name == Path::new(synonyms::FILE)
}

#[cfg(test)]
mod tests;

//! Where the index is kept on disk.
//!
//! # Layout
//!
//! `passages-N` beside a `lock`; N is the pipeline, so an index of another version is never opened. In
//! it are the files of the engine and their `seal` (see [`super::sealed`]).
//!
//! Invariants: what is opened is whole: the seal is right and the engine's own checksum of every file.
//! One process writes at a time, others wait for the lock and read what was written last meanwhile.
//! Files that are not named here are never touched. Everything here may be deleted at any time.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tantivy::{Index, IndexReader, IndexSettings, ReloadPolicy};

use super::schema::{PIPELINE, schema};
use super::sealed::{Sealed, SealedDirectory, sealed};
use crate::domain::id::Digest;

const LOCK: &str = "lock";
/// How long one process waits for another to finish writing.
const LOCK_WAIT: Duration = Duration::from_secs(20);
/// How long a state is looked for that another process is not just replacing.
const SETTLED_WAIT: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(5);

/// Why there is no usable index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unusable {
    /// There is none yet.
    Missing,
    /// It is of other articles, or what means the same has changed.
    Stale,
    /// It can't be read, or its bytes are not those that were written.
    Damaged,
}

/// The folder of an index.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    dir: PathBuf,
}

/// An index that was opened, and the digest of its list of files.
pub(super) struct Opened {
    pub engine: Index,
    pub reader: IndexReader,
    pub payload: String,
    pub seal: Digest,
}

impl Folder {
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    pub fn path(&self) -> &Path {
        &self.dir
    }

    fn passages(&self) -> PathBuf {
        self.passages_of(PIPELINE)
    }

    fn passages_of(&self, pipeline: u32) -> PathBuf {
        self.dir.join(format!("passages-{pipeline}"))
    }

    /// The index that was written last, with every file checked.
    pub fn open(&self) -> Result<Opened, Unusable> {
        self.settled(|engine, sealed| {
            sealed.holds(&self.passages())
                && engine.validate_checksum().is_ok_and(|damaged| damaged.is_empty())
        })
    }

    /// The same without a look at what was checked when it was written.
    pub fn reopen(&self) -> Result<Opened, Unusable> {
        self.settled(|_, _| true)
    }

    /// Opens a state that nobody was just replacing.
    fn settled(&self, whole: impl Fn(&Index, &Sealed) -> bool) -> Result<Opened, Unusable> {
        let folder = self.passages();
        if !folder.try_exists().unwrap_or(true) {
            return Err(Unusable::Missing);
        }
        let deadline = Instant::now() + SETTLED_WAIT;
        loop {
            let seal = self.seal();
            let found = sealed(&folder).ok().and_then(|sealed| opened(&folder, &sealed, &whole));
            if self.seal() == seal || Instant::now() > deadline {
                return found.ok_or(Unusable::Damaged);
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// The digest of the list of files, if it is sealed.
    pub fn seal(&self) -> Option<Digest> {
        sealed(&self.passages()).ok().map(|sealed| sealed.list)
    }

    /// Waits until nobody else writes; the lock ends with what is returned.
    pub fn lock(&self) -> io::Result<File> {
        fs::create_dir_all(&self.dir)?;
        let path = self.dir.join(LOCK);
        let file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
        let deadline = Instant::now() + LOCK_WAIT;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => std::thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => {
                    return Err(io::Error::other("another dogwatch has been writing for too long"));
                }
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }

    /// An empty index in the place of whatever is there, and of those of older versions. Call it with the
    /// lock.
    pub fn create(&self) -> tantivy::Result<Index> {
        let folder = self.passages();
        for old in (0..PIPELINE).map(|pipeline| self.passages_of(pipeline)) {
            // One that can't be removed is in nobody's way.
            fs::remove_dir_all(old).ok();
        }
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => fs::create_dir_all(&folder)?,
        }
        Index::create(SealedDirectory::open(&folder)?, schema().0, IndexSettings::default())
    }
}

fn opened(folder: &Path, sealed: &Sealed, whole: impl Fn(&Index, &Sealed) -> bool) -> Option<Opened> {
    let engine = Index::open(SealedDirectory::open(folder).ok()?).ok()?;
    // A file that is cut off must not come to a reader.
    if engine.schema() != schema().0 || !whole(&engine, sealed) {
        return None;
    }
    let payload = engine.load_metas().ok()?.payload?;
    let reader = reader(&engine).ok()?;
    Some(Opened { engine, reader, payload, seal: sealed.list })
}

/// A reader that never reloads by itself: what it reads is one state of the index.
pub(super) fn reader(engine: &Index) -> tantivy::Result<IndexReader> {
    engine.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()
}

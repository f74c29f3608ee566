//! Where the index is kept on disk.
//!
//! # Layout
//!
//! `passages-N` beside a `lock`; N is the pipeline, so an index of another version is never opened. In
//! it are the files of the engine and `seal`, two lines: the digest of its `meta.json`, which names the
//! others, and that of how each of them ends, where the engine keeps its checksum.
//!
//! Invariants: what is opened is whole: the seal is right and the engine's own checksum of every file.
//! One process writes at a time, others wait for the lock and read what was written last meanwhile.
//! Files that are not named here are never touched. Everything here may be deleted at any time.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tantivy::directory::MmapDirectory;
use tantivy::{Index, IndexReader, IndexSettings, ReloadPolicy};

use super::schema::{PIPELINE, schema};
use crate::domain::id::Digest;

/// The engine's list of its files.
const META: &str = "meta.json";
const SEAL: &str = "seal";
const LOCK: &str = "lock";
/// How long one process waits for another to finish writing.
const LOCK_WAIT: Duration = Duration::from_secs(20);
/// How long a seal may lag behind a list that another process is just writing.
const SEAL_WAIT: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_millis(5);
/// Bytes at the end of a file in which the engine's checksum of it stands.
const END_LEN: u64 = 64;

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
        self.settled(|engine| {
            self.ends(engine).is_ok_and(|ends| self.sealed().is_ok_and(|(_, sealed)| sealed == ends))
                && engine.validate_checksum().is_ok_and(|damaged| damaged.is_empty())
        })
    }

    /// The same without a look at what was checked when it was written.
    pub fn reopen(&self) -> Result<Opened, Unusable> {
        self.settled(|_| true)
    }

    /// Opens a state that nobody was just replacing.
    fn settled(&self, whole: impl Fn(&Index) -> bool) -> Result<Opened, Unusable> {
        let folder = self.passages();
        if !folder.try_exists().unwrap_or(true) {
            return Err(Unusable::Missing);
        }
        let deadline = Instant::now() + SEAL_WAIT;
        loop {
            let seal = self.seal();
            let found = seal.and_then(|seal| opened(&folder, seal, &whole).ok_or(Unusable::Damaged));
            if seal.is_ok() && self.seal() == seal {
                return found;
            }
            if Instant::now() > deadline {
                return Err(Unusable::Damaged);
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// The digest of the list of files, if it is the one that was sealed.
    pub fn seal(&self) -> Result<Digest, Unusable> {
        let meta = fs::read(self.passages().join(META)).map_err(|_| Unusable::Damaged)?;
        let (list, _) = self.sealed()?;
        let digest = Digest::of(&meta);
        if list == digest.to_string() { Ok(digest) } else { Err(Unusable::Damaged) }
    }

    /// The two lines of the seal.
    fn sealed(&self) -> Result<(String, String), Unusable> {
        let seal = fs::read_to_string(self.passages().join(SEAL)).map_err(|_| Unusable::Damaged)?;
        let (list, ends) = seal.split_once('\n').ok_or(Unusable::Damaged)?;
        Ok((list.to_owned(), ends.to_owned()))
    }

    /// How the files end that are listed: a checksum alone does not tell whose it is.
    fn ends(&self, engine: &Index) -> tantivy::Result<String> {
        let files: BTreeSet<PathBuf> = engine.load_metas()?.list_segment_files().into_iter().collect();
        let mut ends = Vec::new();
        for name in files {
            let mut file = match File::open(self.passages().join(&name)) {
                // Those that a segment has no use for.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                file => file?,
            };
            let len = file.metadata()?.len();
            file.seek(io::SeekFrom::Start(len.saturating_sub(END_LEN)))?;
            ends.extend(name.as_os_str().as_encoded_bytes());
            ends.extend(len.to_le_bytes());
            file.read_to_end(&mut ends)?;
        }
        Ok(Digest::of(&ends).to_string())
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
        Index::create(MmapDirectory::open(&folder)?, schema().0, IndexSettings::default())
    }

    /// Says that what is written is whole. Call it with the lock.
    pub fn write_seal(&self, engine: &Index) -> tantivy::Result<()> {
        let folder = self.passages();
        let meta = fs::read(folder.join(META))?;
        let mut draft = tempfile::NamedTempFile::new_in(&folder)?;
        write!(draft, "{}\n{}", Digest::of(&meta), self.ends(engine)?)?;
        draft.as_file().sync_data()?;
        draft.persist(folder.join(SEAL)).map_err(|error| error.error)?;
        Ok(())
    }
}

fn opened(folder: &Path, seal: Digest, whole: impl Fn(&Index) -> bool) -> Option<Opened> {
    let engine = Index::open_in_dir(folder).ok().filter(|engine| engine.schema() == schema().0)?;
    // A file that is cut off must not come to a reader.
    if !whole(&engine) {
        return None;
    }
    let payload = engine.load_metas().ok()?.payload?;
    let reader = reader(&engine).ok()?;
    Some(Opened { engine, reader, payload, seal })
}

/// A reader that never reloads by itself: what it reads is one state of the index.
pub(super) fn reader(engine: &Index) -> tantivy::Result<IndexReader> {
    engine.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()
}

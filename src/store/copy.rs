//! A private copy of what a state folder held at one moment, for whoever only reads.
//!
//! sled has no way to open without writing: it may cut a damaged end or write a snapshot, and with that
//! remove what an investigation needs. So a copy is opened. That also reads what nobody may write.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::statvfs;

use super::engine::Engine;
use super::error::{Fault, StoreError};
use super::folder;
use super::hold::Look;
use super::mark::{self, Mark};
use super::text::Text;
use crate::temporary::Temporary;

/// Bytes that sled may add to a copy as it opens it.
const OPENING_LEN_MAX: u64 = 4 * 1024 * 1024;

/// A private folder with the space for a copy.
#[derive(Debug)]
pub(super) struct Room(Temporary);

impl Room {
    /// Asks nobody to wait: the record may grow meanwhile, by less than what is asked for beyond it.
    pub(super) fn make(dir: &Path) -> Result<Self, StoreError> {
        let temporary = Temporary::new("copy")
            .map_err(StoreError::file("make a private folder in", &std::env::temp_dir()))?;
        let record = folder::record(dir);
        if folder::has(&record)? {
            let needed = length(&record).map_err(StoreError::file("look at", &record))? + OPENING_LEN_MAX;
            ask_for_space(temporary.path(), dir, needed)?;
        }
        Ok(Self(temporary))
    }
}

/// A copy, removed when dropped.
#[derive(Debug)]
pub(super) struct StateCopy {
    temporary: Temporary,
    /// Whether there was a record beside the mark.
    has_record: bool,
    /// What the mark said, or what is wrong with it.
    pub mark: Result<Option<Mark>, Fault>,
    /// The text copy as it was then; what is appended later is not read.
    pub text: Option<Text>,
}

impl StateCopy {
    /// Copies the folder while nobody writes to it.
    pub(super) fn take(dir: &Path) -> Result<Self, StoreError> {
        let _look = Look::take(dir)?;
        Self::between_commits(dir)
    }

    /// The same where the caller knows that nobody writes.
    pub(super) fn between_commits(dir: &Path) -> Result<Self, StoreError> {
        Self::take_to(Room::make(dir)?, dir)
    }

    /// The same with the room for it made already.
    pub(super) fn take_to(Room(temporary): Room, dir: &Path) -> Result<Self, StoreError> {
        let mark = match mark::read(dir) {
            Ok(mark) => Ok(mark),
            Err(StoreError::Damaged { fault, .. }) => Err(*fault),
            Err(error) => return Err(error),
        };
        let record = folder::record(dir);
        let has_record = folder::has(&record)?;
        if has_record {
            let copied = temporary.path().join("record");
            folder::copy_tree(&record, &copied)?;
            // A copy of what nobody may write is the engine's to write.
            folder::narrow(&copied)?;
        }
        Ok(Self { temporary, has_record, mark, text: Text::open(dir)? })
    }

    /// Opens the engine in the copy; `dir` is the state folder, for messages.
    pub(super) fn open(&self, dir: &Path) -> Result<Engine, StoreError> {
        if !self.has_record {
            let fault = self.known_mark().map_or(Fault::TextAlone, |mark| Fault::MarkAlone(mark.head));
            return Err(StoreError::damaged(dir, fault));
        }
        Engine::open(dir, &self.path())
    }

    /// The mark, if it can be read.
    pub(super) fn known_mark(&self) -> Option<&Mark> {
        self.mark.as_ref().ok().and_then(Option::as_ref)
    }

    fn path(&self) -> PathBuf {
        self.temporary.path().join("record")
    }
}

/// Bytes of all files in a folder.
fn length(path: &Path) -> io::Result<u64> {
    let mut sum = 0;
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let metadata = match entry.metadata() {
            Ok(metadata) => metadata,
            // Removed this very moment by whoever writes.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        sum += if metadata.is_dir() { length(&entry.path())? } else { metadata.len() };
    }
    Ok(sum)
}

/// Refuses before anything is written that would not fit.
pub(super) fn ask_for_space(path: &Path, dir: &Path, needed: u64) -> Result<(), StoreError> {
    let place =
        statvfs(path).map_err(|error| StoreError::file("ask for the space in", path)(error.into()))?;
    let free = place.f_bavail.saturating_mul(place.f_frsize);
    if free < needed {
        let (dir, path) = (dir.to_owned(), path.parent().unwrap_or(path).to_owned());
        return Err(StoreError::NoSpace { dir, path, needed, free });
    }
    Ok(())
}

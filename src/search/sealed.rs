//! The engine's directory on disk, with a seal over what it lists.
//!
//! # Layout
//!
//! `seal` has a line for the list of files (`meta.json`) as it is and one for what it is about to become,
//! each with two digests: that of the list, and that of how each of the listed files ends, where the engine
//! keeps its checksum: a checksum alone does not tell whose it is.
//!
//! Invariant: the seal of a list is on disk before the list, whoever in the engine writes it and whenever
//! the process is killed. So a list without a seal is damage, and no state waits to be sealed.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use tantivy::directory::error::{DeleteError, LockError, OpenDirectoryError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    Directory, DirectoryLock, FileHandle, Lock, META_LOCK, MmapDirectory, WatchCallback, WatchHandle,
    WritePtr,
};

use crate::domain::id::Digest;

/// The engine's list of its files.
const META: &str = "meta.json";
const SEAL: &str = "seal";
/// Bytes at the end of a file in which the engine's checksum of it stands.
const END_LEN: u64 = 64;

/// A list of files that is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sealed {
    /// The digest of the list.
    pub list: Digest,
    /// That of how the files ended that it names, in hexadecimal digits.
    ends: String,
}

/// The list in a folder, if it is sealed.
pub(super) fn sealed(folder: &Path) -> io::Result<Sealed> {
    let list = Digest::of(&fs::read(folder.join(META))?);
    let seal = fs::read_to_string(folder.join(SEAL))?;
    let mut lines = seal.lines().filter_map(|line| line.split_once(' '));
    let found = lines.find(|(it, _)| *it == list.to_string());
    let (_, ends) = found.ok_or_else(|| io::Error::other("the list has no seal"))?;
    Ok(Sealed { list, ends: ends.to_owned() })
}

impl Sealed {
    /// Whether the files in the folder end as they did.
    pub fn holds(&self, folder: &Path) -> bool {
        let list = fs::read(folder.join(META)).ok().filter(|list| Digest::of(list) == self.list);
        list.is_some_and(|list| ends(folder, &list).is_ok_and(|ends| ends == self.ends))
    }
}

/// What of the engine's list says which files there are.
#[derive(Deserialize)]
struct List {
    segments: Vec<Segment>,
}

#[derive(Deserialize)]
struct Segment {
    segment_id: String,
    deletes: Option<Deletes>,
}

#[derive(Deserialize)]
struct Deletes {
    opstamp: u64,
}

/// How the files end that are listed.
fn ends(folder: &Path, list: &[u8]) -> io::Result<String> {
    let list: List = serde_json::from_slice(list)?;
    let mut names = Vec::new();
    for file in fs::read_dir(folder)? {
        let name = file?.file_name();
        let listed = |segment: &Segment| {
            let id = segment.segment_id.replace('-', "");
            let kind = name.to_str().and_then(|name| name.strip_prefix(&id)?.strip_prefix('.'));
            let deletes = segment.deletes.as_ref().map(|deletes| format!("{}.del", deletes.opstamp));
            // Of the same segment there may be older deletes, and what it was written with.
            let is_other = |kind: &str| matches!(kind.rsplit('.').next(), Some("temp" | "del"));
            kind.is_some_and(|kind| !is_other(kind) || deletes.as_deref() == Some(kind))
        };
        if list.segments.iter().any(listed) {
            names.push(name);
        }
    }
    names.sort();
    let mut ends = Vec::new();
    for name in names {
        let mut file = File::open(folder.join(&name))?;
        let len = file.metadata()?.len();
        file.seek(io::SeekFrom::Start(len.saturating_sub(END_LEN)))?;
        ends.extend(name.as_encoded_bytes());
        ends.extend(len.to_le_bytes());
        file.read_to_end(&mut ends)?;
    }
    Ok(Digest::of(&ends).to_string())
}

/// The engine's directory that seals each list before it is written.
#[derive(Debug, Clone)]
pub(super) struct SealedDirectory {
    folder: PathBuf,
    files: MmapDirectory,
}

impl SealedDirectory {
    pub fn open(folder: &Path) -> Result<Self, OpenDirectoryError> {
        Ok(Self { folder: folder.to_owned(), files: MmapDirectory::open(folder)? })
    }

    fn seal(&self, list: &[u8]) -> io::Result<()> {
        let becomes = Sealed { list: Digest::of(list), ends: ends(&self.folder, list)? };
        let is = sealed(&self.folder).ok();
        let mut draft = tempfile::NamedTempFile::new_in(&self.folder)?;
        for Sealed { list, ends } in is.into_iter().chain([becomes]) {
            writeln!(draft, "{list} {ends}")?;
        }
        draft.as_file().sync_data()?;
        draft.persist(self.folder.join(SEAL)).map_err(|error| error.error)?;
        self.files.sync_directory()
    }
}

fn is_read_only(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}

impl Directory for SealedDirectory {
    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        if path == Path::new(META) {
            self.seal(data)?;
        }
        self.files.atomic_write(path, data)
    }

    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.files.get_file_handle(path)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.files.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.files.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        self.files.open_write(path)
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.files.atomic_read(path)
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.files.sync_directory()
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        match self.files.acquire_lock(lock) {
            // Who can only read can't lock. What is cleared away meanwhile fails to open, and is opened again.
            Err(LockError::IoError(error)) if lock.filepath == META_LOCK.filepath && is_read_only(&error) => {
                Ok(DirectoryLock::from(Box::new(())))
            }
            locked => locked,
        }
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.files.watch(callback)
    }
}

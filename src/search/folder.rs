//! The copy of the index on disk.
//!
//! # Layout
//!
//! `current.json` names a folder beside it (`sections-` and 16 hex digits) and its files with their
//! digests; it also says of what pipeline and of which articles the index is. A new index is written
//! beside the old one, then `current.json` is replaced by one rename: that is the swap. A file is read
//! in whole and its digest compared before the engine sees a byte, so a damaged one is never searched.
//!
//! Invariant: no locks. Any number of processes may read and write at once; the last rename wins, and
//! whoever finds something missing builds again in memory. Files that this module did not name are
//! never touched. Everything here may be deleted at any time.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tantivy::directory::RamDirectory;
use tantivy::{Directory as _, Index};

use super::schema::PIPELINE;
use crate::domain::id::Digest;

const CURRENT: &str = "current.json";
const PREFIX: &str = "sections-";
/// Bytes of `current.json`.
const CURRENT_LEN_MAX: u64 = 64 << 10;
/// Bytes of all files of an index.
const INDEX_LEN_MAX: u64 = 1 << 30;
/// After this time a folder that nothing names is taken for abandoned.
const ABANDONED_AFTER: Duration = Duration::from_secs(3600);

/// What `current.json` says.
#[derive(Debug, Serialize, Deserialize)]
struct Current {
    pipeline: u32,
    content: Digest,
    folder: String,
    files: BTreeMap<String, File>,
}

#[derive(Debug, Serialize, Deserialize)]
struct File {
    len: u64,
    sha256: Digest,
}

/// Why there is no usable copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unusable {
    /// There is none yet.
    Missing,
    /// The articles have changed since, or another version of dogwatch wrote it.
    Stale,
    /// It can't be read, or its bytes are not those that were written.
    Damaged,
}

/// The index in a folder, if it is of exactly this content.
pub(super) fn load(dir: &Path, content: Digest) -> Result<Index, Unusable> {
    let current = current(dir)?;
    if current.pipeline != PIPELINE || current.content != content {
        return Err(Unusable::Stale);
    }
    let total = current.files.values().try_fold(0_u64, |sum, file| sum.checked_add(file.len));
    if total.is_none_or(|total| total > INDEX_LEN_MAX) {
        return Err(Unusable::Damaged);
    }
    let ram = RamDirectory::create();
    for (name, file) in &current.files {
        if !is_file_name(name) {
            return Err(Unusable::Damaged);
        }
        let bytes = read(&dir.join(&current.folder).join(name), file.len).map_err(|_| Unusable::Damaged)?;
        if Digest::of(&bytes) != file.sha256 {
            return Err(Unusable::Damaged);
        }
        ram.atomic_write(Path::new(name), &bytes).map_err(|_| Unusable::Damaged)?;
    }
    Index::open(ram).map_err(|_| Unusable::Damaged)
}

/// Writes a copy of an index and makes it the current one.
pub(super) fn save(dir: &Path, content: Digest, ram: &RamDirectory, index: &Index) -> io::Result<()> {
    let before = current(dir).ok().map(|current| current.folder);
    let folder = format!("{PREFIX}{}", hex::encode(random()?));
    let target = dir.join(&folder);
    fs::create_dir_all(&target)?;
    let written = write_all(dir, &target, content, &folder, ram, index);
    if written.is_err() {
        // It is half an index that nothing names; if this fails too it is swept up later.
        let _ = fs::remove_dir_all(&target);
        return written;
    }
    sweep(dir, &folder, before.as_deref());
    written
}

fn write_all(
    dir: &Path,
    target: &Path,
    content: Digest,
    folder: &str,
    ram: &RamDirectory,
    index: &Index,
) -> io::Result<()> {
    let mut files = BTreeMap::new();
    let mut names: Vec<PathBuf> = index.directory().list_managed_files().into_iter().collect();
    names.extend([PathBuf::from("meta.json"), PathBuf::from(".managed.json")]);
    for name in names {
        let Some(text) = name.to_str().filter(|text| is_file_name(text)) else { continue };
        let bytes = ram.atomic_read(&name).map_err(io::Error::other)?;
        fs::write(target.join(&name), &bytes)?;
        let file = File { len: bytes.len() as u64, sha256: Digest::of(&bytes) };
        files.insert(text.to_owned(), file);
    }
    let current = Current { pipeline: PIPELINE, content, folder: folder.to_owned(), files };
    let draft = target.join(CURRENT);
    fs::write(&draft, serde_json::to_vec_pretty(&current)?)?;
    fs::rename(&draft, dir.join(CURRENT))
}

fn current(dir: &Path) -> Result<Current, Unusable> {
    let path = dir.join(CURRENT);
    let len = match fs::symlink_metadata(&path) {
        Ok(metadata) if metadata.is_file() && metadata.len() <= CURRENT_LEN_MAX => metadata.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Unusable::Missing),
        Ok(_) | Err(_) => return Err(Unusable::Damaged),
    };
    let bytes = read(&path, len).map_err(|_| Unusable::Damaged)?;
    let current: Current = serde_json::from_slice(&bytes).map_err(|_| Unusable::Damaged)?;
    if is_ours(&current.folder) { Ok(current) } else { Err(Unusable::Damaged) }
}

/// A regular file of exactly this length.
fn read(path: &Path, len: u64) -> io::Result<Vec<u8>> {
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(len + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == len { Ok(bytes) } else { Err(io::Error::other("another length than recorded")) }
}

/// Removes the index that was replaced and abandoned ones. What can't be removed stays.
fn sweep(dir: &Path, keep: &str, replaced: Option<&str>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| is_ours(name) && *name != keep) else { continue };
        let modified = entry.metadata().and_then(|metadata| metadata.modified()).ok();
        let age = modified.and_then(|at| SystemTime::now().duration_since(at).ok());
        if replaced == Some(name) || age.is_some_and(|age| age > ABANDONED_AFTER) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn is_ours(name: &str) -> bool {
    let digits = name.strip_prefix(PREFIX);
    digits.is_some_and(|digits| digits.len() == 16 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Plain names only: nothing outside the folder is ever read or written.
fn is_file_name(name: &str) -> bool {
    let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    !name.is_empty() && name.len() <= 128 && name.bytes().all(known) && name != "." && name != ".."
}

fn random() -> io::Result<[u8; 8]> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes)
}

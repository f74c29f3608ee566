//! Whether there is a record in a folder.

use std::fs;
use std::io;
use std::path::Path;

use super::error::StoreError;
use super::{folder, mark, text};

/// Whether there is a record in `dir`, whole or not.
pub(super) fn is_there(dir: &Path) -> Result<bool, StoreError> {
    folder::require_plain(dir)?;
    if folder::is_unfinished(dir)? {
        return Ok(false);
    }
    for path in [folder::record(dir), mark::path(dir)] {
        if folder::has(&path)? {
            return Ok(true);
        }
    }
    // An empty one is what an interrupted creation leaves.
    let path = text::path(dir);
    match fs::metadata(&path) {
        Ok(metadata) => Ok(metadata.len() > 0),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(StoreError::file("look for", &path)(error)),
    }
}

/// Says if there is no record in `dir`: nobody but [`create`](super::create) makes one.
pub(super) fn require(dir: &Path) -> Result<(), StoreError> {
    if is_there(dir)? { Ok(()) } else { Err(StoreError::Absent { dir: dir.to_owned() }) }
}

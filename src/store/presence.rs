//! Whether there is a record in a folder.

use std::fs;
use std::io;
use std::path::Path;

use super::error::StoreError;
use super::{folder, mark, text};

/// Whether there is a record in `dir`, whole or not.
pub(super) fn is_there(dir: &Path) -> Result<bool, StoreError> {
    for path in [folder::record(dir), mark::path(dir)] {
        if path.try_exists().map_err(StoreError::file("look for", &path))? {
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

/// Says if a folder is there and has something in it.
pub(super) fn require_empty(dir: &Path) -> Result<(), StoreError> {
    match fs::read_dir(dir).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => Err(StoreError::NotEmpty { path: dir.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(StoreError::file("list", dir)(error)),
    }
}

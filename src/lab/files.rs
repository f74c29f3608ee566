//! Files of the lab, readable by its user alone.
//!
//! Invariant: a file is replaced whole or grows by a single write. The module does not know what the
//! files hold.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use super::error::LabError;

/// Replaces a file of mode 0600 whole.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), LabError> {
    let fresh = path.with_extension("new");
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&fresh).map_err(LabError::file("create", &fresh))?;
    file.write_all(bytes).map_err(LabError::file("write", &fresh))?;
    fs::rename(&fresh, path).map_err(LabError::file("replace", path))
}

/// Appends `text` with a single write.
pub fn append(path: &Path, text: &str) -> Result<(), LabError> {
    if text.is_empty() {
        return Ok(());
    }
    let mut options = OpenOptions::new();
    let mut file =
        options.append(true).create(true).mode(0o600).open(path).map_err(LabError::file("open", path))?;
    file.write_all(text.as_bytes()).map_err(LabError::file("append to", path))
}

/// Opens a file of mode 0600 for its lock.
pub fn private(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

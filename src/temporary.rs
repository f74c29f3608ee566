//! Private folders among the system's temporary files, and what kills have left of them.
//!
//! Invariant: nothing is swept but a folder that was made here: it has the name and the mark of its kind, is
//! this user's alone, and no living process holds its mark.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use rustix::process::geteuid;

use crate::regular_file;

/// The file that says whose a folder is; whoever uses the folder has it locked.
const MARK: &str = "dogwatch-temporary";
const MARK_NEW: &str = "dogwatch-temporary.new";

/// A private folder that goes away with this value.
#[derive(Debug)]
pub(crate) struct Temporary {
    path: PathBuf,
    // Held for its lock, which ends with the process at the latest.
    _mark: File,
}

impl Temporary {
    /// Makes a folder of this kind, after removing those that a kill has left.
    pub(crate) fn new(kind: &str) -> io::Result<Self> {
        sweep(&std::env::temp_dir(), kind);
        let mut bits = [0; 16];
        getrandom::fill(&mut bits).map_err(|error| io::Error::other(error.to_string()))?;
        let path = std::env::temp_dir().join(format!("{}{}", prefix(kind), hex::encode(bits)));
        let on = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        DirBuilder::new().mode(0o700).create(&path).map_err(on)?;
        let mark = mark(&path).inspect_err(|_| drop(fs::remove_dir_all(&path))).map_err(on)?;
        Ok(Self { path, _mark: mark })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Err(error) = remove(&self.path) {
            tracing::warn!("{} could not be removed: {error}", self.path.display());
        }
    }
}

fn prefix(kind: &str) -> String {
    format!("dogwatch-{kind}-")
}

/// Marks a folder. The mark is locked before it has its name: it is never met without its holder.
fn mark(path: &Path) -> io::Result<File> {
    let new = path.join(MARK_NEW);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    file.lock()?;
    file.write_all(b"made by dogwatch; removed by the next one if nobody uses it\n")?;
    fs::rename(new, path.join(MARK))?;
    Ok(file)
}

/// Removes the folders of this kind that a kill has left. What can't be removed stays for the next time.
fn sweep(among: &Path, kind: &str) {
    for entry in fs::read_dir(among).into_iter().flatten().flatten() {
        let is_named = entry.file_name().to_str().is_some_and(|name| name.starts_with(&prefix(kind)));
        // The lock is kept until the folder is gone.
        if is_named
            && let Some(_mark) = left(&entry.path())
            && let Err(error) = remove(&entry.path())
        {
            tracing::warn!("{} was left by a kill and could not be removed: {error}", entry.path().display());
        }
    }
}

/// The mark of a folder that was made here and that nobody holds.
fn left(path: &Path) -> Option<File> {
    let is_open = |metadata: &fs::Metadata| metadata.mode() & 0o077 != 0;
    let own = |metadata: &fs::Metadata| metadata.uid() == geteuid().as_raw() && !is_open(metadata);
    fs::symlink_metadata(path).ok().filter(|metadata| metadata.is_dir() && own(metadata))?;
    let mark = regular_file::open(&path.join(MARK), OFlags::NOFOLLOW).ok()??;
    mark.metadata().ok().filter(own)?;
    mark.try_lock().ok().map(|()| mark)
}

/// Removes a folder, its mark last: what a kill leaves of this is still known.
fn remove(path: &Path) -> io::Result<()> {
    for entry in fs::read_dir(path)?.flatten().filter(|entry| entry.file_name() != MARK) {
        let is_folder = entry.file_type()?.is_dir();
        if is_folder { fs::remove_dir_all(entry.path())? } else { fs::remove_file(entry.path())? }
    }
    fs::remove_file(path.join(MARK))?;
    fs::remove_dir(path)
}

#[cfg(test)]
mod tests;

//! The state folder: making it durably, holding it, syncing it.
//!
//! Invariant: one process at a time is past [`Hold::take`] for a folder.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::error::{Holder, StoreError};

const HOLDER: &str = "holder";

/// Bytes of the holder file that are looked at.
const HOLDER_LEN_MAX: u64 = 256;

/// How long a lock is waited for: 1 s in all.
const LOCK_PAUSE: Duration = Duration::from_millis(20);
const LOCK_TRIES: u32 = 50;

/// The engine's folder inside the state folder.
pub(super) fn record(dir: &Path) -> PathBuf {
    dir.join("record")
}

/// Where a record is made before it has its name. No event is ever appended there, so what an
/// interrupted creation left can be removed.
pub(super) fn unfinished(dir: &Path) -> PathBuf {
    dir.join("record.new")
}

/// Creates a folder for its owner only.
pub(super) fn make_private(path: &Path) -> Result<(), StoreError> {
    DirBuilder::new().mode(0o700).create(path).map_err(StoreError::file("create the folder", path))
}

/// Creates the folder and what is missing above it, for its owner only, so that it survives a power cut.
pub(super) fn make(dir: &Path) -> Result<(), StoreError> {
    let missing: Vec<&Path> =
        dir.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists()).collect();
    for path in missing.into_iter().rev() {
        match DirBuilder::new().mode(0o700).create(path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(StoreError::file("create the folder", path)(error)),
        }
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        sync_dir(parent.unwrap_or(Path::new(".")))?;
    }
    Ok(())
}

/// Makes the names in a folder durable.
pub(super) fn sync_dir(path: &Path) -> Result<(), StoreError> {
    File::open(path).and_then(|dir| dir.sync_all()).map_err(StoreError::file("sync the folder", path))
}

/// Makes every file in a folder, and the folder itself, durable.
pub(super) fn sync_tree(path: &Path) -> Result<(), StoreError> {
    for entry in fs::read_dir(path).map_err(StoreError::file("list", path))? {
        let path = entry.map_err(StoreError::file("list", path))?.path();
        if path.is_dir() {
            sync_tree(&path)?;
        } else {
            File::open(&path).and_then(|file| file.sync_all()).map_err(StoreError::file("sync", &path))?;
        }
    }
    sync_dir(path)
}

/// Copies a folder and what is in it; the copy is for its owner only.
pub(super) fn copy_tree(from: &Path, to: &Path) -> Result<(), StoreError> {
    make_private(to)?;
    for entry in fs::read_dir(from).map_err(StoreError::file("list", from))? {
        let entry = entry.map_err(StoreError::file("list", from))?;
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_tree(&path, &copy)?;
        } else {
            fs::copy(&path, &copy).map_err(StoreError::file("copy", &path))?;
        }
    }
    Ok(())
}

/// The folder is ours until this is dropped, or the process ends in whatever way.
#[derive(Debug)]
pub(super) struct Hold {
    /// Locked; the kernel lets go of the lock with the file.
    _file: File,
}

impl Hold {
    /// Takes the folder or says who has it. The pid in the file is for people; the lock decides.
    pub(super) fn take(dir: &Path, now_ms: u64) -> Result<Self, StoreError> {
        let path = dir.join(HOLDER);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(StoreError::file("open", &path))?;
        match patiently_locked(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Held { dir: dir.to_owned(), holder: read_holder(&file) });
            }
            Err(TryLockError::Error(error)) => return Err(StoreError::file("lock", &path)(error)),
        }
        file.set_len(0)
            .and_then(|()| {
                file.write_all(format!("pid {}\nsince_ms {now_ms}\n", std::process::id()).as_bytes())
            })
            .map_err(StoreError::file("write", &path))?;
        Ok(Self { _file: file })
    }
}

/// A child that this process is just starting has a copy of every lock until it executes its
/// program, also of one that was given up meanwhile: worth a moment's wait.
fn patiently_locked(file: &File) -> Result<(), TryLockError> {
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
            locked => return locked,
        }
    }
    file.try_lock()
}

fn read_holder(file: &File) -> Holder {
    let mut text = String::new();
    let read = file.take(HOLDER_LEN_MAX).read_to_string(&mut text);
    let pid = text.lines().find_map(|line| line.strip_prefix("pid ")).and_then(|pid| pid.parse().ok());
    match (read, pid) {
        (Ok(_), Some(pid)) => Holder::Process(pid),
        _ => Holder::Unknown,
    }
}

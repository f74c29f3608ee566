//! The state folder: making it durably, holding it, syncing it.
//!
//! Invariant: one process at a time is past [`Hold::take`] for a folder.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::error::{Holder, StoreError, append_error};

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

/// A private copy of the engine's folder, removed when dropped.
#[derive(Debug)]
pub(super) struct Copy(PathBuf);

impl Copy {
    pub(super) fn of(path: &Path) -> Result<Self, StoreError> {
        let mut name = [0; 16];
        getrandom::fill(&mut name).map_err(|error| {
            append_error("draw a random name for a copy of", path)(error.to_string().into())
        })?;
        let copy = Self(std::env::temp_dir().join(format!("dogwatch-copy-{}", hex::encode(name))));
        copy_tree(path, &copy.0)?;
        Ok(copy)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // Nothing depends on it; the system's cleaning of the temporary folder gets what stays.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The folder is ours until this is dropped, or the process ends in whatever way.
///
/// Unless it is kept, the file is then as it was before: whoever only looked leaves nothing behind.
#[derive(Debug)]
pub(super) struct Hold {
    /// Locked; the kernel lets go of the lock with the file.
    file: File,
    path: PathBuf,
    /// What the last one left; none where there was no file.
    before: Option<String>,
    kept: bool,
}

impl Hold {
    /// Takes the folder or says who has it. What is in the file is for people; the lock decides.
    pub(super) fn take(dir: &Path, now_ms: u64) -> Result<Self, StoreError> {
        let path = dir.join(HOLDER);
        let mut held = None;
        // A child that this process is just starting has a copy of every lock until it executes its
        // program, also of one that was given up meanwhile: worth a moment's wait.
        for _ in 0..LOCK_TRIES {
            let (file, is_new) = open_holder(&path).map_err(StoreError::file("open", &path))?;
            match file.try_lock() {
                // Whoever had it may have taken the file away with it.
                Ok(()) if !is_at(&file, &path) => {}
                Ok(()) => return Self::write(file, path, is_new, now_ms),
                Err(TryLockError::WouldBlock) => {
                    held = Some(file);
                    thread::sleep(LOCK_PAUSE);
                }
                Err(TryLockError::Error(error)) => return Err(StoreError::file("lock", &path)(error)),
            }
        }
        let holder = held.map_or(Holder::Unknown, |file| read_holder(&file));
        Err(StoreError::Held { dir: dir.to_owned(), holder })
    }

    fn write(mut file: File, path: PathBuf, is_new: bool, now_ms: u64) -> Result<Self, StoreError> {
        let before = (!is_new).then(|| read_text(&file));
        let text = format!("pid {}\nsince_ms {now_ms}\n{}\n", std::process::id(), program());
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(text.as_bytes()))
            .map_err(StoreError::file("write", &path))?;
        Ok(Self { file, path, before, kept: false })
    }

    /// The open file and where it was opened.
    pub(super) fn file(&self) -> (&File, &Path) {
        (&self.file, &self.path)
    }

    /// Whether the last one to keep the folder was not this very program.
    pub(super) fn was_anothers(&self) -> bool {
        let before = self.before.as_deref().unwrap_or_default();
        !before.lines().any(|line| line == program())
    }

    /// The record is open, and known: from here on the folder is this program's.
    pub(super) fn keep(&mut self) {
        self.kept = true;
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        // It is for people: nothing depends on it.
        let _ = match &self.before {
            None => fs::remove_file(&self.path),
            Some(before) => self
                .file
                .set_len(0)
                .and_then(|()| self.file.rewind())
                .and_then(|()| self.file.write_all(before.as_bytes())),
        };
    }
}

/// Opens the file or makes it, and says whether it was made.
fn open_holder(path: &Path) -> io::Result<(File, bool)> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    match options.clone().create_new(true).open(path) {
        Ok(file) => Ok((file, true)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            // Taken away this very moment, it is made after all.
            Ok((options.create(true).truncate(false).open(path)?, false))
        }
        Err(error) => Err(error),
    }
}

/// Whether this very file is what stands at the path.
pub(super) fn is_at(file: &File, path: &Path) -> bool {
    let same = |a: fs::Metadata, b: fs::Metadata| (a.dev(), a.ino()) == (b.dev(), b.ino());
    file.metadata().and_then(|here| Ok(same(here, fs::metadata(path)?))).unwrap_or(false)
}

/// This very program: its file's place, length and time. Another one may look the same only if
/// somebody went to some length for it; then a record that it wrote is refused all the same.
fn program() -> String {
    let file = fs::metadata("/proc/self/exe").ok();
    file.map_or_else(
        || "program unknown".to_owned(),
        |file| {
            format!(
                "program {} {} {} {}.{:09}",
                file.dev(),
                file.ino(),
                file.len(),
                file.mtime(),
                file.mtime_nsec()
            )
        },
    )
}

fn read_text(file: &File) -> String {
    let mut text = String::new();
    // What is no text is nobody's.
    let _ = file.take(HOLDER_LEN_MAX).read_to_string(&mut text);
    text
}

fn read_holder(file: &File) -> Holder {
    let text = read_text(file);
    let pid = text.lines().find_map(|line| line.strip_prefix("pid ")).and_then(|pid| pid.parse().ok());
    pid.map_or(Holder::Unknown, Holder::Process)
}

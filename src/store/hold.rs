//! Who has a state folder: one writer, or whoever reads for a moment.
//!
//! Invariant: one process at a time is past [`Hold::take`] for a folder, and none while another is past
//! [`Look::take`].

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::error::{Holder, StoreError};
use super::folder::is_at;

const HOLDER: &str = "holder";

/// Bytes of the holder file that are looked at.
const HOLDER_LEN_MAX: u64 = 256;

/// How long a lock is waited for: 1 s in all.
const LOCK_PAUSE: Duration = Duration::from_millis(20);
const LOCK_TRIES: u32 = 50;

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
    // Whoever only reads does not write its name over the last one's.
    let lives = |pid: &u32| Path::new(&format!("/proc/{pid}")).exists();
    pid.filter(lives).map_or(Holder::Unknown, Holder::Process)
}

/// Nobody writes until this is dropped. It leaves no trace, and needs no right to write.
#[derive(Debug)]
pub(super) struct Look {
    /// Locked for readers; none where nobody ever held the folder.
    _file: Option<File>,
}

impl Look {
    /// Waits for whoever writes to let go, for a moment, or says who that is.
    pub(super) fn take(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join(HOLDER);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self { _file: None }),
            Err(error) => return Err(StoreError::file("open", &path)(error)),
        };
        for _ in 0..LOCK_TRIES {
            match file.try_lock_shared() {
                Ok(()) => return Ok(Self { _file: Some(file) }),
                Err(TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
                Err(TryLockError::Error(error)) => return Err(StoreError::file("lock", &path)(error)),
            }
        }
        Err(StoreError::Held { dir: dir.to_owned(), holder: read_holder(&file) })
    }
}

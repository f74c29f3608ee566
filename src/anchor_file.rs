//! The file elsewhere to which the record's heads are appended, one a line: `TIME SEQ:HASH`.
//!
//! Invariant: it is only ever appended to, and a line is synced before it counts as kept. Nothing rests on it:
//! what can't be kept is said. A head that comes while one is being written waits, and the newest that waits is
//! written for all of them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rustix::fs::OFlags;

use crate::app::ports::Elsewhere;
use crate::domain::audit::anchor::Anchor;
use crate::domain::audit::chain::Head;

/// How long a head may wait before those that come after it are told that nothing goes on.
const WAITING_MAX: Duration = Duration::from_secs(10);

/// Such a file, by its path; it is made where there is none.
pub struct AnchorFile {
    path: PathBuf,
    /// The newest head that waits, which whoever waits writes next.
    waiting: Mutex<Option<Waiting>>,
    /// Locked while a line is written.
    writing: Mutex<()>,
}

struct Waiting {
    at_ms: u64,
    head: Head,
    since: Instant,
}

impl AnchorFile {
    /// The file at this path.
    pub fn new(path: PathBuf) -> Self {
        Self { path, waiting: Mutex::default(), writing: Mutex::default() }
    }
}

impl Elsewhere for AnchorFile {
    fn keep(&self, at_ms: u64, head: Head) -> Result<(), String> {
        match &mut *locked(&self.waiting) {
            Some(waiting) => {
                if head.seq > waiting.head.seq {
                    (waiting.at_ms, waiting.head) = (at_ms, head);
                }
                let hangs = waiting.since.elapsed() > WAITING_MAX;
                return if hangs { Err("the one before is still being written".to_owned()) } else { Ok(()) };
            }
            nobody => *nobody = Some(Waiting { at_ms, head, since: Instant::now() }),
        }
        let _writing = locked(&self.writing);
        let Some(Waiting { at_ms, head, .. }) = locked(&self.waiting).take() else { return Ok(()) };
        let at = i64::try_from(at_ms).ok().and_then(|ms| Timestamp::from_second(ms / 1000).ok());
        let at = at.unwrap_or_default();
        append(&self.path, &format!("{at} {}\n", Anchor::from(head)))
            .map_err(|error| format!("can't append to {}: {error}", self.path.display()))
    }
}

/// What a mutex holds: nothing here is left half done by a panic.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Appends a line, and returns once it is on disk.
fn append(path: &Path, line: &str) -> io::Result<()> {
    // A pipe that nobody reads holds nobody up.
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let mut file = OpenOptions::new().read(true).append(true).create(true).custom_flags(flags).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
    }
    let is_new = metadata.len() == 0;
    let mut last = [b'\n'];
    if !is_new {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    // What a full disk cut short stays a line of its own.
    let line = if last == [b'\n'] { line.to_owned() } else { format!("\n{line}") };
    file.write_all(line.as_bytes())?;
    file.sync_all()?;
    match fs::canonicalize(path)?.parent() {
        // Its name is not on disk before its folder is.
        Some(folder) if is_new => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;

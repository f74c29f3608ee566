//! The file elsewhere to which the record's heads are appended, one a line: `TIME SEQ:HASH`.
//!
//! Invariant: it is only ever appended to, and a line is synced before it counts as kept. Nothing rests on it:
//! what can't be kept is said.

use std::fs::OpenOptions;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustix::fs::OFlags;

use crate::app::ports::Elsewhere;
use crate::domain::audit::anchor::Anchor;
use crate::domain::audit::chain::Head;

/// Such a file, by its path; it is made where there is none.
pub struct AnchorFile(pub PathBuf);

impl Elsewhere for AnchorFile {
    fn keep(&self, at_ms: u64, head: Head) -> Result<(), String> {
        let at = i64::try_from(at_ms).ok().and_then(|ms| Timestamp::from_second(ms / 1000).ok());
        let at = at.unwrap_or_default();
        append(&self.0, &format!("{at} {}\n", Anchor::from(head)))
            .map_err(|error| format!("can't append to {}: {error}", self.0.display()))
    }
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
    let mut last = [b'\n'];
    if metadata.len() > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    // What a full disk cut short stays a line of its own.
    let line = if last == [b'\n'] { line.to_owned() } else { format!("\n{line}") };
    file.write_all(line.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests;

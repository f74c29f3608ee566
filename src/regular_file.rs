//! Opening a file to read it, and nothing that only has a name like one.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;

/// Opens a regular file, with these flags besides; none if there is something else. A pipe that nobody
/// writes to holds nobody up.
pub(crate) fn open(path: &Path, flags: OFlags) -> io::Result<Option<File>> {
    let flags = (flags | OFlags::NONBLOCK).bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let is_regular = file.metadata()?.is_file();
    Ok(is_regular.then_some(file))
}

//! The folder that stands for `/` of a lab host.
//!
//! Invariant: no path that a double is given, however it is written, leads out of this folder. `..`
//! stops at the folder, a symbolic link is followed inside it (an absolute target begins at the
//! folder again), and the last step opens nothing but regular files, without following links. The
//! doubles use the file system through this type only.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use rustix::io::Errno;

/// Symbolic links that one path may pass, as in Linux.
const LINKS_MAX: usize = 40;
/// Bytes that one reading command takes from one file. The big images of the cast are holes: nobody
/// needs gigabytes of zeros.
pub const READ_BYTES_MAX: u64 = 1024 * 1024;
/// Entries that one command visits below a folder.
pub const ENTRIES_MAX: usize = 10_000;
/// Folders within folders that one command enters.
pub const DEPTH_MAX: usize = 32;

/// The simulated root of a host.
#[derive(Debug, Clone)]
pub struct Root {
    folder: PathBuf,
}

impl Root {
    /// `folder` is the real folder; it must be absolute and free of symbolic links.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The real place of `path`, all links followed. The last part may be missing.
    pub fn locate(&self, path: &str) -> io::Result<PathBuf> {
        self.walk(path, true)
    }

    /// The real place of the entry itself: a link as the last part is not followed.
    pub fn locate_entry(&self, path: &str) -> io::Result<PathBuf> {
        self.walk(path, false)
    }

    fn walk(&self, path: &str, follow_last: bool) -> io::Result<PathBuf> {
        if path.is_empty() {
            return Err(Errno::NOENT.into());
        }
        let mut ahead: VecDeque<OsString> = parts(OsStr::new(path)).collect();
        let mut below: Vec<OsString> = Vec::new();
        let mut links = 0;
        while let Some(part) = ahead.pop_front() {
            match part.as_bytes() {
                b"" | b"." => continue,
                b".." => {
                    below.pop();
                    continue;
                }
                _ => below.push(part),
            }
            let here = self.real(&below);
            let last = ahead.is_empty();
            let kind = match fs::symlink_metadata(&here) {
                Ok(meta) => meta.file_type(),
                Err(error) if last && error.kind() == io::ErrorKind::NotFound => return Ok(here),
                Err(error) => return Err(error),
            };
            if kind.is_symlink() && (follow_last || !last) {
                links += 1;
                if links > LINKS_MAX {
                    return Err(Errno::LOOP.into());
                }
                let target = fs::read_link(&here)?;
                below.pop();
                if target.is_absolute() {
                    below.clear();
                }
                for step in parts(target.as_os_str()).collect::<Vec<_>>().into_iter().rev() {
                    ahead.push_front(step);
                }
            } else if !last && !kind.is_dir() {
                return Err(Errno::NOTDIR.into());
            }
        }
        Ok(self.real(&below))
    }

    fn real(&self, below: &[OsString]) -> PathBuf {
        let mut place = self.folder.clone();
        place.extend(below);
        place
    }

    /// The path inside the host of a real place that this type returned.
    pub fn shown(&self, place: &Path) -> String {
        match place.strip_prefix(&self.folder) {
            Ok(below) => format!("/{}", below.to_string_lossy()),
            Err(_) => "/".to_owned(),
        }
    }

    /// The metadata of `path`, links followed.
    pub fn metadata(&self, path: &str) -> io::Result<fs::Metadata> {
        fs::symlink_metadata(self.locate(path)?)
    }

    /// Opens a regular file and nothing else, so that no pipe or device can hold a double up.
    fn open(&self, path: &str, options: &mut OpenOptions) -> io::Result<File> {
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let place = self.locate(path)?;
        if fs::symlink_metadata(&place).is_ok_and(|meta| meta.is_dir()) {
            return Err(Errno::ISDIR.into());
        }
        let file = options.custom_flags(i32::try_from(flags.bits()).unwrap_or(0)).open(place)?;
        if file.metadata()?.is_file() { Ok(file) } else { Err(Errno::INVAL.into()) }
    }

    /// The first [`READ_BYTES_MAX`] bytes of a regular file.
    pub fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.open(path, OpenOptions::new().read(true))?.take(READ_BYTES_MAX).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Makes `bytes` the content of a regular file.
    pub fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.open(path, OpenOptions::new().write(true).create(true).truncate(true))?.write_all(bytes)
    }

    /// Makes `path` a file of `length` bytes that takes no room on the real disk.
    pub fn write_hole(&self, path: &str, length: u64) -> io::Result<File> {
        let file = self.open(path, OpenOptions::new().write(true).create(true).truncate(true))?;
        file.set_len(length)?;
        Ok(file)
    }

    /// Creates one folder.
    pub fn create_folder(&self, path: &str) -> io::Result<()> {
        fs::create_dir(self.locate_entry(path)?)
    }

    /// Creates a folder and those above it.
    pub fn create_folders(&self, path: &str) -> io::Result<()> {
        let mut so_far = String::new();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            so_far.push('/');
            so_far.push_str(part);
            match self.create_folder(&so_far) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Removes a file or a link, never a folder.
    pub fn remove(&self, path: &str) -> io::Result<()> {
        let place = self.locate_entry(path)?;
        if fs::symlink_metadata(&place)?.is_dir() {
            return Err(Errno::ISDIR.into());
        }
        fs::remove_file(place)
    }

    /// The names in a folder, sorted; at most [`ENTRIES_MAX`].
    pub fn list(&self, path: &str) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.locate(path)?)?.take(ENTRIES_MAX) {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }

    /// Whether `path` is on the host's `/proc`, which no file command may change.
    pub fn in_proc(&self, path: &str) -> bool {
        let Ok(place) = self.locate_entry(path) else { return false };
        place.starts_with(self.folder.join("proc"))
    }
}

fn parts(path: &OsStr) -> impl Iterator<Item = OsString> + '_ {
    path.as_bytes().split(|byte| *byte == b'/').map(|part| OsStr::from_bytes(part).to_owned())
}

/// `folder` joined with a name, as paths of the host are written.
pub fn join(folder: &str, name: &str) -> String {
    if folder.ends_with('/') { format!("{folder}{name}") } else { format!("{folder}/{name}") }
}

/// What the C library says about `error`, without Rust's `(os error 2)`.
pub fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "No such file or directory".to_owned(),
        io::ErrorKind::PermissionDenied => "Permission denied".to_owned(),
        _ => {
            let text = error.to_string();
            text.split(" (os error").next().unwrap_or(&text).to_owned()
        }
    }
}

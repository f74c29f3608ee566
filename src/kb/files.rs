//! Finds and reads the Markdown files of a folder, in sorted order and within limits.
//!
//! Files may be links (mounted configuration often is); folders that are links are not entered, so
//! a loop of links ends nowhere. Names that begin with a dot are skipped, and so is the folder `drafts`
//! at the top: nobody is answered from a draft.

use std::fs::{self, DirEntry, FileType, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rayon::iter::{IndexedParallelIterator as _, IntoParallelIterator as _, ParallelIterator as _};
use rustix::fs::OFlags;

use super::finding::{Code, Finding};
use crate::domain::id::Digest;
use crate::regular_file;

/// Bytes of one article.
pub const FILE_LEN_MAX: u64 = 256 * 1024;
/// Articles of one knowledge base.
pub const FILES_MAX: usize = 200_000;
/// The folder of a knowledge base that holds what is no article yet.
pub(super) const DRAFTS: &str = "drafts";
/// Folders within folders.
pub(super) const DEPTH_MAX: usize = 8;
/// Seconds after which a file system has counted on, however coarse its times are.
const SETTLED_S: i64 = 3;
/// Entries of a folder that one thread looks at.
const ENTRIES_AT_ONCE: usize = 128;
/// Names looked at, articles or not.
pub(super) const ENTRIES_MAX: usize = 1_000_000;

/// Why the knowledge base as a whole can't be read.
#[derive(Debug, thiserror::Error)]
pub enum KbError {
    /// The folder itself can't be listed.
    #[error("cannot list the knowledge base {}", path.display())]
    List {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// A file that may hold an article.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sight {
    /// Relative to the folder of the knowledge base, with `/`.
    pub file: String,
    /// Changes whenever the file does; 0 if it has changed so lately that this is not sure.
    pub stamp: u64,
    /// Stays when the file gets another name; 0 if that can't be told.
    pub identity: u64,
}

/// What a folder holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scan {
    /// The files in the order of their names.
    pub files: Vec<Sight>,
    /// Folders that can't be listed, with `/` at the end: nobody knows what is in them.
    pub unlisted: Vec<String>,
    /// What could not be looked at.
    pub findings: Vec<Finding>,
}

/// Looks for every article below `folder` without opening one.
pub fn scan(folder: &Path) -> Result<Scan, KbError> {
    let mut walk = Walk { scan: Scan::default(), entries: 0, now: now_s() };
    walk.enter(folder, "", 0).map_err(|source| KbError::List { path: folder.to_owned(), source })?;
    let mut scan = walk.scan;
    scan.files.sort();
    scan.findings.extend(limited(&mut scan.files, FILES_MAX));
    Ok(scan)
}

/// Leaves the first `most` files, and says so.
fn limited(files: &mut Vec<Sight>, most: usize) -> Option<Finding> {
    (files.len() > most).then(|| {
        let message = format!("{} articles; {most} is the limit, the last ones are not read", files.len());
        files.truncate(most);
        Finding::new("", 1, Code::TooManyFiles, message, "keep fewer articles in one knowledge base")
    })
}

/// Whether a file of this name is read as an article.
pub(super) fn is_article(name: &Path) -> bool {
    name.extension().is_some_and(|extension| extension == "md")
}

/// What a file looks like. Every change of what stands in it is a change of its times, whatever they are
/// set to; one that is not yet [`SETTLED_S`] old may be followed by another at the same tick.
fn stamp(metadata: &Metadata, now: i64) -> u64 {
    if now - metadata.ctime() < SETTLED_S {
        return 0;
    }
    let times = [metadata.mtime(), metadata.mtime_nsec(), metadata.ctime(), metadata.ctime_nsec()];
    let times = times.map(i64::cast_unsigned);
    digest(&[&[metadata.dev(), metadata.ino(), metadata.size()], &times[..]].concat())
}

/// What a file is known by whatever its name; 0 where nobody says when it was made: a number of one that is gone
/// is soon another's.
fn identity(metadata: &Metadata) -> u64 {
    let made = metadata.created().ok().and_then(|made| made.duration_since(UNIX_EPOCH).ok());
    made.map_or(0, |made| {
        digest(&[metadata.dev(), metadata.ino(), made.as_secs(), made.subsec_nanos().into()])
    })
}

/// One number for some; never 0.
fn digest(numbers: &[u64]) -> u64 {
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    Digest::of(&bytes).key().max(1)
}

/// One file as it looks now.
pub fn sight(folder: &Path, file: &str) -> Sight {
    // Reading it says what is wrong.
    let metadata = fs::metadata(folder.join(file)).ok();
    seen(file.to_owned(), metadata.as_ref(), now_s())
}

fn seen(file: String, metadata: Option<&Metadata>, now: i64) -> Sight {
    let stamp = metadata.map_or(0, |metadata| stamp(metadata, now));
    Sight { file, stamp, identity: metadata.map_or(0, identity) }
}

fn now_s() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| i64::try_from(now.as_secs()).unwrap_or(i64::MAX))
}

struct Walk {
    scan: Scan,
    entries: usize,
    now: i64,
}

/// What an entry of a folder is.
enum Kind {
    /// None: reading it says what is wrong.
    File(Option<Metadata>),
    Folder(PathBuf),
    Unread(String, &'static str),
    Nothing,
}

impl Walk {
    fn enter(&mut self, folder: &Path, prefix: &str, depth: usize) -> io::Result<()> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            self.entries += 1;
            if self.entries > ENTRIES_MAX {
                if self.entries == ENTRIES_MAX + 1 {
                    self.too_many();
                }
                break;
            }
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                let shown = format!("{prefix}{}", name.to_string_lossy());
                self.unread(&shown, "the name is no UTF-8", "rename it");
                continue;
            };
            let is_drafts = prefix.is_empty() && name == DRAFTS;
            if !name.starts_with('.') && !is_drafts {
                entries.push((format!("{prefix}{name}"), entry));
            }
        }
        // The system takes most of the time, and answers several at once.
        let now = self.now;
        let looked: Vec<(String, Kind)> = entries
            .into_par_iter()
            .with_min_len(ENTRIES_AT_ONCE)
            .map(|(file, entry)| {
                let kind = look(&entry, &file, depth);
                (file, kind)
            })
            .collect();
        for (file, kind) in looked {
            match kind {
                Kind::File(metadata) => self.scan.files.push(seen(file, metadata.as_ref(), now)),
                Kind::Folder(path) => {
                    let prefix = format!("{file}/");
                    if let Err(error) = self.enter(&path, &prefix, depth + 1) {
                        self.unread(&file, &format!("cannot list the folder: {error}"), "make it readable");
                        self.scan.unlisted.push(prefix);
                    }
                }
                Kind::Unread(why, advice) => self.unread(&file, &why, advice),
                Kind::Nothing => {}
            }
        }
        Ok(())
    }

    fn unread(&mut self, file: &str, message: &str, advice: &str) {
        self.scan.findings.push(Finding::new(file, 1, Code::Unreadable, message, advice));
    }

    fn too_many(&mut self) {
        self.scan.findings.push(Finding::new(
            "",
            1,
            Code::TooManyFiles,
            format!("more than {ENTRIES_MAX} files of any kind; the rest is not looked at"),
            "keep only articles in the knowledge base",
        ));
    }
}

fn look(entry: &DirEntry, file: &str, depth: usize) -> Kind {
    let article = is_article(Path::new(file));
    let kind = entry.file_type();
    let is_link = kind.as_ref().is_ok_and(FileType::is_symlink);
    let is_folder = kind.is_ok_and(|kind| kind.is_dir());
    // Beside its folder it is found faster than by its path.
    let metadata = if is_link { fs::metadata(entry.path()) } else { entry.metadata() };
    match metadata {
        Ok(metadata) if metadata.is_dir() && is_link => {
            Kind::Unread("a link to a folder is not followed".to_owned(), "put the folder itself there")
        }
        Ok(metadata) if metadata.is_dir() && depth == DEPTH_MAX => {
            Kind::Unread(format!("folders are read {DEPTH_MAX} deep"), "move it up")
        }
        Ok(metadata) if metadata.is_dir() => Kind::Folder(entry.path()),
        Ok(metadata) if metadata.is_file() && article => Kind::File(Some(metadata)),
        Ok(_) if article => Kind::Unread("it is no file".to_owned(), "remove or rename it"),
        // Entering it says what is wrong.
        Err(_) if is_folder && depth < DEPTH_MAX => Kind::Folder(entry.path()),
        Err(_) if article => Kind::File(None),
        Err(error) if is_link => Kind::Unread(format!("cannot look at it: {error}"), "repair or remove it"),
        Ok(_) | Err(_) => Kind::Nothing,
    }
}

pub(super) fn read(path: &Path, file: &str) -> Result<Vec<u8>, Finding> {
    let unreadable = |error: io::Error| {
        Finding::new(file, 1, Code::Unreadable, format!("cannot read it: {error}"), "make it readable")
    };
    let Some(opened) = regular_file::open(path, OFlags::empty()).map_err(unreadable)? else {
        return Err(Finding::new(file, 1, Code::Unreadable, "it is no file", "remove or rename it"));
    };
    let mut bytes = Vec::new();
    opened.take(FILE_LEN_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > FILE_LEN_MAX {
        let message = format!("longer than {FILE_LEN_MAX} bytes");
        return Err(Finding::new(file, 1, Code::FileTooLarge, message, "split it into several articles"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_is_left_out_and_named() {
        let file = |file: &str| Sight { file: file.to_owned(), stamp: 1, identity: 0 };
        let mut files = vec![file("a.md"), file("b.md"), file("c.md")];
        assert_eq!(limited(&mut files, 3), None);
        let finding = limited(&mut files, 2).map(|finding| (finding.code, finding.message));
        let message = "3 articles; 2 is the limit, the last ones are not read".to_owned();
        assert_eq!(finding, Some((Code::TooManyFiles, message)));
        assert_eq!(files, [file("a.md"), file("b.md")]);
    }
}

//! Finds and reads the Markdown files of a folder, in sorted order and within limits.
//!
//! Files may be links (mounted configuration often is); folders that are links are not entered, so
//! a loop of links ends nowhere. Names that begin with a dot are skipped, and so is the folder `drafts`
//! at the top: nobody is answered from a draft.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::finding::{Code, Finding};

/// Bytes of one article.
pub const FILE_LEN_MAX: u64 = 256 * 1024;
/// Articles of one knowledge base.
pub const FILES_MAX: usize = 2000;
/// The folder of a knowledge base that holds what is no article yet.
pub(super) const DRAFTS: &str = "drafts";
/// Folders within folders.
const DEPTH_MAX: usize = 8;
/// Names looked at, articles or not.
const ENTRIES_MAX: usize = 20_000;

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

/// A file, read but not understood.
pub(super) struct Source {
    /// Relative to the folder of the knowledge base, with `/`.
    pub file: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Every article below `folder`, in sorted order, and what could not be read.
pub(super) fn read_all(folder: &Path) -> Result<(Vec<Source>, Vec<Finding>), KbError> {
    let mut walk = Walk { files: Vec::new(), entries: 0, findings: Vec::new() };
    walk.enter(folder, "", 0).map_err(|source| KbError::List { path: folder.to_owned(), source })?;
    let Walk { mut files, mut findings, .. } = walk;
    files.sort();
    if files.len() > FILES_MAX {
        findings.push(Finding::new(
            "",
            1,
            Code::TooManyFiles,
            format!("{} articles; {FILES_MAX} is the limit, the last ones are not read", files.len()),
            "keep fewer articles in one knowledge base",
        ));
        files.truncate(FILES_MAX);
    }
    let mut sources = Vec::new();
    for file in files {
        match read(&folder.join(&file), &file) {
            Ok(bytes) => sources.push(Source { file, bytes }),
            Err(finding) => findings.push(finding),
        }
    }
    Ok((sources, findings))
}

struct Walk {
    files: Vec<String>,
    entries: usize,
    findings: Vec<Finding>,
}

impl Walk {
    fn enter(&mut self, folder: &Path, prefix: &str, depth: usize) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            self.entries += 1;
            if self.entries > ENTRIES_MAX {
                if self.entries == ENTRIES_MAX + 1 {
                    self.too_many();
                }
                return Ok(());
            }
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                let shown = format!("{prefix}{}", name.to_string_lossy());
                self.unread(&shown, "the name is no UTF-8", "rename it");
                continue;
            };
            let is_drafts = prefix.is_empty() && name == DRAFTS;
            if !name.starts_with('.') && !is_drafts {
                self.look(&entry.path(), format!("{prefix}{name}"), depth);
            }
        }
        Ok(())
    }

    fn look(&mut self, path: &Path, file: String, depth: usize) {
        let article = Path::new(&file).extension().is_some_and(|extension| extension == "md");
        let is_link = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() && is_link => {
                self.unread(&file, "a link to a folder is not followed", "put the folder itself there");
            }
            Ok(metadata) if metadata.is_dir() && depth == DEPTH_MAX => {
                self.unread(&file, &format!("folders are read {DEPTH_MAX} deep"), "move it up");
            }
            Ok(metadata) if metadata.is_dir() => {
                if let Err(error) = self.enter(path, &format!("{file}/"), depth + 1) {
                    self.unread(&file, &format!("cannot list the folder: {error}"), "make it readable");
                }
            }
            Ok(metadata) if metadata.is_file() && article => self.files.push(file),
            Ok(_) if article => self.unread(&file, "it is no file", "remove or rename it"),
            Err(error) if article || is_link => {
                self.unread(&file, &format!("cannot look at it: {error}"), "repair or remove it");
            }
            Ok(_) | Err(_) => {}
        }
    }

    fn unread(&mut self, file: &str, message: &str, advice: &str) {
        self.findings.push(Finding::new(file, 1, Code::Unreadable, message, advice));
    }

    fn too_many(&mut self) {
        self.findings.push(Finding::new(
            "",
            1,
            Code::TooManyFiles,
            format!("more than {ENTRIES_MAX} files of any kind; the rest is not looked at"),
            "keep only articles in the knowledge base",
        ));
    }
}

pub(super) fn read(path: &Path, file: &str) -> Result<Vec<u8>, Finding> {
    let unreadable = |error: io::Error| {
        Finding::new(file, 1, Code::Unreadable, format!("cannot read it: {error}"), "make it readable")
    };
    let mut bytes = Vec::new();
    let opened = File::open(path).map_err(unreadable)?;
    opened.take(FILE_LEN_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > FILE_LEN_MAX {
        let message = format!("longer than {FILE_LEN_MAX} bytes");
        return Err(Finding::new(file, 1, Code::FileTooLarge, message, "split it into several articles"));
    }
    Ok(bytes)
}

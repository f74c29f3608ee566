//! Finds the files to import and reads them as text, in a stable order and within limits.
//!
//! Nothing is followed out of what was named: symbolic links, pipes, sockets and devices are
//! skipped, and said. Names that begin with a dot are left alone, as they are among articles.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use encoding_rs::{Encoding, WINDOWS_1252};
use rustix::fs::OFlags;
use walkdir::{DirEntry, WalkDir};

use super::error::Refused;
use super::limits::TEXTS_MAX;
use crate::domain::text::is_invisible;
use crate::kb::files::FILE_LEN_MAX;
use crate::regular_file;

/// Bytes in which a page says how it is encoded.
const HEAD_LEN: usize = 1024;
/// Folders within folders.
const DEPTH_MAX: usize = 8;
/// Names looked at, whatever they are.
const ENTRIES_MAX: usize = 20_000;
/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Words and lines.
    Plain,
    /// HTML.
    Html,
    /// Markdown.
    Markdown,
}

/// Something that was named or found.
pub(super) enum Found {
    /// A file to be read.
    File(PathBuf, Kind),
    /// What is left alone, and why.
    Skipped(PathBuf, &'static str),
    /// What can't be looked at.
    Refused(PathBuf, Refused),
}

/// A text and how many characters were taken out of it because nobody can see them.
pub(super) struct Source {
    pub text: String,
    pub invisible: usize,
}

/// The file, or what stands in the folder, in the order of the names.
pub(super) fn find(named: &Path) -> Vec<Found> {
    let walk = WalkDir::new(named).max_depth(DEPTH_MAX).follow_root_links(false).sort_by_file_name();
    let is_shown = |entry: &DirEntry| entry.depth() == 0 || !is_hidden(entry);
    let mut found = Vec::new();
    let mut files = 0;
    for (i, entry) in walk.into_iter().filter_entry(is_shown).enumerate() {
        if i == ENTRIES_MAX || files == TEXTS_MAX {
            found.push(Found::Refused(named.to_owned(), Refused::TooMany));
            break;
        }
        match entry {
            Ok(entry) => found.extend(look(&entry)),
            Err(error) => {
                let path = error.path().unwrap_or(named).to_owned();
                let source = error.into_io_error().unwrap_or_else(|| io::Error::other("it leads to itself"));
                found.push(Found::Refused(path, Refused::Look { source }));
            }
        }
        files += usize::from(matches!(found.last(), Some(Found::File(..))));
    }
    found
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

fn look(entry: &DirEntry) -> Option<Found> {
    let path = entry.path().to_owned();
    let kind = entry.file_type();
    if kind.is_dir() {
        let deep = "folders are read 8 deep; import it by itself";
        return (entry.depth() == DEPTH_MAX).then_some(Found::Skipped(path, deep));
    }
    if kind.is_symlink() {
        return Some(Found::Skipped(path, "a symbolic link; import what it leads to"));
    }
    if !kind.is_file() {
        return Some(Found::Skipped(path, "neither a file nor a folder"));
    }
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    let kind = match extension.as_deref() {
        Some("md" | "markdown") => Kind::Markdown,
        Some("html" | "htm" | "xhtml") => Kind::Html,
        None | Some("txt" | "text") => Kind::Plain,
        // Whoever names a file means it; a folder holds style sheets and pictures as well.
        Some(_) if entry.depth() == 0 => Kind::Plain,
        Some(_) => {
            return Some(Found::Skipped(
                path,
                "no text, HTML or Markdown by its name; name it to import it as text",
            ));
        }
    };
    Some(Found::File(path, kind))
}

/// Reads a file as text with `\n` line ends.
pub(super) fn read(path: &Path, kind: Kind) -> Result<Source, Refused> {
    let look = |source| Refused::Look { source };
    // Between the walk and now the file may have become a link, or a pipe.
    let file = regular_file::open(path, OFlags::NOFOLLOW).map_err(look)?;
    let file = file.ok_or_else(|| look(io::Error::other("it is no file any more")))?;
    let mut bytes = Vec::new();
    file.take(FILE_LEN_MAX + 1).read_to_end(&mut bytes).map_err(look)?;
    if bytes.len() as u64 > FILE_LEN_MAX {
        return Err(Refused::TooLong);
    }
    decode(&bytes, kind)
}

/// The text of some bytes: what a byte-order mark says, else UTF-8 if they are, else what HTML says of itself,
/// else Windows-1252.
fn decode(bytes: &[u8], kind: Kind) -> Result<Source, Refused> {
    let (text, encoding) = match (Encoding::for_bom(bytes), std::str::from_utf8(bytes)) {
        (Some((encoding, mark)), _) => {
            let text = encoding.decode_without_bom_handling_and_without_replacement(&bytes[mark..]);
            (text.ok_or(Refused::Encoding { encoding: encoding.name() })?.into_owned(), encoding.name())
        }
        (None, Ok(text)) => (text.to_owned(), "UTF-8"),
        (None, Err(_)) => {
            let said = encoding_said(bytes).filter(|_| kind == Kind::Html);
            let decoded = said.and_then(|said| {
                let text = said.decode_without_bom_handling_and_without_replacement(bytes)?;
                Some((text.into_owned(), said.name()))
            });
            decoded.unwrap_or_else(|| (WINDOWS_1252.decode(bytes).0.into_owned(), WINDOWS_1252.name()))
        }
    };
    let text = text.replace("\r\n", "\n");
    let text: String = text.chars().map(|c| if is_line_end(c) { '\n' } else { c }).collect();
    if let Some(at) = text.find(|c: char| c.is_control() && !matches!(c, '\n' | '\t')) {
        let line = text[..at].split('\n').count();
        let character = text[at..].chars().next().map_or(0, u32::from);
        return Err(Refused::Binary { encoding, line, character });
    }
    let visible = visible(&text);
    let invisible = text.chars().count() - visible.chars().count();
    Ok(Source { text: visible, invisible })
}

/// The encoding that a page names at its beginning: `<meta charset="...">`, in whichever form.
fn encoding_said(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(bytes.get(..HEAD_LEN).unwrap_or(bytes)).to_ascii_lowercase();
    let (_, said) = head.split_once("charset=")?;
    let said = said.trim_start_matches(['"', '\'', ' ']);
    let end = said.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | ':'));
    Encoding::for_label(&said.as_bytes()[..end.unwrap_or(said.len())])
}

fn is_line_end(c: char) -> bool {
    matches!(c, '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// A text without the characters that an article may not hold.
pub(super) fn visible(text: &str) -> String {
    text.chars().filter(|c| matches!(c, '\n' | '\t') || !(c.is_control() || is_invisible(*c))).collect()
}

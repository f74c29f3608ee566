//! Attachments.
//!
//! Invariant: a name that any system can keep, and at most [`FILE_LEN_MAX`] bytes that are text
//! without hidden characters: ten of them are far below what a request may have.

use crate::chat::discord::escape;

/// Bytes of a file at the most.
pub const FILE_LEN_MAX: usize = 512 * 1024;
/// Bytes of a name at the most.
const NAME_LEN_MAX: usize = 100;
/// Bytes kept free for the note where a file was cut.
const NOTE_LEN_MAX: usize = 64;

/// A text file to be attached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name: ASCII letters, digits, `.`, `_` and `-`.
    pub name: String,
    /// What stands in it, never empty.
    pub text: String,
}

impl File {
    /// A file whose name none of `others` has.
    pub fn new(name: &str, text: &str, others: &[Self]) -> Self {
        let wanted = safe_name(name);
        let mut name = wanted.clone();
        let mut number = 2;
        while others.iter().any(|other| other.name == name) {
            let (stem, extension) = wanted.rsplit_once('.').unwrap_or((&wanted, "txt"));
            name = format!("{stem}-{number}.{extension}");
            number += 1;
        }
        Self { name, text: cut(text) }
    }
}

/// The name with nothing in it that a file system, a shell or Discord would change.
fn safe_name(name: &str) -> String {
    let kept = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' };
    let name: String = name.chars().map(kept).collect();
    // The end has the extension, without which Discord shows no preview.
    let name = name.trim_end_matches('.');
    let name = name[name.len().saturating_sub(NAME_LEN_MAX)..].trim_start_matches(['.', '-']);
    if name.is_empty() { "file.txt".to_owned() } else { name.to_owned() }
}

/// The text as a file holds it: hidden characters spelled out, and if it is too long, its beginning
/// and its end with a note between.
pub fn cut(text: &str) -> String {
    let whole = escape::lines(&text[..boundary_before(text, FILE_LEN_MAX + 1)]);
    if whole.is_empty() {
        return "(empty)\n".to_owned();
    }
    if text.len() <= FILE_LEN_MAX && whole.len() <= FILE_LEN_MAX {
        return whole;
    }
    let half = (FILE_LEN_MAX - NOTE_LEN_MAX) / 2;
    let head = fitting(text.char_indices().map(|(at, c)| (at + c.len_utf8(), c)), half);
    let tail = fitting(text.char_indices().rev(), half).unwrap_or(text.len());
    let head = head.unwrap_or(0);
    let left_out = tail.saturating_sub(head);
    let (head, tail) = (escape::lines(&text[..head]), escape::lines(&text[tail..]));
    format!("{head}\n[... {left_out} bytes are left out here ...]\n{tail}")
}

/// Where the last of these characters stands that still has room.
fn fitting(chars: impl Iterator<Item = (usize, char)>, room: usize) -> Option<usize> {
    let mut shown = String::new();
    let mut used = 0;
    chars
        .take_while(|&(_, c)| {
            shown.clear();
            escape::push_line_char(&mut shown, c);
            used += shown.len();
            used <= room
        })
        .last()
        .map(|(at, _)| at)
}

fn boundary_before(text: &str, mut at: usize) -> usize {
    if at >= text.len() {
        return text.len();
    }
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

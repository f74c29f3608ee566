//! The line that is being typed.
//!
//! Invariant: it holds what is seen and nothing else, on one line: of what is put into it, line breaks
//! become spaces, and what would not show or would move something is spelled out, as in a reply. So what
//! is sent is what was shown. The cursor never stands inside of what is seen as one character.

use unicode_segmentation::UnicodeSegmentation as _;

use super::render::one_line;
use crate::chat::parse::LINE_LEN_MAX;

/// A line and the place of the cursor in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Line {
    text: String,
    cursor: usize,
}

impl From<&str> for Line {
    fn from(text: &str) -> Self {
        let mut line = Self::default();
        line.insert(text);
        line
    }
}

impl Line {
    pub fn text(&self) -> &str {
        &self.text
    }

    /// In bytes.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// What stands before the cursor.
    pub fn before(&self) -> &str {
        &self.text[..self.cursor]
    }

    fn after(&self) -> &str {
        &self.text[self.cursor..]
    }

    /// Puts a text in before the cursor.
    pub fn insert(&mut self, text: &str) {
        let seen = seen(text);
        self.text.insert_str(self.cursor, &seen);
        let put = self.cursor + seen.len();
        // What follows may join the last character that was put in: then the cursor goes after it.
        let mut boundaries = self.text.grapheme_indices(true).map(|(at, _)| at);
        self.cursor = boundaries.find(|at| *at >= put).unwrap_or(self.text.len());
    }

    /// Puts a character in that was typed. A line that is too long already is refused when it is sent: it
    /// grows no more.
    pub fn type_char(&mut self, c: char) {
        if self.text.len() <= LINE_LEN_MAX || self.text.chars().count() <= LINE_LEN_MAX {
            self.insert(c.encode_utf8(&mut [0; 4]));
        }
    }

    /// Whether a text can be put in without making the line too long.
    pub fn has_room_for(&self, text: &str) -> bool {
        self.text.chars().count() + seen(text).chars().count() <= LINE_LEN_MAX
    }

    pub fn left(&mut self) {
        self.cursor -= self.before().graphemes(true).next_back().map_or(0, str::len);
    }

    pub fn right(&mut self) {
        self.cursor += self.after().graphemes(true).next().map_or(0, str::len);
    }

    pub fn home(&mut self) {
        self.cursor = 0;
    }

    pub fn end(&mut self) {
        self.cursor = self.text.len();
    }

    pub fn word_left(&mut self) {
        let words = self.before().trim_end_matches(|c: char| !c.is_alphanumeric());
        self.cursor = words.trim_end_matches(char::is_alphanumeric).len();
    }

    pub fn word_right(&mut self) {
        let words = self.after().trim_start_matches(|c: char| !c.is_alphanumeric());
        self.cursor = self.text.len() - words.trim_start_matches(char::is_alphanumeric).len();
    }

    /// To where the white space before the last word ends.
    pub fn white_space_left(&mut self) {
        self.cursor = self.before().trim_end().trim_end_matches(|c: char| !c.is_whitespace()).len();
    }

    /// Takes out what lies between the cursor and where a movement takes it.
    pub fn cut(&mut self, movement: fn(&mut Self)) -> String {
        let from = self.cursor;
        movement(self);
        let (start, end) = (from.min(self.cursor), from.max(self.cursor));
        self.cursor = start;
        self.text.drain(start..end).collect()
    }
}

/// Somebody's words as they stand on one line: white space with a line break in it is one space.
fn seen(text: &str) -> String {
    if !text.contains(BREAKS) {
        return one_line(text);
    }
    let mut joined = String::with_capacity(text.len());
    for line in text.split(BREAKS) {
        let line = if joined.is_empty() { line.trim_end() } else { line.trim() };
        joined.push_str(line);
        if !joined.ends_with(' ') {
            joined.push(' ');
        }
    }
    if !text.ends_with(BREAKS) {
        joined.pop();
    }
    one_line(&joined)
}

const BREAKS: [char; 2] = ['\n', '\r'];

#[cfg(test)]
mod tests;

//! Text and files fill messages, one after the other.
//!
//! Invariant: a page is within Discord's limits at every moment, closed or not.

use std::mem;

use crate::chat::discord::escape::{self, FENCE_CLOSE, FENCE_OPEN, units};

use super::file::{self, File};

/// Units of a description at the most: Discord's 4096 with room for the note about the file. One
/// embed a message, so the 6000 over all embeds hold too.
const DESCRIPTION_MAX: usize = 4_000;
/// Files of a message: Discord's 10 without the one that holds all of it.
const FILES_MAX: usize = 9;
/// The file that holds all of it where the messages do not.
const WHOLE_NAME: &str = "reply.txt";

/// What goes into one message.
#[derive(Debug, Default)]
pub struct Page {
    /// Discord text; empty if there is none.
    pub description: String,
    /// Attachments.
    pub files: Vec<File>,
}

/// Pages being filled.
#[derive(Debug, Default)]
pub struct Pages {
    full: Vec<Page>,
    page: Page,
    /// Whether the description ends inside a fenced block; the room to close it is kept free.
    in_block: bool,
    /// Everything so far, without formatting: whoever opens the file should not have to put it
    /// together with what the message shows.
    whole: String,
    /// Whether pages are used up: everything else goes into the file alone.
    over: bool,
    most: usize,
    /// Whether what goes beyond is left out: a message that is edited keeps its first files.
    is_card: bool,
}

impl Pages {
    /// So many pages at the most.
    pub fn new(most: usize) -> Self {
        Self { most, ..Self::default() }
    }

    /// One page, and no file for what goes beyond.
    pub fn card() -> Self {
        Self { most: 1, is_card: true, ..Self::default() }
    }

    /// Room for text that follows on a new line of this page.
    fn room(&self) -> usize {
        let used = units(&self.page.description);
        let closing = if self.in_block { FENCE_CLOSE.len() } else { 0 };
        DESCRIPTION_MAX.saturating_sub(used + closing + 1)
    }

    /// Appends a row of text (below the limit of a page) with what the file would say for it.
    pub fn row(&mut self, row: &str, unformatted: &str) {
        self.close_block();
        self.keep(unformatted);
        if !self.over && units(row) > self.room() {
            self.turn();
        }
        if !self.over {
            self.new_line();
            self.page.description.push_str(row);
        }
    }

    /// Appends lines as a fenced block of its own, going on in the next message where it must.
    pub fn block(&mut self, text: &str) {
        self.close_block();
        // Discord drops blank lines at both ends, and shows a block of nothing else as backticks.
        let lines: Vec<_> = text.lines().collect();
        let blank = |line: &&&str| line.trim().is_empty();
        let begin = lines.iter().take_while(blank).count();
        let end = lines.len() - lines[begin..].iter().rev().take_while(blank).count();
        for line in &lines[begin..end] {
            self.keep(&escape::plain(line));
            let mut rest = *line;
            loop {
                rest = self.block_line(rest);
                if rest.is_empty() {
                    break;
                }
            }
        }
        self.close_block();
    }

    /// Appends as much of a line as has room and returns the rest of it.
    fn block_line<'a>(&mut self, line: &'a str) -> &'a str {
        let fences = if self.in_block { 0 } else { FENCE_OPEN.len() + FENCE_CLOSE.len() };
        let shown = escape::block_line(line);
        let room = self.room().saturating_sub(fences);
        if !self.over && units(&shown) > room {
            // A line that no page could hold is split where this one ends; any other moves on whole.
            let longest = DESCRIPTION_MAX - FENCE_OPEN.len() - FENCE_CLOSE.len() - 1;
            let (beginning, rest) = escape::taken(line, room, escape::block_line);
            if units(&shown) > longest && room > longest / 2 && !beginning.is_empty() {
                self.push_block_line(&beginning);
                return rest;
            }
            self.turn();
            if !self.over {
                return line;
            }
        }
        if !self.over && (self.in_block || !line.trim().is_empty()) {
            self.push_block_line(&shown);
        }
        ""
    }

    fn push_block_line(&mut self, shown: &str) {
        self.new_line();
        if !self.in_block {
            self.page.description.push_str(FENCE_OPEN);
            self.in_block = true;
        }
        self.page.description.push_str(shown);
    }

    fn new_line(&mut self) {
        if !self.page.description.is_empty() {
            self.page.description.push('\n');
        }
    }

    fn close_block(&mut self) {
        if mem::take(&mut self.in_block) {
            self.page.description.push_str(FENCE_CLOSE);
        }
    }

    /// Attaches a file here, in the next message, or as a part of the one that holds all, and says under which name.
    pub fn attach(&mut self, name: &str, text: &str) -> String {
        self.close_block();
        if !self.over && self.page.files.len() == FILES_MAX {
            self.turn();
        }
        if self.page.files.len() == FILES_MAX {
            self.over = true;
            self.keep(&format!("--- {} ---", escape::plain(name)));
            self.keep(&file::cut(text));
            return WHOLE_NAME.to_owned();
        }
        let file = File::new(name, text, &self.page.files);
        let name = file.name.clone();
        self.page.files.push(file);
        name
    }

    /// Goes on with the next page, or with the file if this was the last.
    fn turn(&mut self) {
        self.close_block();
        if self.full.len() + 1 < self.most {
            self.full.push(mem::take(&mut self.page));
        } else {
            self.over = true;
        }
    }

    /// Appends to the file, which is no longer than the reply: it is cut in the end.
    fn keep(&mut self, text: &str) {
        self.whole.extend([text, "\n"]);
    }

    /// All pages, at least one; only the first can be empty.
    pub fn finish(mut self, title: &str) -> Vec<Page> {
        self.close_block();
        if self.over && self.is_card {
            self.new_line();
            self.page.description.push_str("… `/show` has all of it.");
        } else if self.over {
            let text = format!("{title}\n\n{}", self.whole);
            let file = File::new(WHOLE_NAME, &text, &self.page.files);
            self.new_line();
            self.page.description.extend(["All of it is in `", &file.name, "`."]);
            self.page.files.push(file);
        }
        self.full.push(self.page);
        self.full
    }
}

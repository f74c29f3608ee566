//! What keys do to the line: the one that is being typed, those typed before, the one that is looked for.

use super::completion::{Completion, Rest};
use super::history::History;
use super::keys::Key;
use super::line::Line;
use crate::chat::parse::LINE_LEN_MAX;

/// Holds the line.
#[derive(Debug, Default)]
pub(super) struct Editor {
    prompt: String,
    line: Line,
    history: History,
    completion: Completion,
    search: Option<Search>,
    killed: String,
    /// Whether a key was pressed since the prompt was shown.
    touched: bool,
}

/// Looking for a line that was typed before.
#[derive(Debug, Default)]
struct Search {
    words: String,
    /// Where it was found.
    at: Option<usize>,
    failed: bool,
    /// What stood there before.
    draft: Line,
}

/// What is to be done about a key beyond drawing the line again.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing.
    Draw,
    /// The line is sent.
    Send(String),
    /// The line was thrown away: this is what stood there.
    Drop(String),
    /// Ctrl-C on an empty line; true: and no other key since the prompt was shown.
    Interrupt(bool),
    /// Ctrl-D on an empty line.
    End,
    /// This is shown above the line.
    Note(String),
    ClearScreen,
    Suspend,
}

impl Editor {
    pub fn new(completion: Completion) -> Self {
        Self { completion, ..Self::default() }
    }

    /// Begins a line.
    pub fn begin(&mut self, prompt: String) {
        self.prompt = prompt;
        self.touched = false;
    }

    /// What is to be seen, and the byte at which the cursor stands.
    pub fn shown(&self) -> (String, usize) {
        let prompt = match &self.search {
            None => self.prompt.clone(),
            Some(Search { words, failed: false, .. }) => format!("(search `{words}`) "),
            Some(Search { words, .. }) => format!("(search `{words}`: not found) "),
        };
        let cursor = prompt.len() + self.line.cursor();
        (prompt + self.line.text(), cursor)
    }

    /// Takes a key.
    pub fn take(&mut self, key: Key) -> Step {
        let first = !std::mem::replace(&mut self.touched, true);
        if self.search.is_some() {
            return match key {
                Key::Char(c) => self.search_more(c),
                Key::Backspace => self.search_less(),
                Key::Search => self.search_on(),
                Key::Cancel => {
                    self.line = self.search.take().unwrap_or_default().draft;
                    Step::Draw
                }
                key => {
                    self.search = None;
                    self.edit(key, false)
                }
            };
        }
        self.edit(key, first)
    }

    fn edit(&mut self, key: Key, first: bool) -> Step {
        match key {
            Key::Enter => return self.send(),
            Key::Interrupt if self.line.is_empty() => return Step::Interrupt(first),
            Key::Interrupt => {
                let (stood, _) = self.shown();
                self.line = Line::default();
                self.history.leave();
                return Step::Drop(stood);
            }
            Key::DeleteOrEnd if self.line.is_empty() => return Step::End,
            Key::ClearScreen => return Step::ClearScreen,
            Key::Suspend => return Step::Suspend,
            Key::Tab => return self.complete(),
            Key::Paste(text) => return self.paste(text),
            Key::Char(c) => self.line.type_char(c),
            Key::Yank => {
                let killed = self.killed.clone();
                return self.paste(Some(killed));
            }
            Key::Search => {
                self.search = Some(Search { draft: self.line.clone(), ..Search::default() });
            }
            Key::Up => self.line = self.history.older(&self.line).unwrap_or_else(|| self.line.clone()),
            Key::Down => self.line = self.history.newer().unwrap_or_else(|| self.line.clone()),
            Key::Cancel => {}
            key => self.edit_line(&key),
        }
        Step::Draw
    }

    /// The keys that concern the line alone.
    fn edit_line(&mut self, key: &Key) {
        let line = &mut self.line;
        let killed = match key {
            Key::Backspace => return drop(line.cut(Line::left)),
            Key::Delete | Key::DeleteOrEnd => return drop(line.cut(Line::right)),
            Key::Left => return line.left(),
            Key::Right => return line.right(),
            Key::WordLeft => return line.word_left(),
            Key::WordRight => return line.word_right(),
            Key::Home => return line.home(),
            Key::End => return line.end(),
            Key::KillToEnd => line.cut(Line::end),
            Key::KillToStart => line.cut(Line::home),
            Key::KillWord => line.cut(Line::white_space_left),
            Key::KillWordLeft => line.cut(Line::word_left),
            Key::KillWordRight => line.cut(Line::word_right),
            _ => return,
        };
        if !killed.is_empty() {
            self.killed = killed;
        }
    }

    fn send(&mut self) -> Step {
        let line = std::mem::take(&mut self.line);
        self.history.keep(line.text());
        Step::Send(line.text().to_owned())
    }

    fn paste(&mut self, text: Option<String>) -> Step {
        match text.filter(|text| self.line.has_room_for(text)) {
            Some(text) => {
                self.line.insert(&text);
                Step::Draw
            }
            None => Step::Note(format!(
                "! nothing was pasted: a line has at most {LINE_LEN_MAX} characters, and with this it would have more\n"
            )),
        }
    }

    fn complete(&mut self) -> Step {
        match self.completion.rest(self.line.before()) {
            None => Step::Draw,
            Some(Rest::One(rest)) => {
                self.line.insert(&rest);
                Step::Draw
            }
            Some(Rest::Several(words)) => Step::Note(format!("  {}\n", words.join("  "))),
        }
    }

    fn search_more(&mut self, c: char) -> Step {
        if let Some(search) = &mut self.search {
            let mut words = Line::from(search.words.as_str());
            words.type_char(c);
            words.text().clone_into(&mut search.words);
            // What is found already may have the longer words too.
            let before = search.at.map(|at| at + 1);
            self.look(before);
        }
        Step::Draw
    }

    fn search_less(&mut self) -> Step {
        if let Some(search) = &mut self.search {
            let mut words = Line::from(search.words.as_str());
            words.cut(Line::left);
            words.text().clone_into(&mut search.words);
            self.look(None);
        }
        Step::Draw
    }

    fn search_on(&mut self) -> Step {
        if let Some(search) = &self.search
            && !search.words.is_empty()
        {
            self.look(search.at);
        }
        Step::Draw
    }

    fn look(&mut self, before: Option<usize>) {
        let Some(search) = &mut self.search else { return };
        let found = self.history.find(&search.words, before).filter(|_| !search.words.is_empty());
        search.failed = found.is_none() && !search.words.is_empty();
        if let Some((at, line)) = found {
            search.at = Some(at);
            self.line = Line::from(line);
        }
    }
}

#[cfg(test)]
mod tests;

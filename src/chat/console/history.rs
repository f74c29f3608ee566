//! What has been typed before.
//!
//! Invariant: it is in memory only: a secret that was typed is on no disk.

use super::line::Line;

/// Lines kept.
const LINES_MAX: usize = 500;

/// Lines, oldest first, and the place of whoever looks through them.
#[derive(Debug, Default)]
pub(super) struct History {
    lines: Vec<String>,
    /// None: at the line that is being typed.
    at: Option<usize>,
    /// The line that was being typed when looking began.
    draft: Line,
}

impl History {
    /// Keeps a line that was sent.
    pub fn keep(&mut self, line: &str) {
        self.at = None;
        if line.trim().is_empty() || self.lines.last().is_some_and(|last| last == line) {
            return;
        }
        if self.lines.len() == LINES_MAX {
            self.lines.remove(0);
        }
        self.lines.push(line.to_owned());
    }

    /// Back at the line that is being typed.
    pub fn leave(&mut self) {
        self.at = None;
    }

    /// The line before.
    pub fn older(&mut self, typed: &Line) -> Option<Line> {
        let at = self.at.unwrap_or(self.lines.len()).checked_sub(1)?;
        if self.at.is_none() {
            self.draft = typed.clone();
        }
        self.at = Some(at);
        self.lines.get(at).map(|line| line.as_str().into())
    }

    /// The line after; after the last the one that was being typed.
    pub fn newer(&mut self) -> Option<Line> {
        let at = self.at? + 1;
        self.at = (at < self.lines.len()).then_some(at);
        Some(self.lines.get(at).map_or_else(|| std::mem::take(&mut self.draft), |line| line.as_str().into()))
    }

    /// The newest line before a place, or at it, in which words stand.
    pub fn find(&self, words: &str, before: Option<usize>) -> Option<(usize, &str)> {
        let end = before.map_or(self.lines.len(), |before| before.min(self.lines.len()));
        let found = self.lines[..end].iter().rposition(|line| line.contains(words))?;
        Some((found, &self.lines[found]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_looks_back_and_comes_home_to_what_was_being_typed() {
        let mut history = History::default();
        for line in ["a", "b", "b", " "] {
            history.keep(line);
        }
        let typed = Line::from("draft");
        let texts = [history.older(&typed), history.older(&"b".into()), history.older(&"a".into())];
        assert_eq!(texts, [Some("b".into()), Some("a".into()), None]);
        assert_eq!(
            [history.newer(), history.newer(), history.newer()],
            [Some("b".into()), Some(typed), None]
        );
    }

    #[test]
    fn the_oldest_lines_go() {
        let mut history = History::default();
        for number in 0..=LINES_MAX {
            history.keep(&format!("line {number}"));
        }
        assert_eq!((history.find("line 0", None), history.lines.len()), (None, LINES_MAX));
    }
}

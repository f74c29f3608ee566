//! The line that is being typed, as it stands on the screen.
//!
//! Invariant: only what was drawn is erased. Where the window has changed and it is not known how the
//! terminal has moved what stood there, rather a piece of the old line stays than that something else goes.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar as _;

/// A row and a column, from 0.
type Place = (usize, usize);

/// A window and what is drawn in it.
#[derive(Debug)]
pub(super) struct View {
    columns: usize,
    rows: usize,
    /// Where the cursor is, from the first row that is drawn; none if nothing is.
    cursor: Option<Place>,
}

impl View {
    pub fn new((columns, rows): (usize, usize)) -> Self {
        let mut view = Self { columns: 0, rows: 0, cursor: None };
        view.resize((columns, rows));
        view
    }

    /// The window has this size now; 0 is said where nobody knows (and then a common one is taken).
    pub fn resize(&mut self, (columns, rows): (usize, usize)) {
        let columns = if columns == 0 { 80 } else { columns };
        // Some terminals break their lines anew, others leave them: the fewest rows of both.
        self.cursor = self.cursor.map(|(row, column)| {
            let broken_anew = (row * self.columns + column) / columns;
            (row.min(broken_anew), column.min(columns - 1))
        });
        (self.columns, self.rows) = (columns, if rows == 0 { 24 } else { rows });
    }

    /// What takes it off the screen.
    pub fn erase(&mut self) -> String {
        match self.cursor.take() {
            None => String::new(),
            Some((row, _)) => format!("{}\r\x1b[J", up(row)),
        }
    }

    /// What draws a text anew, with the cursor at a byte of it. Of one that is higher than the window, the part
    /// with the cursor is shown.
    pub fn draw(&mut self, text: &str, cursor: usize) -> String {
        let mut drawn = self.erase();
        let Layout { starts, cursor, end } = Layout::of(text, cursor, self.columns);
        let first = (cursor.0 + 1).saturating_sub(self.rows);
        let after = (first + self.rows).min(starts.len());
        let to = starts.get(after).copied().unwrap_or(text.len());
        // The terminal wraps by itself, so that it knows the rows for one line.
        drawn.push_str(text.get(starts[first]..to).unwrap_or_default());
        if after == starts.len() && end.1 == 0 && end.0 > 0 {
            drawn.push_str("\r\n");
        }
        drawn.push_str(&up(after - 1 - cursor.0));
        drawn.push('\r');
        if cursor.1 > 0 {
            let _ = write!(drawn, "\x1b[{}C", cursor.1);
        }
        self.cursor = Some((cursor.0 - first, cursor.1));
        drawn
    }

    /// What draws a text for good and goes to the row below it.
    pub fn finish(&mut self, text: &str) -> String {
        let mut drawn = self.draw(text, text.len());
        if self.cursor.take().is_some_and(|(row, column)| row == 0 || column > 0) {
            drawn.push_str("\r\n");
        }
        drawn
    }

    /// What clears the screen.
    pub fn clear(&mut self) -> &'static str {
        self.cursor = None;
        "\x1b[H\x1b[2J"
    }
}

/// Cursor up (ECMA-48).
fn up(rows: usize) -> String {
    if rows == 0 { String::new() } else { format!("\x1b[{rows}A") }
}

/// A text in rows of so many columns.
struct Layout {
    /// The byte at which each row begins.
    starts: Vec<usize>,
    cursor: Place,
    end: Place,
}

impl Layout {
    fn of(text: &str, cursor: usize, columns: usize) -> Self {
        let (mut starts, mut at, mut found) = (vec![0], (0, 0), None);
        for (index, c) in text.char_indices() {
            let width = c.width().unwrap_or(0).min(columns);
            if at.1 + width > columns {
                starts.push(index);
                at = (at.0 + 1, 0);
            }
            if index == cursor {
                found = Some(at);
            }
            at.1 += width;
        }
        // After a full row the cursor is on the next one.
        if at.1 == columns {
            starts.push(text.len());
            at = (at.0 + 1, 0);
        }
        Self { starts, cursor: found.unwrap_or(at), end: at }
    }
}

#[cfg(test)]
mod tests;

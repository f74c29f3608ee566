//! How far a long piece of work is, on standard error, for whoever waits for it.
//!
//! On a terminal one line is written over; elsewhere a line comes now and then, and one at the end.

use std::cell::Cell;
use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

/// Between two lines where they stay.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// A piece of work that takes a while.
pub struct Progress {
    what: &'static str,
    is_terminal: bool,
    told: Cell<Instant>,
}

impl Progress {
    /// Nothing is told yet. `what` stands before the figures: `encoding texts`.
    pub fn new(what: &'static str) -> Self {
        Self { what, is_terminal: io::stderr().is_terminal(), told: Cell::new(Instant::now()) }
    }

    /// Tells that so many of all are done. Where there is nothing to do nothing is told.
    pub fn tell(&self, done: usize, all: usize) {
        if let Some(text) = self.text(done, all, Instant::now()) {
            // Whoever doesn't see it misses nothing.
            let _ = io::stderr().write_all(text.as_bytes());
        }
    }

    fn text(&self, done: usize, all: usize, now: Instant) -> Option<String> {
        let is_over = done == all;
        let is_time = now.saturating_duration_since(self.told.get()) >= LINE_EVERY;
        if all == 0 || !(self.is_terminal || is_over || is_time) {
            return None;
        }
        self.told.set(now);
        let begin = if self.is_terminal { "\r" } else { "" };
        let end = if self.is_terminal && !is_over { "" } else { "\n" };
        Some(format!("{begin}{}: {done} of {all}{end}", self.what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told at these seconds after the beginning.
    fn told(is_terminal: bool, calls: &[(u64, usize, usize)]) -> String {
        let begin = Instant::now();
        let progress = Progress { what: "encoding passages", is_terminal, told: Cell::new(begin) };
        let text = |(at_s, done, all): &(u64, usize, usize)| {
            progress.text(*done, *all, begin + Duration::from_secs(*at_s))
        };
        calls.iter().filter_map(text).collect()
    }

    #[test]
    fn a_terminal_shows_one_line_that_is_written_over() {
        let calls = [(0, 0, 64), (0, 32, 64), (1, 64, 64)];
        let expected =
            "\rencoding passages: 0 of 64\rencoding passages: 32 of 64\rencoding passages: 64 of 64\n";
        assert_eq!(told(true, &calls), expected);
    }

    #[test]
    fn elsewhere_a_line_comes_every_5_seconds_and_one_at_the_end() {
        let calls = [(0, 0, 160), (4, 32, 160), (5, 64, 160), (9, 96, 160), (10, 128, 160), (11, 160, 160)];
        let expected =
            "encoding passages: 64 of 160\nencoding passages: 128 of 160\nencoding passages: 160 of 160\n";
        assert_eq!(told(false, &calls), expected);
    }

    #[test]
    fn of_nothing_nothing_is_told() {
        assert_eq!(told(true, &[(0, 0, 0), (9, 0, 0)]) + &told(false, &[(0, 0, 0), (9, 0, 0)]), "");
    }
}

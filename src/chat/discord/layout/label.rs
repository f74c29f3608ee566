//! Titles, labels and placeholders: short text that Discord shows as it is.
//!
//! Invariant: a label is one line, is never empty, and keeps to its limit.

use crate::chat::discord::escape;

/// One line of at most `max` units for where nothing is formatted and something must stand.
pub fn one_line(text: &str, max: usize) -> String {
    let text = text.trim();
    let whole = escape::plain(text);
    match whole.as_str() {
        "" => "…".to_owned(),
        _ if escape::units(&whole) <= max => whole,
        _ => escape::taken(text, max - 1, escape::plain).0 + "…",
    }
}

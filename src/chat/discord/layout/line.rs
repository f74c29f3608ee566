//! A line of a reply as Discord text.
//!
//! Invariant: what one span says is never read together with the next: words that touch are escaped
//! as one, spans of code never touch, and neither do spans that are bold. Code never stands inside bold: Discord looks for the end of
//! bold text without regard to code.

use crate::chat::discord::escape;
use crate::chat::discord::ids::is_snowflake;
use crate::domain::say::line::{Line, Span};

/// How a line is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// As text.
    Normal,
    /// Bold, except its code.
    Bold,
}

/// Words that are set alike.
enum Run {
    Words(String),
    /// Words in bold between others.
    Marked(String),
    Code(String),
    /// A reference to an account or a channel, which Discord shows by its name.
    Reference(String),
}

/// A row of text.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// As Discord text.
    pub shown: String,
    /// As a file says it.
    pub unformatted: String,
    /// Whether it begins a new line of somebody's words, and not only where there is room again.
    pub begins_line: bool,
}

/// The least room that a run is begun in, rather than on the next row.
const RUN_ROOM_MIN: usize = 24;

/// The line in rows of at most `max` units (which must be some hundreds), none of them blank. Words
/// of several lines have a row for each.
pub fn rows(line: &Line, max: usize, weight: Weight) -> Vec<Row> {
    let mut rows = vec![];
    let mut row = Row::default();
    for run in runs(line, weight) {
        for (at, text) in run.lines().enumerate() {
            if at > 0 {
                rows.push(std::mem::replace(&mut row, Row { begins_line: true, ..Row::default() }));
            }
            let mut rest = text;
            loop {
                let room = max - escape::units(&row.shown);
                let (shown, left) =
                    if room < RUN_ROOM_MIN { (String::new(), rest) } else { run.taken(rest, room, weight) };
                row.shown.push_str(&shown);
                row.unformatted.push_str(&escape::plain(&rest[..rest.len() - left.len()]));
                if left.is_empty() {
                    break;
                }
                rest = left;
                rows.push(std::mem::take(&mut row));
            }
        }
    }
    rows.push(row);
    rows.retain(|row| !row.shown.trim().is_empty());
    rows
}

/// The spans, with words that touch and are set alike put together.
fn runs(line: &Line, weight: Weight) -> Vec<Run> {
    let mut runs: Vec<Run> = vec![];
    for span in &line.0 {
        let run = match span {
            Span::Plain(text) => Run::Words(text.clone()),
            Span::Marked(text) if weight == Weight::Normal => Run::Marked(text.escape_with(str::to_owned)),
            Span::Untrusted(text) | Span::Marked(text) => Run::Words(text.escape_with(str::to_owned)),
            Span::Code(text) => Run::Code(text.escape_with(str::to_owned)),
            Span::Account(actor) => match actor.0.strip_prefix("discord:") {
                Some(id) if is_snowflake(id) => Run::Reference(format!("<@{id}>")),
                _ => Run::Code(actor.0.clone()),
            },
            Span::Place(conversation) => match conversation.as_str().strip_prefix("discord:") {
                Some(id) if is_snowflake(id) => Run::Reference(format!("<#{id}>")),
                _ => Run::Code(conversation.to_string()),
            },
        };
        match (runs.last_mut(), run) {
            (_, Run::Words(text) | Run::Marked(text)) if text.is_empty() => {}
            (Some(Run::Words(before)), Run::Words(text)) | (Some(Run::Marked(before)), Run::Marked(text)) => {
                before.push_str(&text);
            }
            (Some(Run::Code(_)), Run::Code(text)) => {
                runs.extend([Run::Words(" ".to_owned()), Run::Code(text)]);
            }
            (_, run) => runs.push(run),
        }
    }
    runs
}

impl Run {
    fn source(&self) -> &str {
        match self {
            Self::Words(text) | Self::Marked(text) | Self::Code(text) | Self::Reference(text) => text,
        }
    }

    /// Its lines: code is one, whatever stands in it.
    fn lines(&self) -> impl Iterator<Item = &str> {
        let ends: &[char] = match self {
            Self::Words(_) | Self::Marked(_) => &['\n'],
            Self::Code(_) | Self::Reference(_) => &[],
        };
        self.source()
            .split(ends)
            .map(move |line| if ends.is_empty() { line } else { line.trim_end_matches('\r') })
    }

    /// As much of `text` as has room, escaped, and the rest.
    fn taken<'a>(&self, text: &'a str, room: usize, weight: Weight) -> (String, &'a str) {
        match self {
            Self::Words(_) if weight == Weight::Bold => escape::taken(text, room, bold),
            Self::Words(_) => escape::taken(text, room, escape::inline),
            Self::Marked(_) => escape::taken(text, room, bold),
            Self::Code(_) if text.is_empty() => (escape::code(text), text),
            Self::Code(_) => escape::taken(text, room, escape::code),
            Self::Reference(text) => (text.clone(), ""),
        }
    }
}

fn bold(text: &str) -> String {
    let words = text.trim();
    if words.is_empty() {
        return escape::inline(text);
    }
    let begins = text.len() - text.trim_start().len();
    let (before, after) = (&text[..begins], &text[begins + words.len()..]);
    format!("{}**{}**{}", escape::inline(before), escape::inline(words), escape::inline(after))
}

/// The line without any of it, as it was written.
pub fn words(line: &Line) -> String {
    runs(line, Weight::Normal).iter().map(Run::source).collect()
}

/// The same as a file says it.
pub fn unformatted(line: &Line) -> String {
    escape::lines(&words(line))
}

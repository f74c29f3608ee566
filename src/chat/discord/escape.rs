//! Somebody else's text as Discord text that shows it and does nothing else.
//!
//! Invariant: what comes out neither mentions, links, formats nor ends what it stands in, whatever
//! goes in; and no control, bidirectional or invisible character goes through: it is spelled out as
//! `\u{..}`, as in the terminal. Functions work on the text they are given: escape words that will
//! stand next to each other together, or put something in between.
//!
//! How Discord reads text is not specified. What is escaped here follows the rules its clients
//! share: a backslash takes the meaning of any one ASCII punctuation mark and is not shown, except in
//! code, where it is shown. Hence in code something has to change that people see. Zero-width
//! characters, the usual trick, would go along when somebody copies a command, so U+02CB (`ˋ`) takes
//! the place of a backtick, and only where it must: every second one of a run in inline code, every
//! third one in a block. One backtick stays itself, so what is read before an approval is exact but
//! for texts that no shell has a use for.
//!
//! Code keeps its `@`: an address in a command must be exact, code mentions nobody, and no message
//! allows a mention to ping.

use crate::domain::text::is_invisible;

/// What takes the place of a backtick that would end the code it stands in.
const BACKTICK: char = '\u{02cb}';
/// What takes the place of the `@` of a word that calls everybody. A backslash would not do: the
/// server looks for the bare word.
const AT: char = '\u{ff20}';

/// The length of a text as Discord counts it against its limits: it names characters and its clients
/// count UTF-16 units, so units are never too few.
pub fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// What stands so far on the line, as far as Discord makes a list or a heading of it.
#[derive(Clone, Copy, PartialEq)]
enum Begun {
    Blank,
    Number,
    Words,
}

/// Text for a line of a message or an embed.
pub fn inline(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + 8);
    let mut begun = Begun::Blank;
    for (at, c) in text.char_indices() {
        let (before, after) = (&text[..at], &text[at + c.len_utf8()..]);
        match c {
            '\t' => shown.push_str("    "),
            c if is_hidden(c) => {
                shown.push('\\');
                shown.extend(c.escape_unicode());
            }
            '@' if calls_everybody(after) => shown.push(AT),
            c if is_live(c, before, after, begun) => shown.extend(['\\', c]),
            c => shown.push(c),
        }
        begun = match begun {
            Begun::Blank if c == '\t' || c.is_whitespace() && !is_hidden(c) => Begun::Blank,
            Begun::Blank | Begun::Number if c.is_ascii_digit() => Begun::Number,
            _ => Begun::Words,
        };
    }
    shown
}

/// Whether a character could mean something to Discord where it stands.
fn is_live(c: char, before: &str, after: &str, begun: Begun) -> bool {
    match c {
        // A mention, a channel and a date all begin with `<`: what follows it needs nothing.
        '\\' | '`' | '*' | '_' | '~' | '|' | '<' | '[' | ']' => true,
        // A link or an emoji: a time of day and a port are neither.
        ':' => after.starts_with("//") || is_emoji(after),
        // Headings, quotations and lists.
        '#' | '>' | '-' | '+' => begun == Begun::Blank,
        '.' | ')' if begun == Begun::Number => true,
        // Invitations work without a scheme.
        '.' => ["discord", "discordapp"].iter().any(|host| ends_with(before, host)),
        _ => false,
    }
}

/// Whether the name of an emoji and its second colon follow.
fn is_emoji(after: &str) -> bool {
    let name = after.split(|c: char| !(c.is_ascii_alphanumeric() || "_+-~".contains(c))).next();
    let name = name.unwrap_or_default();
    let digits = name.bytes().all(|b| b.is_ascii_digit());
    after[name.len()..].starts_with(':') && (!digits || ["100", "1234"].contains(&name))
}

fn ends_with(text: &str, word: &str) -> bool {
    text.len() >= word.len()
        && text.as_bytes()[text.len() - word.len()..].eq_ignore_ascii_case(word.as_bytes())
}

fn calls_everybody(after: &str) -> bool {
    ["everyone", "here"].iter().any(|word| {
        after.len() >= word.len() && after.as_bytes()[..word.len()].eq_ignore_ascii_case(word.as_bytes())
    })
}

/// A span of inline code, never empty.
pub fn code(text: &str) -> String {
    let content = broken_runs(&plain(text), 2);
    if content.is_empty() {
        return "` `".to_owned();
    }
    if !content.contains('`') {
        return format!("`{content}`");
    }
    // Clients take a space away that keeps a backtick from the fence.
    let before = if content.starts_with('`') { " " } else { "" };
    let after = if content.ends_with('`') { " " } else { "" };
    format!("``{before}{content}{after}``")
}

/// A line inside a fenced block.
pub fn block_line(text: &str) -> String {
    broken_runs(&plain(text), 3)
}

/// Opens a fenced block. The line break keeps the first line from being taken for a language.
pub const FENCE_OPEN: &str = "```\n";
/// Closes a fenced block.
pub const FENCE_CLOSE: &str = "\n```";

/// A fenced block of at most `max` units, never empty; where it was cut, it ends in `…`.
/// Below 16 units the content is the least that makes a block.
pub fn block(text: &str, max: usize) -> String {
    let room = max.saturating_sub(FENCE_OPEN.len() + FENCE_CLOSE.len());
    let mut content = String::new();
    let mut used = 0;
    for line in text.lines().skip_while(|line| line.trim().is_empty()) {
        let shown = block_line(line);
        let needed = units(&shown) + 1;
        if used + needed + 1 > room {
            let (beginning, _) = taken(line, room.saturating_sub(used + 1), block_line);
            content.extend([beginning.as_str(), "…"]);
            break;
        }
        used += needed;
        content.extend([shown.as_str(), "\n"]);
    }
    let content = content.trim_end();
    let content = if content.is_empty() { " " } else { content };
    format!("{FENCE_OPEN}{content}{FENCE_CLOSE}")
}

/// One line for where Discord formats nothing: buttons, forms.
pub fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        push_plain(&mut shown, c);
    }
    shown
}

/// Lines for where Discord formats nothing: files, the long fields of a form.
pub fn lines(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        push_line_char(&mut shown, c);
    }
    shown
}

/// A character of [`lines`].
pub fn push_line_char(shown: &mut String, c: char) {
    match c {
        '\n' | '\t' => shown.push(c),
        c => push_plain(shown, c),
    }
}

fn push_plain(shown: &mut String, c: char) {
    match c {
        '\t' => shown.push_str("    "),
        c if is_hidden(c) => shown.extend(c.escape_unicode()),
        c => shown.push(c),
    }
}

fn is_hidden(c: char) -> bool {
    c.is_control() || is_invisible(c)
}

/// Replaces the last backtick of every `run` in a row.
fn broken_runs(text: &str, run: usize) -> String {
    let mut in_row = 0;
    text.chars()
        .map(|c| {
            in_row = if c == '`' { in_row + 1 } else { 0 };
            if in_row == run {
                in_row = 0;
                return BACKTICK;
            }
            c
        })
        .collect()
}

/// The longest beginning of `text` whose escaped form has at most `max` units, escaped, and what
/// comes after it. It is cut before it is escaped, so no escape is ever cut.
pub fn taken(text: &str, max: usize, escape: impl Fn(&str) -> String) -> (String, &str) {
    // Every character shows as one unit at least: nothing beyond this can fit.
    let mut fits = (0, String::new());
    let (mut low, mut high) = (1, text.chars().take(max + 1).count());
    while low <= high {
        let middle = usize::midpoint(low, high);
        let end = text.char_indices().nth(middle).map_or(text.len(), |(at, _)| at);
        let escaped = escape(&text[..end]);
        if units(&escaped) <= max {
            fits = (end, escaped);
            low = middle + 1;
        } else {
            high = middle - 1;
        }
    }
    (fits.1, &text[fits.0..])
}

#[cfg(test)]
mod tests;

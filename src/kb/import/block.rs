//! What a text consists of, and how it is written as Markdown.
//!
//! Invariant: what is written reads back as these blocks and these words. A character that Markdown
//! would take for markup is escaped, and a fence is longer than any that the code holds: no imported
//! text can open or close anything.

use crate::kb::limits::{TITLE_LEN_MAX, is_long};

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Block {
    /// A heading below the title; [`HIGHEST`] is the highest level. One that is too long is written as text.
    Heading { level: usize, text: Text },
    /// Line ends are kept.
    Paragraph(Text),
    /// An item of a list.
    Item { depth: usize, number: Option<u32>, text: Text },
    /// Lines as they are.
    Code(String),
    /// Rows of cells, the first with the names of the columns.
    Table(Vec<Vec<String>>),
}

/// Running text.
pub(super) type Text = Vec<Span>;

/// A piece of running text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Span {
    /// Words.
    Words(String),
    /// Something to be typed.
    Code(String),
}

/// The level of headings right below the title.
const HIGHEST: usize = 2;
/// Lists within lists; what is deeper stands on the deepest.
const DEPTH_MAX: usize = 6;

/// The words of a running text, without markup.
pub(super) fn plain(text: &[Span]) -> String {
    text.iter().map(|(Span::Words(text) | Span::Code(text))| text.as_str()).collect()
}

/// The blocks as Markdown. Its highest headings stand right below the title, however deep they were.
pub(super) fn markdown(blocks: &[Block]) -> String {
    let levels = blocks.iter().filter_map(|block| match block {
        Block::Heading { level, .. } => Some(level.saturating_sub(HIGHEST)),
        _ => None,
    });
    let raised = levels.min().unwrap_or_default();
    let mut written = String::new();
    // Where the text of each open item begins.
    let mut indents: Vec<usize> = Vec::new();
    let mut before = None;
    for block in blocks {
        let item = if let Block::Item { depth, number, .. } = block {
            indents.truncate((*depth).min(DEPTH_MAX));
            Some((indents.len(), number.is_some()))
        } else {
            indents.clear();
            None
        };
        if !written.is_empty() && (item.is_none() || item != before) {
            written.push('\n');
        }
        before = item;
        written += &one(block, raised, &mut indents);
    }
    written
}

fn one(block: &Block, raised: usize, indents: &mut Vec<usize>) -> String {
    match block {
        Block::Heading { text, .. } if is_long(&plain(text), TITLE_LEN_MAX) => {
            format!("{}\n", lines(text, ""))
        }
        Block::Heading { level, text } => {
            let level = level.saturating_sub(raised).clamp(HIGHEST, 6);
            format!("{} {}\n", "#".repeat(level), heading(text))
        }
        Block::Paragraph(text) => format!("{}\n", lines(text, "")),
        Block::Item { number, text, .. } => {
            let marker = number.map_or("- ".to_owned(), |number| format!("{number}. "));
            let outer = indents.last().copied().unwrap_or_default();
            let inner = outer + marker.len();
            indents.push(inner);
            format!("{}{marker}{}\n", " ".repeat(outer), lines(text, &" ".repeat(inner)))
        }
        Block::Code(code) => fenced(code),
        Block::Table(rows) => table(rows),
    }
}

/// A heading's text; `#` at its end would be taken for decoration.
pub(super) fn heading(text: &[Span]) -> String {
    let text = marked(text).split_whitespace().collect::<Vec<_>>().join(" ");
    text.strip_suffix('#').map_or(text.clone(), |before| format!("{before}\\#"))
}

/// A code block that its text can't close.
pub(super) fn fenced(code: &str) -> String {
    let fence = "`".repeat(longest_run(code).max(2) + 1);
    // With an info string it can't be taken for an action that was meant and missed.
    format!("{fence}text\n{}\n{fence}\n", code.trim_end())
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

fn lines(text: &[Span], indent: &str) -> String {
    let text = marked(text);
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(first_escaped).collect::<Vec<_>>().join(&format!("\n{indent}"))
}

/// Running text with its markup, but for what is markup at the beginning of a line only.
fn marked(text: &[Span]) -> String {
    let marked = |span: &Span| match span {
        Span::Words(words) => escaped(words),
        Span::Code(code) if code.trim().is_empty() => " ".to_owned(),
        Span::Code(code) => {
            let gap = |is_blank: bool| if is_blank { " " } else { "" };
            let (before, after) =
                (code.starts_with(char::is_whitespace), code.ends_with(char::is_whitespace));
            format!("{}{}{}", gap(before), code_span(code), gap(after))
        }
    };
    text.iter().map(marked).collect()
}

fn code_span(code: &str) -> String {
    let code = code.split_whitespace().collect::<Vec<_>>().join(" ");
    let fence = "`".repeat(longest_run(&code) + 1);
    let pad = if code.starts_with('`') || code.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{code}{pad}{fence}")
}

/// Escapes what is markup wherever it stands.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut before = None;
    for (at, c) in text.char_indices() {
        let rest = &text[at + c.len_utf8()..];
        let next = rest.chars().next();
        let in_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let markup = match c {
            '`' | '*' | '[' => true,
            '\\' => !in_word(next),
            '_' => !(in_word(before) && in_word(next)),
            '<' => next.is_none_or(|next| next.is_ascii_alphabetic() || "/!?".contains(next)),
            '&' => begins_entity(rest),
            _ => false,
        };
        if markup {
            escaped.push('\\');
        }
        escaped.push(c);
        before = Some(c);
    }
    escaped
}

fn begins_entity(rest: &str) -> bool {
    let name = rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '#').next().unwrap_or_default();
    !name.is_empty() && rest[name.len()..].starts_with(';')
}

/// Escapes what is markup at the beginning of a line only.
fn first_escaped(line: &str) -> String {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let after = line[digits..].chars().next();
    if digits > 0 && after.is_some_and(|c| ".)".contains(c)) {
        return format!("{}\\{}", &line[..digits], &line[digits..]);
    }
    let second = line.chars().nth(1);
    let markup = match line.chars().next() {
        Some('#' | '>' | '=' | '|' | ':' | '~') => true,
        Some('-' | '+') => !second.is_some_and(char::is_alphanumeric),
        _ => false,
    };
    if markup { format!("\\{line}") } else { line.to_owned() }
}

/// Only the first row says how many columns there are: others may be shorter.
fn table(rows: &[Vec<String>]) -> String {
    let width = rows.iter().map(Vec::len).max().unwrap_or_default();
    let row = |cells: &[String], width: usize| {
        let padded = cells.iter().map(|text| cell(text)).chain((cells.len()..width).map(|_| String::new()));
        format!("| {} |\n", padded.collect::<Vec<_>>().join(" | "))
    };
    let mut rows = rows.iter();
    let head = rows.next().map(|cells| row(cells, width)).unwrap_or_default();
    let rule = format!("|{}\n", "---|".repeat(width));
    let body: String = rows.map(|cells| row(cells, 0)).collect();
    format!("{head}{rule}{body}")
}

fn cell(text: &str) -> String {
    escaped(&text.split_whitespace().collect::<Vec<_>>().join(" ")).replace('|', "&#124;")
}

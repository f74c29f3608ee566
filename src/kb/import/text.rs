//! Plain text to blocks, by what people do when they have no markup.
//!
//! Every guess is about how a line is shown; its words stay. What is recognised:
//!
//! - headings: underlined; `2.1 Disks`; `Chapter 3`; a short line that begins like one, ends without
//!   a full stop, and follows a finished sentence or an empty line
//! - items: `-`, `*`, `•`, `1.`, `1)`, `1-`, and one level below them `a.`, `ii)`
//! - code: after a prompt (`$ ls`, `# esxcfg-nics -l`, `root@esx # df`, `C:\> dir`), or indented by
//!   four and no prose
//! - tables: at least two rows of as many cells, divided by `|` or tabs

use super::block::{Block, Span, Text};
use crate::kb::limits::{CELLS_MAX, COLUMN_LEN_MAX, is_long};

/// Words of a short line that may be a heading.
const HEADING_WORDS_MAX: usize = 10;

/// Bytes of a short line that may be a heading although text follows at once.
const CROWDED_LEN_MAX: usize = 60;

/// Reads a text with `\n` line ends.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let margin = lines.iter().filter(|line| !line.is_empty()).map(|line| indent(line)).min().unwrap_or(0);
    // A tab is fewer characters than columns, so such a text keeps its margin.
    let has_tab = |line: &&str| line.chars().take_while(|c| c.is_whitespace()).any(|c| c == '\t');
    let margin = if lines.iter().any(has_tab) { 0 } else { margin };
    let lines = lines.into_iter().map(|line| line.get(margin..).unwrap_or_default()).collect();
    let mut reader = Reader { lines, at: 0, blocks: Vec::new(), in_chapter: false };
    while reader.at < reader.lines.len() {
        reader.block();
    }
    reader.blocks
}

fn indent(line: &str) -> usize {
    let spaces = line.chars().take_while(|c| matches!(c, ' ' | '\t'));
    spaces.map(|c| if c == '\t' { 4 } else { 1 }).sum()
}

struct Reader<'a> {
    lines: Vec<&'a str>,
    at: usize,
    blocks: Vec<Block>,
    in_chapter: bool,
}

impl<'a> Reader<'a> {
    fn line(&self, at: usize) -> &'a str {
        self.lines.get(at).copied().unwrap_or_default()
    }

    fn block(&mut self) {
        let line = self.line(self.at);
        if line.is_empty() || is_rule(line) {
            self.at += 1;
        } else if let Some((level, text, lines)) = self.heading() {
            self.in_chapter |= is_chapter(text);
            self.blocks.push(Block::Heading { level, text: vec![Span::Words(text.to_owned())] });
            self.at += lines;
        } else if let Some((depth, number, text)) = self.item(self.at) {
            self.at += 1;
            let text = self.continued(text);
            self.blocks.push(Block::Item { depth, number, text });
        } else if is_command(line) {
            self.commands();
        } else if self.is_indented_code() {
            self.indented();
        } else if !self.table() {
            self.paragraph();
        }
    }

    /// Level, text and number of lines of the heading that begins here.
    fn heading(&self) -> Option<(usize, &'a str, usize)> {
        let line = self.line(self.at).trim();
        let below = self.line(self.at + 1).trim();
        if is_rule(below) && below.len() >= 3 && line.chars().count() <= 100 && !line.contains('|') {
            return Some((if below.starts_with('=') { 2 } else { 3 }, line, 2));
        }
        if !looks_like_heading(line) {
            return None;
        }
        let after_empty = self.at == 0 || self.line(self.at - 1).is_empty();
        let before_empty = below.is_empty();
        if let Some(parts) = numbered(line) {
            let alone = after_empty && before_empty;
            return (parts > 1 || alone).then_some((parts + 1, line, 1));
        }
        if is_chapter(line) {
            return Some((2, line, 1));
        }
        if indent(self.line(self.at)) > 0 || self.item(self.at).is_some() || self.at + 1 >= self.lines.len() {
            return None;
        }
        let stands_out = if after_empty && before_empty {
            true
        } else {
            let before = self.at.checked_sub(1).map_or("", |at| self.line(at));
            let finished = after_empty || before.ends_with(['.', '!', '?', ':', '”', '"']);
            // Lines of prose that was wrapped are longer, and go on in the middle of a sentence.
            let wrapped = line.len() > CROWDED_LEN_MAX || below.starts_with(char::is_lowercase);
            finished && !before_empty && !wrapped && !looks_like_heading(below)
        };
        stands_out.then_some((if self.in_chapter { 3 } else { 2 }, line, 1))
    }

    /// Depth, number and text of the item that stands in a line.
    fn item(&self, at: usize) -> Option<(usize, Option<u32>, &'a str)> {
        let line = self.line(at);
        let deep = |least: usize| match self.blocks.last() {
            Some(Block::Item { .. }) => (indent(line) / 2).min(4).max(least),
            _ => 0,
        };
        let text = line.trim_start();
        let (marker, rest) = text.split_once(char::is_whitespace)?;
        let rest = rest.trim_start();
        if rest.is_empty() {
            return None;
        }
        if matches!(marker, "-" | "*" | "•" | "·" | "–" | "▪") {
            return Some((deep(0), None, rest));
        }
        let name = marker.strip_suffix(['.', ')']);
        if let Some(number) = name.or_else(|| marker.strip_suffix('-')).and_then(small_number) {
            return Some((deep(0), Some(number), rest));
        }
        let is_letter = |name: &str| name.len() == 1 && name.bytes().all(|b| b.is_ascii_lowercase());
        let is_roman =
            |name: &str| (1..=4).contains(&name.len()) && name.bytes().all(|b| b"ivx".contains(&b));
        name.filter(|name| is_letter(name) || is_roman(name)).map(|_| (deep(1), None, text))
    }

    /// The text of an item with the lines that go on with it.
    fn continued(&mut self, first: &str) -> Text {
        let mut text = first.to_owned();
        loop {
            let line = self.line(self.at);
            let goes_on = indent(line) > 0 || line.starts_with(char::is_lowercase);
            if line.is_empty() || !goes_on || self.item(self.at).is_some() || is_command(line) {
                return words(&text);
            }
            text.push('\n');
            text.push_str(line.trim());
            self.at += 1;
        }
    }

    /// A paragraph that begins with a prompt is what a terminal showed: the output belongs to it.
    fn commands(&mut self) {
        let start = self.at;
        let whole = start == 0 || self.line(start - 1).is_empty();
        while self.at < self.lines.len() && !self.line(self.at).is_empty() {
            if !whole && !is_command(self.line(self.at)) {
                break;
            }
            self.at += 1;
        }
        self.code(start);
    }

    fn is_indented_code(&self) -> bool {
        let line = self.line(self.at);
        let after_text = self.at > 0 && !self.line(self.at - 1).is_empty();
        if indent(line) < 4 || after_text {
            return false;
        }
        let lines = self.lines[self.at..].iter().take_while(|line| !line.is_empty());
        let last = lines.last().copied().unwrap_or_default();
        let prose = line.trim().starts_with(char::is_uppercase) && last.ends_with(['.', ':', '!', '?']);
        !prose
    }

    fn indented(&mut self) {
        let start = self.at;
        let belongs = |line: &str| line.is_empty() || indent(line) >= 4;
        while self.at < self.lines.len() && belongs(self.line(self.at)) {
            self.at += 1;
        }
        self.code(start);
    }

    fn code(&mut self, start: usize) {
        let lines = &self.lines[start..self.at];
        let margin = lines.iter().filter(|line| !line.is_empty());
        let margin = margin.map(|line| line.len() - line.trim_start().len()).min().unwrap_or_default();
        let code: Vec<_> = lines.iter().map(|line| line.get(margin..).unwrap_or_default()).collect();
        self.blocks.push(Block::Code(code.join("\n").trim_end().to_owned()));
    }

    /// Reads a table, if there is one; what is too much for one stays as it is shown.
    fn table(&mut self) -> bool {
        let first = self.line(self.at);
        let divider = if first.trim().trim_matches('|').contains('|') { '|' } else { '\t' };
        let names = cells(first, divider);
        let width = names.len();
        // Every line without a divider has one cell: looking on from each of them takes their number squared.
        if width < 2 || names.iter().any(|name| is_long(name, COLUMN_LEN_MAX)) {
            return false;
        }
        let belongs = |line: &&&str| is_rule(line) || cells(line, divider).len() == width;
        let lines: Vec<&str> = self.lines[self.at..].iter().take_while(belongs).copied().collect();
        let rows = lines.iter().filter(|line| !is_rule(line)).map(|line| cells(line, divider));
        let rows: Vec<Vec<String>> = rows.collect();
        if rows.len() < 2 {
            return false;
        }
        let start = self.at;
        self.at += lines.len();
        if rows.len() * width > CELLS_MAX {
            self.code(start);
        } else {
            self.blocks.push(Block::Table(rows));
        }
        true
    }

    fn paragraph(&mut self) {
        let mut lines = vec![self.line(self.at).trim()];
        self.at += 1;
        while self.at < self.lines.len() {
            let line = self.line(self.at);
            if line.is_empty() || self.item(self.at).is_some() || is_command(line) || self.heading().is_some()
            {
                break;
            }
            lines.push(line.trim());
            self.at += 1;
        }
        self.blocks.push(Block::Paragraph(words(&lines.join("\n"))));
    }
}

fn words(text: &str) -> Text {
    vec![Span::Words(text.to_owned())]
}

fn small_number(text: &str) -> Option<u32> {
    text.parse().ok().filter(|number| *number < 1000)
}

fn is_chapter(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let numbered = matches!(words.next(), Some("Chapter" | "Part" | "Appendix" | "Section"));
    let number = words.next().map(|number| number.trim_end_matches([':', '.', ')']));
    let is_number = |number: &str| number.parse::<u32>().is_ok() || (number.len() == 1 && number != "A");
    numbered && number.is_some_and(is_number)
}

/// A line that only draws: an underline, a frame of a table.
fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.len() >= 2 && line.chars().all(|c| matches!(c, '-' | '=' | '~' | '^' | '_' | '+' | '|' | '*' | ' '))
}

fn looks_like_heading(line: &str) -> bool {
    let short = line.split_whitespace().count() <= HEADING_WORDS_MAX && line.len() <= 100;
    let begins = line.starts_with(|c: char| c.is_uppercase() || c.is_numeric());
    let open = line.ends_with(['.', ',', ';', '!', '…', '-', '–', '=']);
    // `Symptoms:` is a heading, `Run this as root:` goes on below.
    let leads_on = line.ends_with(':') && line.split_whitespace().count() > 2;
    let worded = line.chars().filter(|c| c.is_alphabetic()).count() >= 3;
    short
        && begins
        && worded
        && !open
        && !leads_on
        && !line.contains(['=', '\\', '{', '|', '\t'])
        && !line.contains("://")
}

/// How many parts the number of a numbered heading has: 2 in `2.1 Disks`.
fn numbered(line: &str) -> Option<usize> {
    let (number, _) = line.split_once(char::is_whitespace)?;
    let parts: Vec<&str> = number.trim_end_matches('.').split('.').collect();
    let is_number = number.contains('.') && parts.iter().all(|part| small_number(part).is_some());
    is_number.then_some(parts.len())
}

/// `$ ls`, `# df -h` (but not `# Title`), `root@esx ~]# df`, `C:\> dir`.
fn is_command(line: &str) -> bool {
    let line = line.trim_start();
    if let Some(rest) = line.strip_prefix("$ ").or_else(|| line.strip_prefix("# ")) {
        return rest.starts_with(|c: char| c.is_ascii_lowercase() || "./~".contains(c));
    }
    let Some((prompt, rest)) = line.split_once(['#', '$', '>']) else { return false };
    let drive = prompt.as_bytes().get(1..3) == Some(b":\\") || prompt.starts_with("PS ");
    let login = prompt.contains('@') && prompt.split_whitespace().count() <= 2;
    let shell = matches!(prompt.trim(), "~" | "/") || prompt.trim_end().ends_with(']') || login;
    let typed = !rest.trim().is_empty();
    typed && (drive || (shell && rest.starts_with(' ') && !prompt.contains('<')))
}

fn cells(line: &str, divider: char) -> Vec<String> {
    let framed = line.trim();
    let line = match divider {
        '|' => framed.strip_prefix('|').unwrap_or(framed),
        _ => line,
    };
    let line = if divider == '|' { line.strip_suffix('|').unwrap_or(line) } else { line };
    line.split(divider).map(|cell| cell.trim().to_owned()).collect()
}

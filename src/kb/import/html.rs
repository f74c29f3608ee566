//! HTML to blocks.
//!
//! The tokenizer is the standard's own (entities, comments, scripts and broken tags included). What
//! stands in what is known from a stack of open elements: an end tag closes everything within its
//! element and one that fits nothing is ignored. Time and memory grow with the length of the text,
//! whatever is nested in it.
//!
//! Left out: scripts, styles, navigation, forms' controls, pictures but for their description, and
//! comments. An address stands in round brackets after the words of its link.

use std::collections::HashMap;

use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};

use super::block::{Block, Span, Text, plain};
use super::source::visible;
use crate::kb::limits::{CELLS_MAX, COLUMN_LEN_MAX, is_long};

/// Elements whose text nobody reads.
const LEFT_OUT: &[&str] = &[
    "script", "style", "template", "noscript", "nav", "svg", "iframe", "object", "select", "button",
    "textarea",
];
/// Elements whose text is no markup, even where their tag says that they are empty.
const RAW: &[&str] = &["script", "style", "iframe", "textarea", "title"];
/// Elements that contain nothing.
const VOID: &[&str] =
    &["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];
/// Elements that stand in a line of text.
const INLINE: &[&str] = &[
    "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i", "img", "input",
    "ins", "kbd", "label", "mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup",
    "time", "tt", "u", "var", "wbr",
];
/// Elements whose text is typed.
const TYPED: &[&str] = &["code", "kbd", "samp", "tt"];

/// What a page says.
#[derive(Default)]
pub(super) struct Html {
    pub title: Option<String>,
    pub keywords: Vec<String>,
    pub blocks: Vec<Block>,
    /// Words of navigation and controls, which are not among the blocks.
    pub left_out: usize,
    /// Characters that can't be seen, which are not there either.
    pub invisible: usize,
}

/// Reads a page.
pub(super) fn html(text: &str) -> Html {
    let mut emitter = DefaultEmitter::default();
    // In XHTML, unlike in HTML, `<script/>` is over where it begins.
    let is_xml = text.trim_start().starts_with("<?xml");
    emitter.naively_switch_states(!is_xml);
    let mut reader = Reader { is_xml, ..Reader::default() };
    for token in Tokenizer::new_with_emitter(text, emitter) {
        match token {
            Ok(Token::StartTag(tag)) => reader.start(&tag),
            Ok(Token::EndTag(tag)) => reader.end(&String::from_utf8_lossy(&tag.name)),
            Ok(Token::String(text)) => {
                // References can stand for what can't be seen, which must not hide what is markup.
                let text = String::from_utf8_lossy(&text);
                let seen = visible(&text);
                reader.html.invisible += text.chars().count() - seen.chars().count();
                reader.text(&seen);
            }
            Ok(_) => {}
        }
    }
    reader.finish()
}

#[derive(Default)]
struct Reader {
    is_xml: bool,
    /// Open elements, and how many there are of each name.
    open: Vec<Element>,
    counts: HashMap<String, usize>,
    text: Text,
    heading: Option<usize>,
    item: Option<(usize, Option<u32>)>,
    /// The next number of each open list; `None` if it has bullets.
    lists: Vec<Option<u32>>,
    pre: Option<String>,
    table: Option<Vec<Row>>,
    title: String,
    html: Html,
}

#[derive(Default)]
struct Row {
    head: bool,
    cells: Vec<Vec<Block>>,
}

struct Element {
    name: String,
    left_out: bool,
    href: Option<String>,
}

impl Reader {
    fn is_open(&self, name: &str) -> bool {
        self.counts.get(name).is_some_and(|count| *count > 0)
    }

    /// Left-out elements are counted under a name that no tag can have.
    fn is_left_out(&self) -> bool {
        self.is_open("")
    }

    fn start(&mut self, tag: &StartTag<()>) {
        let name = String::from_utf8_lossy(&tag.name).into_owned();
        let attribute = |key: &str| {
            let value = tag.attributes.get(key.as_bytes())?;
            Some(String::from_utf8_lossy(value).trim().to_owned())
        };
        // Whoever forgot to close the navigation does not mean the page to be part of it.
        if matches!(name.as_str(), "main" | "article") {
            self.end("nav");
        }
        let hidden = attribute("role").as_deref() == Some("navigation") || attribute("hidden").is_some();
        let left_out = hidden || LEFT_OUT.contains(&name.as_str());
        if name == "meta" && attribute("name").is_some_and(|name| name.eq_ignore_ascii_case("keywords")) {
            let keywords = attribute("content").unwrap_or_default();
            self.html.keywords.extend(keywords.split(',').map(|word| word.trim().to_owned()));
        }
        if !self.is_left_out() && !left_out {
            self.begin(&name, &attribute);
        }
        let is_empty = tag.self_closing && (self.is_xml || !RAW.contains(&name.as_str()));
        if !VOID.contains(&name.as_str()) && !is_empty {
            *self.counts.entry(name.clone()).or_default() += 1;
            *self.counts.entry(String::new()).or_default() += usize::from(left_out);
            let href = attribute("href").filter(|_| name == "a");
            self.open.push(Element { name, left_out, href });
        }
    }

    fn begin(&mut self, name: &str, attribute: &dyn Fn(&str) -> Option<String>) {
        if let Some(pre) = &mut self.pre {
            if matches!(name, "br" | "p" | "div") {
                pre.push('\n');
            }
            return;
        }
        if !INLINE.contains(&name) && name != "br" {
            self.flush();
        }
        // A heading that nobody closed ends where something begins that no heading holds.
        if matches!(name, "p" | "ul" | "ol" | "dl" | "table" | "pre" | "section" | "article") {
            self.heading = None;
        }
        match name {
            "br" => self.words("\n"),
            "img" => self.words(&attribute("alt").unwrap_or_default()),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.heading = name[1..].parse().ok();
                self.item = None;
            }
            "ul" | "menu" | "dl" => self.lists.push(None),
            "ol" => self.lists.push(Some(attribute("start").and_then(|n| n.parse().ok()).unwrap_or(1))),
            "li" | "dd" => {
                let depth = self.lists.len().saturating_sub(1);
                let number = self.lists.last().copied().flatten();
                if let Some(Some(next)) = self.lists.last_mut() {
                    *next = next.saturating_add(1);
                }
                self.item = Some((depth, number.filter(|number| *number < 1_000_000)));
            }
            "pre" | "listing" | "xmp" => self.pre = Some(String::new()),
            "table" => {
                // What stands in a table that holds a table is laid out, not tabulated.
                self.end_table(true);
                self.table = Some(Vec::new());
            }
            "tr" => self.table.iter_mut().for_each(|rows| rows.push(Row::default())),
            "td" | "th" => {
                self.item = None;
                if let Some(rows) = &mut self.table {
                    if rows.is_empty() {
                        rows.push(Row::default());
                    }
                    if let Some(row) = rows.last_mut() {
                        row.head |= name == "th";
                        row.cells.push(Vec::new());
                    }
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        if !self.is_open(name) {
            return;
        }
        while let Some(element) = self.open.pop() {
            let closed = element.name == name;
            self.close(element);
            if closed {
                return;
            }
        }
    }

    fn close(&mut self, element: Element) {
        if let Some(count) = self.counts.get_mut(&element.name) {
            *count -= 1;
        }
        let was_left_out = self.is_left_out();
        if let Some(count) = self.counts.get_mut("").filter(|_| element.left_out) {
            *count -= 1;
        }
        if was_left_out {
            return;
        }
        let name = element.name.as_str();
        if let Some(address) = element.href.filter(|_| self.pre.is_none()) {
            self.address(&address);
        }
        match name {
            "pre" | "listing" | "xmp" => {
                if let Some(code) = self.pre.take().filter(|code| !code.trim().is_empty()) {
                    let code = code.trim_end().trim_start_matches(['\n', '\r']).to_owned();
                    self.push(Block::Code(code));
                }
            }
            _ if self.pre.is_some() => return,
            _ if INLINE.contains(&name) => {}
            _ => self.flush(),
        }
        match name {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.heading = None,
            "ul" | "ol" | "menu" | "dl" => {
                self.lists.pop();
                self.item = None;
            }
            "li" | "dd" => self.item = None,
            "table" => self.end_table(false),
            _ => {}
        }
    }

    /// The address of a link, unless its words say it already or nobody can follow it.
    fn address(&mut self, address: &str) {
        let lower = address.to_ascii_lowercase();
        let unusable = ["#", "javascript:", "data:"].iter().any(|start| lower.starts_with(start));
        let said = match self.text.last() {
            Some(Span::Words(text) | Span::Code(text)) => text.trim_end().ends_with(address),
            None => false,
        };
        if !(address.is_empty() || unusable || said) {
            let address: String = address.chars().filter(|c| !c.is_whitespace()).collect();
            self.words(&format!(" ({address})"));
        }
    }

    fn text(&mut self, text: &str) {
        if self.is_left_out() {
            if !self.is_open("script") && !self.is_open("style") {
                self.html.left_out += text.split_whitespace().count();
            }
        } else if self.is_open("title") {
            self.title.push_str(text);
        } else if let Some(pre) = &mut self.pre {
            pre.push_str(text);
        } else {
            let mut spaced = String::new();
            for c in text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }) {
                if c != ' ' || !spaced.ends_with(' ') {
                    spaced.push(c);
                }
            }
            if TYPED.iter().any(|name| self.is_open(name)) {
                self.typed(&spaced);
            } else {
                self.words(&spaced);
            }
        }
    }

    fn words(&mut self, text: &str) {
        match self.text.last_mut() {
            Some(Span::Words(words)) => words.push_str(text),
            _ => self.text.push(Span::Words(text.to_owned())),
        }
    }

    fn typed(&mut self, text: &str) {
        match self.text.last_mut() {
            Some(Span::Code(code)) => code.push_str(text),
            _ => self.text.push(Span::Code(text.to_owned())),
        }
    }

    fn flush(&mut self) {
        let text = std::mem::take(&mut self.text);
        if plain(&text).trim().is_empty() {
            return;
        }
        let block = match (self.heading, self.item.take()) {
            (Some(level), _) => Block::Heading { level, text },
            (None, Some((depth, number))) => Block::Item { depth, number, text },
            (None, None) => Block::Paragraph(text),
        };
        self.push(block);
    }

    fn push(&mut self, block: Block) {
        let row = self.table.as_mut().and_then(|rows| rows.last_mut());
        match row.and_then(|row| row.cells.last_mut()) {
            Some(cell) => cell.push(block),
            None => self.html.blocks.push(block),
        }
    }

    /// A table of short cells stays one if an article can hold it; whatever else was laid out with rows is
    /// put in order.
    fn end_table(&mut self, laid_out: bool) {
        let Some(mut rows) = self.table.take() else { return };
        rows.retain(|row| !row.cells.is_empty());
        let short = |cell: &Vec<Block>| {
            cell.iter().all(|block| matches!(block, Block::Paragraph(_) | Block::Item { .. }))
        };
        let cell = |cell: &Vec<Block>| cell.iter().map(words_of).collect::<Vec<_>>().join(" ");
        let width = rows.iter().map(|row| row.cells.len()).max().unwrap_or_default();
        let head = rows.first().filter(|row| row.head);
        let is_named = head.is_none_or(|row| !row.cells.iter().any(|it| is_long(&cell(it), COLUMN_LEN_MAX)));
        let fits = is_named && rows.len() >= 2 && width >= 2 && width * rows.len() <= CELLS_MAX;
        if laid_out || !fits || !rows.iter().flat_map(|row| &row.cells).all(short) {
            self.html.blocks.extend(rows.into_iter().flat_map(|row| row.cells).flatten());
            return;
        }
        let head = if head.is_some() { None } else { Some(Vec::new()) };
        let rows = rows.iter().map(|row| row.cells.iter().map(cell).collect());
        self.html.blocks.push(Block::Table(head.into_iter().chain(rows).collect()));
    }

    fn finish(mut self) -> Html {
        while let Some(element) = self.open.pop() {
            self.close(element);
        }
        self.flush();
        self.end_table(false);
        let title = self.title.split_whitespace().collect::<Vec<_>>().join(" ");
        Html { title: Some(title).filter(|title| !title.is_empty()), ..self.html }
    }
}

fn words_of(block: &Block) -> String {
    match block {
        Block::Paragraph(text) | Block::Item { text, .. } | Block::Heading { text, .. } => {
            plain(text).trim().to_owned()
        }
        Block::Code(text) => text.clone(),
        Block::Table(_) => String::new(),
    }
}

//! Markdown to sections and blocks, with the exact lines of each.
//!
//! A heading counts only at the top level: one inside a list or a quotation is text there. Raw HTML
//! is text too, so that `<NAME>` in a sentence is not lost. Line breaks of the file stay in the text of
//! a block, so that whoever quotes a part of it can say in which lines it stands.
//!
//! Reading ends where there is more of something than an article may hold: before it is repeated.

use std::collections::BTreeMap;
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::limits;
use super::outline::{Fenced, LineIndex, Link, Outline, slug};
use crate::domain::world::article::{Block, BlockKind, Section};

/// Reads a text with `\n` line ends.
pub(super) fn outline(text: &str) -> Outline {
    let options = Options::ENABLE_TABLES | Options::ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS;
    let mut reader = Reader::new(text);
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        reader.event(event, range);
        if reader.outline.excess.is_some() {
            break;
        }
    }
    reader.finish()
}

/// Text that is being gathered, with the bytes it comes from.
#[derive(Default)]
struct Gathered {
    text: String,
    range: Option<Range<usize>>,
    /// Of the list item that it begins.
    marker: Option<String>,
}

impl Gathered {
    fn item(item: Item) -> Self {
        Self { text: String::new(), range: Some(item.start..item.start), marker: Some(item.marker) }
    }

    fn push(&mut self, text: &str, from: Range<usize>) {
        self.text.push_str(text);
        let start = self.range.as_ref().map_or(from.start, |range| range.start);
        let end = self.range.as_ref().map_or(from.end, |range| range.end.max(from.end));
        self.range = Some(start..end);
    }
}

/// A list item whose text has not come yet.
struct Item {
    start: usize,
    marker: String,
}

/// Looks like the mark of code and is none (REVERSED PRIME); a letter it is not either.
const NO_MARK: &str = "\u{2035}";
/// Lists around a list that are shown by indentation; more look the same.
const INDENTED_MAX: usize = 4;

/// Where text goes.
enum Place {
    Flow,
    Heading(HeadingLevel),
    Code { info: String },
    FrontMatter,
    Cell,
}

struct Reader<'a> {
    index: LineIndex<'a>,
    len: usize,
    outline: Outline,
    place: Place,
    gathered: Gathered,
    /// Lists and quotations around the current event.
    depth: usize,
    /// The number of the next item of each list around the current event; none has bullets.
    lists: Vec<Option<u64>>,
    item: Option<Item>,
    /// Headings above the current text, with their levels.
    path: Vec<(HeadingLevel, String)>,
    /// Anchors given, each with the highest number appended to it.
    anchors: BTreeMap<String, usize>,
    /// Where the current section starts.
    section: usize,
    columns: Vec<String>,
    cells: Vec<String>,
    /// Cells of all tables that say something.
    said: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            index: LineIndex::new(text),
            len: text.len(),
            outline: Outline::default(),
            place: Place::Flow,
            gathered: Gathered::default(),
            depth: 0,
            lists: Vec::new(),
            item: None,
            path: Vec::new(),
            anchors: BTreeMap::new(),
            section: 0,
            columns: Vec::new(),
            cells: Vec::new(),
            said: 0,
        }
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, &range),
            Event::End(tag) => self.end(tag, &range),
            Event::InlineHtml(text) if text.starts_with("<!--") => {}
            // The marks stay, so that whoever quotes it keeps it as code; what else looks like one does not.
            Event::Code(text) if matches!(self.place, Place::Flow | Place::Cell) => {
                let mark = if text.contains('`') { "" } else { "`" };
                self.text(&format!("{mark}{}{mark}", text.replace('`', NO_MARK)), range);
            }
            Event::Text(text) if matches!(self.place, Place::Flow | Place::Cell) => {
                self.text(&text.replace('`', NO_MARK), range);
            }
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => {
                self.text(&text, range);
            }
            Event::SoftBreak | Event::HardBreak => {
                let text = if matches!(self.place, Place::Flow) { "\n" } else { " " };
                self.text(text, range);
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str, range: Range<usize>) {
        if let Some(item) = self.item.take() {
            self.gathered = Gathered::item(item);
        }
        self.gathered.push(text, range);
    }

    fn start(&mut self, tag: Tag<'_>, range: &Range<usize>) {
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.flush(),
            Tag::Heading { level, .. } => {
                self.flush();
                if self.depth == 0 {
                    self.place = Place::Heading(level);
                }
            }
            Tag::BlockQuote(_) => {
                self.flush();
                self.depth += 1;
            }
            Tag::List(first) => {
                self.flush();
                self.depth += 1;
                self.lists.push(first);
            }
            Tag::Item => {
                self.flush();
                self.item = Some(Item { start: range.start, marker: self.marker() });
            }
            Tag::CodeBlock(kind) => {
                self.flush();
                self.item = None;
                let info = match kind {
                    CodeBlockKind::Fenced(info) => info.to_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                self.place = Place::Code { info };
            }
            Tag::Table(_) => {
                self.flush();
                self.item = None;
                self.columns.clear();
            }
            Tag::TableHead | Tag::TableRow => self.cells.clear(),
            Tag::TableCell => self.place = Place::Cell,
            Tag::MetadataBlock(_) => {
                self.flush();
                self.place = Place::FrontMatter;
            }
            Tag::Link { dest_url, .. } => {
                let line = self.index.line(range.start);
                self.outline.links.push(Link { target: dest_url.to_string(), line });
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd, range: &Range<usize>) {
        match tag {
            TagEnd::Paragraph => self.flush(),
            TagEnd::HtmlBlock => {
                let html = self.gathered.text.trim();
                if html.starts_with("<!--") && html.ends_with("-->") {
                    self.gathered = Gathered::default();
                }
                self.flush();
            }
            TagEnd::Heading(_) => self.end_heading(range),
            TagEnd::BlockQuote(_) | TagEnd::List(_) => {
                self.flush();
                self.depth = self.depth.saturating_sub(1);
                if matches!(tag, TagEnd::List(_)) {
                    self.lists.pop();
                }
            }
            TagEnd::Item => {
                self.flush();
                self.item = None;
            }
            TagEnd::CodeBlock => self.end_code(range),
            TagEnd::TableCell => {
                self.place = Place::Flow;
                let cell = std::mem::take(&mut self.gathered).text;
                self.cells.push(cell.trim().to_owned());
            }
            TagEnd::TableHead => self.end_header(range),
            TagEnd::TableRow => self.end_row(range),
            TagEnd::MetadataBlock(_) => self.end_front_matter(range),
            _ => {}
        }
    }

    fn flush(&mut self) {
        let Gathered { text, range, marker } = std::mem::take(&mut self.gathered);
        let text = text.trim();
        if let Some(range) = range.filter(|_| !text.is_empty()) {
            let lines = self.index.lines(range.start, range.end);
            let kind = marker.map_or(BlockKind::Text, BlockKind::Item);
            self.add(Block { text: text.to_owned(), kind, lines }, words(text));
        }
    }

    /// The marker of the item that begins, as a Markdown renderer counts.
    fn marker(&mut self) -> String {
        let indent = "  ".repeat(self.lists.len().saturating_sub(1).min(INDENTED_MAX));
        let Some(Some(number)) = self.lists.last_mut() else { return format!("{indent}-") };
        let marker = format!("{indent}{number}.");
        *number = number.saturating_add(1);
        marker
    }

    fn add(&mut self, block: Block, words: usize) {
        match self.outline.sections.last_mut() {
            Some(section) => section.blocks.push(block),
            None => self.outline.strays.push(block),
        }
        if let Some(before) = self.outline.words.last_mut() {
            *before += words;
        }
    }

    fn end_heading(&mut self, range: &Range<usize>) {
        let Place::Heading(level) = self.place else {
            self.flush();
            return;
        };
        self.place = Place::Flow;
        let heading = std::mem::take(&mut self.gathered).text.trim().to_owned();
        self.close_section(range.start);
        self.section = range.start;
        self.path.retain(|(above, _)| *above < level);
        let line = self.index.line(range.start);
        if level == HeadingLevel::H1 {
            self.outline.titles.push((heading.clone(), line));
        }
        self.outline.excess = limits::heading(&heading, self.outline.sections.len() + 1, line);
        let is_title = level == HeadingLevel::H1 && self.outline.titles.len() == 1;
        let anchor = self.unique_anchor(&heading);
        self.path.push((level, heading));
        // The article's title is known anyway; a further heading of the first level is no title.
        let title = usize::from(is_title || self.under_title());
        let heading = self.path.iter().skip(title).map(|(_, text)| text.clone()).collect();
        self.outline.sections.push(Section { anchor, heading, blocks: Vec::new(), lines: (1, 1) });
        self.outline.words.push(0);
    }

    fn under_title(&self) -> bool {
        let top = self.path.first().filter(|(level, _)| *level == HeadingLevel::H1);
        self.outline.titles.len() == 1 && top.is_some()
    }

    /// Goes on counting where the same heading last stopped, so that many equal headings stay cheap.
    fn unique_anchor(&mut self, heading: &str) -> String {
        let base = slug(heading);
        let mut number = self.anchors.get(&base).copied().unwrap_or_default();
        let mut anchor = base.clone();
        while self.anchors.contains_key(&anchor) {
            number += 1;
            anchor = format!("{base}-{number}");
        }
        self.anchors.insert(base, number);
        self.anchors.entry(anchor.clone()).or_default();
        anchor
    }

    fn close_section(&mut self, end: usize) {
        if let Some(section) = self.outline.sections.last_mut() {
            section.lines = self.index.lines(self.section, end);
        }
    }

    fn end_code(&mut self, range: &Range<usize>) {
        let Place::Code { info } = std::mem::replace(&mut self.place, Place::Flow) else { return };
        let text = std::mem::take(&mut self.gathered).text;
        let (line, last) = self.index.lines(range.start, range.end);
        if info == "action" {
            self.outline.actions.push(Fenced { text, line });
            return;
        }
        if let Some(meant) = almost_action(&info, &text) {
            self.outline.almost_actions.push((line, meant));
        }
        let text = text.trim_end_matches('\n').to_owned();
        if !text.trim().is_empty() {
            let words = words(&text);
            self.add(Block { text, kind: BlockKind::Code, lines: (line, last) }, words);
        }
    }

    fn end_header(&mut self, range: &Range<usize>) {
        self.columns = std::mem::take(&mut self.cells);
        self.outline.excess = limits::columns(&self.columns, self.index.line(range.start));
        let named = self.columns.iter().filter(|column| !column.is_empty());
        let text = named.map(String::as_str).collect::<Vec<_>>().join("; ");
        if !text.is_empty() {
            let lines = self.index.lines(range.start, range.end);
            self.add(Block { text, kind: BlockKind::Header, lines }, 0);
        }
    }

    fn end_row(&mut self, range: &Range<usize>) {
        let cells = std::mem::take(&mut self.cells);
        let words = cells.iter().map(|cell| words(cell)).sum();
        let said = cells.into_iter().enumerate().filter(|(_, cell)| !cell.is_empty());
        let said = said.map(|(i, cell)| match self.columns.get(i).filter(|column| !column.is_empty()) {
            Some(column) => format!("{column}: {cell}"),
            None => cell,
        });
        let cells: Vec<_> = said.collect();
        self.said += cells.len();
        self.outline.excess = limits::cells(self.said, self.index.line(range.start));
        if !cells.is_empty() {
            let lines = self.index.lines(range.start, range.end);
            self.add(Block { text: cells.join("; "), kind: BlockKind::Row(cells), lines }, words);
        }
    }

    /// Only at the beginning of the file is it front matter; anywhere else it is text.
    fn end_front_matter(&mut self, range: &Range<usize>) {
        self.place = Place::Flow;
        if range.start == 0 {
            let text = std::mem::take(&mut self.gathered).text;
            self.outline.front_matter = Some(Fenced { text, line: 1 });
        } else {
            self.flush();
        }
    }

    fn finish(mut self) -> Outline {
        self.flush();
        self.close_section(self.len);
        self.outline
    }
}

/// What a code block that is no action says if it was probably meant as one.
fn almost_action(info: &str, text: &str) -> Option<String> {
    if names_action(info) {
        return Some(info.to_owned());
    }
    // Four spaces before a fence make it text.
    let fence = text.trim_start().lines().next().unwrap_or_default();
    let indented = info.is_empty() && fence.starts_with("```") && fence.trim_start_matches('`') == "action";
    indented.then(|| fence.to_owned())
}

/// Whether the line on which a fence opens says `action`, in any case and with anything around it.
pub(super) fn names_action(info: &str) -> bool {
    let mut words = info.split(|c: char| !c.is_alphanumeric());
    words.any(|word| ["action", "actions"].iter().any(|name| word.eq_ignore_ascii_case(name)))
}

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

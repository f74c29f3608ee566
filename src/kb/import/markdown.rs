//! Markdown to the body of an article: its own text, but for a few places.
//!
//! The text is not written anew, so that its links, emphasis and raw HTML stay as they are. Changed
//! are: front matter, which becomes a code block at the end; the first heading of the first level,
//! which becomes the title; and every block that is an action or looks like one, which becomes an
//! ordinary code block. What an action may do is for the author of an article to decide, never for
//! whoever wrote a text that is imported.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use serde_json::Value;

use super::block::fenced;
use crate::kb::markdown::names_action;

/// What a text says.
#[derive(Default)]
pub(super) struct Markdown {
    pub id: Option<String>,
    pub title: Option<String>,
    pub products: Vec<String>,
    pub tags: Vec<String>,
    pub symptoms: Vec<String>,
    pub body: String,
    /// Actions that are none any more.
    pub disarmed: usize,
}

/// Reads a text with `\n` line ends.
pub(super) fn markdown(text: &str) -> Markdown {
    let (front, text) = front_matter(text);
    let mut read = front.map(fields).unwrap_or_default();
    let mut edits: Vec<(Range<usize>, &str)> = Vec::new();
    let mut title: Option<String> = None;
    let mut in_title = false;
    for (event, range) in
        Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS)
            .into_offset_iter()
    {
        match event {
            Event::Start(Tag::Heading { level: HeadingLevel::H1, .. })
                if title.is_none() && at_margin(text, &range) =>
            {
                title = Some(String::new());
                in_title = true;
                edits.push((range, "\n"));
            }
            Event::End(TagEnd::Heading(_)) => in_title = false,
            Event::Text(words) | Event::Code(words) | Event::InlineHtml(words) if in_title => {
                title.get_or_insert_default().push_str(&words);
            }
            Event::SoftBreak | Event::HardBreak if in_title => title.get_or_insert_default().push(' '),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) if names_action(&info) => {
                edits.push((info_range(text, range), "text"));
                read.disarmed += 1;
            }
            _ => {}
        }
    }
    read.body = edited(text, &edits);
    if let Some(front) = front {
        read.body = format!("{}\n\n{}", read.body.trim_end(), fenced(front));
    }
    let title = title.filter(|title| !title.trim().is_empty());
    Markdown { title: title.or(read.title.take()), ..read }
}

/// A heading within a list or a quotation is no title.
fn at_margin(text: &str, range: &Range<usize>) -> bool {
    let before = &text[..range.start];
    before.rsplit('\n').next().is_none_or(|indent| indent.trim().is_empty())
}

/// The rest of the line on which a fence opens, behind the fence.
fn info_range(text: &str, block: Range<usize>) -> Range<usize> {
    let line = text[block.clone()].lines().next().unwrap_or_default();
    let fence = line.find(['`', '~']).unwrap_or_default();
    let mark = line[fence..].chars().next();
    let length = line[fence..].chars().take_while(|c| Some(*c) == mark).count();
    block.start + fence + length..block.start + line.len()
}

fn edited(text: &str, edits: &[(Range<usize>, &str)]) -> String {
    let mut edited = String::with_capacity(text.len());
    let mut at = 0;
    for (range, with) in edits {
        edited.push_str(&text[at..range.start]);
        edited.push_str(with);
        at = range.end;
    }
    edited.push_str(&text[at..]);
    edited
}

/// The lines between `+++` or `---` at the very beginning, and the text after them.
fn front_matter(text: &str) -> (Option<&str>, &str) {
    for fence in ["+++", "---"] {
        let Some(rest) = text.strip_prefix(fence).and_then(|rest| rest.strip_prefix('\n')) else { continue };
        let mut at = 0;
        for line in rest.split_inclusive('\n') {
            if line.trim_end() == fence {
                return (Some(&rest[..at]), &rest[at + line.len()..]);
            }
            at += line.len();
        }
    }
    (None, text)
}

/// The fields of our own front matter, in TOML or YAML: what is neither is text alone.
fn fields(front: &str) -> Markdown {
    let table = toml::from_str(front).or_else(|_| serde_saphyr::from_str::<Value>(front)).unwrap_or_default();
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let one = |name: &str| table.get(name).and_then(text);
    let list = |name: &str| match table.get(name) {
        Some(Value::Array(items)) => items.iter().filter_map(text).collect(),
        other => other.and_then(text).into_iter().collect(),
    };
    Markdown {
        id: one("id"),
        title: one("title"),
        products: list("products"),
        tags: list("tags"),
        symptoms: list("symptoms"),
        ..Markdown::default()
    }
}

//! A text to a draft: an article that nobody has checked yet.
//!
//! Invariant: a draft is one that [`read_page`] reads, with the title that was found and without any
//! action; a text of which no such draft can be made is refused.

use super::block::{self, Block, Span};
use super::error::Refused;
use super::html::html;
use super::likeness::words;
use super::source::{Kind, Source, visible};
use super::{markdown, text};
use crate::domain::id::is_slug;
use crate::domain::world::article::NEVER_REVIEWED;
use crate::kb::files::FILE_LEN_MAX;
use crate::kb::finding::{Code, Finding};
use crate::kb::limits::{TITLE_LEN_MAX, is_long};
use crate::kb::page::Page;
use crate::kb::reading::read_page;

/// Bytes of an id, with room for a number.
const ID_LEN_MAX: usize = 60;

/// What becomes a draft as soon as it has an id.
pub(super) struct Draft {
    /// The id that its title suggests.
    pub id: String,
    pub title: String,
    products: Vec<String>,
    tags: Vec<String>,
    symptoms: Vec<String>,
    body: String,
    /// What its author should know.
    pub notes: Vec<String>,
}

impl Draft {
    /// Reads a text; `name` is what it is called where nothing in it is a title.
    pub(super) fn new(source: &Source, kind: Kind, name: &str) -> Self {
        let mut invisible = source.invisible;
        let mut draft = match kind {
            Kind::Plain => Self::of_blocks(text::blocks(&source.text), None, name),
            Kind::Html => {
                let page = html(&source.text);
                invisible += page.invisible;
                let mut draft = Self::of_blocks(page.blocks, page.title, name);
                if page.left_out > 0 {
                    draft
                        .notes
                        .push(format!("{} words of navigation and controls were left out", page.left_out));
                }
                Self { tags: page.keywords, ..draft }
            }
            Kind::Markdown => Self::of_markdown(markdown::markdown(&source.text), name),
        };
        for list in [&mut draft.products, &mut draft.tags, &mut draft.symptoms] {
            *list = list.iter().map(|text| one_line(text)).filter(|text| !text.is_empty()).collect();
        }
        if invisible > 0 {
            draft.notes.push(format!("{invisible} characters that can't be seen were left out"));
        }
        draft
    }

    fn titled(title: String, body: String) -> Self {
        let id = id(&title);
        let (products, tags, symptoms, notes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { id, title, products, tags, symptoms, body, notes }
    }

    fn of_blocks(mut blocks: Vec<Block>, page_title: Option<String>, name: &str) -> Self {
        let first_at = |least: usize| {
            let heading = |block: &Block| matches!(block, Block::Heading { level, .. } if *level == least);
            blocks.iter().position(heading)
        };
        // HTML says which heading is the title; in plain text it is the one that comes first.
        let at = first_at(1).or_else(|| {
            let is_heading = matches!(blocks.first(), Some(Block::Heading { .. }));
            (page_title.is_none() && is_heading).then_some(0)
        });
        let heading = at.and_then(|at| match &blocks[at] {
            Block::Heading { text, .. } => {
                Some((at, one_line(&block::plain(text)))).filter(|(_, text)| is_title(text))
            }
            _ => None,
        });
        if let Some((at, title)) = heading {
            blocks.remove(at);
            return Self::titled(title, block::markdown(&blocks));
        }
        let page_title = page_title.map(|title| one_line(&title));
        if let Some(title) = page_title.as_ref().filter(|title| is_title(title)) {
            return Self::titled(title.clone(), block::markdown(&blocks));
        }
        if let Some(long) = page_title.filter(|title| !title.is_empty()) {
            blocks.insert(0, Block::Paragraph(vec![Span::Words(long)]));
        }
        Self::titled(name.to_owned(), block::markdown(&blocks))
    }

    fn of_markdown(read: markdown::Markdown, name: &str) -> Self {
        let title = read.title.map(|title| one_line(&title));
        let (title, above) = match title {
            Some(title) if is_title(&title) => (title, String::new()),
            Some(long) => {
                let paragraph = block::markdown(&[Block::Paragraph(vec![Span::Words(long)])]);
                (name.to_owned(), format!("{paragraph}\n"))
            }
            None => (name.to_owned(), String::new()),
        };
        let draft = Self::titled(title, format!("{above}{}", read.body));
        let disarmed = read.disarmed;
        let note = (disarmed > 0).then(|| {
            format!("{disarmed} action blocks became ordinary code; write an action yourself if you want one")
        });
        Self {
            id: read.id.filter(|id| is_slug(id) && id.len() <= ID_LEN_MAX).unwrap_or(draft.id),
            products: read.products,
            tags: read.tags,
            symptoms: read.symptoms,
            notes: note.into_iter().collect(),
            ..draft
        }
    }

    /// The bytes of the draft with this id, and what stands in it.
    pub(super) fn page(&self, id: &str) -> Result<(String, Page), Refused> {
        if words(&self.body).next().is_none() {
            return Err(Refused::Empty);
        }
        let text = self.written(id);
        if text.len() as u64 > FILE_LEN_MAX {
            return Err(Refused::TooLong);
        }
        let (page, findings) = read_page(&format!("{id}.md"), text.as_bytes());
        let harmless = |page: &Page| page.article.actions.is_empty() && page.article.title == self.title;
        let is_limit = |finding: &Finding| matches!(finding.code, Code::TextTooLong | Code::TooManyParts);
        if let Some(Finding { message, advice, .. }) = findings.iter().find(|it| is_limit(it)) {
            return Err(Refused::TooMuch { what: message.clone(), advice: advice.clone() });
        }
        match page.filter(harmless) {
            Some(page) if !findings.iter().any(|finding| finding.code.leaves_out()) => Ok((text, page)),
            _ => Err(Refused::NoDraft),
        }
    }

    fn written(&self, id: &str) -> String {
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let list = |texts: &[String]| {
            let texts: Vec<_> = texts.iter().map(|text| quoted(text)).collect();
            format!("[{}]", texts.join(", "))
        };
        let Self { title, products, tags, symptoms, body, .. } = self;
        let title_line = block::heading(&[Span::Words(title.clone())]);
        format!(
            "+++\nid = {}\ntitle = {}\nproducts = {}\ntags = {}\nsymptoms = {}\nreviewed = {NEVER_REVIEWED}\n+++\n\
             # {title_line}\n\n{}\n",
            quoted(id),
            quoted(title),
            list(products),
            list(tags),
            list(symptoms),
            visible(body).trim_matches('\n'),
        )
    }
}

fn is_title(text: &str) -> bool {
    !text.is_empty() && !is_long(text, TITLE_LEN_MAX)
}

/// A text as front matter may hold it.
fn one_line(text: &str) -> String {
    visible(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A title as an id, cut between words.
fn id(title: &str) -> String {
    let mut id = slug::slugify(title);
    if id.len() > ID_LEN_MAX {
        let cut = id[..=ID_LEN_MAX].rfind('-').unwrap_or(ID_LEN_MAX);
        id.truncate(cut);
    }
    if is_slug(&id) { id } else { "untitled".to_owned() }
}

//! How much an article may hold of what is repeated: a heading stands above every section below it, the
//! name of a column before every cell, a title above every piece that is ranked.
//!
//! The length of a file alone says nothing of what becomes of it: one of 100 KB could take gigabytes.
//! People write far less than this.

use super::excess::Excess;
use super::finding::Code;
use super::front_matter::FrontMatter;

/// Characters of a title, of an article or an action, and of a heading.
pub(super) const TITLE_LEN_MAX: usize = 200;
/// Characters of the name of a column.
pub(super) const COLUMN_LEN_MAX: usize = 100;
/// Sections of an article.
const SECTIONS_MAX: usize = 1_000;
/// Cells of an article's tables that say something, the names of columns aside.
pub(super) const CELLS_MAX: usize = 20_000;
/// Actions of an article.
const ACTIONS_MAX: usize = 50;
/// Texts of a list of the front matter.
const LIST_MAX: usize = 200;
/// Characters of a text that is too long that are shown.
const SHOWN_LEN: usize = 40;

/// Whether a text has more characters than `most`.
pub(super) fn is_long(text: &str, most: usize) -> bool {
    text.chars().nth(most).is_some()
}

/// A heading that is too long, or one too many.
pub(super) fn heading(text: &str, sections: usize, line: usize) -> Option<Excess> {
    let advice = "shorten it, and say the rest below it";
    long("heading", text, TITLE_LEN_MAX, line, advice).or_else(|| {
        let message = format!("more than {SECTIONS_MAX} sections");
        let advice = "split it into several articles";
        (sections > SECTIONS_MAX).then(|| Excess::new(line, Code::TooManyParts, message, advice))
    })
}

/// The name of a column that is too long.
pub(super) fn columns(names: &[String], line: usize) -> Option<Excess> {
    let advice = "shorten it; it is read before each cell of its column";
    names.iter().find_map(|name| long("name of a column", name, COLUMN_LEN_MAX, line, advice))
}

/// Cells of all tables up to this line that are too many.
pub(super) fn cells(count: usize, line: usize) -> Option<Excess> {
    let message = format!("more than {CELLS_MAX} cells in its tables");
    let advice = "split it into several articles, or say where the data is instead";
    (count > CELLS_MAX).then(|| Excess::new(line, Code::TooManyParts, message, advice))
}

/// Actions that are too many; the first of them that is stands in this line.
pub(super) fn actions(mut lines: impl Iterator<Item = usize>) -> Option<Excess> {
    let message = format!("more than {ACTIONS_MAX} actions");
    let advice = "split it into several articles";
    lines.nth(ACTIONS_MAX).map(|line| Excess::new(line, Code::TooManyParts, message, advice))
}

/// A title that is too long, or a list that is.
pub(super) fn fields(fields: &FrontMatter) -> Option<Excess> {
    let lists = [("products", &fields.products), ("tags", &fields.tags), ("symptoms", &fields.symptoms)];
    let list = |(name, texts): (&str, &Vec<String>)| {
        let message = format!("`{name}` has {} texts; {LIST_MAX} is the limit", texts.len());
        let advice = "keep those by which somebody would look for it";
        let line = fields.lines.of(name);
        (texts.len() > LIST_MAX).then(|| Excess::new(line, Code::TooManyParts, message, advice))
    };
    let line = fields.lines.of("title");
    let title = long("title", &fields.title, TITLE_LEN_MAX, line, "shorten it, and say the rest below it");
    title.or_else(|| lists.into_iter().find_map(list))
}

fn long(what: &str, text: &str, most: usize, line: usize, advice: &'static str) -> Option<Excess> {
    is_long(text, most).then(|| {
        let shown: String = text.chars().take(SHOWN_LEN).collect();
        let length = text.chars().count();
        let message = format!("the {what} `{shown}...` has {length} characters; {most} is the limit");
        Excess::new(line, Code::TextTooLong, message, advice)
    })
}

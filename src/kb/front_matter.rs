//! The fields of an article's front matter.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::finding::{Code, Finding};
use super::key_lines::{KeyLines, line_in};
use super::outline::Fenced;
use crate::domain::id::is_slug;

/// The fields, all of them present.
pub(super) struct FrontMatter {
    pub id: String,
    pub title: String,
    pub products: Vec<String>,
    pub tags: Vec<String>,
    pub symptoms: Vec<String>,
    pub reviewed: String,
    pub lines: KeyLines,
}

const FIELDS: &[&str] = &["id", "title", "products", "tags", "symptoms", "reviewed"];

/// Reads the front matter; a field that is missing or wrong is a finding and makes it `None`.
pub(super) fn front_matter(file: &str, fenced: &Fenced, findings: &mut Vec<Finding>) -> Option<FrontMatter> {
    let first = fenced.line + 1;
    let table = match DeTable::parse(&fenced.text) {
        Ok(table) => table,
        Err(error) => {
            let line = line_in(&fenced.text, first, error.span().map_or(0, |span| span.start));
            let advice = "write TOML: name = \"value\", lists as [\"a\", \"b\"]";
            findings.push(Finding::new(file, line, Code::FrontMatterSyntax, error.message(), advice));
            return None;
        }
    };
    let lines = KeyLines::new(&fenced.text, first, table.get_ref());
    let mut fields = Fields { file, table: table.get_ref(), lines, findings };
    fields.unknown();
    let id = fields.text("id");
    let title = fields.text("title");
    let (products, tags, symptoms) = (fields.list("products"), fields.list("tags"), fields.list("symptoms"));
    let reviewed = fields.date("reviewed");
    let id = id.filter(|id| fields.slug(id));
    Some(FrontMatter {
        id: id?,
        title: title?,
        products: products?,
        tags: tags?,
        symptoms: symptoms?,
        reviewed: reviewed?,
        lines: fields.lines,
    })
}

struct Fields<'a> {
    file: &'a str,
    table: &'a DeTable<'a>,
    lines: KeyLines,
    findings: &'a mut Vec<Finding>,
}

impl<'a> Fields<'a> {
    fn find(&mut self, name: &str, code: Code, message: String, advice: String) {
        self.findings.push(Finding::new(self.file, self.lines.of(name), code, message, advice));
    }

    fn unknown(&mut self) {
        let table = self.table;
        for name in table.keys().map(Spanned::get_ref).filter(|name| !FIELDS.contains(&name.as_ref())) {
            let message = format!("the front matter has no field `{name}`");
            let advice = format!("use only {}", FIELDS.join(", "));
            self.find(name, Code::FieldUnknown, message, advice);
        }
    }

    fn get(&mut self, name: &str) -> Option<&'a DeValue<'a>> {
        let value = self.table.get(name).map(Spanned::get_ref);
        if value.is_none() {
            let message = format!("the front matter lacks `{name}`");
            self.find(name, Code::FieldMissing, message, format!("add `{name} = ...` between the +++ lines"));
        }
        value
    }

    fn wrong_type<T>(&mut self, name: &str, expected: &str) -> Option<T> {
        self.find(name, Code::FieldType, format!("`{name}` is not {expected}"), format!("write {expected}"));
        None
    }

    fn text(&mut self, name: &str) -> Option<String> {
        match self.get(name)? {
            DeValue::String(text) => Some(text.trim().to_owned()),
            _ => self.wrong_type(name, "a text in quotes"),
        }
    }

    fn list(&mut self, name: &str) -> Option<Vec<String>> {
        let texts = match self.get(name)? {
            DeValue::Array(array) => array.iter().map(|item| match item.get_ref() {
                DeValue::String(text) => Some(text.trim().to_owned()),
                _ => None,
            }),
            _ => return self.wrong_type(name, "a list of texts in quotes"),
        };
        match texts.collect() {
            Some(texts) => Some(texts),
            None => self.wrong_type(name, "a list of texts in quotes"),
        }
    }

    fn date(&mut self, name: &str) -> Option<String> {
        match self.get(name)? {
            DeValue::Datetime(when) if when.time.is_none() && when.offset.is_none() => Some(when.to_string()),
            _ => self.wrong_type(name, "a date without quotes, such as 2026-11-01"),
        }
    }

    fn slug(&mut self, id: &str) -> bool {
        if !is_slug(id) {
            let message = format!("`{id}` can't be the id of an article");
            let advice = "use lowercase words joined by -, at most 64 characters";
            self.find("id", Code::ArticleIdNotSlug, message, advice.to_owned());
        }
        is_slug(id)
    }
}

//! `synonyms.toml` of a knowledge base: expressions that mean the same.
//!
//! Invariant: what is wrong with it leaves out expressions, never articles; each expression that is
//! left out has a finding on its line.

use std::collections::BTreeMap;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::files::read;
use super::finding::{Code, Finding};
use super::key_lines::line_in;
use crate::domain::world::article::Synonyms;

/// The file, at the top of the knowledge base.
pub(super) const FILE: &str = "synonyms.toml";
/// Meanings that are read.
const MEANINGS_MAX: usize = 2_000;
/// Expressions of one meaning.
const EXPRESSIONS_MAX: usize = 40;
/// Words of an expression.
const WORDS_MAX: usize = 4;
/// Characters of an expression.
const LEN_MAX: usize = 60;

/// The synonyms of a knowledge base, and what is wrong with them. Without a file there are none.
pub fn synonyms(folder: &Path) -> (Synonyms, Vec<Finding>) {
    let path = folder.join(FILE);
    if !path.try_exists().unwrap_or(true) {
        return (Synonyms::default(), Vec::new());
    }
    let broken = |line, message: String| {
        let advice = "write same = [[\"one\", \"another\"], [...]]; until then those that were read last stay, if there were any";
        (Synonyms::default(), vec![Finding::new(FILE, line, Code::SynonymsSyntax, message, advice)])
    };
    let bytes = match read(&path, FILE) {
        Ok(bytes) => bytes,
        Err(finding) => return (Synonyms::default(), vec![finding]),
    };
    let Ok(text) = String::from_utf8(bytes) else { return broken(1, "it is no UTF-8".to_owned()) };
    let line = |at: usize| line_in(&text, 1, at);
    let table = match DeTable::parse(&text) {
        Ok(table) => table,
        Err(error) => {
            return broken(line(error.span().map_or(0, |span| span.start)), error.message().to_owned());
        }
    };
    if let Some((key, _)) = table.get_ref().iter().find(|(key, _)| key.get_ref() != "same") {
        return broken(line(key.span().start), format!("nobody knows the key `{}`", key.get_ref()));
    }
    match table.get_ref().get("same").map(|value| (value.span(), value.get_ref())) {
        Some((_, DeValue::Array(meanings))) => Reading { line: &line, ..Reading::default() }.read(meanings),
        Some((span, _)) => broken(line(span.start), "`same` is no list of lists".to_owned()),
        None => broken(1, "there is no `same`".to_owned()),
    }
}

/// The reading of a file's lists.
struct Reading<'a> {
    line: &'a dyn Fn(usize) -> usize,
    /// Every expression with the line of its first use.
    first: BTreeMap<String, usize>,
    findings: Vec<Finding>,
}

impl Default for Reading<'_> {
    fn default() -> Self {
        Self { line: &|_| 1, first: BTreeMap::new(), findings: Vec::new() }
    }
}

impl Reading<'_> {
    fn read(mut self, meanings: &DeArray<'_>) -> (Synonyms, Vec<Finding>) {
        let mut synonyms = Vec::new();
        for meaning in meanings {
            let DeValue::Array(expressions) = meaning.get_ref() else {
                self.wrong(meaning, Code::SynonymForm, "it is no list", "write [\"one\", \"another\"]");
                continue;
            };
            let expressions = self.expressions(expressions);
            if synonyms.len() == MEANINGS_MAX {
                let message = format!("more than {MEANINGS_MAX} meanings");
                self.wrong(meaning, Code::SynonymForm, message, "keep fewer; the rest is left out");
                break;
            }
            if expressions.len() < 2 {
                let message = "a list of fewer than two expressions finds nothing";
                self.wrong(meaning, Code::SynonymAlone, message, "give it another one, or remove it");
            }
            synonyms.push(expressions);
        }
        (Synonyms(synonyms), self.findings)
    }

    fn expressions(&mut self, expressions: &DeArray<'_>) -> Vec<String> {
        let mut kept = Vec::new();
        for expression in expressions {
            let form = match expression.get_ref() {
                DeValue::String(text) if is_expression(text) => Ok(text.to_string()),
                DeValue::String(text) => Err(format!("`{text}` is no expression")),
                _ => Err("it is no text".to_owned()),
            };
            let line = (self.line)(expression.span().start);
            match form {
                Err(message) => {
                    let advice = format!(
                        "write small letters and digits, at most {WORDS_MAX} words and {LEN_MAX} characters; \
                         until then it is left out"
                    );
                    self.wrong(expression, Code::SynonymForm, message, &advice);
                }
                Ok(text) if self.first.contains_key(&text) => {
                    let message = format!("`{text}` also stands in line {}", self.first[&text]);
                    let advice = "keep it where it means most; the second one is left out";
                    self.wrong(expression, Code::SynonymTwice, message, advice);
                }
                Ok(_) if kept.len() == EXPRESSIONS_MAX => {
                    let message = format!("more than {EXPRESSIONS_MAX} expressions of one meaning");
                    self.wrong(expression, Code::SynonymForm, message, "the rest is left out");
                }
                Ok(text) => {
                    self.first.insert(text.clone(), line);
                    kept.push(text);
                }
            }
        }
        kept
    }

    fn wrong(&mut self, at: &Spanned<DeValue<'_>>, code: Code, message: impl Into<String>, advice: &str) {
        let line = (self.line)(at.span().start);
        self.findings.push(Finding::new(FILE, line, code, message, advice));
    }
}

/// Words as the search sees them, one space between two.
fn is_expression(text: &str) -> bool {
    let words: Vec<&str> = text.split(' ').collect();
    let plain = |word: &&str| !word.is_empty() && word.chars().all(char::is_alphanumeric);
    words.len() <= WORDS_MAX
        && words.iter().all(plain)
        && text.chars().count() <= LEN_MAX
        && text.chars().flat_map(char::to_lowercase).eq(text.chars())
}

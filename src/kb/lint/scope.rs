//! One action of a page, as the rules see it.

use crate::domain::world::action::Action;
use crate::kb::finding::{Code, Finding};
use crate::kb::key_lines::KeyLines;
use crate::kb::page::Page;

/// One action and where it stands.
pub(super) struct Scope<'a> {
    pub file: &'a str,
    pub action: &'a Action,
    pub lines: &'a KeyLines,
}

impl Scope<'_> {
    pub fn find(
        &self,
        key: &str,
        code: Code,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) -> Finding {
        let message = format!("`{}`: {}", self.action.id, message.into());
        Finding::new(self.file, self.lines.of(key), code, message, advice)
    }
}

pub(super) fn scopes(page: &Page) -> impl Iterator<Item = Scope<'_>> {
    let both = page.article.actions.iter().zip(&page.actions);
    both.map(|(action, lines)| Scope { file: &page.article.file, action, lines })
}

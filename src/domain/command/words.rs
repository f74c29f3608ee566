//! Words on a line: where one ends and the next begins. [`quoted`](crate::domain::text::quoted) writes
//! what is read here.
//!
//! Invariant: nothing is swallowed. White space (Unicode's) parts words. Quotation marks keep it in a
//! word and are left out. Every other character is part of a word, a backslash too.

use crate::domain::refusal::Refusal;
use crate::domain::text::closing;

/// A word without its quotation marks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Word {
    /// What it says.
    pub text: String,
    /// Whether it was written without quotation marks: only such a word can be a keyword.
    pub is_bare: bool,
}

impl Word {
    /// Whether it is this keyword, whatever its case.
    pub fn is(&self, keyword: &str) -> bool {
        self.is_bare && self.text.eq_ignore_ascii_case(keyword)
    }
}

/// The first word and what follows it as it was typed; none if there is no more.
///
/// Straight and typographic quotation marks hold a word, or a value after `=`, together; straight ones any
/// part of a word. An apostrophe between two letters or digits is none of them, and within `"` a `\"` is a
/// mark that stays.
pub fn next_word(text: &str) -> Result<Option<(Word, &str)>, Refusal> {
    let text = text.trim_start();
    if text.is_empty() {
        return Ok(None);
    }
    let mut word = Word { text: String::new(), is_bare: true };
    let (mut rest, mut before) = (text, None);
    while let Some(c) = rest.chars().next().filter(|c| !c.is_whitespace()) {
        let after = &rest[c.len_utf8()..];
        rest = match closing(c).filter(|_| opens(c, before)) {
            None => {
                word.text.push(c);
                after
            }
            Some(closing) => {
                word.is_bare = false;
                take_quoted(&mut word.text, after, closing).ok_or_else(|| unclosed(rest, closing))?
            }
        };
        before = Some(c);
    }
    Ok(Some((word, rest)))
}

/// Whether a mark opens something behind this character of its word.
fn opens(mark: char, before: Option<char>) -> bool {
    match (mark, before) {
        ('"', _) | (_, None | Some('=')) => true,
        ('\'', Some(before)) => !before.is_alphanumeric(),
        _ => false,
    }
}

/// Appends what stands before the closing mark; what follows the mark, if there is one.
fn take_quoted<'a>(text: &mut String, quoted: &'a str, closing: &[char]) -> Option<&'a str> {
    let (mut rest, mut before) = (quoted, None);
    while let Some(c) = rest.chars().next() {
        let mut after = &rest[c.len_utf8()..];
        let mut taken = c;
        if closing == ['"'] && c == '\\' && rest.trim_start_matches('\\').starts_with('"') {
            taken = after.chars().next()?;
            after = &after[taken.len_utf8()..];
        } else if closing.contains(&c) && !is_apostrophe(before, c, after) {
            return Some(after);
        }
        text.push(taken);
        (rest, before) = (after, Some(taken));
    }
    None
}

fn is_apostrophe(before: Option<char>, c: char, after: &str) -> bool {
    let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    matches!(c, '\'' | '’') && is_letter(before) && is_letter(after.chars().next())
}

fn unclosed(from: &str, closing: &[char]) -> Refusal {
    let mark: String = from.chars().take(1).collect();
    let start: String = from.chars().take(UNCLOSED_SHOWN).collect();
    let more = if start.len() < from.len() { "..." } else { "" };
    let closing: Vec<_> = closing.iter().map(|mark| format!("`{mark}`")).collect();
    let message = format!("the quotation mark `{mark}` of `{start}{more}` is not closed");
    Refusal::new("bad_quotes", message)
        .hint(format!("Close it with {}, as in name='two words'.", closing.join(" or ")))
}

/// Characters of what is not closed that are shown.
const UNCLOSED_SHOWN: usize = 24;

#[cfg(test)]
mod tests;

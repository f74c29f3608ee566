//! The number or the severity that a text may begin with.
//!
//! Invariant: a first word that looks like one is one, or is refused. It is never taken for the text, so
//! that nothing happens to another incident than the one that was named.

use std::str::FromStr;

use super::values::{bare, id, split_word};
use crate::domain::command::table::{COMMANDS, usage};
use crate::domain::id::{self, IdError, IncidentId};
use crate::domain::record::severity::Severity;
use crate::domain::refusal::Refusal;
use crate::domain::text::is_invisible;

/// What may stand between the letters of an id or of a severity and its digits; the dot of a small `İ`, too.
const BETWEEN: &[char] = &['-', '#', ':', '.', '_', '=', '\u{307}'];

/// The incident that the words begin with, if they begin with one, and the other words.
pub fn incident<'a>(rest: &'a str, path: &str) -> Result<(Option<IncidentId>, &'a str), Refusal> {
    let (word, more) = split_word(rest);
    if !is_like_an_id(word, more) {
        return Ok((None, rest));
    }
    let incident = id(word, path).map_err(begin_otherwise)?;
    one_only::<IncidentId>(more)?;
    Ok((Some(incident), more))
}

/// Refuses a text that begins with an incident where none can be named.
pub fn no_incident(rest: &str) -> Result<(), Refusal> {
    let (word, _) = split_word(rest);
    let Ok(incident) = id::typed::<IncidentId>(word) else { return Ok(()) };
    let message = format!("a note goes to the incident in use, so it can't begin with `{word}`");
    let refusal = Refusal::new("bad_id", message).hint(format!("`/incident use {incident}` turns to it."));
    Err(begin_otherwise(refusal))
}

/// Refuses a second number behind the first: one would be taken for the text.
pub fn one_only<T: FromStr<Err = IdError>>(more: &str) -> Result<(), Refusal> {
    let (word, _) = split_word(more);
    if id::typed::<T>(word).is_err() {
        return Ok(());
    }
    let refusal = Refusal::new("bad_id", format!("`{word}` is a second one: one at a time"));
    Err(begin_otherwise(refusal))
}

/// Refuses a command where a reason was to come: somebody typed on behind what stood there.
pub fn no_command(reason: &str) -> Result<(), Refusal> {
    let (word, _) = split_word(reason);
    let Some(name) = word.strip_prefix('/').map(bare) else { return Ok(()) };
    if !COMMANDS.iter().any(|spec| spec.is_typed() && spec.name == name) {
        return Ok(());
    }
    let message = format!("`{word}` is a command and no reason");
    Err(Refusal::new("bad_command", message).hint("Nothing was done: clear the line, and send one of them."))
}

/// The severity that the words begin with, if they begin with one, and the other words.
pub fn severity<'a>(rest: &'a str, path: &str) -> Result<(Option<Severity>, &'a str), Refusal> {
    let (word, more) = split_word(rest);
    let visible: String = word.chars().filter(|c| !is_invisible(*c)).collect();
    let lower = bare(&visible);
    let Some((name, number)) = ["severity", "sev", "p"]
        .into_iter()
        .find_map(|name| Some((name, lower.strip_prefix(name)?.trim_start_matches(BETWEEN))))
    else {
        return Ok((None, rest));
    };
    let (number, more) = match number {
        // Apart, as in `sev 1`.
        "" if name != "p" => split_word(more),
        number => (number, more),
    };
    let number = bare(number);
    let digits = up_to_punctuation(&number);
    // Others call a severity P1; P95 is something else.
    if !is_number(digits) || (name == "p" && digits.chars().count() > 1) {
        return Ok((None, rest));
    }
    let is_all_seen = visible == word;
    match Severity::from_word(&format!("sev{digits}")) {
        Some(severity) if name != "p" && digits == number && is_all_seen => Ok((Some(severity), more)),
        meant => {
            let meant = meant.map(|meant| format!(": did you mean `{}`?", meant.word()));
            let message = format!("`{word}` is no severity{}", meant.unwrap_or_default());
            let refusal = Refusal::new("bad_severity", message).hint(format!("Expected: {}.", usage(path)));
            Err(begin_otherwise(refusal))
        }
    }
}

fn begin_otherwise(refusal: Refusal) -> Refusal {
    let hint = format!("{} A text begins with another word.", refusal.hint);
    refusal.hint(hint)
}

/// What an id may begin with, the longest first: also letters that only look like it.
const BEFORE: &[&str] = &[
    "incident", "inc", "issue", "case", "request", "req", "number", "nr", "no", "i", "ı", "і", "ｉ", "r",
    "ｒ",
];

/// Whether a word looks like the number of an incident or of a request: digits, maybe behind a letter or a
/// word for it, in whatever case and punctuation; or the two apart, or with the text glued to it.
fn is_like_an_id(word: &str, more: &str) -> bool {
    let word: String = word.to_lowercase().chars().filter(|c| !is_invisible(*c)).collect();
    let word = word.trim_start_matches(|c: char| !c.is_alphanumeric());
    let number = BEFORE.iter().find_map(|before| word.strip_prefix(before));
    match number.map(|number| number.trim_start_matches(BETWEEN)) {
        Some(number) if bare(number).is_empty() => is_number(&bare(split_word(more).0)),
        Some(number) => is_number(up_to_punctuation(number)),
        None => is_number(&bare(word)),
    }
}

/// What stands before the text that is glued to it, as in `1/done`.
fn up_to_punctuation(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default()
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.chars().all(char::is_numeric)
}

//! Words become the values of a command: ids, hosts, outcomes, texts.
//!
//! Invariant: a refusal shows the usage of the command. The module does not know which command takes
//! which value.

use std::str::FromStr;

use crate::domain::command::table::usage;
use crate::domain::id::{self, HostName, ID_PUNCTUATION, IdError};
use crate::domain::record::run::Outcome;
use crate::domain::refusal::Refusal;

/// The first word and what follows it, trimmed.
pub fn split_word(text: &str) -> (&str, &str) {
    let text = text.trim();
    text.split_once(char::is_whitespace).map_or((text, ""), |(word, rest)| (word, rest.trim()))
}

/// The refusal of a command that is not whole or has too much.
pub fn expected(path: &str) -> Refusal {
    Refusal::new("bad_command", format!("expected: {}", usage(path)))
}

/// A word as it is compared: in small letters, without the punctuation around it.
pub fn bare(word: &str) -> String {
    word.trim_matches(ID_PUNCTUATION).to_lowercase()
}

/// The number that a word is.
pub fn id<T: FromStr<Err = IdError>>(word: &str, path: &str) -> Result<T, Refusal> {
    id::typed(word).map_err(|error| {
        let meant = error.meant().map(|meant| format!("Did you mean `{meant}`? ")).unwrap_or_default();
        Refusal::new("bad_id", error.to_string()).hint(format!("{meant}Expected: {}.", usage(path)))
    })
}

/// The hosts of a list, separated by commas or spaces.
pub fn hosts(list: &str) -> Vec<HostName> {
    list.split(|c: char| c == ',' || c.is_whitespace())
        .filter(|host| !host.is_empty())
        .map(HostName::from)
        .collect()
}

/// How a run ended.
pub fn outcome(word: &str) -> Result<Outcome, Refusal> {
    bare(word).parse().map_err(|()| expected("settle"))
}

/// Whether it is to be quiet: yes, unless `off` is given.
pub fn quiet(word: &str) -> Result<bool, Refusal> {
    match bare(word).as_str() {
        "" | "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(expected("quiet")),
    }
}

/// A text that is not empty.
pub fn text(text: &str, path: &str) -> Result<String, Refusal> {
    if text.is_empty() { Err(expected(path)) } else { Ok(text.to_owned()) }
}

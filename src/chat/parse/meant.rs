//! A line that is no command and was probably meant as one: without its slash, with something else in its
//! place, in backticks, behind `>`.
//!
//! Invariant: it is only named to whoever typed it, never done.

use super::command::command;
use super::lead;
use super::values::split_word;
use crate::domain::command::table::COMMANDS;
use crate::domain::command::{Command, Meant};
use crate::domain::record::severity::Severity;
use crate::domain::text::is_invisible;

/// The command that a question reads like, if the whole of it does.
pub fn meant(question: &str) -> Option<Command> {
    // Of a path only its name would be left.
    let line = question.trim_start_matches(|c: char| !c.is_alphanumeric());
    let is_marked = line.len() < question.len();
    let line = line.trim_end_matches(|c: char| {
        c.is_whitespace()
            || is_invisible(c)
            || matches!(c, '`' | '.' | '!' | '?' | '"' | '”' | '’' | '»' | '*')
    });
    let (word, rest) = split_word(line);
    let name = word.to_lowercase();
    if !COMMANDS.iter().any(|spec| spec.is_typed() && spec.name == name) {
        return None;
    }
    let command = command(&name, rest).ok()?;
    if !is_whole(&command, rest, is_marked) {
        return None;
    }
    let typed = format!("/{name} {rest}").trim_end().to_owned();
    Some(Command::Meant(Meant { question: question.to_owned(), typed, command: Box::new(command) }))
}

/// Whether nothing in it may be the words of a question. Whoever put something in the place of the slash
/// (`is_marked`) may have used words of their own, too.
fn is_whole(command: &Command, rest: &str, is_marked: bool) -> bool {
    match command {
        Command::Help => rest.is_empty(),
        Command::IncidentOpen(Severity::Sev3, _) => {
            is_marked || matches!(lead::severity(split_word(rest).1, "incident open"), Ok((Some(_), _)))
        }
        Command::IncidentResolve(None, text) => is_marked || text.is_empty(),
        Command::IncidentNote(_) | Command::KbSearch(_) | Command::IncidentAssign(None, _) => is_marked,
        _ => true,
    }
}

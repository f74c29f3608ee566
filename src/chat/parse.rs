//! A line that somebody typed becomes a command.
//!
//! A line that begins with `/` is a command, unless it begins with a path; anything else is a
//! question, also where it reads like a command. Names, numbers and keywords are taken whatever their
//! case, values are quoted as [`words`](crate::domain::command::words) says.

mod command;
mod lead;
mod meant;
mod values;

use crate::domain::command::Command;
use crate::domain::refusal::Refusal;

pub(super) use command::{severity, unknown_command};
pub(super) use values::{expected, hosts, id, outcome, quiet, text};

use values::split_word;

/// Characters of a line.
pub const LINE_LEN_MAX: usize = 8000;

/// Folders of a root directory: a line that begins with one is a question about it.
const ROOT_FOLDERS: &[&str] = &[
    "bin", "boot", "dev", "etc", "home", "lib", "lib64", "media", "mnt", "opt", "proc", "root", "sbin",
    "srv", "sys", "tmp", "usr", "var", "vmfs", "vmimages",
];

/// Reads a line. None if there is nothing on it.
pub fn parse(line: &str) -> Result<Option<Command>, Refusal> {
    let line = line.trim();
    if line.is_empty() {
        return Ok(None);
    }
    let length = line.chars().count();
    if length > LINE_LEN_MAX {
        let message = format!("the line has {length} characters; {LINE_LEN_MAX} is the limit");
        return Err(Refusal::new("line_too_long", message));
    }
    let (word, rest) = split_word(line);
    let name = word.strip_prefix('/').filter(|name| !is_path(name));
    if name.is_none_or(str::is_empty)
        && let Some(meant) = meant::meant(line)
    {
        return Ok(Some(meant));
    }
    match name {
        Some(name) => command::command(&name.to_lowercase(), rest).map(Some),
        None => Ok(Some(Command::Ask(line.to_owned()))),
    }
}

fn is_path(name: &str) -> bool {
    name.contains('/') || name.contains('.') || ROOT_FOLDERS.contains(&name)
}

#[cfg(test)]
mod tests;

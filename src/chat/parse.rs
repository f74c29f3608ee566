//! A line that somebody typed becomes a command.
//!
//! A line that begins with `/` is a command, unless it begins with a path; anything else is a
//! question, also where it reads like a command. Names, numbers and keywords are taken whatever their
//! case, values are quoted as [`words`](crate::domain::command::words) says.

mod lead;
mod meant;

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::domain::command::table::{COMMANDS, usage};
use crate::domain::command::words::next_word;
use crate::domain::command::{Assignee, Command};
use crate::domain::id::{self, ActionId, ArticleId, HostName, ID_PUNCTUATION, IdError, RequestId};
use crate::domain::policy::catalogue::nearest;
use crate::domain::record::run::Outcome;
use crate::domain::record::severity::Severity;
use crate::domain::refusal::Refusal;

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
        Some(name) => command(&name.to_lowercase(), rest).map(Some),
        None => Ok(Some(Command::Ask(line.to_owned()))),
    }
}

fn is_path(name: &str) -> bool {
    name.contains('/') || name.contains('.') || ROOT_FOLDERS.contains(&name)
}

/// The first word and what follows it, trimmed.
fn split_word(text: &str) -> (&str, &str) {
    let text = text.trim();
    text.split_once(char::is_whitespace).map_or((text, ""), |(word, rest)| (word, rest.trim()))
}

/// Reads what follows the name of a command, which is in small letters.
fn command(name: &str, rest: &str) -> Result<Command, Refusal> {
    let only = |request: fn(RequestId) -> Command| only_request(rest, name).map(request);
    match name {
        "run" => run(rest),
        "approve" => only(Command::Approve),
        "deny" => {
            let (request, reason) = request(rest, name)?;
            lead::one_only::<RequestId>(reason)?;
            lead::no_command(reason)?;
            Ok(Command::Deny(request, text(without_because(reason), name)?))
        }
        "withdraw" => only(Command::Withdraw),
        "cancel" => only(Command::Cancel),
        "settle" => settle(rest),
        "show" => only(Command::Show),
        "approvals" => nothing_more(rest, Command::Approvals, name),
        "check" => match split_word(rest) {
            (host, "") if !host.is_empty() => Ok(Command::Check(HostName::from(host))),
            _ => Err(expected(name)),
        },
        "hosts" => nothing_more(rest, Command::Hosts, name),
        "incident" => incident(rest),
        "kb" => kb(rest),
        "quiet" => quiet(rest).map(Command::Quiet),
        "audit" => match bare(rest).as_str() {
            "" | "verify" => Ok(Command::AuditVerify),
            _ => Err(expected("audit verify")),
        },
        "clock" => match bare(rest).as_str() {
            "accept" => Ok(Command::ClockAccept),
            _ => Err(expected("clock accept")),
        },
        "help" => Ok(Command::Help),
        unknown => Err(unknown_command(unknown)),
    }
}

/// The refusal of a command that does not exist, with the nearest one.
pub(super) fn unknown_command(name: &str) -> Refusal {
    let refusal = Refusal::new("unknown_command", format!("there is no command /{name}"));
    let typed = COMMANDS.iter().filter(|spec| spec.is_typed()).map(|spec| spec.name);
    match nearest(name, typed) {
        Some(near) => refusal.hint(format!("Did you mean /{near}? `/help` lists the commands.")),
        None => refusal.hint("`/help` lists the commands; a question needs no slash."),
    }
}

/// The refusal of a command that is not whole or has too much.
pub(super) fn expected(path: &str) -> Refusal {
    Refusal::new("bad_command", format!("expected: {}", usage(path)))
}

fn nothing_more(rest: &str, command: Command, path: &str) -> Result<Command, Refusal> {
    if rest.is_empty() { Ok(command) } else { Err(expected(path)) }
}

/// A word as it is compared: in small letters, without the punctuation around it.
fn bare(word: &str) -> String {
    word.trim_matches(ID_PUNCTUATION).to_lowercase()
}

/// The number that a word is.
pub(super) fn id<T: FromStr<Err = IdError>>(word: &str, path: &str) -> Result<T, Refusal> {
    id::typed(word).map_err(|error| {
        let meant = error.meant().map(|meant| format!("Did you mean `{meant}`? ")).unwrap_or_default();
        Refusal::new("bad_id", error.to_string()).hint(format!("{meant}Expected: {}.", usage(path)))
    })
}

/// The hosts of a list, separated by commas or spaces.
pub(super) fn hosts(list: &str) -> Vec<HostName> {
    list.split(|c: char| c == ',' || c.is_whitespace())
        .filter(|host| !host.is_empty())
        .map(HostName::from)
        .collect()
}

/// How a run ended.
pub(super) fn outcome(word: &str) -> Result<Outcome, Refusal> {
    bare(word).parse().map_err(|()| expected("settle"))
}

/// Whether it is to be quiet: yes, unless `off` is given.
pub(super) fn quiet(word: &str) -> Result<bool, Refusal> {
    match bare(word).as_str() {
        "" | "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(expected("quiet")),
    }
}

/// How bad an incident is.
pub(super) fn severity(word: &str, path: &str) -> Result<Severity, Refusal> {
    match lead::severity(word, path)? {
        (Some(severity), "") => Ok(severity),
        _ => Err(expected(path)),
    }
}

fn request<'a>(rest: &'a str, path: &str) -> Result<(RequestId, &'a str), Refusal> {
    let (word, rest) = split_word(rest);
    if word.is_empty() {
        return Err(expected(path));
    }
    Ok((id(word, path)?, rest))
}

fn only_request(rest: &str, path: &str) -> Result<RequestId, Refusal> {
    match request(rest, path)? {
        (id, "") => Ok(id),
        _ => Err(expected(path)),
    }
}

/// A text that is not empty.
pub(super) fn text(text: &str, path: &str) -> Result<String, Refusal> {
    if text.is_empty() { Err(expected(path)) } else { Ok(text.to_owned()) }
}

fn without_because(reason: &str) -> &str {
    match split_word(reason) {
        (word, reason) if word.eq_ignore_ascii_case("because") => reason,
        _ => reason,
    }
}

/// Quotation marks mean something up to `because`: a reason is kept as it was typed.
fn run(rest: &str) -> Result<Command, Refusal> {
    let (mut words, mut reason, mut rest) = (Vec::new(), "", rest);
    while let Some((word, after)) = next_word(rest)? {
        if word.is("because") {
            reason = after.trim();
            break;
        }
        words.push(word);
        rest = after;
    }
    let mut words = words.into_iter();
    let action = words.next().ok_or_else(|| expected("run"))?.text;
    let mut params = BTreeMap::new();
    for word in words.by_ref() {
        if word.is("on") {
            break;
        }
        let Some((name, value)) = word.text.split_once('=') else {
            return Err(Refusal::new("bad_command", format!("`{}` is no key=value", word.text))
                .hint(format!("Expected: {}", usage("run"))));
        };
        if params.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(Refusal::new("bad_command", format!("{name} is given twice")));
        }
    }
    let hosts = hosts(&words.map(|word| word.text).collect::<Vec<_>>().join(","));
    Ok(Command::Run { action: ActionId(action), params, hosts, reason: reason.to_owned() })
}

fn settle(rest: &str) -> Result<Command, Refusal> {
    let (request, rest) = request(rest, "settle")?;
    let (word, reason) = split_word(rest);
    Ok(Command::Settle(request, outcome(word)?, text(without_because(reason), "settle")?))
}

fn incident(rest: &str) -> Result<Command, Refusal> {
    let (verb, rest) = split_word(rest);
    let verb = verb.to_lowercase();
    let path = format!("incident {verb}");
    let any_or_in_use = || if rest.is_empty() { Ok(None) } else { id(rest, &path).map(Some) };
    match verb.as_str() {
        "open" => {
            let (severity, title) = lead::severity(rest, &path)?;
            Ok(Command::IncidentOpen(severity.unwrap_or(Severity::Sev3), text(title, &path)?))
        }
        "list" => nothing_more(rest, Command::IncidentList, &path),
        "show" => any_or_in_use().map(Command::IncidentShow),
        "use" => Ok(Command::IncidentUse(id(rest, &path)?)),
        "note" => {
            lead::no_incident(rest)?;
            Ok(Command::IncidentNote(text(rest, &path)?))
        }
        "severity" => {
            if let (Some(severity), "") = lead::severity(rest, &path)? {
                return Ok(Command::IncidentSeverity(None, severity));
            }
            let (incident, word) = split_word(rest);
            if word.is_empty() {
                return Err(expected(&path));
            }
            Ok(Command::IncidentSeverity(Some(id(incident, &path)?), severity(word, &path)?))
        }
        "assign" => {
            let (incident, name) = lead::incident(rest, &path)?;
            Ok(Command::IncidentAssign(incident, Assignee::Name(text(name, &path)?)))
        }
        "resolve" => {
            let (incident, words) = lead::incident(rest, &path)?;
            Ok(Command::IncidentResolve(incident, words.to_owned()))
        }
        "export" => any_or_in_use().map(Command::IncidentExport),
        _ => Err(expected("incident")),
    }
}

fn kb(rest: &str) -> Result<Command, Refusal> {
    let (verb, rest) = split_word(rest);
    match (verb.to_lowercase().as_str(), rest) {
        ("search", words) => Ok(Command::KbSearch(text(words, "kb search")?)),
        ("show", article) => Ok(Command::KbShow(ArticleId(text(article, "kb show")?))),
        ("report", "") => Ok(Command::KbReport),
        _ => Err(expected("kb")),
    }
}

#[cfg(test)]
mod tests;

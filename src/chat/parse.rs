//! A line that somebody typed becomes a command.
//!
//! A line that begins with `/` is a command, unless it begins with a path; anything else is a
//! question. Values with spaces are quoted as in a shell.

use std::collections::BTreeMap;

use crate::domain::catalogue::nearest;
use crate::domain::command::{Command, Severity};
use crate::domain::id::{ActionId, ArticleId, HostName, IdError, IncidentId, RequestId};
use crate::domain::refusal::Refusal;
use crate::domain::run::Outcome;

/// Characters of a line.
pub const LINE_LEN_MAX: usize = 8000;

/// The commands that work in every chat.
pub const COMMANDS: &[&str] = &[
    "run",
    "approve",
    "deny",
    "withdraw",
    "cancel",
    "settle",
    "show",
    "approvals",
    "check",
    "hosts",
    "incident",
    "kb",
    "audit",
    "help",
];

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
    let Some(name) = word.strip_prefix('/').filter(|name| !is_path(name)) else {
        return Ok(Some(Command::Ask(line.to_owned())));
    };
    command(name, rest).map(Some)
}

fn is_path(name: &str) -> bool {
    name.contains('/') || name.contains('.') || ROOT_FOLDERS.contains(&name)
}

/// The first word and what follows it, trimmed.
fn split_word(text: &str) -> (&str, &str) {
    let text = text.trim();
    text.split_once(char::is_whitespace).map_or((text, ""), |(word, rest)| (word, rest.trim()))
}

fn command(name: &str, rest: &str) -> Result<Command, Refusal> {
    match name {
        "run" => run(rest),
        "approve" => Ok(Command::Approve(only_request(rest, "/approve r1")?)),
        "deny" => {
            let (request, reason) = request(rest, "/deny r1 REASON")?;
            Ok(Command::Deny(request, text(without_because(reason), "/deny r1 REASON")?))
        }
        "withdraw" => Ok(Command::Withdraw(only_request(rest, "/withdraw r1")?)),
        "cancel" => Ok(Command::Cancel(only_request(rest, "/cancel r1")?)),
        "settle" => settle(rest),
        "show" => Ok(Command::Show(only_request(rest, "/show r1")?)),
        "approvals" => nothing_more(rest, Command::Approvals, "/approvals"),
        "check" => match split_word(rest) {
            (host, "") if !host.is_empty() => Ok(Command::Check(HostName::from(host))),
            _ => Err(expected("/check HOST")),
        },
        "hosts" => nothing_more(rest, Command::Hosts, "/hosts"),
        "incident" => incident(rest),
        "kb" => kb(rest),
        "audit" => match rest {
            "" | "verify" => Ok(Command::AuditVerify),
            _ => Err(expected("/audit verify")),
        },
        "help" => Ok(Command::Help),
        unknown => Err(unknown_command(unknown)),
    }
}

/// The refusal of a command that does not exist, with the nearest one.
fn unknown_command(name: &str) -> Refusal {
    let refusal = Refusal::new("unknown_command", format!("there is no command /{name}"));
    match nearest(name, COMMANDS.iter().copied()) {
        Some(near) => refusal.hint(format!("Did you mean /{near}? `/help` lists the commands.")),
        None => refusal.hint("`/help` lists the commands; a question needs no slash."),
    }
}

fn expected(usage: &str) -> Refusal {
    Refusal::new("bad_command", format!("expected: {usage}"))
}

fn nothing_more(rest: &str, command: Command, usage: &str) -> Result<Command, Refusal> {
    if rest.is_empty() { Ok(command) } else { Err(expected(usage)) }
}

fn bad_id(error: &IdError, usage: &str) -> Refusal {
    Refusal::new("bad_id", error.to_string()).hint(format!("Expected: {usage}"))
}

fn request<'a>(rest: &'a str, usage: &str) -> Result<(RequestId, &'a str), Refusal> {
    let (word, rest) = split_word(rest);
    if word.is_empty() {
        return Err(expected(usage));
    }
    word.parse().map(|id| (id, rest)).map_err(|error| bad_id(&error, usage))
}

fn only_request(rest: &str, usage: &str) -> Result<RequestId, Refusal> {
    match request(rest, usage)? {
        (id, "") => Ok(id),
        _ => Err(expected(usage)),
    }
}

fn text(text: &str, usage: &str) -> Result<String, Refusal> {
    if text.is_empty() { Err(expected(usage)) } else { Ok(text.to_owned()) }
}

fn without_because(reason: &str) -> &str {
    match split_word(reason) {
        ("because", reason) => reason,
        _ => reason,
    }
}

const RUN: &str = "/run ACTION key=value ... on HOST[,HOST] because REASON";

fn run(rest: &str) -> Result<Command, Refusal> {
    let (words, reason) = words_and_reason(rest)?;
    let mut words = words.into_iter();
    let action = words.next().ok_or_else(|| expected(RUN))?;
    let mut params = BTreeMap::new();
    for word in words.by_ref() {
        if word == "on" {
            break;
        }
        let Some((name, value)) = word.split_once('=') else {
            return Err(Refusal::new("bad_command", format!("`{word}` is no key=value"))
                .hint(format!("Expected: {RUN}")));
        };
        if params.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(Refusal::new("bad_command", format!("{name} is given twice")));
        }
    }
    let hosts = words.collect::<Vec<_>>().join(",");
    let hosts = hosts.split(',').filter(|host| !host.is_empty()).map(HostName::from).collect();
    Ok(Command::Run { action: ActionId(action), params, hosts, reason })
}

/// The words before `because`, unquoted, and the reason after it as it was typed: a reason may
/// hold an apostrophe. A `because` within quotes is part of a value.
fn words_and_reason(rest: &str) -> Result<(Vec<String>, String), Refusal> {
    let unbalanced = || Refusal::new("bad_quotes", "a quotation mark is not closed");
    let space = |c: Option<char>| c.is_none_or(char::is_whitespace);
    let separators = rest.match_indices("because").filter(|(at, word)| {
        space(rest[..*at].chars().next_back()) && space(rest[at + word.len()..].chars().next())
    });
    for (at, word) in separators {
        if let Some(words) = shlex::split(&rest[..at]) {
            return Ok((words, rest[at + word.len()..].trim().to_owned()));
        }
    }
    let words = shlex::split(rest)
        .ok_or_else(|| unbalanced().hint("Quote values as in a shell: name='two words'."))?;
    Ok((words, String::new()))
}

const SETTLE: &str = "/settle r1 succeeded|failed|cancelled because REASON";

fn settle(rest: &str) -> Result<Command, Refusal> {
    let (request, rest) = request(rest, SETTLE)?;
    let (outcome, reason) = split_word(rest);
    let outcome: Outcome = outcome.parse().map_err(|()| expected(SETTLE))?;
    Ok(Command::Settle(request, outcome, text(without_because(reason), SETTLE)?))
}

const INCIDENT: &str =
    "/incident open [sev1|sev2|sev3] TITLE, list, show [i1], use i1, note TEXT, resolve [i1] [TEXT]";

fn incident(rest: &str) -> Result<Command, Refusal> {
    let (verb, rest) = split_word(rest);
    match verb {
        "open" => {
            let (word, title) = split_word(rest);
            let (severity, title) = match Severity::from_word(word) {
                Some(severity) => (severity, title),
                None => (Severity::Sev3, rest),
            };
            Ok(Command::IncidentOpen(severity, text(title, "/incident open [sev1|sev2|sev3] TITLE")?))
        }
        "list" => nothing_more(rest, Command::IncidentList, "/incident list"),
        "show" if rest.is_empty() => Ok(Command::IncidentShow(None)),
        "show" => Ok(Command::IncidentShow(Some(incident_id(rest, "/incident show [i1]")?))),
        "use" => Ok(Command::IncidentUse(incident_id(rest, "/incident use i1")?)),
        "note" => Ok(Command::IncidentNote(text(rest, "/incident note TEXT")?)),
        "resolve" => {
            let (word, more) = split_word(rest);
            Ok(match word.parse() {
                Ok(id) => Command::IncidentResolve(Some(id), more.to_owned()),
                Err(_) => Command::IncidentResolve(None, rest.to_owned()),
            })
        }
        _ => Err(expected(INCIDENT)),
    }
}

fn incident_id(rest: &str, usage: &str) -> Result<IncidentId, Refusal> {
    rest.parse().map_err(|error: IdError| bad_id(&error, usage))
}

fn kb(rest: &str) -> Result<Command, Refusal> {
    match split_word(rest) {
        ("search", words) => Ok(Command::KbSearch(text(words, "/kb search WORDS")?)),
        ("show", article) => Ok(Command::KbShow(ArticleId(text(article, "/kb show ARTICLE")?))),
        _ => Err(expected("/kb search WORDS, /kb show ARTICLE")),
    }
}

#[cfg(test)]
mod tests;

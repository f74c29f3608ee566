//! The words behind the name of a command become the command.
//!
//! Invariant: a command is whole or refused, and the refusal shows its usage or the nearest command. The
//! module does not know lines, slashes and questions.

use std::collections::BTreeMap;

use super::lead;
use super::values::{bare, expected, hosts, id, outcome, quiet, split_word, text};
use crate::domain::command::table::{COMMANDS, usage};
use crate::domain::command::words::next_word;
use crate::domain::command::{Assignee, Command};
use crate::domain::id::{ActionId, ArticleId, HostName, RequestId};
use crate::domain::policy::catalogue::nearest;
use crate::domain::record::severity::Severity;
use crate::domain::refusal::Refusal;

/// Reads what follows the name of a command, which is in small letters.
pub fn command(name: &str, rest: &str) -> Result<Command, Refusal> {
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
pub fn unknown_command(name: &str) -> Refusal {
    let refusal = Refusal::new("unknown_command", format!("there is no command /{name}"));
    let typed = COMMANDS.iter().filter(|spec| spec.is_typed()).map(|spec| spec.name);
    match nearest(name, typed) {
        Some(near) => refusal.hint(format!("Did you mean /{near}? `/help` lists the commands.")),
        None => refusal.hint("`/help` lists the commands; a question needs no slash."),
    }
}

fn nothing_more(rest: &str, command: Command, path: &str) -> Result<Command, Refusal> {
    if rest.is_empty() { Ok(command) } else { Err(expected(path)) }
}

/// How bad an incident is.
pub fn severity(word: &str, path: &str) -> Result<Severity, Refusal> {
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

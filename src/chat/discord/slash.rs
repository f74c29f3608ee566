//! A slash command of Discord becomes a command.
//!
//! Invariant: it means what the same words mean in the terminal, and is refused in the same words.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::chat::parse::{expected, hosts, id, outcome, quiet, severity, text, unknown_command};
use crate::domain::command::{Assignee, Command};
use crate::domain::id::{ActionId, ArticleId, HostName, IncidentId, RequestId};
use crate::domain::record::severity::Severity;
use crate::domain::refusal::Refusal;
use crate::domain::world::actor::ActorId;

/// Types of an option.
const SUBCOMMAND: u64 = 1;
const GROUP: u64 = 2;
const STRING: u64 = 3;
const USER: u64 = 6;

/// Stands between the id and the title in the name of a suggestion.
pub(super) const BETWEEN: &str = " - ";

/// A command as it arrives, whole or still being typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slash {
    /// Its words, such as `incident` and `open`.
    pub path: Vec<String>,
    /// The values given, by the name of the option; people as the number of their account.
    pub options: BTreeMap<String, String>,
}

impl Slash {
    /// The command that the data of an interaction names, with its options, if it can be read.
    /// Values of kinds that no command of ours takes are left out.
    pub fn of(data: &Value) -> Option<Self> {
        let name = data["name"].as_str()?.to_owned();
        let mut slash = Self { path: vec![name], options: BTreeMap::new() };
        slash.add(&data["options"])?;
        Some(slash)
    }

    fn add(&mut self, options: &Value) -> Option<()> {
        let options = match options {
            // A command without options may come without a list of them.
            Value::Null => return Some(()),
            options => options.as_array()?,
        };
        for option in options {
            let name = option["name"].as_str()?.to_owned();
            match option["type"].as_u64()? {
                SUBCOMMAND | GROUP => {
                    self.path.push(name);
                    self.add(&option["options"])?;
                }
                STRING | USER => {
                    self.options.insert(name, option["value"].as_str()?.to_owned());
                }
                _ => {}
            }
        }
        Some(())
    }

    /// A value without the space around it; empty if it is not given.
    pub fn value(&self, name: &str) -> &str {
        self.options.get(name).map_or("", |value| value.trim())
    }
}

/// What a slash command asks for.
pub fn command(slash: &Slash) -> Result<Command, Refusal> {
    let path = slash.path.join(" ");
    let given = Given { slash, path: &path };
    match path.as_str() {
        "ask" => given.text("question").map(Command::Ask),
        "run" => run(given),
        "approve" => given.request().map(Command::Approve),
        "deny" => Ok(Command::Deny(given.request()?, given.text("reason")?)),
        "withdraw" => given.request().map(Command::Withdraw),
        "cancel" => given.request().map(Command::Cancel),
        "settle" => {
            let request = given.request()?;
            Ok(Command::Settle(request, outcome(slash.value("outcome"))?, given.text("reason")?))
        }
        "show" => given.request().map(Command::Show),
        "approvals" => Ok(Command::Approvals),
        "check" => given.text("host").map(|host| Command::Check(HostName(host))),
        "hosts" => Ok(Command::Hosts),
        "kb search" => given.text("words").map(Command::KbSearch),
        "kb show" => given.picked("article").map(|article| Command::KbShow(ArticleId(article))),
        "kb report" => Ok(Command::KbReport),
        "quiet" => quiet(slash.value("setting")).map(Command::Quiet),
        "audit verify" => Ok(Command::AuditVerify),
        "clock accept" => Ok(Command::ClockAccept),
        "help" => Ok(Command::Help),
        _ => incident(given),
    }
}

fn incident(given: Given<'_>) -> Result<Command, Refusal> {
    let Given { slash, path } = given;
    match path {
        "incident open" => {
            let severity = match slash.value("severity") {
                "" => Severity::Sev3,
                word => severity(word, path)?,
            };
            Ok(Command::IncidentOpen(severity, given.text("title")?))
        }
        "incident list" => Ok(Command::IncidentList),
        "incident show" => given.incident().map(Command::IncidentShow),
        "incident use" => match given.incident()? {
            Some(incident) => Ok(Command::IncidentUse(incident)),
            None => Err(expected(path)),
        },
        "incident note" => given.text("text").map(Command::IncidentNote),
        "incident severity" => {
            let severity = severity(slash.value("severity"), path)?;
            Ok(Command::IncidentSeverity(given.incident()?, severity))
        }
        "incident assign" => {
            let account = ActorId(format!("discord:{}", given.text("person")?));
            Ok(Command::IncidentAssign(given.incident()?, Assignee::Account(account)))
        }
        "incident resolve" => Ok(Command::IncidentResolve(given.incident()?, slash.value("text").to_owned())),
        "incident export" => given.incident().map(Command::IncidentExport),
        // Discord still shows a command for a while after it has been told of others.
        unknown => Err(unknown_command(unknown)),
    }
}

fn run(given: Given<'_>) -> Result<Command, Refusal> {
    let slash = given.slash;
    let own = |name: &str| ["action", "host", "reason"].contains(&name);
    let params = slash.options.iter().filter(|(name, value)| !own(name) && !value.is_empty());
    Ok(Command::Fill {
        action: ActionId(given.picked("action")?),
        revision: None,
        params: params.map(|(name, value)| (name.clone(), value.clone())).collect(),
        hosts: hosts(slash.value("host")),
        reason: slash.value("reason").to_owned(),
    })
}

/// The values of a command.
#[derive(Clone, Copy)]
struct Given<'a> {
    slash: &'a Slash,
    path: &'a str,
}

impl Given<'_> {
    fn text(self, name: &str) -> Result<String, Refusal> {
        text(self.slash.value(name), self.path)
    }

    /// A value that is picked from a list.
    fn picked(self, name: &str) -> Result<String, Refusal> {
        text(chosen(self.slash.value(name)), self.path)
    }

    fn request(self) -> Result<RequestId, Refusal> {
        id(&self.picked("request")?, self.path)
    }

    fn incident(self) -> Result<Option<IncidentId>, Refusal> {
        match chosen(self.slash.value("incident")) {
            "" => Ok(None),
            word => id(word, self.path).map(Some),
        }
    }
}

/// The id of what was picked. A client sends the name instead of the value if somebody has typed on
/// after picking.
pub(super) fn chosen(value: &str) -> &str {
    value.split_once(BETWEEN).map_or(value, |(id, _)| id).trim()
}

#[cfg(test)]
mod tests;

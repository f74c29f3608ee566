//! What people can ask of the bot, free of any transport.

pub mod limits;
pub mod table;
pub mod words;

use std::collections::BTreeMap;

use crate::domain::id::{ActionId, ArticleId, HostName, IncidentId, Prefix, RequestId};
use crate::domain::planning::planner::{known_action, known_host};
use crate::domain::policy::catalogue::Catalogue;
use crate::domain::record::run::Outcome;
use crate::domain::record::severity::Severity;
use crate::domain::refusal::Refusal;
use crate::domain::say::button::Press;
use crate::domain::say::form::Submit;
use crate::domain::world::actor::ActorId;

/// Who an incident is given to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assignee {
    /// An account.
    Account(ActorId),
    /// A person of the configuration.
    Name(String),
}

/// A line that may have been meant as a command, and is a question if it was not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meant {
    /// The line.
    pub question: String,
    /// What to type for the command.
    pub typed: String,
    /// The command.
    pub command: Box<Command>,
}

impl Meant {
    /// Whether the action, the host or the article that it names is there.
    pub fn is_of(&self, catalogue: &Catalogue) -> bool {
        match &*self.command {
            Command::Run { action, .. } => known_action(catalogue, action).is_ok(),
            Command::Check(host) => known_host(catalogue, host).is_ok(),
            Command::KbShow(article) => catalogue.article(article).is_some(),
            _ => true,
        }
    }
}

/// One command of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A question in somebody's own words.
    Ask(String),
    /// A question that reads like a command without its slash.
    Meant(Meant),
    /// What somebody said in a conversation of the bot without addressing it.
    Overheard(String),
    /// What somebody said to the bot is no command and no question, for this reason: it is decided
    /// like any other, so that it is answered once.
    Misread(Refusal),
    /// Whether what is overheard in this conversation is left alone.
    Quiet(bool),
    /// Presses a button.
    Press(Press),
    /// Hands in a form.
    Submitted(Submit, BTreeMap<String, String>),
    /// Opens a request if all it needs is given, else asks for the rest with a form.
    Fill {
        /// The action.
        action: ActionId,
        /// The revision of its article that was shown, if one was.
        revision: Option<Prefix>,
        /// The values given.
        params: BTreeMap<String, String>,
        /// The hosts given.
        hosts: Vec<HostName>,
        /// The reason given.
        reason: String,
    },
    /// Opens a request.
    Run {
        /// The action.
        action: ActionId,
        /// The values given.
        params: BTreeMap<String, String>,
        /// The hosts, in order.
        hosts: Vec<HostName>,
        /// Why; may be empty.
        reason: String,
    },
    /// Says yes to a request's plan.
    Approve(RequestId),
    /// Says no to a request, for good.
    Deny(RequestId, String),
    /// Takes back one's own approval.
    Withdraw(RequestId),
    /// Gives up a request, or stops its run.
    Cancel(RequestId),
    /// Says how an unknown run ended.
    Settle(RequestId, Outcome, String),
    /// Shows a request whole.
    Show(RequestId),
    /// Lists what waits for one's approval.
    Approvals,
    /// Looks at a host.
    Check(HostName),
    /// Lists the inventory.
    Hosts,
    /// Opens an incident and uses it in this conversation.
    IncidentOpen(Severity, String),
    /// Lists incidents.
    IncidentList,
    /// Shows the timeline of an incident: the given one or the one in use.
    IncidentShow(Option<IncidentId>),
    /// Adds words to the incident in use.
    IncidentNote(String),
    /// Says how bad an incident is: the given one or the one in use.
    IncidentSeverity(Option<IncidentId>, Severity),
    /// Gives an incident to somebody: the given one or the one in use.
    IncidentAssign(Option<IncidentId>, Assignee),
    /// Writes an incident out as a document: the given one or the one in use.
    IncidentExport(Option<IncidentId>),
    /// Closes an incident: the given one or the one in use.
    IncidentResolve(Option<IncidentId>, String),
    /// Uses another incident in this conversation.
    IncidentUse(IncidentId),
    /// Searches the knowledge base.
    KbSearch(String),
    /// Shows an article.
    KbShow(ArticleId),
    /// What to fix in the knowledge base: questions without an answer, articles that let people down.
    KbReport,
    /// Verifies the chain of events.
    AuditVerify,
    /// Says that the clock of the bot's machine is right.
    ClockAccept,
    /// Lists the commands.
    Help,
}

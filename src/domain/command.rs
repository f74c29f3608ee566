//! What people can ask of the bot, free of any transport.

pub mod table;
pub mod words;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::actor::ActorId;
use super::catalogue::Catalogue;
use super::id::{ActionId, ArticleId, ConversationId, GroupId, HostName, IncidentId, Prefix, RequestId};
use super::plan::{known_action, known_host};
use super::press::{Press, Submit};
use super::refusal::Refusal;
use super::run::Outcome;

/// The number that a chat platform gives to one message or one interaction, and never again: under
/// it the answer is given, and by it a second delivery is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ticket(pub u64);

/// Where a command came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The account.
    pub actor: ActorId,
    /// The groups that it belongs to at this moment.
    pub groups: Vec<GroupId>,
    /// Where it was said.
    pub conversation: ConversationId,
    /// The message or interaction; none where there is nothing to tell them apart by.
    pub ticket: Option<Ticket>,
    /// Whether the ticket is a message: then an answer to it, whenever it comes, is a reply to that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_message: bool,
}

impl Origin {
    /// A line that somebody typed where there are no groups and no tickets.
    pub fn typed(actor: ActorId, conversation: ConversationId) -> Self {
        Self { actor, groups: Vec::new(), conversation, ticket: None, is_message: false }
    }
}

/// Who an incident is given to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assignee {
    /// An account.
    Account(ActorId),
    /// A person of the configuration.
    Name(String),
}

/// How bad an incident is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Users can't work.
    Sev1,
    /// Users are hampered.
    Sev2,
    /// Nobody has noticed yet.
    Sev3,
}

impl Severity {
    /// The word people type.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sev1 => "sev1",
            Self::Sev2 => "sev2",
            Self::Sev3 => "sev3",
        }
    }

    /// The severity of a word, if it is one.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Sev1, Self::Sev2, Self::Sev3].into_iter().find(|severity| severity.word() == word)
    }
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

//! What people can ask of the bot, free of any transport.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::id::{ActionId, ArticleId, HostName, IncidentId, RequestId};
use super::run::Outcome;

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

/// One command of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A question in somebody's own words.
    Ask(String),
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
    /// Closes an incident: the given one or the one in use.
    IncidentResolve(Option<IncidentId>, String),
    /// Uses another incident in this conversation.
    IncidentUse(IncidentId),
    /// Searches the knowledge base.
    KbSearch(String),
    /// Shows an article.
    KbShow(ArticleId),
    /// Verifies the chain of events.
    AuditVerify,
    /// Lists the commands.
    Help,
}

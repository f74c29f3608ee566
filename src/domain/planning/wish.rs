//! What somebody wishes to run.

use std::collections::BTreeMap;

use crate::domain::id::{ActionId, HostName, RequestId};
use crate::domain::text::quoted;
use crate::domain::world::action::{Action, Risk};
use crate::domain::world::actor::ActorId;

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The action.
    pub action: ActionId,
    /// The values given.
    pub params: BTreeMap<String, String>,
    /// The hosts, in order.
    pub hosts: Vec<HostName>,
    /// Why; may be empty.
    pub reason: String,
}

/// What somebody asked for, before it is a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The number it gets.
    pub request: RequestId,
    /// Who asks.
    pub requester: ActorId,
    /// Why; may be empty where the policy allows it.
    pub reason: String,
    /// The action.
    pub action: ActionId,
    /// The values given.
    pub params: BTreeMap<String, String>,
    /// The hosts, in order.
    pub hosts: Vec<HostName>,
}

/// How to call an action, with an example for every parameter.
pub fn usage(action: &Action) -> String {
    let mut words = vec!["/run".to_owned(), action.id.to_string()];
    for (name, param) in &action.params {
        let example = param.example.as_deref().or(param.default.as_deref());
        let example = example.or(param.choices.first().map(String::as_str)).unwrap_or("VALUE");
        words.push(format!("{name}={}", quoted(example)));
    }
    words.push(if action.risk == Risk::Read { "on HOST" } else { "on HOST because REASON" }.to_owned());
    words.join(" ")
}

//! Who acts, and who that is: actors are accounts, persons are people, roles are what they may do.
//!
//! Invariant: an actor that the configuration does not name has no role and is refused.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::id::GroupId;

/// An account: the chat platform's immutable user id (`discord:ID`, `console:UID`, `demo:NAME`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActorId(pub String);

impl ActorId {
    /// The bot itself: what expires, starts and recovers without anybody asking.
    pub fn bot() -> Self {
        Self("dogwatch".to_owned())
    }

    /// Somebody in a terminal of the bot's machine, by the id that the system gives them.
    pub fn of_terminal(uid: u32) -> Self {
        Self(format!("console:{uid}"))
    }

    /// Whether it is somebody in a terminal of the bot's machine.
    pub fn is_on_this_machine(&self) -> bool {
        self.0.starts_with("console:") || self.0.starts_with("demo:")
    }
}

impl fmt::Display for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What somebody may do; each role includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Asks and looks.
    Viewer,
    /// Runs reading actions, opens requests and incidents.
    Responder,
    /// Approves other people's requests.
    Approver,
    /// As an approver, and may cancel what others started.
    Admin,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Viewer => "viewer",
            Self::Responder => "responder",
            Self::Approver => "approver",
            Self::Admin => "admin",
        })
    }
}

/// One human being with all accounts that are known to be theirs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The name people know them by; unique in the configuration.
    pub name: String,
    /// What they may do, through whichever account; none: what the groups of an account give it.
    #[serde(default)]
    pub role: Option<Role>,
    /// Their accounts; an account belongs to one person.
    pub actors: Vec<ActorId>,
}

/// Everybody the configuration names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct People {
    persons: BTreeMap<String, Person>,
    by_actor: BTreeMap<ActorId, String>,
    groups: BTreeMap<GroupId, Role>,
}

/// Somebody who has a role at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Their name, or the account itself where the configuration has none: a person counts once.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

/// Why a list of persons can't be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeopleError {
    /// Two entries have the same name.
    #[error("person `{0}` is listed twice: give each person one [[person]] with all their actors")]
    SameName(String),
    /// A name that looks like an account.
    #[error("person `{0}`: a name has no `:`, so that nobody is taken for an account")]
    Name(String),
    /// Two persons claim one account.
    #[error("actor `{actor}` belongs to `{first}` and to `{second}`: an account belongs to one person")]
    SameActor {
        /// The account.
        actor: ActorId,
        /// Its first owner.
        first: String,
        /// Its second owner.
        second: String,
    },
}

impl Known {
    /// Whether the configuration gives them a name: it holds no `:`.
    pub fn is_named(&self) -> bool {
        !self.name.contains(':')
    }
}

impl People {
    /// Checks that names are unique and that each account belongs to one person.
    pub fn new(persons: Vec<Person>) -> Result<Self, PeopleError> {
        let mut people = Self::default();
        for person in persons {
            if person.name.contains(':') || person.name.trim().is_empty() {
                return Err(PeopleError::Name(person.name));
            }
            for actor in &person.actors {
                if let Some(first) = people.by_actor.insert(actor.clone(), person.name.clone()) {
                    let second = person.name.clone();
                    return Err(PeopleError::SameActor { actor: actor.clone(), first, second });
                }
            }
            let name = person.name.clone();
            if people.persons.insert(name.clone(), person).is_some() {
                return Err(PeopleError::SameName(name));
            }
        }
        Ok(people)
    }

    /// Gives roles to groups of a chat platform.
    #[must_use]
    pub fn with_groups(self, groups: BTreeMap<GroupId, Role>) -> Self {
        Self { groups, ..self }
    }

    /// The groups that give a role.
    pub fn groups(&self) -> &BTreeMap<GroupId, Role> {
        &self.groups
    }

    /// The highest role that these groups give.
    pub fn role_of_groups(&self, groups: &[GroupId]) -> Option<Role> {
        groups.iter().filter_map(|group| self.groups.get(group)).max().copied()
    }

    /// Who an account is, if it has a role: by the configuration or by what `chat_role` says that
    /// its groups give, whichever is higher.
    pub fn known(&self, actor: &ActorId, chat_role: Option<Role>) -> Option<Known> {
        let configured = self.person(actor).and_then(|person| person.role);
        let role = configured.max(chat_role)?;
        Some(Known { name: self.name(actor), role })
    }

    /// The person behind an account, if the configuration names one.
    pub fn person(&self, actor: &ActorId) -> Option<&Person> {
        self.persons.get(self.by_actor.get(actor)?)
    }

    /// Everybody, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Person> + Clone {
        self.persons.values()
    }

    /// How to call the account in a reply: the person's name, else the account itself.
    pub fn name(&self, actor: &ActorId) -> String {
        self.person(actor).map_or_else(|| actor.to_string(), |person| person.name.clone())
    }
}

#[cfg(test)]
mod tests;

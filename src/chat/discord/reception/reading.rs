//! What stands in an event, without doing anything about it.
//!
//! Invariant: only the fields that are needed are looked at. Whatever else Discord may tell, add or
//! change beside them, nobody goes unheard for it.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::Value;

use crate::chat::discord::answering::Live;
use crate::chat::discord::ids::{conversation_of, id};
use crate::chat::discord::rest::Secret;
use crate::chat::discord::slash::Slash;
use crate::chat::discord::{custom_id, roles};
use crate::domain::command::Command;
use crate::domain::id::GroupId;
use crate::domain::record::origin::{Origin, Ticket};
use crate::domain::refusal::Refusal;
use crate::domain::say::button::{Press, RequestPress};
use crate::domain::world::actor::ActorId;

/// Types of an interaction.
const COMMAND: u64 = 2;
const COMPONENT: u64 = 3;
/// Suggestions are asked for: nothing else can be answered.
pub const AUTOCOMPLETE: u64 = 4;
const MODAL: u64 = 5;
/// The type of a text input.
const TEXT_INPUT: u64 = 4;

/// The ids in a list; what has none is left out.
fn ids<'a>(list: &'a Value, of: impl Fn(&'a Value) -> &'a Value) -> Vec<u64> {
    list.as_array().into_iter().flatten().filter_map(|one| id(of(one))).collect()
}

/// The application, the bot's own account and its name.
#[derive(Debug, PartialEq)]
pub(super) struct Ready {
    pub application: u64,
    pub bot: u64,
    pub name: String,
}

impl Ready {
    pub fn read(ready: &Value) -> Option<Self> {
        let user = &ready["user"];
        let name = user["username"].as_str().unwrap_or_default().to_owned();
        Some(Self { application: id(&ready["application"]["id"])?, bot: id(&user["id"])?, name })
    }
}

/// A thread.
#[derive(Debug, PartialEq)]
pub(super) struct Thread {
    pub id: u64,
    /// Its channel.
    pub parent: u64,
    /// The newest message in it, as far as Discord knows.
    pub newest: Option<u64>,
}

impl Thread {
    pub fn read(thread: &Value) -> Option<Self> {
        let newest = id(&thread["last_message_id"]);
        Some(Self { id: id(&thread["id"])?, parent: id(&thread["parent_id"])?, newest })
    }
}

/// The number of a thread.
pub(super) fn thread_id(thread: &Value) -> Option<u64> {
    id(&thread["id"])
}

/// A server, as it is told after READY.
#[derive(Debug, PartialEq)]
pub(super) struct Guild {
    pub id: u64,
    /// The threads that are not folded away.
    pub threads: Vec<Thread>,
    /// The role that Discord has made for the bot.
    pub own_role: Option<u64>,
}

impl Guild {
    pub fn read(guild: &Value, bot: Option<u64>) -> Option<Self> {
        let listed = |name: &str| guild[name].as_array().into_iter().flatten();
        let is_own = |role: &&Value| bot.is_some() && id(&role["tags"]["bot_id"]) == bot;
        let own_role = listed("roles").find(is_own).and_then(|role| id(&role["id"]));
        Some(Self {
            id: id(&guild["id"])?,
            threads: listed("threads").filter_map(Thread::read).collect(),
            own_role,
        })
    }
}

/// A message.
#[derive(Debug, PartialEq)]
pub(super) struct Said {
    pub id: u64,
    pub channel: u64,
    /// The server; nothing in a direct message.
    pub guild: Option<u64>,
    pub author: u64,
    /// Whether it is of a bot or a webhook.
    pub is_of_machine: bool,
    /// The groups of its author; none where nobody says which.
    pub groups: Vec<GroupId>,
    /// The accounts and the roles that it mentions.
    mentions: Vec<u64>,
    pub content: String,
}

impl Said {
    pub fn read(message: &Value) -> Option<Self> {
        let guild = id(&message["guild_id"]);
        let groups = match (guild, &message["member"]) {
            (Some(guild), member @ Value::Object(_)) => roles::groups(guild, member)?,
            _ => Vec::new(),
        };
        let is_of_machine = message["author"]["bot"] == true || !message["webhook_id"].is_null();
        let users = ids(&message["mentions"], |user| &user["id"]);
        Some(Self {
            id: id(&message["id"])?,
            channel: id(&message["channel_id"])?,
            guild,
            author: id(&message["author"]["id"])?,
            is_of_machine,
            groups,
            mentions: users.into_iter().chain(ids(&message["mention_roles"], |role| role)).collect(),
            content: message["content"].as_str()?.to_owned(),
        })
    }

    /// Whether it mentions this account, or this role.
    pub fn mentions(&self, id: u64) -> bool {
        self.mentions.contains(&id)
    }

    pub fn origin(&self) -> Origin {
        origin(self.author, self.groups.clone(), self.channel, self.id, true)
    }
}

/// Who sent an interaction, where, and how it is answered.
#[derive(Debug, PartialEq)]
pub(super) struct Sender {
    pub user: u64,
    pub groups: Vec<GroupId>,
    /// The server; nothing in a direct message.
    pub guild: Option<u64>,
    pub channel: u64,
    /// The interaction.
    pub number: u64,
    pub application: u64,
    /// The right to answer it.
    pub token: Secret,
    /// Whether it began at a message.
    pub at_message: bool,
}

impl Sender {
    /// The sender; nothing if the interaction can't be answered. Without what [`Asked::read`] needs there is
    /// nobody to be known.
    pub fn read(value: &Value) -> Option<Self> {
        Some(Self {
            user: user(value).unwrap_or_default(),
            groups: groups(value).unwrap_or_default(),
            guild: id(&value["guild_id"]),
            channel: id(&value["channel_id"]).unwrap_or_default(),
            number: id(&value["id"])?,
            application: id(&value["application_id"]).unwrap_or_default(),
            token: Secret::new(value["token"].as_str()?),
            at_message: value["message"].is_object(),
        })
    }

    pub fn origin(&self) -> Origin {
        origin(self.user, self.groups.clone(), self.channel, self.number, false)
    }

    /// The interaction as it waits for its answer.
    pub fn waits(self, received: Instant, may_be_form: bool) -> Live {
        Live {
            ticket: Ticket(self.number),
            application: self.application,
            token: self.token,
            received,
            channel: self.channel,
            at_message: self.at_message,
            may_be_form,
        }
    }
}

/// Who caused an interaction: a member of a server, or somebody in a direct message.
fn user(value: &Value) -> Option<u64> {
    id(&value["member"]["user"]["id"]).or_else(|| id(&value["user"]["id"]))
}

/// Their groups, if they can be read; none in a direct message.
fn groups(value: &Value) -> Option<Vec<GroupId>> {
    match (id(&value["guild_id"]), &value["member"]) {
        (Some(guild), member @ Value::Object(_)) => roles::groups(guild, member),
        _ => Some(Vec::new()),
    }
}

/// What an interaction asks for.
#[derive(Debug, PartialEq)]
pub(super) enum Asked {
    /// A slash command.
    Command(Slash),
    /// Suggestions for the option of this name.
    Suggestions(Slash, Option<String>),
    /// A button, by its custom id.
    Press(String),
    /// A filled form, by its custom id, with the values of its fields.
    Form(String, BTreeMap<String, String>),
}

impl Asked {
    /// What is asked for, if that and who asks can be read.
    pub fn read(value: &Value) -> Option<Self> {
        user(value)?;
        groups(value)?;
        let data = &value["data"];
        let custom_id = || data["custom_id"].as_str().map(str::to_owned);
        match value["type"].as_u64()? {
            COMMAND => Slash::of(data).map(Self::Command),
            AUTOCOMPLETE => Some(Self::Suggestions(Slash::of(data)?, focused(&data["options"]))),
            COMPONENT => custom_id().map(Self::Press),
            MODAL => Some(Self::Form(custom_id()?, values(&data["components"])?)),
            _ => None,
        }
    }
}

/// The option that is being typed.
fn focused(options: &Value) -> Option<String> {
    options.as_array()?.iter().find_map(|option| match option["focused"].as_bool() {
        Some(true) => option["name"].as_str().map(str::to_owned),
        _ => focused(&option["options"]),
    })
}

/// The values of a form by the names of its fields, each in a row.
fn values(rows: &Value) -> Option<BTreeMap<String, String>> {
    let fields = rows.as_array()?.iter().flat_map(|row| row["components"].as_array().into_iter().flatten());
    let inputs = fields.filter(|field| field["type"] == TEXT_INPUT);
    inputs
        .map(|input| {
            let value = input["value"].as_str().unwrap_or_default();
            Some((input["custom_id"].as_str()?.to_owned(), value.to_owned()))
        })
        .collect()
}

/// Who said something, in words of the loop.
fn origin(user: u64, groups: Vec<GroupId>, channel: u64, number: u64, is_message: bool) -> Origin {
    Origin {
        actor: ActorId(format!("discord:{user}")),
        groups,
        conversation: conversation_of(channel),
        ticket: Some(Ticket(number)),
        is_message,
    }
}

/// Whether a command may be answered with a form.
pub(super) fn may_be_form(command: &Command) -> bool {
    match command {
        Command::Fill { .. } | Command::Press(Press::Run(..)) => true,
        Command::Press(Press::Request(press, ..)) => {
            matches!(press, RequestPress::Deny | RequestPress::Next | RequestPress::Settle)
        }
        _ => false,
    }
}

/// The refusal of a button or a form that refers to nothing.
pub(super) fn no_reference(error: &custom_id::CustomIdError) -> Refusal {
    Refusal::new("unknown_button", error.to_string()).hint("Use the newest message, or the command itself.")
}

/// The words of a message without the mention of the bot, or of its role.
pub(super) fn without_mention(content: &str, bot: u64, role: Option<u64>) -> String {
    let words = content.replace(&format!("<@{bot}>"), " ").replace(&format!("<@!{bot}>"), " ");
    let words = match role {
        Some(role) => words.replace(&format!("<@&{role}>"), " "),
        None => words,
    };
    words.trim().to_owned()
}

#[cfg(test)]
mod tests;

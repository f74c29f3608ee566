//! What stands in an interaction or a message, without doing anything about it.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::{Value, json};
use serenity::all::{ActionRowComponent, CommandInteraction, ComponentInteraction, ModalInteraction, RoleId};

use crate::chat::discord::answering::Live;
use crate::chat::discord::courier::conversation_of;
use crate::chat::discord::custom_id;
use crate::chat::discord::rest::Secret;
use crate::domain::actor::ActorId;
use crate::domain::command::{Command, Origin, Ticket};
use crate::domain::id::GroupId;
use crate::domain::press::{Press, RequestPress};
use crate::domain::refusal::Refusal;

/// Gives a subcommand without options an empty list of them, which serenity insists on.
pub(super) fn complete(options: &mut Value) {
    for option in options.as_array_mut().into_iter().flatten() {
        if matches!(option["type"].as_u64(), Some(1 | 2)) {
            if option["options"].is_null() {
                option["options"] = json!([]);
            }
            complete(&mut option["options"]);
        }
    }
}

/// Who sent an interaction, where, and how it is answered.
pub(super) struct Sender {
    pub user: u64,
    pub roles: Option<Vec<RoleId>>,
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

/// The sender of an interaction of one of serenity's kinds, which share no type.
macro_rules! sender {
    ($given:expr, at_message: $at_message:expr) => {
        Sender {
            user: $given.user.id.get(),
            roles: $given.member.as_ref().map(|member| member.roles.clone()),
            guild: $given.guild_id.map(u64::from),
            channel: $given.channel_id.get(),
            number: $given.id.get(),
            application: $given.application_id.get(),
            token: Secret::new($given.token.clone()),
            at_message: $at_message,
        }
    };
}

impl Sender {
    pub fn of_command(given: &CommandInteraction) -> Self {
        sender!(given, at_message: false)
    }

    pub fn of_press(pressed: &ComponentInteraction) -> Self {
        sender!(pressed, at_message: true)
    }

    pub fn of_form(filled: &ModalInteraction) -> Self {
        sender!(filled, at_message: filled.message.is_some())
    }

    /// The sender of an interaction that can't be read otherwise; nothing if it can't be answered.
    pub fn of_unreadable(value: &Value) -> Option<Self> {
        let number = |value: &Value| value.as_str().and_then(|text| text.parse::<u64>().ok());
        Some(Self {
            user: number(&value["member"]["user"]["id"]).unwrap_or_default(),
            roles: None,
            guild: number(&value["guild_id"]),
            channel: number(&value["channel_id"]).unwrap_or_default(),
            number: number(&value["id"])?,
            application: number(&value["application_id"]).unwrap_or_default(),
            token: Secret::new(value["token"].as_str()?),
            at_message: false,
        })
    }

    pub fn origin(&self, guild: u64) -> Origin {
        origin(guild, self.user, self.roles.as_deref(), self.channel, self.number)
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

/// Who said something, in words of the loop.
pub(super) fn origin(guild: u64, user: u64, roles: Option<&[RoleId]>, channel: u64, number: u64) -> Origin {
    let group = |id: u64| GroupId(format!("discord:{id}"));
    // Everybody on the server has the role that has the server's id, and nobody lists it.
    let groups =
        roles.map(|roles| roles.iter().map(|role| group(role.get())).chain([group(guild)]).collect());
    Origin {
        actor: ActorId(format!("discord:{user}")),
        groups: groups.unwrap_or_default(),
        conversation: conversation_of(channel),
        ticket: Some(Ticket(number)),
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

/// The values of a form by the names of its fields.
pub(super) fn values(filled: &ModalInteraction) -> BTreeMap<String, String> {
    let inputs = filled.data.components.iter().flat_map(|row| &row.components);
    let value = |component: &ActionRowComponent| match component {
        ActionRowComponent::InputText(input) => {
            Some((input.custom_id.clone(), input.value.clone().unwrap_or_default()))
        }
        _ => None,
    };
    inputs.filter_map(value).collect()
}

/// The refusal of a button or a form that refers to nothing.
pub(super) fn no_reference(error: &custom_id::CustomIdError) -> Refusal {
    Refusal::new("unknown_button", error.to_string()).hint("Use the newest message, or the command itself.")
}

/// The words of a message without the mention of the bot.
pub(super) fn without_mention(content: &str, bot: u64) -> String {
    let words = content.replace(&format!("<@{bot}>"), " ").replace(&format!("<@!{bot}>"), " ");
    words.trim().to_owned()
}

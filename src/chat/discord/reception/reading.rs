//! What stands in an interaction or a message, without doing anything about it.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::{Value, json};
use serenity::all::{ActionRowComponent, ModalInteraction};

use crate::chat::discord::answering::Live;
use crate::chat::discord::courier::channel_of;
use crate::chat::discord::custom_id;
use crate::chat::discord::rest::Secret;
use crate::domain::command::{Command, Origin, Ticket};
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

/// An interaction that waits for its answer.
pub(super) fn live(
    token: &str,
    application: u64,
    received: Instant,
    origin: &Origin,
    at_message: bool,
) -> Live {
    Live {
        ticket: origin.ticket.unwrap_or(Ticket(0)),
        application,
        token: Secret::new(token),
        received,
        channel: channel_of(&origin.conversation).unwrap_or_default(),
        at_message,
        may_be_form: false,
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

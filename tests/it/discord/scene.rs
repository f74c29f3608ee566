//! What many stories on Discord begin with, and what is looked for in all of them.

use serde_json::{Value, json};

use super::serving::Serving;
use crate::discord_server::look::Interaction;
use crate::discord_server::model::Message;

/// A machine of the practice host that only a kill ends.
pub const STUCK: &str = "/vmfs/volumes/storage1/mail01/mail01.vmx";
/// A machine of the practice host that is well.
pub const WELL: &str = "/vmfs/volumes/storage1/web01/web01.vmx";
/// An image of the practice host that nobody needs.
pub const ISO: &str = dogwatch::lab::OLD_ISO;

/// The thread of the n-th incident, once it is there.
pub fn thread(serving: &Serving, number: usize) -> u64 {
    let incidents = serving.server.channel("incidents");
    let found = || serving.server.threads(incidents).get(number - 1).map(|it| it.id);
    serving.server.wait_for("the thread of an incident", found)
}

/// The message of a channel that says this and has a button whose label begins like this.
pub fn with_button(serving: &Serving, channel: u64, text: &str, button: &str) -> u64 {
    let fits = |message: &Message| {
        read(message).contains(text) && message.buttons().iter().any(|it| it.label.starts_with(button))
    };
    let look = || serving.server.messages(channel).into_iter().find(fits).map(|message| message.id);
    serving.server.wait_for(&format!("{text:?} with {button:?}"), look)
}

/// The whole label of a button that begins like this.
pub fn label(serving: &Serving, message: u64, begin: &str) -> String {
    let buttons = serving.server.message(message).buttons();
    let found = buttons.iter().find(|button| button.label.starts_with(begin));
    found.unwrap_or_else(|| panic!("no {begin:?} in {buttons:?}")).label.clone()
}

/// The custom id of a button that begins like this.
pub fn custom_id(serving: &Serving, message: u64, begin: &str) -> String {
    let buttons = serving.server.message(message).buttons();
    let found = buttons.iter().find(|button| button.label.starts_with(begin));
    found.unwrap_or_else(|| panic!("no {begin:?} in {buttons:?}")).custom_id.clone()
}

/// `/run` with an action and a host, in the channel where people talk, as ana.
pub fn run<'s>(serving: &'s Serving, action: &str, host: &str) -> Interaction<'s> {
    let ops = serving.server.channel("ops");
    let given = [("action", json!(action)), ("host", json!(host))];
    serving.server.slash("ana", ops, "run", &given)
}

/// A request of ana's for something with one parameter: the thread of its incident, and its card.
pub fn request(serving: &Serving, action: &str, param: (&str, &str), number: usize) -> (u64, u64) {
    let modal = run(serving, action, "esx");
    modal.submit(&[param, ("reason", "it has to be done")]).wait_answer();
    let thread = thread(serving, number);
    (thread, with_button(serving, thread, &format!("r{number} waits for approval"), "Approve"))
}

/// A request for something that one approval starts.
pub fn change(serving: &Serving) -> (u64, u64) {
    request(serving, "esx-vm-stop", ("vmx", WELL), 1)
}

/// A request for something that needs two approvals.
pub fn removal(serving: &Serving) -> (u64, u64) {
    request(serving, "esx-iso-remove", ("path", ISO), 1)
}

/// Waits until an interaction is answered with a text, which only whoever asked sees.
pub fn privately(interaction: &Interaction<'_>, part: &str) -> Message {
    let message = interaction.wait_answer();
    assert!(message.is_ephemeral(), "everybody sees {:?}", message.text());
    assert!(read(&message).contains(part), "no {part:?} in {:?}", message.text());
    message
}

/// What a person reads: backslashes that take the meaning of what follows are not shown.
pub fn read(message: &Message) -> String {
    message.text().replace('\\', "").replace("**", "")
}

/// Waits until the bot has said something that reads like this; the newest such message.
pub fn said(serving: &Serving, channel: u64, part: &str) -> Message {
    serving.server.wait_for(&format!("the bot to say {part:?}"), || {
        serving.server.said(channel).into_iter().rev().find(|message| read(message).contains(part))
    })
}

/// A slash command.
pub fn slash<'s>(
    serving: &'s Serving,
    who: &str,
    channel: u64,
    command: &str,
    options: &[(&str, &str)],
) -> Interaction<'s> {
    let options: Vec<(&str, Value)> = options.iter().map(|(name, value)| (*name, json!(value))).collect();
    serving.server.slash(who, channel, command, &options)
}

/// How many of the bot's messages in a channel say this.
pub fn count(serving: &Serving, channel: u64, part: &str) -> usize {
    serving.server.said(channel).iter().filter(|message| read(message).contains(part)).count()
}

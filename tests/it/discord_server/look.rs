//! What people see, and what a test wants to know besides.

use std::fmt;

use serde_json::Value;

use super::Server;
use super::model::{Ack, Asked, Channel, Message, Modal};
use super::setup::{APPLICATION, BOT, GUILD};

impl Server {
    pub fn bot_id(&self) -> u64 {
        BOT
    }

    pub fn application_id(&self) -> u64 {
        APPLICATION
    }

    pub fn guild_id(&self) -> u64 {
        GUILD
    }

    /// The id of a channel of the setup.
    pub fn channel(&self, name: &str) -> u64 {
        let state = self.shared.lock();
        let found = state.channels.values().find(|channel| channel.name == name);
        found.unwrap_or_else(|| panic!("there is no channel {name}")).id
    }

    /// The id of a role.
    pub fn role(&self, name: &str) -> u64 {
        let state = self.shared.lock();
        let found = state.roles.iter().find(|(_, known)| known == name);
        found.unwrap_or_else(|| panic!("there is no role {name}")).0
    }

    /// The id of a person.
    pub fn person(&self, name: &str) -> u64 {
        self.shared.lock().person(name).id
    }

    /// A channel or thread as it is now.
    pub fn channel_by_id(&self, id: u64) -> Channel {
        self.shared.lock().channels[&id].clone()
    }

    /// The threads of a channel, oldest first.
    pub fn threads(&self, channel: u64) -> Vec<Channel> {
        let state = self.shared.lock();
        state.channels.values().filter(|found| found.parent == Some(channel)).cloned().collect()
    }

    /// What everybody sees in a channel or thread, oldest first.
    pub fn messages(&self, channel: u64) -> Vec<Message> {
        let all = self.all_messages(channel);
        all.into_iter().filter(|message| !message.deleted && !message.is_ephemeral()).collect()
    }

    /// Those of them by the bot that have a text to read already.
    pub fn said(&self, channel: u64) -> Vec<Message> {
        let all = self.messages(channel);
        all.into_iter().filter(|message| message.author == BOT && !message.is_loading()).collect()
    }

    /// With deleted and ephemeral ones.
    pub fn all_messages(&self, channel: u64) -> Vec<Message> {
        let state = self.shared.lock();
        state.messages.values().filter(|message| message.channel == channel).cloned().collect()
    }

    /// A message as it is now.
    pub fn message(&self, id: u64) -> Message {
        let state = self.shared.lock();
        state.messages.get(&id).unwrap_or_else(|| panic!("there is no message {id}")).clone()
    }

    /// What this person alone sees, oldest first.
    pub fn ephemerals(&self, person: &str) -> Vec<Message> {
        let state = self.shared.lock();
        let person = Some(state.person(person).id);
        let all = state.messages.values();
        all.filter(|message| message.ephemeral_for == person && !message.deleted).cloned().collect()
    }

    /// Waits until the bot has said something with this in it; the newest such message.
    pub fn wait_for_text(&self, channel: u64, part: &str) -> Message {
        self.wait_for(&format!("the bot to say {part:?}"), || {
            self.said(channel).into_iter().rev().find(|message| message.text().contains(part))
        })
    }

    /// Waits until the newest text of a message has this in it.
    pub fn wait_for_edit(&self, message: u64, part: &str) -> Message {
        self.wait_for(&format!("message {message} to say {part:?}"), || {
            Some(self.message(message)).filter(|message| message.text().contains(part))
        })
    }

    /// The commands as registered last.
    pub fn commands(&self) -> Vec<Value> {
        self.shared.lock().commands.clone()
    }

    /// How many commands were created in all, and how often the list was replaced.
    pub fn command_counts(&self) -> (usize, usize) {
        let state = self.shared.lock();
        (state.command_creates, state.command_puts)
    }

    pub fn is_connected(&self) -> bool {
        self.shared.lock().gateway.is_connected()
    }

    /// Waits until the bot has a session and its commands are registered.
    pub fn wait_until_ready(&self) {
        self.wait_until("the bot to connect", || self.is_connected());
        self.wait_until("commands to be registered", || self.command_counts().1 > 0);
    }

    pub fn identifies(&self) -> usize {
        self.shared.lock().gateway.identifies
    }

    pub fn resumes(&self) -> usize {
        self.shared.lock().gateway.resumes
    }

    /// How many dispatches were sent to a client that resumed.
    pub fn replayed(&self) -> usize {
        self.shared.lock().gateway.replayed
    }

    /// The intents that the bot identified with.
    pub fn intents(&self) -> Option<u64> {
        self.shared.lock().gateway.intents()
    }

    /// Name and data of dispatches that no client can get any more.
    pub fn lost(&self) -> Vec<(String, Value)> {
        let state = self.shared.lock();
        state.gateway.lost.iter().map(|one| (one.name.clone(), one.data.clone())).collect()
    }

    /// Every interaction, oldest first.
    pub fn interactions(&self) -> Vec<Interaction<'_>> {
        let ids: Vec<u64> = self.shared.lock().interactions.keys().copied().collect();
        ids.into_iter().map(|id| Interaction::new(self, id)).collect()
    }

    /// Interactions acknowledged after their 3 s.
    pub fn late_acks(&self) -> usize {
        self.shared.lock().interactions.values().filter(|asked| asked.late).count()
    }
}

/// What a person did, and what came of it.
#[derive(Clone, Copy)]
pub struct Interaction<'s> {
    server: &'s Server,
    pub id: u64,
}

impl fmt::Debug for Interaction<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.asked().fmt(formatter)
    }
}

impl<'s> Interaction<'s> {
    pub fn new(server: &'s Server, id: u64) -> Self {
        Self { server, id }
    }

    /// All that is known of it now.
    pub fn asked(&self) -> Asked {
        self.server.shared.lock().interactions[&self.id].clone()
    }

    pub fn ack(&self) -> Option<Ack> {
        self.asked().ack
    }

    /// The message that was the response, or for a button the one that was edited.
    pub fn original(&self) -> Option<Message> {
        self.asked().original.map(|id| self.server.message(id))
    }

    pub fn followups(&self) -> Vec<Message> {
        self.asked().followups.into_iter().map(|id| self.server.message(id)).collect()
    }

    pub fn modal(&self) -> Option<Modal> {
        self.asked().modal
    }

    /// Waits for the acknowledgement.
    pub fn wait_ack(&self) -> Ack {
        self.server.wait_for("an acknowledgement", || self.ack())
    }

    pub fn wait_modal(&self) -> Modal {
        self.server.wait_for("a modal", || self.modal())
    }

    /// Waits for the response, however long the bot lets it say "thinking..."; a person sees it.
    pub fn wait_answer(&self) -> Message {
        self.server.wait_for("an answer", || {
            self.original().filter(|message| !message.is_loading() && !message.deleted)
        })
    }

    /// Waits for an answer (response, edited message or followup) with this in it.
    pub fn wait_for_text(&self, part: &str) -> Message {
        self.server.wait_for(&format!("an answer that says {part:?}"), || {
            self.answers().into_iter().find(|message| message.text().contains(part))
        })
    }

    /// The response and all followups that are still there.
    pub fn answers(&self) -> Vec<Message> {
        let mut all: Vec<_> = self.original().into_iter().chain(self.followups()).collect();
        all.dedup_by_key(|message| message.id);
        all.retain(|message| !message.deleted && !message.is_loading());
        all
    }

    /// Fills in the modal that this was answered with, waiting for it.
    pub fn submit(&self, values: &[(&str, &str)]) -> Interaction<'s> {
        self.wait_modal();
        self.server.submit(self, values)
    }
}

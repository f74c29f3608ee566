//! REST in a channel: messages and threads.

use serde_json::{Value, json};

use super::call::{Answer, Call, Operation, Target};
use super::model::{Attachment, Channel, Message};
use super::setup::{BOT, GUILD};
use super::state::State;
use super::wire;

impl State {
    pub fn in_channel(&mut self, target: &Target, call: &Call) -> Answer {
        use Operation as O;
        let Some(channel) = self.channels.get(&target.first) else {
            return Answer::unknown(10003, "Channel");
        };
        let parent_open = channel.parent.is_none_or(|parent| self.channels[&parent].open);
        if !channel.open || !parent_open {
            return Answer::error(403, 50001, "Missing Access");
        }
        let needs_message =
            matches!(target.operation, O::GetMessage | O::EditMessage | O::DeleteMessage | O::CreateThread);
        if needs_message && !self.is_visible(target) {
            return Answer::unknown(10008, "Message");
        }
        match target.operation {
            O::CreateMessage => self.create_message(target.first, call),
            O::ListMessages => self.list_messages(target.first, call),
            O::GetMessage => Answer::ok(wire::message(self, &self.messages[&target.second])),
            O::EditMessage => self.edit_message(target, call),
            O::DeleteMessage => {
                self.delete(target.second);
                Answer::done()
            }
            O::CreateThread => self.create_thread(target, &call.body),
            O::GetChannel => Answer::ok(wire::channel(channel)),
            O::AddToThread => {
                let user = if target.second == 0 { BOT } else { target.second };
                let added = &mut self.channels.get_mut(&target.first).unwrap().added;
                if !added.contains(&user) {
                    added.push(user);
                }
                Answer::done()
            }
            O::EditChannel => self.edit_channel(target.first, &call.body),
            _ => {
                self.channels.get_mut(&target.first).unwrap().typing += 1;
                Answer::done()
            }
        }
    }

    fn is_visible(&self, target: &Target) -> bool {
        self.messages.get(&target.second).is_some_and(|message| {
            message.channel == target.first && !message.deleted && !message.is_ephemeral()
        })
    }

    fn create_message(&mut self, channel: u64, call: &Call) -> Answer {
        if self.channels[&channel].locked && self.channels[&channel].archived {
            return Answer::error(400, 50083, "Thread is archived");
        }
        let body = &call.body;
        let nonce = body.get("nonce").filter(|nonce| !nonce.is_null());
        let key = nonce.map(|nonce| (channel, nonce.to_string()));
        if let (Some(key), Some(true)) = (&key, body["enforce_nonce"].as_bool())
            && let Some(message) = self.nonces.get(key).and_then(|id| self.messages.get(id))
        {
            return Answer::ok(wire::made_message(self, message));
        }
        let reply_to = body["message_reference"]["message_id"].as_str().and_then(|id| id.parse().ok());
        let there = reply_to.is_none_or(|id| self.messages.get(&id).is_some_and(|message| !message.deleted));
        let must = body["message_reference"]["fail_if_not_exists"].as_bool().unwrap_or(true);
        if !there && must {
            return Answer::error(400, 50035, "Unknown message");
        }
        let id = self.fresh_id();
        let mut message = Message::new(id, channel, BOT);
        message.nonce = nonce.cloned();
        message.reply_to = reply_to.filter(|_| there);
        message.flags = body["flags"].as_u64().unwrap_or(0);
        self.fill(&mut message, call);
        self.post(message);
        if let Some(key) = key {
            self.nonces.insert(key, id);
        }
        Answer::ok(wire::made_message(self, &self.messages[&id]))
    }

    /// Gives a message the content, embeds, components and files of a body; what is not named stays.
    pub fn fill(&mut self, message: &mut Message, call: &Call) {
        let body = if call.body.get("type").is_some() { &call.body["data"] } else { &call.body };
        if let Some(content) = body.get("content") {
            content.as_str().unwrap_or_default().clone_into(&mut message.content);
        }
        let list = |name: &str| body.get(name).map(|list| list.as_array().cloned().unwrap_or_default());
        if let Some(embeds) = list("embeds") {
            message.embeds = embeds;
        }
        if let Some(components) = list("components") {
            message.components = components;
        }
        let described = list("attachments");
        if let Some(kept) = &described {
            let is_kept = |id: u64| kept.iter().any(|one| id_of(&one["id"]) == Some(id));
            message.attachments.retain(|attachment| is_kept(attachment.id));
        }
        for file in &call.files {
            let mut named = described.iter().flatten();
            let description = named.find(|one| id_of(&one["id"]) == Some(file.index));
            let text = |name: &str| description.and_then(|one| one[name].as_str()).map(str::to_owned);
            message.attachments.push(Attachment {
                id: self.fresh_id(),
                name: text("filename").unwrap_or_else(|| file.name.clone()),
                description: text("description"),
                bytes: file.bytes.clone(),
            });
        }
    }

    fn list_messages(&self, channel: u64, call: &Call) -> Answer {
        let number = |name: &str| call.query.get(name).and_then(|value| value.parse::<u64>().ok());
        let limit = usize::try_from(number("limit").unwrap_or(50)).unwrap();
        if !(1..=100).contains(&limit) {
            return Answer::error(400, 50035, "Invalid Form Body: limit");
        }
        let all: Vec<&Message> = self
            .messages
            .values()
            .filter(|message| message.channel == channel && !message.deleted && !message.is_ephemeral())
            .collect();
        let mut some: Vec<&Message> = if let Some(around) = number("around") {
            let at = all.partition_point(|message| message.id < around);
            all.into_iter().skip(at.saturating_sub(limit / 2)).take(limit).collect()
        } else if let Some(after) = number("after") {
            let after: Vec<_> = all.into_iter().filter(|message| message.id > after).collect();
            let skipped = if self.after_gives_newest { after.len().saturating_sub(limit) } else { 0 };
            after.into_iter().skip(skipped).take(limit).collect()
        } else {
            let before = number("before").unwrap_or(u64::MAX);
            let mut some: Vec<_> =
                all.into_iter().rev().filter(|message| message.id < before).take(limit).collect();
            some.reverse();
            some
        };
        some.reverse();
        Answer::ok(some.into_iter().map(|message| wire::message(self, message)).collect())
    }

    fn edit_message(&mut self, target: &Target, call: &Call) -> Answer {
        if !self.is_own(target.second) {
            return Answer::error(403, 50005, "Cannot edit a message authored by another user");
        }
        if self.channels[&target.first].archived {
            return Answer::error(400, 50083, "Thread is archived");
        }
        self.change(target.second, call);
        Answer::ok(wire::message(self, &self.messages[&target.second]))
    }

    /// Edits a message with the body of a call.
    pub fn change(&mut self, id: u64, call: &Call) {
        let mut changed = self.messages[&id].clone();
        self.fill(&mut changed, call);
        changed.flags &= !super::model::LOADING;
        self.edit(id, |message| *message = changed);
    }

    fn create_thread(&mut self, target: &Target, body: &Value) -> Answer {
        let id = target.second;
        if self.channels[&target.first].parent.is_some() {
            return Answer::error(400, 50024, "Cannot execute action on this channel type");
        }
        if self.channels.contains_key(&id) {
            return Answer::error(400, 160_004, "A thread has already been created for this message");
        }
        let thread = Channel {
            id,
            name: body["name"].as_str().unwrap_or_default().to_owned(),
            parent: Some(target.first),
            open: true,
            overwrites: Vec::new(),
            archived: false,
            locked: false,
            auto_archive_minutes: body["auto_archive_duration"].as_u64().unwrap_or(4320),
            added: Vec::new(),
            typing: 0,
            newest: None,
        };
        let wire = wire::channel(&thread);
        self.channels.insert(id, thread);
        let mut event = wire.clone();
        event["newly_created"] = json!(true);
        self.dispatch("THREAD_CREATE", event);
        self.edit(id, |message| message.thread = Some(id));
        Answer::new(201, wire)
    }

    fn edit_channel(&mut self, id: u64, body: &Value) -> Answer {
        if body["name"].is_string()
            && let Err(wait) = self.buckets.admit_name(id)
        {
            self.buckets.invalid += 1;
            return super::http::too_many(wait);
        }
        let channel = self.channels.get_mut(&id).unwrap();
        let only_unarchives = body["archived"] == json!(false);
        if channel.archived && !only_unarchives {
            return Answer::error(400, 50083, "Thread is archived");
        }
        if channel.archived && channel.locked {
            return Answer::error(403, 50013, "Missing Permissions");
        }
        if let Some(name) = body["name"].as_str() {
            name.clone_into(&mut channel.name);
        }
        if let Some(archived) = body["archived"].as_bool() {
            channel.archived = archived;
        }
        if let Some(locked) = body["locked"].as_bool() {
            channel.locked = locked;
        }
        if let Some(minutes) = body["auto_archive_duration"].as_u64() {
            channel.auto_archive_minutes = minutes;
        }
        let is_thread = channel.parent.is_some();
        let mut wire = wire::channel(channel);
        wire["guild_id"] = json!(GUILD.to_string());
        self.dispatch(if is_thread { "THREAD_UPDATE" } else { "CHANNEL_UPDATE" }, wire.clone());
        Answer::ok(wire)
    }
}

/// As a number or as a string.
pub fn id_of(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

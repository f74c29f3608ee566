//! What was said before: for a server that goes on where another one has ended.
//!
//! Channels, people and roles follow from the [`Setup`](super::Setup); threads and messages are
//! remembered. What one person alone has seen, files, and nonces, which count for minutes, are not.

use serde_json::{Value, json};

use super::Server;
use super::model::{Channel, Message};

impl Server {
    /// Threads and messages as they are now.
    pub fn memory(&self) -> Value {
        let state = self.shared.lock();
        let threads = state.channels.values().filter_map(|channel| {
            Some(json!({ "id": channel.id, "name": channel.name, "parent": channel.parent? }))
        });
        let seen = state.messages.values().filter(|message| !message.deleted && !message.is_ephemeral());
        let messages = seen.map(|message| {
            json!({
                "id": message.id, "channel": message.channel, "author": message.author,
                "content": message.content, "embeds": message.embeds, "components": message.components,
                "reply_to": message.reply_to, "mentions": message.mentions, "thread": message.thread,
            })
        });
        json!({ "threads": threads.collect::<Vec<_>>(), "messages": messages.collect::<Vec<_>>() })
    }

    /// Remembers what another server knew; before the bot connects.
    pub fn remember(&self, memory: &Value) {
        let mut state = self.shared.lock();
        for thread in memory["threads"].as_array().unwrap() {
            let parent = number(&thread["parent"]).unwrap();
            let made = Channel {
                id: number(&thread["id"]).unwrap(),
                name: thread["name"].as_str().unwrap().to_owned(),
                parent: Some(parent),
                overwrites: Vec::new(),
                ..state.channels[&parent].clone()
            };
            state.channels.insert(made.id, made);
        }
        for said in memory["messages"].as_array().unwrap() {
            let of = |name: &str| number(&said[name]).unwrap();
            let list = |name: &str| said[name].as_array().unwrap().clone();
            let mut message = Message::new(of("id"), of("channel"), of("author"));
            said["content"].as_str().unwrap().clone_into(&mut message.content);
            (message.embeds, message.components) = (list("embeds"), list("components"));
            (message.reply_to, message.thread) = (number(&said["reply_to"]), number(&said["thread"]));
            message.mentions = list("mentions").iter().filter_map(number).collect();
            message.keep_version();
            state.messages.insert(message.id, message);
        }
    }
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64()
}

//! Acting as the people of the guild.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::Server;
use super::answers::ACK_MAX;
use super::look::Interaction;
use super::model::{Asked, Message};
use super::setup::{BOT, BOT_ROLE};
use super::state::State;
use super::wire;

const SUBCOMMAND: u64 = 1;
const GROUP: u64 = 2;

impl Server {
    /// Uses a command, for instance `incident open`, as the bot has registered it.
    pub fn slash(
        &self,
        person: &str,
        channel: u64,
        command: &str,
        options: &[(&str, Value)],
    ) -> Interaction<'_> {
        let mut state = self.shared.lock();
        let data = state.command_data(command, options, None);
        let id = state.ask(2, person, channel, None, &data);
        Interaction::new(self, id)
    }

    /// The same from another guild, or from a direct message with the bot.
    pub fn slash_elsewhere(
        &self,
        person: &str,
        channel: u64,
        command: &str,
        guild: Option<u64>,
    ) -> Interaction<'_> {
        let mut state = self.shared.lock();
        let data = state.command_data(command, &[], None);
        let (id, mut event) = state.begin(2, person, channel, None, &data);
        if let Some(guild) = guild {
            event["guild_id"] = json!(guild.to_string());
            event["guild"]["id"] = json!(guild.to_string());
        } else {
            let inside = event.as_object_mut().unwrap();
            let mut member = inside.remove("member").unwrap();
            inside.insert("user".to_owned(), member["user"].take());
            inside.remove("guild_id");
            inside.remove("guild");
            inside.insert("context".to_owned(), json!(1));
        }
        state.dispatch("INTERACTION_CREATE", event);
        Interaction::new(self, id)
    }

    /// Says something as another bot does, or a webhook.
    pub fn mention_by_machine(&self, channel: u64, text: &str, webhook: bool) {
        let mut state = self.shared.lock();
        let (author, id) = (state.people[0].id, state.fresh_id());
        let mut message = Message::new(id, channel, author);
        message.content = format!("<@{BOT}> {text}");
        message.mentions = vec![BOT];
        let mut event = wire::message_event(&state, &message);
        if webhook {
            event["webhook_id"] = json!("77");
            event.as_object_mut().unwrap().remove("member");
        } else {
            event["author"]["bot"] = json!(true);
        }
        state.dispatch("MESSAGE_CREATE", event);
    }

    /// Types `text` into an option and waits for what is offered; nothing if nothing came in 3 s.
    pub fn autocomplete(
        &self,
        person: &str,
        channel: u64,
        command: &str,
        options: &[(&str, Value)],
        focused: (&str, &str),
    ) -> Option<Vec<(String, Value)>> {
        let id = {
            let mut state = self.shared.lock();
            let data = state.command_data(command, options, Some(focused));
            state.ask(4, person, channel, None, &data)
        };
        let begin = Instant::now();
        while begin.elapsed() < ACK_MAX {
            if let Some(choices) = self.shared.lock().interactions[&id].choices.clone() {
                return Some(choices);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        None
    }

    /// Presses a button, named by its custom_id or its label.
    pub fn press(&self, person: &str, message: u64, button: &str) -> Interaction<'_> {
        let mut state = self.shared.lock();
        let found = state.seen_by(person, message);
        let buttons = found.buttons();
        let Some(wanted) = buttons.iter().find(|one| one.custom_id == button || one.label == button) else {
            panic!("there is no button {button}, only {buttons:?}");
        };
        assert!(!wanted.disabled, "{button} is disabled");
        let data = json!({"custom_id": wanted.custom_id, "component_type": 2, "id": 2});
        let id = state.ask(3, person, found.channel, Some(message), &data);
        Interaction::new(self, id)
    }

    /// The same without looking whether the button is still there: it was a moment ago.
    pub fn press_outdated(&self, person: &str, message: u64, custom_id: &str) -> Interaction<'_> {
        let mut state = self.shared.lock();
        let channel = state.messages[&message].channel;
        let data = json!({"custom_id": custom_id, "component_type": 2, "id": 2});
        let id = state.ask(3, person, channel, Some(message), &data);
        Interaction::new(self, id)
    }

    /// Submits the modal that an interaction was answered with; fields by custom_id or label.
    pub fn submit(&self, interaction: &Interaction<'_>, values: &[(&str, &str)]) -> Interaction<'_> {
        let mut state = self.shared.lock();
        let asked = state.interactions[&interaction.id].clone();
        let modal = asked.modal.unwrap_or_else(|| panic!("there is no modal to submit"));
        let mut filled = Map::new();
        for field in &modal.fields {
            let mut given =
                values.iter().filter(|(name, _)| *name == field.custom_id || *name == field.label);
            let value = given.next().map(|(_, value)| (*value).to_owned()).or_else(|| field.value.clone());
            let value = value.unwrap_or_default();
            let length = value.chars().count() as u64;
            assert!(!field.required || length > 0, "{} must be filled in", field.label);
            let fits = length == 0 || (field.min_length..=field.max_length).contains(&length);
            assert!(fits, "{}: {length} characters do not fit", field.label);
            filled.insert(field.custom_id.clone(), json!(value));
        }
        let known =
            |name: &str| modal.fields.iter().any(|field| field.custom_id == name || field.label == name);
        for (name, _) in values {
            assert!(known(name), "the modal has no field {name}");
        }
        let data = wire::modal_submit(&modal, &filled);
        let person = state.person_by_id(asked.person).unwrap().name.clone();
        let id = state.ask(5, &person, asked.channel, asked.source, &data);
        Interaction::new(self, id)
    }

    /// Says something; returns the id of the message.
    pub fn say(&self, person: &str, channel: u64, text: &str) -> u64 {
        self.shared.lock().say(person, channel, text, None)
    }

    /// Mentions the bot and says something.
    pub fn mention(&self, person: &str, channel: u64, text: &str) -> u64 {
        self.say(person, channel, &format!("<@{BOT}> {text}"))
    }

    /// Mentions the role that Discord has made for the bot, and says something.
    pub fn mention_role(&self, person: &str, channel: u64, text: &str) -> u64 {
        self.say(person, channel, &format!("<@&{BOT_ROLE}> {text}"))
    }

    /// Replies to a message; its author is mentioned by that, as by default at Discord.
    pub fn reply(&self, person: &str, message: u64, text: &str) -> u64 {
        let mut state = self.shared.lock();
        let channel = state.messages[&message].channel;
        state.say(person, channel, text, Some(message))
    }

    /// Gives a person exactly these roles, from the next interaction on.
    pub fn set_roles(&self, person: &str, roles: &[&str]) {
        let roles = roles.iter().map(|role| self.role(role)).collect();
        let mut state = self.shared.lock();
        let found = state.people.iter_mut().find(|known| known.name == person);
        found.unwrap_or_else(|| panic!("nobody is called {person}")).roles = roles;
    }

    /// Opens a thread of people's own in a channel.
    pub fn open_thread(&self, channel: u64, name: &str) -> u64 {
        let mut state = self.shared.lock();
        let id = state.fresh_id();
        let mut thread = state.channels[&channel].clone();
        (thread.id, thread.parent) = (id, Some(channel));
        name.clone_into(&mut thread.name);
        state.channels.insert(id, thread.clone());
        let wire = wire::channel(&thread);
        state.dispatch("THREAD_CREATE", wire);
        id
    }

    /// Deletes a thread with all that was said in it.
    pub fn delete_thread(&self, thread: u64) {
        let mut state = self.shared.lock();
        let channel = state.channels.remove(&thread).unwrap();
        let inside: Vec<u64> =
            state.messages.values().filter(|one| one.channel == thread).map(|one| one.id).collect();
        for id in inside {
            state.messages.get_mut(&id).unwrap().deleted = true;
        }
        if let Some(message) = state.messages.get_mut(&thread) {
            message.thread = None;
        }
        let wire = wire::channel(&channel);
        state.dispatch("THREAD_DELETE", wire);
    }

    /// Archives or reopens a thread, locked or not.
    pub fn archive(&self, thread: u64, archived: bool, locked: bool) {
        let mut state = self.shared.lock();
        let channel = state.channels.get_mut(&thread).unwrap();
        (channel.archived, channel.locked) = (archived, locked);
        let wire = wire::channel(channel);
        state.dispatch("THREAD_UPDATE", wire);
    }
}

impl State {
    fn say(&mut self, person: &str, channel: u64, text: &str, reply_to: Option<u64>) -> u64 {
        assert!(self.channels.contains_key(&channel), "there is no channel {channel}");
        let author = self.person(person).id;
        let id = self.fresh_id();
        let mut message = Message::new(id, channel, author);
        text.clone_into(&mut message.content);
        message.reply_to = reply_to;
        let replied = reply_to.and_then(|id| self.messages.get(&id)).map(|message| message.author);
        let everyone = self.people.iter().map(|person| person.id).chain([BOT]);
        let is_named = |id: &u64| text.contains(&format!("<@{id}>")) || text.contains(&format!("<@!{id}>"));
        message.mentions = everyone.filter(|id| is_named(id) || replied == Some(*id)).collect();
        let roles = self.roles.iter().map(|(id, _)| *id).chain([BOT_ROLE]);
        message.mention_roles = roles.filter(|id| text.contains(&format!("<@&{id}>"))).collect();
        self.note(&format!("{person} says in {channel}: {text}"));
        self.post(message)
    }

    /// A message that this person can see.
    fn seen_by(&self, person: &str, message: u64) -> Message {
        let person = self.person(person).id;
        let found = self.messages.get(&message).unwrap_or_else(|| panic!("there is no message {message}"));
        assert!(!found.deleted, "the message is deleted");
        assert!(found.ephemeral_for.is_none_or(|only| only == person), "somebody else alone sees it");
        found.clone()
    }

    /// An interaction begins: its 3 s run from here, whether or not the bot is connected.
    fn ask(&mut self, kind: u64, person: &str, channel: u64, source: Option<u64>, data: &Value) -> u64 {
        let (id, event) = self.begin(kind, person, channel, source, data);
        self.dispatch("INTERACTION_CREATE", event);
        id
    }

    /// An interaction and the event that tells of it.
    fn begin(
        &mut self,
        kind: u64,
        person: &str,
        channel: u64,
        source: Option<u64>,
        data: &Value,
    ) -> (u64, Value) {
        assert!(self.channels.contains_key(&channel), "there is no channel {channel}");
        let id = self.fresh_id();
        let asked = Asked {
            id,
            token: format!("aW50ZXJhY3Rpb246{id:x}"),
            kind,
            person: self.person(person).id,
            channel,
            created: Instant::now(),
            token_born_ms: self.token_clock_ms(),
            source,
            ack: None,
            late: false,
            original: None,
            followups: Vec::new(),
            modal: None,
            choices: None,
        };
        self.note(&format!("{person} interacts in {channel} ({id}): {data}"));
        self.interactions.insert(id, asked);
        (id, wire::interaction(self, id, data))
    }

    fn command_data(&self, command: &str, options: &[(&str, Value)], focused: Option<(&str, &str)>) -> Value {
        let mut words = command.split_whitespace();
        let name = words.next().unwrap();
        let find = |list: &[Value], name: &str| {
            let found = list.iter().find(|one| one["name"] == name).cloned();
            found.unwrap_or_else(|| panic!("/{command}: {name} is not registered"))
        };
        let root = find(&self.commands, name);
        let mut leaf = root.clone();
        let mut path = Vec::new();
        for word in words {
            leaf = find(leaf["options"].as_array().map_or(&[][..], Vec::as_slice), word);
            path.push((word, leaf["type"].clone()));
        }
        let definitions = leaf["options"].as_array().cloned().unwrap_or_default();
        let incomplete =
            definitions.iter().any(|one| matches!(one["type"].as_u64(), Some(SUBCOMMAND | GROUP)));
        assert!(!incomplete, "/{command} is not a whole command");
        let mut values: Vec<Value> = Vec::new();
        for (name, value) in options {
            let definition = find(&definitions, name);
            check_value(command, &definition, value);
            values.push(json!({"name": name, "type": definition["type"], "value": value}));
        }
        if let Some((name, text)) = focused {
            let definition = find(&definitions, name);
            assert!(definition["autocomplete"] == true, "/{command}: {name} offers nothing");
            values.push(json!({"name": name, "type": definition["type"], "value": text, "focused": true}));
        } else {
            for definition in definitions.iter().filter(|one| one["required"] == true) {
                let given = options.iter().any(|(name, _)| definition["name"] == *name);
                assert!(given, "/{command}: {} is required", definition["name"]);
            }
        }
        for (word, kind) in path.into_iter().rev() {
            values = vec![json!({"name": word, "type": kind, "options": values})];
        }
        let resolved = self.resolved(options, &definitions);
        json!({
            "id": root["id"], "name": name, "type": 1, "guild_id": super::setup::GUILD.to_string(),
            "options": values, "resolved": resolved,
        })
    }

    /// The people, channels and roles that options name by id.
    fn resolved(&self, options: &[(&str, Value)], definitions: &[Value]) -> Value {
        let mut resolved = json!({"users": {}, "members": {}, "channels": {}, "roles": {}});
        for (name, value) in options {
            let kind = definitions.iter().find(|one| one["name"] == *name).map(|one| &one["type"]);
            let Some(id) = value.as_str().filter(|_| kind.is_some_and(|kind| *kind != 3)) else { continue };
            let number = id.parse().unwrap_or(0);
            if self.person_by_id(number).is_some() {
                resolved["users"][id] = wire::user(self, number);
                let mut member = wire::member(self, number);
                member.as_object_mut().unwrap().remove("user");
                member["permissions"] = json!("0");
                resolved["members"][id] = member;
            } else if let Some(channel) = self.channels.get(&number) {
                resolved["channels"][id] = wire::channel(channel);
                resolved["channels"][id]["permissions"] = json!("0");
            } else if let Some(role) = wire::roles(self).into_iter().find(|role| role["id"] == id) {
                resolved["roles"][id] = role;
            }
        }
        resolved
    }
}

/// What Discord's own input would not let a person send.
fn check_value(command: &str, definition: &Value, value: &Value) {
    let name = &definition["name"];
    let fits = match definition["type"].as_u64() {
        Some(3 | 6..=9 | 11) => value.is_string(),
        Some(4) => value.is_i64(),
        Some(5) => value.is_boolean(),
        _ => value.is_number(),
    };
    assert!(fits, "/{command}: {name} cannot be {value}");
    if let Some(choices) = definition["choices"].as_array().filter(|choices| !choices.is_empty()) {
        let offered = choices.iter().any(|choice| choice["value"] == *value);
        assert!(offered, "/{command}: {name} does not offer {value}");
    }
    if let Some(text) = value.as_str() {
        let length = text.chars().count() as u64;
        let max = definition["max_length"].as_u64().unwrap_or(6000);
        let min = definition["min_length"].as_u64().unwrap_or(0);
        assert!((min..=max).contains(&length), "/{command}: {name} has {length} characters");
    }
}

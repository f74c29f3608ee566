//! What is remembered, in the JSON of Discord.

use serde_json::{Map, Value, json};

use super::model::{Attachment, Channel, Message, Modal};
use super::setup::{APPLICATION, BOT, BOT_ROLE, GUILD, OWNER};
use super::state::State;

/// Everything except ADMINISTRATOR: a bot must not need that.
const PERMISSIONS: &str = "562949953421303";
const JOINED: &str = "2020-01-01T00:00:00.000000+00:00";

/// The time of an id.
pub fn timestamp(id: u64) -> String {
    let at_ms = i64::try_from((id >> 22) + super::state::EPOCH_MS).unwrap();
    jiff::Timestamp::from_millisecond(at_ms).unwrap().to_string()
}

pub fn user(state: &State, id: u64) -> Value {
    let name = match id {
        BOT => "dogwatch",
        OWNER => "owner",
        _ => state.person_by_id(id).map_or("nobody", |person| &person.name),
    };
    json!({
        "id": id.to_string(), "username": name, "global_name": name, "discriminator": "0",
        "avatar": null, "bot": id == BOT, "public_flags": 0,
    })
}

/// The member of the guild, without its user.
fn partial_member(state: &State, id: u64) -> Value {
    let of_bot = || {
        let is_bots = |(_, name): &&(u64, String)| state.setup.bot_roles.contains(name);
        state.roles.iter().filter(is_bots).map(|(id, _)| *id).collect()
    };
    let roles: Vec<u64> = match id {
        BOT => of_bot(),
        _ => state.person_by_id(id).map_or_else(Vec::new, |person| person.roles.clone()),
    };
    let roles: Vec<_> = roles.iter().map(u64::to_string).collect();
    json!({
        "roles": roles, "joined_at": JOINED, "deaf": false, "mute": false, "flags": 0, "nick": null,
        "pending": false, "avatar": null, "premium_since": null, "communication_disabled_until": null,
    })
}

pub fn member(state: &State, id: u64) -> Value {
    let mut member = partial_member(state, id);
    member["user"] = user(state, id);
    member
}

pub fn channel(channel: &Channel) -> Value {
    let mut out = json!({
        "id": channel.id.to_string(), "guild_id": GUILD.to_string(), "name": channel.name,
        "type": if channel.parent.is_some() { 11 } else { 0 },
        "last_message_id": channel.newest.map(|id| id.to_string()),
        "rate_limit_per_user": 0, "flags": 0,
    });
    if let Some(parent) = channel.parent {
        out["parent_id"] = json!(parent.to_string());
        out["owner_id"] = json!(BOT.to_string());
        out["message_count"] = json!(0);
        out["member_count"] = json!(1);
        out["thread_metadata"] = json!({
            "archived": channel.archived, "locked": channel.locked,
            "auto_archive_duration": channel.auto_archive_minutes,
            "archive_timestamp": timestamp(channel.id), "create_timestamp": timestamp(channel.id),
        });
    } else {
        out["position"] = json!(0);
        out["nsfw"] = json!(false);
        out["topic"] = json!(null);
        out["parent_id"] = json!(null);
        out["permission_overwrites"] = json!(channel.overwrites);
    }
    out
}

pub fn roles(state: &State) -> Vec<Value> {
    let everyone = (GUILD, "@everyone");
    let named = state.roles.iter().map(|(id, name)| (*id, name.as_str()));
    let all = std::iter::once(everyone).chain(named).enumerate();
    let role = |(position, (id, name)): (usize, (u64, &str))| {
        let permissions = state.setup.permissions.get(name).map_or(PERMISSIONS.to_owned(), u64::to_string);
        json!({
            "id": id.to_string(), "name": name, "color": 0, "colors": {"primary_color": 0}, "hoist": false,
            "managed": false, "mentionable": false, "permissions": permissions, "position": position, "flags": 0,
        })
    };
    let mut roles: Vec<_> = all.map(role).collect();
    // What Discord makes when a bot is invited with permissions.
    let mut own = roles[0].clone();
    for (name, value) in [
        ("id", json!(BOT_ROLE.to_string())),
        ("name", json!("dogwatch")),
        ("managed", json!(true)),
        ("mentionable", json!(true)),
        ("permissions", json!("0")),
        ("position", json!(roles.len())),
        ("tags", json!({"bot_id": BOT.to_string()})),
    ] {
        own[name] = value;
    }
    roles.push(own);
    roles
}

/// The guild as REST shows it.
pub fn guild(state: &State) -> Value {
    json!({
        "id": GUILD.to_string(), "name": "practice", "owner_id": OWNER.to_string(), "icon": null,
        "verification_level": 0, "default_message_notifications": 0, "explicit_content_filter": 0,
        "mfa_level": 0, "nsfw_level": 0, "premium_tier": 0, "system_channel_flags": 0,
        "preferred_locale": "en-US", "premium_progress_bar_enabled": false, "afk_timeout": 300,
        "features": [], "emojis": [], "stickers": [], "roles": roles(state),
    })
}

/// The guild as the gateway shows it after READY.
pub fn guild_create(state: &State) -> Value {
    let mut out = guild(state);
    let open = |thread: bool| -> Vec<Value> {
        let all = state.channels.values();
        all.filter(|found| found.open && found.parent.is_some() == thread && !found.archived)
            .map(channel)
            .collect()
    };
    let more = json!({
        "joined_at": JOINED, "large": false, "unavailable": false, "member_count": state.people.len() + 2,
        "voice_states": [], "members": [member(state, BOT)], "presences": [], "stage_instances": [],
        "guild_scheduled_events": [], "soundboard_sounds": [], "channels": open(false), "threads": open(true),
    });
    merge(&mut out, more);
    out
}

fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}

fn attachment(state: &State, message: &Message, attachment: &Attachment) -> Value {
    let name = &attachment.name;
    let url = format!("{}/attachments/{}/{}/{name}", state.base(), message.channel, attachment.id);
    json!({
        "id": attachment.id.to_string(), "filename": name, "size": attachment.bytes.len(), "url": url,
        "proxy_url": url, "description": attachment.description,
    })
}

/// A message as the bot may see it: without the MESSAGE_CONTENT intent the text of others is empty
/// unless they mention the bot, over REST too.
pub fn message(state: &State, found: &Message) -> Value {
    let mut out = bare_message(state, found);
    if let Some(replied) = found.reply_to {
        let reference = json!({
            "type": 0, "message_id": replied.to_string(), "channel_id": found.channel.to_string(),
            "guild_id": GUILD.to_string(),
        });
        out["type"] = json!(19);
        out["message_reference"] = reference;
        let replied = state.messages.get(&replied).filter(|message| !message.deleted);
        out["referenced_message"] = replied.map_or(Value::Null, |message| bare_message(state, message));
    }
    out
}

fn bare_message(state: &State, found: &Message) -> Value {
    // To be mentioned by a role is not to be mentioned.
    let hidden = found.author != BOT && !state.gateway.content_granted() && !found.mentions.contains(&BOT);
    let attachments: Vec<_> = found.attachments.iter().map(|one| attachment(state, found, one)).collect();
    let edited = found.versions.len() > 1;
    let mut out = json!({
        "id": found.id.to_string(), "channel_id": found.channel.to_string(), "author": user(state, found.author),
        "content": if hidden { "" } else { &found.content }, "timestamp": timestamp(found.id),
        "edited_timestamp": edited.then(|| jiff::Timestamp::now().to_string()), "tts": false,
        "mention_everyone": false, "mentions": found.mentions.iter().map(|&id| user(state, id)).collect::<Vec<_>>(),
        "mention_roles": found.mention_roles.iter().map(u64::to_string).collect::<Vec<_>>(), "attachments": if hidden { json!([]) } else { json!(attachments) },
        "embeds": if hidden { json!([]) } else { json!(found.embeds) }, "pinned": false, "type": 0,
        "components": if hidden { json!([]) } else { json!(found.components) }, "flags": found.wire_flags(),
    });
    let out_map = out.as_object_mut().unwrap();
    if let Some(thread) = found.thread.and_then(|id| state.channels.get(&id)) {
        out_map.insert("thread".into(), channel(thread));
    }
    if let Some(asked) = found.interaction.and_then(|id| state.interactions.get(&id)) {
        out_map.insert("type".into(), json!(20));
        out_map.insert("application_id".into(), json!(APPLICATION.to_string()));
        out_map.insert("webhook_id".into(), json!(APPLICATION.to_string()));
        let metadata = json!({
            "id": asked.id.to_string(), "type": asked.kind, "user": user(state, asked.person),
            "authorizing_integration_owners": {"0": GUILD.to_string()},
        });
        out_map.insert("interaction_metadata".into(), metadata);
    }
    out
}

/// The same for whoever has just made it: nobody is told the nonce later.
pub fn made_message(state: &State, found: &Message) -> Value {
    let mut out = message(state, found);
    if let Some(nonce) = &found.nonce {
        out["nonce"] = nonce.clone();
    }
    out
}

/// The same with what only the gateway adds.
pub fn message_event(state: &State, found: &Message) -> Value {
    let mut out = made_message(state, found);
    out["guild_id"] = json!(GUILD.to_string());
    if found.author != BOT {
        out["member"] = partial_member(state, found.author);
    }
    out
}

/// What all interactions have; `kind` as [`super::model::Asked::kind`].
pub fn interaction(state: &State, id: u64, data: &Value) -> Value {
    let asked = &state.interactions[&id];
    let mut member = member(state, asked.person);
    member["permissions"] = json!(PERMISSIONS);
    let channel_id = asked.channel;
    let mut out = json!({
        "id": id.to_string(), "application_id": APPLICATION.to_string(), "type": asked.kind, "token": asked.token,
        "version": 1, "channel_id": channel_id.to_string(), "channel": channel(&state.channels[&channel_id]),
        "guild_id": GUILD.to_string(), "guild": {"id": GUILD.to_string(), "locale": "en-US", "features": []},
        "member": member, "locale": "en-US", "guild_locale": "en-US", "entitlements": [],
        "app_permissions": PERMISSIONS, "authorizing_integration_owners": {"0": GUILD.to_string()}, "context": 0,
        "attachment_size_limit": 10_485_760, "data": data,
    });
    if let Some(source) = asked.source.and_then(|id| state.messages.get(&id)) {
        out["message"] = message(state, source);
    }
    // Discord names the permissions of the channel here, which serenity wants to be there.
    out["channel"]["permissions"] = json!(PERMISSIONS);
    out
}

/// The data of a submitted modal.
pub fn modal_submit(modal: &Modal, values: &Map<String, Value>) -> Value {
    let row = |(custom_id, value): (&String, &Value)| json!({"type": 1, "components": [{"type": 4, "custom_id": custom_id, "value": value}]});
    json!({"custom_id": modal.custom_id, "components": values.iter().map(row).collect::<Vec<_>>()})
}

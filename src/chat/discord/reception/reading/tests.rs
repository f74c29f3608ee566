//! Events on the whole way from the gateway: what is read of them, and that nothing else matters.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fmt::Debug;

use serde_json::json;
use serenity::all::Event;

use super::*;
use crate::chat::discord::gateway::Arrived;

/// What arrives where Discord tells this.
fn arrived(kind: &str, data: &Value) -> Value {
    let event: Event = serde_json::from_value(json!({ "t": kind, "d": data })).unwrap();
    Arrived::of(event, Instant::now()).unwrap().data
}

/// The pointers to everything in a value.
fn pointers(value: &Value, at: &str) -> Vec<String> {
    let inside: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(key, value)| (format!("{at}/{key}"), value)).collect(),
        Value::Array(list) => {
            list.iter().enumerate().map(|(n, value)| (format!("{at}/{n}"), value)).collect()
        }
        _ => Vec::new(),
    };
    inside.into_iter().flat_map(|(at, value)| [pointers(value, &at), vec![at]].concat()).collect()
}

/// Changes everything that is not needed, one after the other, to all that it could be one day.
fn nothing_else_matters<T: Debug + PartialEq>(
    kind: &str,
    told: &Value,
    needed: &[&str],
    read: impl Fn(&Value) -> Option<T>,
) {
    let expected = read(&arrived(kind, told));
    assert!(expected.is_some(), "{kind}");
    let odd = [
        json!(null),
        json!(-1),
        json!(1.5),
        json!("v2_odd"),
        json!(true),
        json!([]),
        json!({}),
        json!([null, 7, { "odd": 1 }]),
        json!({ "odd": { "odd": [] } }),
    ];
    for at in pointers(told, "") {
        if needed.iter().any(|needed| *needed == at || needed.starts_with(&format!("{at}/"))) {
            continue;
        }
        for value in &odd {
            let mut changed = told.clone();
            *changed.pointer_mut(&at).unwrap() = value.clone();
            assert_eq!(read(&arrived(kind, &changed)), expected, "{kind}: {at} is {value}");
        }
        let (inside, key) = at.rsplit_once('/').unwrap();
        let mut changed = told.clone();
        if let Some(inside) = changed.pointer_mut(inside).and_then(Value::as_object_mut) {
            inside.remove(key);
            inside.insert("something_new".to_owned(), json!([{ "odd": null }]));
        }
        assert_eq!(read(&arrived(kind, &changed)), expected, "{kind}: without {at}");
    }
    // What is needed is: it is looked at, and where it can't be read nothing is made up.
    for needed in needed {
        let mut changed = told.clone();
        *changed.pointer_mut(needed).unwrap() = json!("odd");
        assert_ne!(read(&arrived(kind, &changed)), expected, "{kind}: {needed} is not needed");
    }
}

fn user() -> Value {
    json!({
        "id": "222", "username": "ana", "global_name": "Ana", "discriminator": "0", "bot": false,
        "avatar": null, "public_flags": 0,
    })
}

fn member() -> Value {
    json!({
        "roles": ["31", "32"], "joined_at": "2020-01-01T00:00:00.000000+00:00", "deaf": false, "mute": false,
        "flags": 0, "nick": null, "pending": false, "avatar": null, "premium_since": null,
    })
}

fn message() -> Value {
    json!({
        "id": "501", "channel_id": "2001", "guild_id": "1001", "author": user(), "member": member(),
        "content": "<@111> disk full", "timestamp": "2026-11-30T14:00:00+00:00", "edited_timestamp": null,
        "tts": false, "mention_everyone": false, "mentions": [{ "id": "111", "username": "dogwatch" }],
        "mention_roles": ["41"], "attachments": [], "embeds": [], "pinned": false, "type": 0, "flags": 0,
        "components": [],
    })
}

fn interaction(kind: u64, data: &Value) -> Value {
    let mut member = member();
    member["user"] = user();
    member["permissions"] = json!("0");
    json!({
        "id": "501", "application_id": "333", "type": kind, "token": "t", "version": 1, "channel_id": "2001",
        "channel": { "id": "2001", "type": 0, "name": "ops", "permissions": "0" }, "guild_id": "1001",
        "member": member, "locale": "en-US", "guild_locale": "en-US", "entitlements": [], "app_permissions": "0",
        "attachment_size_limit": 10, "context": 0, "data": data, "message": message(),
    })
}

/// The sender of an interaction, and what is asked for.
fn asked(told: &Value) -> Option<(Sender, Asked)> {
    Some((Sender::read(told)?, Asked::read(told)?))
}

/// What is needed of every interaction.
const NEEDED: [&str; 10] = [
    "/id",
    "/application_id",
    "/type",
    "/token",
    "/channel_id",
    "/guild_id",
    "/member/user/id",
    "/member/roles",
    "/member/roles/0",
    "/member/roles/1",
];

fn needed(more: &[&'static str]) -> Vec<&'static str> {
    [&NEEDED, more].concat()
}

#[test]
fn a_message_is_heard_whatever_else_is_told_with_it() {
    let needed = [
        "/id",
        "/channel_id",
        "/guild_id",
        "/author/id",
        "/author/bot",
        "/member/roles",
        "/member/roles/0",
        "/member/roles/1",
        "/content",
        "/mentions",
        "/mentions/0/id",
        "/mention_roles",
        "/mention_roles/0",
    ];
    let told = message();
    // That it is of a bot is said by one word, and by nothing else.
    let needed_but_bot: Vec<_> = needed.into_iter().filter(|at| *at != "/author/bot").collect();
    let mut without = told.clone();
    without["author"].as_object_mut().unwrap().remove("bot");
    nothing_else_matters("MESSAGE_CREATE", &without, &needed_but_bot, Said::read);
    let said = Said::read(&arrived("MESSAGE_CREATE", &told)).unwrap();
    assert_eq!((said.author, said.groups.len(), said.is_of_machine), (222, 3, false));
    assert!(said.mentions(111) && said.mentions(41) && !said.mentions(222));
    let mut of_bot = told;
    of_bot["author"]["bot"] = json!(true);
    assert!(Said::read(&arrived("MESSAGE_CREATE", &of_bot)).unwrap().is_of_machine);
}

#[test]
fn a_server_is_known_whatever_else_is_told_of_it() {
    let told = json!({
        "id": "1001", "name": "practice", "owner_id": "222", "verification_level": 0,
        "default_message_notifications": 0, "explicit_content_filter": 0, "mfa_level": 0, "nsfw_level": 0,
        "premium_tier": 0, "system_channel_flags": 0, "preferred_locale": "en-US",
        "premium_progress_bar_enabled": false, "joined_at": "2020-01-01T00:00:00.000000+00:00", "large": false,
        "member_count": 2, "features": [], "emojis": [], "stickers": [], "voice_states": [], "members": [],
        "presences": [], "stage_instances": [], "guild_scheduled_events": [],
        "channels": [{ "id": "2001", "type": 0, "name": "ops" }],
        "threads": [{ "id": "2002", "type": 11, "name": "i1", "parent_id": "2001", "last_message_id": "77" }],
        "roles": [{
            "id": "41", "name": "dogwatch", "color": 0, "colors": { "primary_color": 0 }, "hoist": false,
            "managed": true, "mentionable": true, "permissions": "0", "position": 1, "tags": { "bot_id": "111" },
        }],
    });
    let needed = [
        "/id",
        "/threads",
        "/threads/0/id",
        "/threads/0/parent_id",
        "/threads/0/last_message_id",
        "/roles",
        "/roles/0/id",
        "/roles/0/tags/bot_id",
    ];
    nothing_else_matters("GUILD_CREATE", &told, &needed, |told| Guild::read(told, Some(111)));
    assert_eq!(Guild::read(&told, Some(111)).unwrap().own_role, Some(41));
}

#[test]
fn threads_and_the_beginning_are_known_whatever_else_is_told() {
    let thread = json!({
        "id": "2002", "guild_id": "1001", "type": 11, "name": "i1", "parent_id": "2001", "last_message_id": "77",
        "rate_limit_per_user": 0, "thread_metadata": { "archived": false, "auto_archive_duration": 60 },
    });
    for kind in ["THREAD_CREATE", "THREAD_UPDATE"] {
        nothing_else_matters(kind, &thread, &["/id", "/parent_id", "/last_message_id"], Thread::read);
    }
    let gone = json!({ "id": "2002", "guild_id": "1001", "parent_id": "2001", "type": 11 });
    nothing_else_matters("THREAD_DELETE", &gone, &["/id"], thread_id);
    let ready = json!({
        "v": 10, "user": { "id": "111", "username": "dogwatch", "discriminator": "0" }, "guilds": [{ "id": "1001" }],
        "session_id": "s", "resume_gateway_url": "ws://127.0.0.1:1", "application": { "id": "333", "flags": 0 },
    });
    nothing_else_matters("READY", &ready, &["/user/id", "/user/username", "/application/id"], Ready::read);
}

#[test]
fn a_command_is_taken_whatever_else_is_told_with_it() {
    let option = json!({ "name": "incident", "type": 3, "value": "i1" });
    let subcommand = json!({ "name": "show", "type": 1, "options": [option] });
    let data = json!({ "id": "9", "name": "incident", "type": 1, "options": [subcommand], "resolved": {} });
    let inside = [
        "/message",
        "/data/name",
        "/data/options",
        "/data/options/0/name",
        "/data/options/0/type",
        "/data/options/0/options",
        "/data/options/0/options/0/name",
        "/data/options/0/options/0/type",
        "/data/options/0/options/0/value",
    ];
    // serenity keeps no message of a command.
    let mut told = interaction(COMMAND, &data);
    told.as_object_mut().unwrap().remove("message");
    nothing_else_matters("INTERACTION_CREATE", &told, &needed(&inside[1..]), asked);
    // A subcommand without options may come without a list of them.
    let told = interaction(
        COMMAND,
        &json!({ "id": "9", "name": "kb", "type": 1, "options": [
        { "name": "report", "type": 1 }] }),
    );
    let (_, asked) = asked(&arrived("INTERACTION_CREATE", &told)).unwrap();
    let Asked::Command(slash) = asked else { unreachable!("{asked:?}") };
    assert_eq!(slash.path, ["kb", "report"]);
}

#[test]
fn a_press_a_form_and_what_is_typed_are_taken_whatever_else_is_told() {
    let press = json!({ "custom_id": "1:approve:r1:x", "component_type": 2 });
    let told = interaction(COMPONENT, &press);
    nothing_else_matters("INTERACTION_CREATE", &told, &needed(&["/message", "/data/custom_id"]), asked);
    let field = json!({ "type": 4, "custom_id": "reason", "value": "no\nroom" });
    let form = json!({ "custom_id": "1:deny:r1:x", "components": [{ "type": 1, "components": [field] }] });
    let inside = [
        "/message",
        "/data/custom_id",
        "/data/components",
        "/data/components/0/components",
        "/data/components/0/components/0/type",
        "/data/components/0/components/0/custom_id",
        "/data/components/0/components/0/value",
    ];
    nothing_else_matters("INTERACTION_CREATE", &interaction(MODAL, &form), &needed(&inside), asked);
    let option = json!({ "name": "action", "type": 3, "value": "esx", "focused": true });
    let typed = json!({ "id": "9", "name": "run", "type": 1, "options": [option] });
    let inside = [
        "/data/name",
        "/data/options",
        "/data/options/0/name",
        "/data/options/0/type",
        "/data/options/0/value",
        "/data/options/0/focused",
    ];
    let mut told = interaction(AUTOCOMPLETE, &typed);
    told.as_object_mut().unwrap().remove("message");
    nothing_else_matters("INTERACTION_CREATE", &told, &needed(&inside), asked);
}

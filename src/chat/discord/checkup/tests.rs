#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

use super::permissions::TO_OPEN_INCIDENTS;
use super::*;
use crate::domain::testing::catalogue;

fn standing() -> Standing {
    let bot = Bot { application: 3, account: 2, name: "dogwatch".to_owned() };
    let all = invited_with().to_string();
    let roles = json!([{ "id": "1", "permissions": "0" }, { "id": "5", "permissions": all }]);
    Standing::new(1, &bot, &json!({ "owner_id": "9", "roles": roles }), &json!({ "roles": ["5"] }))
}

fn channel() -> Value {
    json!({ "id": "7", "type": 0, "guild_id": "1", "permission_overwrites": [] })
}

fn with(field: &str, value: Value) -> Value {
    let mut channel = channel();
    channel[field] = value;
    channel
}

#[test]
fn every_permission_that_is_missing_is_named() {
    assert!(standing().missing(&channel(), true).is_ok());
    for permission in needed(true) {
        let deny = json!([{ "id": "5", "allow": "0", "deny": permission.bit.to_string() }]);
        let channel = with("permission_overwrites", deny);
        let said = standing().missing(&channel, true);
        let expected = format!(
            "missing: {0}; right-click the channel, Edit Channel, Permissions, add dogwatch and allow {0}",
            permission.name
        );
        assert_eq!(said, Err(expected));
        assert_eq!(standing().missing(&channel, false).is_ok(), permission == TO_OPEN_INCIDENTS);
    }
}

#[test]
fn what_is_no_text_channel_of_this_server_is_named() {
    for (field, value, expected) in [
        ("type", json!(11), "this is a thread"),
        ("type", json!(15), "no text channel"),
        ("guild_id", json!("8"), "not in the server 1"),
        ("guild_id", Value::Null, "not in the server 1"),
    ] {
        let said = standing().missing(&with(field, value), false).unwrap_err();
        assert!(said.contains(expected), "{said}");
    }
    assert!(standing().missing(&with("type", json!(5)), true).is_ok());
}

#[test]
fn a_timeout_is_named_while_it_lasts() {
    let bot = Bot { application: 3, account: 2, name: "dogwatch".to_owned() };
    let guild = json!({ "roles": [{ "id": "1", "permissions": invited_with().to_string() }] });
    let until = |until: &str| {
        let member = json!({ "roles": [], "communication_disabled_until": until });
        Standing::new(1, &bot, &guild, &member).missing(&channel(), true)
    };
    assert!(until("2020-01-01T00:00:00.000000+00:00").is_ok());
    assert!(until("2999-01-01T00:00:00.000000+00:00").unwrap_err().contains("Remove Timeout"));
}

#[test]
fn an_intent_is_needed_only_if_messages_are_read() {
    let application = |flags: u64| json!({ "id": "3", "flags": flags });
    assert!(intents(false, &application(0)).1);
    assert!(intents(true, &application(1 << 18)).1 && intents(true, &application(1 << 19)).1);
    let (_, well, advice) = intents(true, &application(1 << 15));
    assert!(!well && advice.contains("https://discord.com/developers/applications/3/bot"), "{advice}");
}

/// As Discord gives back what was sent.
fn given_back(wanted: &Value) -> Value {
    let mut commands = wanted.as_array().unwrap().clone();
    commands.reverse();
    for command in &mut commands {
        command["id"] = json!("99");
        command["nsfw"] = json!(false);
        command["contexts"] = Value::Null;
        command["default_member_permissions"] = Value::Null;
        command["name_localizations"] = Value::Null;
        forget_defaults(command);
    }
    commands.into()
}

fn forget_defaults(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, value| {
                !(name == "required" && value == false || name == "options" && value == &json!([]))
            });
            fields.values_mut().for_each(forget_defaults);
        }
        Value::Array(values) => values.iter_mut().for_each(forget_defaults),
        _ => {}
    }
}

#[test]
fn commands_are_known_again_in_the_form_that_discord_gives_them() {
    let wanted = registration::commands(&catalogue());
    let registered = given_back(&wanted);
    assert_ne!(wanted, registered);
    let all = wanted.as_array().unwrap().len();
    assert_eq!(commands::compared(Some(&wanted), &registered), format!("all {all} are registered"));
}

#[test]
fn commands_that_differ_are_named() {
    let wanted = registration::commands(&catalogue());
    let said = |change: fn(&mut Vec<Value>)| {
        let mut registered = given_back(&wanted);
        change(registered.as_array_mut().unwrap());
        commands::compared(Some(&wanted), &registered)
    };
    let at_start = ": `dogwatch serve` registers them at its start";
    assert_eq!(said(Vec::clear), format!("none yet{at_start}"));
    let renamed = said(|commands| {
        let ask = commands.iter_mut().find(|command| command["name"] == "ask").unwrap();
        ask["options"][0]["description"] = json!("other");
    });
    assert_eq!(renamed, format!("/ask is another{at_start}"));
    let hidden = said(|commands| {
        let run = commands.iter_mut().find(|command| command["name"] == "run").unwrap();
        run["default_member_permissions"] = json!("0");
    });
    assert_eq!(hidden, format!("/run is another{at_start}"));
    let other = said(|commands| {
        commands.retain(|command| command["name"] != "ask");
        commands.push(json!({ "name": "old", "type": 1 }));
    });
    assert_eq!(other, format!("/ask is not there, /old is too many{at_start}"));
    assert!(commands::compared(None, &given_back(&wanted)).contains("not compared"));
}

#[test]
fn roles_are_named_and_everybody_is_pointed_out() {
    let roles = [json!({ "id": "1", "name": "@everyone" }), json!({ "id": "5", "name": "on-call" })];
    let mapped = |number: &str| mapped(&GroupId(format!("discord:{number}")), Role::Viewer, 1, &roles);
    assert_eq!(mapped("5"), well("Discord role for viewer", "@on-call"));
    let (_, everybody_is_well, everybody) = mapped("1");
    assert!(everybody_is_well && everybody.contains("all people of the server"), "{everybody}");
    let (_, unknown_is_well, unknown) = mapped("6");
    assert!(!unknown_is_well && unknown.contains("no role 6"), "{unknown}");
}

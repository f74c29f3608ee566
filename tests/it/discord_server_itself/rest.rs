//! Messages, threads and limits over REST.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::raw::{Raw, plain};
use crate::discord_server::Setup;
use crate::discord_server::buckets::UNDER_WAY;

/// `/ask question` and `/incident open title severity`.
pub fn register(raw: &Raw<'_>) {
    let commands = json!([
        {"name": "ask", "description": "Asks", "options": [
            {"type": 3, "name": "question", "description": "What", "required": true, "autocomplete": true},
        ]},
        {"name": "incident", "description": "Incidents", "default_member_permissions": "0", "options": [
            {"type": 1, "name": "open", "description": "Opens one", "options": [
                {"type": 3, "name": "title", "description": "What", "required": true},
                {"type": 4, "name": "severity", "description": "How bad"},
            ]},
        ]},
    ]);
    let server = raw.server;
    let path = format!("/applications/{}/guilds/{}/commands", server.application_id(), server.guild_id());
    let (status, answer) = raw.call("PUT", &path, &commands);
    assert_eq!(status, 200, "{answer}");
}

#[test]
fn commands_are_replaced_and_creations_counted() {
    let server = Setup::with_cast().start();
    let raw = Raw::new(&server);
    register(&raw);
    let first = server.commands();
    register(&raw);
    assert_eq!(server.command_counts(), (2, 2));
    assert_eq!(server.commands()[0]["id"], first[0]["id"]);
}

#[test]
fn who_has_no_token_gets_nothing() {
    let server = Setup::with_cast().start();
    let mut raw = Raw::new(&server);
    assert_eq!(raw.get("/users/@me").1["id"], server.bot_id().to_string());
    assert_eq!(raw.get("/applications/@me").1["id"], server.application_id().to_string());
    assert_eq!(raw.get("/oauth2/applications/@me").1["flags"], 0);
    assert_eq!(raw.get("/gateway/bot").1["url"], server.gateway_url());
    raw.token = server.token().to_owned();
    assert_eq!(raw.get("/users/@me").0, 401, "the scheme is missing");
    raw.token = "Bot another".into();
    assert_eq!(raw.get("/users/@me").0, 401);
    assert_eq!(server.invalid_requests(), 2);
    raw.agent = "curl/8";
    raw.get("/gateway");
    assert!(server.complaints()[0].contains("may not be called \"curl/8\""));
}

#[test]
fn a_guild_is_what_was_set_up() {
    let server = Setup::with_cast().closed_channel("board").start();
    let raw = Raw::new(&server);
    let guild = format!("/guilds/{}", server.guild_id());
    let names = |list: Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(raw.get(&format!("{guild}/channels")).1), ["ops"]);
    let roles = ["@everyone", "responder", "approver", "viewer", "admin", "dogwatch"];
    assert_eq!(names(raw.get(&format!("{guild}/roles")).1), roles);
    let (status, ana) = raw.get(&format!("{guild}/members/{}", server.person("ana")));
    assert_eq!((status, &ana["roles"]), (200, &json!([server.role("responder").to_string()])));
    assert_eq!(raw.get(&format!("/channels/{}", server.channel("board"))).1["code"], 50001);
    assert_eq!(raw.get("/channels/1").1["code"], 10003);
    assert_eq!(raw.get("/guilds/1").1["code"], 50001);
}

#[test]
fn permissions_are_told_as_they_were_set_up() {
    let setup = Setup::with_cast().bot_role("bots").permissions("bots", 7).permissions("@everyone", 0);
    let server = setup.overwrite("ops", "bots", 1, 2).overwrite("ops", "dogwatch", 4, 0).start();
    let raw = Raw::new(&server);
    let guild = format!("/guilds/{}", server.guild_id());
    let (bots, bot) = (server.role("bots").to_string(), server.bot_id().to_string());
    assert_eq!(raw.get(&format!("{guild}/members/{bot}")).1["roles"], json!([bots]));
    let roles = raw.get(&format!("{guild}/roles")).1;
    let permissions = |name: &str| {
        roles.as_array().unwrap().iter().find(|role| role["name"] == name).unwrap()["permissions"].clone()
    };
    assert_eq!((permissions("@everyone"), permissions("bots")), (json!("0"), json!("7")));
    let overwrites = json!([
        {"id": bots, "type": 0, "allow": "1", "deny": "2"},
        {"id": bot, "type": 1, "allow": "4", "deny": "0"},
    ]);
    let channel = raw.get(&format!("/channels/{}", server.channel("ops"))).1;
    assert_eq!(channel["permission_overwrites"], overwrites);
}

#[test]
fn the_same_nonce_says_it_once() {
    let server = Setup::with_cast().channel("other").start();
    let raw = Raw::new(&server);
    let ops = server.channel("ops");
    let body = json!({
        "content": "once", "nonce": "n1", "enforce_nonce": true, "allowed_mentions": {"parse": []},
    });
    let say = |channel: u64| raw.post(&format!("/channels/{channel}/messages"), &body).1;
    let (first, second) = (say(ops), say(ops));
    assert_eq!(first["id"], second["id"]);
    assert_eq!(first["nonce"], "n1");
    assert_ne!(say(server.channel("other"))["id"], first["id"]);
    assert_eq!(server.messages(ops).len(), 1);
}

#[test]
fn messages_are_listed_newest_first() {
    let server = Setup::with_cast().without_rate_limits().start();
    let raw = Raw::new(&server);
    let ops = server.channel("ops");
    let ids: Vec<u64> = (0..7).map(|number| raw.say(ops, &format!("m{number}"))).collect();
    let list = |query: &str| -> Vec<u64> {
        let (status, list) = raw.get(&format!("/channels/{ops}/messages?{query}"));
        assert_eq!(status, 200);
        list.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().parse().unwrap()).collect()
    };
    assert_eq!(list("limit=2"), [ids[6], ids[5]]);
    assert_eq!(list(&format!("limit=2&before={}", ids[3])), [ids[2], ids[1]]);
    assert_eq!(list(&format!("limit=2&after={}", ids[3])), [ids[5], ids[4]]);
    assert_eq!(list(&format!("limit=3&around={}", ids[3])), [ids[4], ids[3], ids[2]]);
    assert_eq!(list("").len(), 7);
}

#[test]
fn every_edit_is_remembered() {
    let server = Setup::with_cast().start();
    let raw = Raw::new(&server);
    let id = raw.say(server.channel("ops"), "first");
    let path = format!("/channels/{}/messages/{id}", server.channel("ops"));
    assert_eq!(raw.call("PATCH", &path, &plain("second")).0, 200);
    let texts: Vec<_> = server.message(id).versions.into_iter().map(|version| version.text).collect();
    assert_eq!(texts, ["first", "second"]);
    assert_eq!(raw.call("PATCH", &path, &plain("")).0, 400, "it would be empty");
    assert_eq!(raw.call("DELETE", &path, &Value::Null).0, 204);
    assert_eq!(raw.get(&path).1["code"], 10008);
    assert!(server.messages(server.channel("ops")).is_empty());
    let others = server.say("ana", server.channel("ops"), "mine");
    let path = format!("/channels/{}/messages/{others}", server.channel("ops"));
    assert_eq!(raw.call("PATCH", &path, &plain("yours")).1["code"], 50005);
}

#[test]
fn a_message_has_one_thread() {
    let server = Setup::with_cast().start();
    let raw = Raw::new(&server);
    let ops = server.channel("ops");
    let id = raw.say(ops, "incident i1");
    let path = format!("/channels/{ops}/messages/{id}/threads");
    let (status, thread) = raw.post(&path, &json!({"name": "i1", "auto_archive_duration": 1440}));
    assert_eq!((status, &thread["id"], &thread["type"]), (201, &json!(id.to_string()), &json!(11)));
    let (status, again) = raw.post(&path, &json!({"name": "i1"}));
    assert_eq!((status, &again["code"]), (400, &json!(160_004)));
    raw.say(id, "inside");
    let active = format!("/guilds/{}/threads/active", server.guild_id());
    assert_eq!(raw.get(&active).1["threads"][0]["id"], id.to_string());
    let members = format!("/channels/{id}/thread-members");
    assert_eq!(raw.call("PUT", &format!("{members}/@me"), &Value::Null).0, 204);
    assert_eq!(raw.call("PUT", &format!("{members}/{}", server.person("ana")), &Value::Null).0, 204);
    assert_eq!(server.channel_by_id(id).added, [server.bot_id(), server.person("ana")]);
    assert_eq!(server.messages(id)[0].text(), "inside");
    assert_eq!(server.message(id).thread, Some(id));

    let change = |body: &Value| raw.call("PATCH", &format!("/channels/{id}"), body);
    assert_eq!(change(&json!({"archived": true, "locked": true})).0, 200);
    assert_eq!(raw.post(&format!("/channels/{id}/messages"), &plain("late")).1["code"], 50083);
    assert_eq!(change(&json!({"name": "i1 over"})).1["code"], 50083);
    let reopened = json!({"archived": false, "locked": false});
    assert_eq!(change(&reopened).1["code"], 50013, "who locked it reopens it");
    server.archive(id, true, false);
    assert_eq!(change(&reopened).0, 200);
    assert_eq!(change(&json!({"name": "i1 over"})).0, 200);
    assert_eq!(server.threads(ops)[0].name, "i1 over");
    assert_eq!(raw.post(&path, &json!({"name": ""})).0, 400);
    server.delete_thread(id);
    assert_eq!(raw.get(&format!("/channels/{id}")).1["code"], 10003);
}

#[test]
fn a_third_name_waits_ten_minutes() {
    let server = Setup::with_cast().start();
    let raw = Raw::new(&server);
    let path = format!("/channels/{}", server.channel("ops"));
    let name = |name: &str| raw.call("PATCH", &path, &json!({"name": name}));
    assert_eq!((name("one").0, name("two").0), (200, 200));
    let (status, answer) = name("three");
    assert!(status == 429 && answer["retry_after"].as_f64().unwrap() > 590.0, "{answer}");
    assert_eq!(raw.get(&path).1["name"], "two");
    assert!(server.rate_violations().is_empty());
    name("three");
    assert_eq!(server.rate_violations().len(), 1);
}

#[test]
fn the_sixth_message_waits() {
    let server = Setup::with_cast().channel("other").start();
    let raw = Raw::new(&server);
    let path = format!("/channels/{}/messages", server.channel("ops"));
    let first = raw.response("POST", &path, &plain("0"));
    assert_eq!(first.headers()["x-ratelimit-remaining"], "4");
    for number in 1..5 {
        assert_eq!(raw.post(&path, &plain(&number.to_string())).0, 200);
    }
    let begin = Instant::now();
    let (status, answer) = raw.post(&path, &plain("5"));
    let wait = answer["retry_after"].as_f64().unwrap();
    assert_eq!((status, &answer["global"]), (429, &json!(false)));
    assert!((0.0..=5.0).contains(&wait), "{wait}");
    assert!(server.rate_violations().is_empty());
    raw.say(server.channel("other"), "another bucket");
    assert_eq!(raw.post(&path, &plain("under way")).0, 429);
    assert!(server.rate_violations().is_empty(), "it may have been sent before");
    std::thread::sleep(UNDER_WAY);
    assert_eq!(raw.post(&path, &plain("early")).0, 429);
    assert_eq!(server.rate_violations().len(), 1);
    std::thread::sleep((begin + Duration::from_secs_f64(wait)).saturating_duration_since(Instant::now()));
    assert_eq!(raw.post(&path, &plain("5")).0, 200);
    assert_eq!(server.rate_violations().len(), 1);
}

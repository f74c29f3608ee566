//! Interactions: three seconds, one acknowledgement, fifteen minutes.

use std::time::Duration;

use serde_json::{Value, json};

use super::raw::{Raw, plain};
use super::rest::register;
use crate::discord_server::look::Interaction;
use crate::discord_server::{Server, Setup};

fn server() -> Server {
    let server = Setup::with_cast().without_rate_limits().start();
    register(&Raw::new(&server));
    server
}

fn ask(server: &Server) -> Interaction<'_> {
    server.slash("ana", server.channel("ops"), "ask", &[("question", json!("why"))])
}

fn acknowledge(raw: &Raw<'_>, interaction: &Interaction<'_>, body: &Value) -> (u16, Value) {
    let path = format!("/interactions/{}/{}/callback", interaction.id, interaction.asked().token);
    raw.post(&path, body)
}

/// The path of the answer; `@original` or an id.
fn answer(interaction: &Interaction<'_>, message: &str) -> String {
    let application = interaction.asked().token;
    let id = crate::discord_server::setup::APPLICATION;
    format!("/webhooks/{id}/{application}/messages/{message}")
}

fn message(text: &str, flags: u64) -> Value {
    json!({"type": 4, "data": {"content": text, "flags": flags, "allowed_mentions": {"parse": []}}})
}

#[test]
fn a_second_acknowledgement_is_refused() {
    let server = server();
    let raw = Raw::new(&server);
    let interaction = ask(&server);
    assert_eq!(acknowledge(&raw, &interaction, &message("because", 0)).0, 204);
    let (status, second) = acknowledge(&raw, &interaction, &message("because", 0));
    assert_eq!((status, &second["code"]), (400, &json!(40060)));
    assert_eq!(interaction.wait_ack().kind, 4);
    assert!(interaction.wait_ack().after_ms < 3000);
    assert_eq!(server.messages(server.channel("ops"))[0].text(), "because");
    assert_eq!(server.complaints(), Vec::<String>::new());
}

#[test]
fn three_seconds_are_too_long() {
    let server = server();
    let raw = Raw::new(&server);
    let interaction = ask(&server);
    std::thread::sleep(Duration::from_millis(3050));
    let (status, late) = acknowledge(&raw, &interaction, &json!({"type": 5}));
    assert_eq!((status, &late["code"]), (404, &json!(10062)));
    assert_eq!((interaction.ack(), server.late_acks()), (None, 1));
}

#[test]
fn an_answer_can_come_later_and_grow() {
    let server = server();
    let raw = Raw::new(&server);
    let interaction = ask(&server);
    let original = answer(&interaction, "@original");
    let (status, early) = raw.call("PATCH", &original, &plain("because"));
    assert_eq!((status, &early["code"]), (404, &json!(10015)));
    assert_eq!(acknowledge(&raw, &interaction, &json!({"type": 5, "data": {"flags": 64}})).0, 204);
    assert!(interaction.original().unwrap().is_loading());
    assert_eq!(raw.call("PATCH", &original, &plain("because")).0, 200);
    assert_eq!(interaction.wait_answer().text(), "because");
    assert_eq!(server.ephemerals("ana").len(), 1);
    assert!(server.messages(server.channel("ops")).is_empty());

    let followups = original.trim_end_matches("/messages/@original").to_owned();
    let (status, followup) = raw.post(&followups, &plain("and more"));
    assert_eq!(status, 200);
    assert_eq!(interaction.followups()[0].text(), "and more");
    let path = answer(&interaction, followup["id"].as_str().unwrap());
    assert_eq!(raw.call("PATCH", &path, &plain("and most")).0, 200);
    assert_eq!(raw.get(&path).1["content"], "and most");
    assert_eq!(raw.call("DELETE", &original, &Value::Null).0, 204);
    assert_eq!(raw.get(&original).1["code"], 10008);
    assert!(server.ephemerals("ana").is_empty());
}

#[test]
fn the_first_followup_is_what_was_awaited() {
    let server = server();
    let raw = Raw::new(&server);
    let interaction = ask(&server);
    acknowledge(&raw, &interaction, &json!({"type": 5}));
    let followups = answer(&interaction, "").trim_end_matches("/messages/").to_owned();
    assert_eq!(raw.post(&followups, &plain("because")).0, 200);
    assert_eq!(server.messages(server.channel("ops")).len(), 1);
    assert_eq!(interaction.wait_answer().text(), "because");
}

#[test]
fn a_token_is_good_for_fifteen_minutes() {
    let server = server();
    let raw = Raw::new(&server);
    let interaction = ask(&server);
    acknowledge(&raw, &interaction, &message("because", 0));
    let original = answer(&interaction, "@original");
    server.advance_tokens(Duration::from_secs(14 * 60));
    assert_eq!(raw.call("PATCH", &original, &plain("still")).0, 200);
    server.advance_tokens(Duration::from_secs(61));
    let (status, over) = raw.call("PATCH", &original, &plain("late"));
    assert_eq!((status, &over["code"]), (401, &json!(50027)));
    assert_eq!(interaction.wait_answer().text(), "still");
}

/// Sends a message with an Approve button; its id.
fn with_button(raw: &Raw<'_>) -> u64 {
    let server = raw.server;
    let mut body = plain("r1 wants approval");
    let button = json!({"type": 2, "style": 3, "label": "Approve", "custom_id": "approve:r1"});
    body["components"] = json!([{"type": 1, "components": [button]}]);
    let (status, sent) = raw.post(&format!("/channels/{}/messages", server.channel("ops")), &body);
    assert_eq!(status, 200, "{sent}");
    sent["id"].as_str().unwrap().parse().unwrap()
}

#[test]
fn a_button_edits_its_own_message() {
    let server = server();
    let raw = Raw::new(&server);
    let id = with_button(&raw);
    let pressed = server.press("ben", id, "Approve");
    assert_eq!(acknowledge(&raw, &pressed, &json!({"type": 6})).0, 204);
    let edited = json!({"content": "approved", "components": [], "allowed_mentions": {"parse": []}});
    assert_eq!(raw.call("PATCH", &answer(&pressed, "@original"), &edited).0, 200);
    assert_eq!(server.message(id).text(), "approved");
    assert!(server.message(id).buttons().is_empty());
    assert_eq!(server.message(id).versions[0].buttons[0].custom_id, "approve:r1");

    let again = server.press_outdated("cem", id, "approve:r1");
    let body = json!({"type": 7, "data": {"content": "too late", "allowed_mentions": {"parse": []}}});
    assert_eq!(acknowledge(&raw, &again, &body).0, 204);
    assert_eq!(server.message(id).text(), "too late");
}

#[test]
fn a_modal_is_filled_in_and_submitted() {
    let server = server();
    let raw = Raw::new(&server);
    let pressed = server.press("ben", with_button(&raw), "approve:r1");
    let input = json!({"type": 4, "custom_id": "why", "label": "Reason", "style": 2, "min_length": 3});
    let modal = json!({"type": 9, "data": {
        "custom_id": "reason:r1", "title": "Why?", "components": [{"type": 1, "components": [input]}],
    }});
    assert_eq!(acknowledge(&raw, &pressed, &modal).0, 204);
    assert_eq!(pressed.wait_modal().title, "Why?");
    let submitted = pressed.submit(&[("Reason", "the disk is full")]);
    let lost = server.lost();
    let (name, event) = lost.last().unwrap();
    assert_eq!(name, "INTERACTION_CREATE");
    assert_eq!(event["data"]["components"][0]["components"][0]["value"], "the disk is full");
    assert_eq!(acknowledge(&raw, &submitted, &modal).0, 400, "no modal on a modal");
    server.take_complaints();
    assert_eq!(acknowledge(&raw, &submitted, &message("noted", 64)).0, 204);
    assert_eq!(server.ephemerals("ben")[0].text(), "noted");
}

#[test]
fn choices_are_offered_while_one_types() {
    let server = server();
    let offered = std::thread::scope(|scope| {
        scope.spawn(|| {
            let raw = Raw::new(&server);
            let typed = server.wait_for("somebody to type", || server.interactions().pop());
            let choices = json!({"type": 8, "data": {"choices": [{"name": "Why?", "value": "why"}]}});
            assert_eq!(acknowledge(&raw, &typed, &choices).0, 204);
        });
        server.autocomplete("ana", server.channel("ops"), "ask", &[], ("question", "wh"))
    });
    assert_eq!(offered, Some(vec![("Why?".to_owned(), json!("why"))]));
    let event = &server.lost()[0].1;
    let typed = json!({"name": "question", "type": 3, "value": "wh", "focused": true});
    assert_eq!((&event["type"], &event["data"]["options"][0]), (&json!(4), &typed));
}

#[test]
fn only_one_sees_an_ephemeral_message() {
    let server = server();
    let raw = Raw::new(&server);
    let interaction = ask(&server);
    let mut body = message("for ana", 64);
    let button = json!({"type": 2, "style": 1, "label": "More", "custom_id": "more"});
    body["data"]["components"] = json!([{"type": 1, "components": [button]}]);
    assert_eq!(acknowledge(&raw, &interaction, &body).0, 204);
    let id = interaction.wait_answer().id;
    let path = format!("/channels/{}/messages/{id}", server.channel("ops"));
    assert_eq!(raw.get(&path).1["code"], 10008);
    assert_eq!(server.press("ana", id, "More").asked().source, Some(id));
    let ben = std::panic::AssertUnwindSafe(|| server.press("ben", id, "More"));
    assert!(std::panic::catch_unwind(ben).is_err());
}

#[test]
fn people_use_only_what_is_registered() {
    let server = server();
    let opened = server.slash(
        "eve",
        server.channel("ops"),
        "incident open",
        &[("title", json!("disk full")), ("severity", json!(2))],
    );
    let data = server.lost().last().unwrap().1["data"].clone();
    assert_eq!(data["options"][0]["name"], "open");
    assert_eq!(data["options"][0]["options"][1], json!({"name": "severity", "type": 4, "value": 2}));
    assert_eq!(opened.asked().kind, 2);
    let refused = |command: &str, options: &[(&str, Value)]| {
        let channel = server.channel("ops");
        let slash = std::panic::AssertUnwindSafe(|| server.slash("eve", channel, command, options));
        assert!(std::panic::catch_unwind(slash).is_err(), "{command} {options:?}");
    };
    refused("incident close", &[]);
    refused("incident", &[]);
    refused("incident open", &[]);
    refused("incident open", &[("title", json!(1))]);
    refused("incident open", &[("title", json!("t")), ("colour", json!("red"))]);
}

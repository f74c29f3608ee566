//! Bodies that Discord would not take, each refused and complained of.

use serde_json::{Value, json};

use super::raw::{Raw, plain};
use crate::discord_server::Setup;

fn text(length: usize) -> String {
    "ü".repeat(length)
}

/// A message with this besides.
fn with(more: &Value) -> Value {
    let mut body = plain("text");
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

fn button(number: usize) -> Value {
    json!({"type": 2, "style": 1, "label": "yes", "custom_id": format!("b{number}")})
}

fn row(buttons: &[Value]) -> Value {
    json!({"type": 1, "components": buttons})
}

fn rows(rows: &[Value]) -> Value {
    with(&json!({"components": rows}))
}

fn embed(embed: &Value) -> Value {
    with(&json!({"embeds": [embed]}))
}

fn bad_messages() -> Vec<(&'static str, Value)> {
    let field = json!({"name": "n", "value": "v"});
    vec![
        ("Cannot send an empty message", plain("")),
        ("Cannot send an empty message", plain(" \n ")),
        ("content: 2001 characters", plain(&text(2001))),
        ("allowed_mentions: null", json!({"content": "text"})),
        ("allowed_mentions", with(&json!({"allowed_mentions": {"parse": ["users"]}}))),
        ("allowed_mentions", with(&json!({"allowed_mentions": {"parse": [], "replied_user": true}}))),
        ("has no field colour", with(&json!({"colour": 1}))),
        ("only an answer to an interaction can be ephemeral", with(&json!({"flags": 64}))),
        ("enforce_nonce without a nonce", with(&json!({"enforce_nonce": true}))),
        ("nonce", with(&json!({"nonce": text(26)}))),
        ("6 rows", rows(&(0..6).map(|number| row(&[button(number)])).collect::<Vec<_>>())),
        ("6 in a row", rows(&[row(&(0..6).map(button).collect::<Vec<_>>())])),
        ("0 in a row", rows(&[row(&[])])),
        ("b1 twice", rows(&[row(&[button(1)]), row(&[button(1)])])),
        (
            "custom_id: 101 characters",
            rows(&[row(&[json!({"type": 2, "style": 1, "label": "l", "custom_id": text(101)})])]),
        ),
        (
            "custom_id: 0 characters",
            rows(&[row(&[json!({"type": 2, "style": 1, "label": "l", "custom_id": ""})])]),
        ),
        ("custom_id: 0 characters", rows(&[row(&[json!({"type": 2, "style": 1, "label": "l"})])])),
        (
            "label: 81 characters",
            rows(&[row(&[json!({"type": 2, "style": 1, "label": text(81), "custom_id": "c"})])]),
        ),
        ("neither label nor emoji", rows(&[row(&[json!({"type": 2, "style": 1, "custom_id": "c"})])])),
        (
            "unknown field colour",
            rows(&[row(&[json!({"type": 2, "style": 1, "label": "l", "custom_id": "c", "colour": 1})])]),
        ),
        ("style", rows(&[row(&[json!({"type": 2, "style": 9, "label": "l", "custom_id": "c"})])])),
        ("has a url", rows(&[row(&[json!({"type": 2, "style": 5, "label": "l"})])])),
        ("only action rows", rows(&[json!({"type": 10, "content": "text"})])),
        ("title: 257 characters", embed(&json!({"title": text(257)}))),
        ("description: 4097 characters", embed(&json!({"description": text(4097)}))),
        ("more than 25 fields", embed(&json!({"fields": vec![field.clone(); 26]}))),
        ("name: 257 characters", embed(&json!({"fields": [{"name": text(257), "value": "v"}]}))),
        ("value: 1025 characters", embed(&json!({"fields": [{"name": "n", "value": text(1025)}]}))),
        ("an empty value", embed(&json!({"fields": [{"name": "n", "value": ""}]}))),
        ("text: 2049 characters", embed(&json!({"footer": {"text": text(2049)}}))),
        ("name: 257 characters", embed(&json!({"author": {"name": text(257)}}))),
        ("embeds", with(&json!({"embeds": vec![json!({"title": "t"}); 11]}))),
        (
            "6001 characters in all",
            with(&json!({"embeds": [{"description": text(4000)}, {"description": text(2001)}]})),
        ),
        ("there is no files[0]", with(&json!({"attachments": [{"id": 0, "filename": "f"}]}))),
    ]
}

#[test]
fn a_bad_message_is_refused_and_complained_of() {
    let server = Setup::with_cast().without_rate_limits().start();
    let raw = Raw::new(&server);
    let path = format!("/channels/{}/messages", server.channel("ops"));
    let mut missed = Vec::new();
    for (problem, body) in bad_messages() {
        let (status, answer) = raw.post(&path, &body);
        let complaints = server.take_complaints();
        let named = complaints.iter().any(|one| one.contains(problem) && one.contains(&path));
        if status != 400 || answer["code"] != 50035 || !named {
            missed.push(format!("{problem}: {status} {answer} {complaints:?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    assert!(server.messages(server.channel("ops")).is_empty());
}

#[test]
fn what_discord_just_takes_is_taken() {
    let server = Setup::with_cast().without_rate_limits().start();
    let raw = Raw::new(&server);
    let path = format!("/channels/{}/messages", server.channel("ops"));
    let five: Vec<_> = (0..5).map(|at| row(&(at * 5..at * 5 + 5).map(button).collect::<Vec<_>>())).collect();
    let long = json!({"embeds": [{"description": text(4000)}, {"description": text(2000)}]});
    let good = [
        plain(&text(2000)),
        rows(&five),
        with(&long),
        rows(&[row(&[json!({"type": 2, "style": 5, "label": "more", "url": "https://example.org"})])]),
        json!({"embeds": [{"title": "alone"}], "allowed_mentions": {"parse": []}}),
        with(&json!({"nonce": "a".repeat(25), "enforce_nonce": true, "tts": false})),
    ];
    for body in good {
        let (status, answer) = raw.post(&path, &body);
        assert_eq!(status, 200, "{answer}");
    }
    assert_eq!(server.complaints(), Vec::<String>::new());
}

#[test]
fn files_have_their_limits() {
    let server = Setup::with_cast().without_rate_limits().start();
    let raw = Raw::new(&server);
    let path = format!("/channels/{}/messages", server.channel("ops"));
    let described =
        with(&json!({"attachments": [{"id": 0, "filename": "out.txt", "description": "output"}]}));
    let (status, answer) = raw.upload(&path, &described, &[("out.txt", b"a\r\n--b\r\n\0".to_vec())]);
    assert_eq!(status, 200, "{answer}");
    let message = &server.messages(server.channel("ops"))[0];
    assert_eq!(message.attachments[0].bytes, b"a\r\n--b\r\n\0");
    assert_eq!(message.attachments[0].description.as_deref(), Some("output"));
    assert_eq!(server.complaints(), Vec::<String>::new());

    let mib = |count: usize| vec![b'x'; count << 20];
    assert_eq!(raw.upload(&path, &plain("t"), &[("big", mib(11))]).0, 400);
    assert!(server.take_complaints()[0].contains("larger than 10 MiB"));
    assert_eq!(raw.upload(&path, &plain("t"), &[("a", mib(9)), ("b", mib(9)), ("c", mib(9))]).0, 400);
    assert!(server.take_complaints()[0].contains("a request of"));
}

fn bad_commands() -> Vec<(&'static str, Value)> {
    let command = |more: Value| {
        let mut command = json!({"name": "ask", "description": "Asks"});
        command.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([command])
    };
    let option = |number: usize| json!({"type": 3, "name": format!("o{number}"), "description": "d"});
    let many: Vec<_> = (0..101).map(|at| json!({"name": format!("c{at}"), "description": "d"})).collect();
    let choices: Vec<_> = (0..26).map(|at| json!({"name": format!("c{at}"), "value": "v"})).collect();
    vec![
        ("name: \"Ask\"", command(json!({"name": "Ask"}))),
        ("name: \"a b\"", command(json!({"name": "a b"}))),
        ("no description", command(json!({"description": ""}))),
        ("commands: 101", json!(many)),
        ("26 options", command(json!({"options": (0..26).map(option).collect::<Vec<_>>()}))),
        (
            "26 choices",
            command(json!({"options": [{"type": 3, "name": "o", "description": "d", "choices": choices}]})),
        ),
        (
            "a required option after an optional one",
            command(json!({"options": [
                option(1), {"type": 3, "name": "o2", "description": "d", "required": true},
            ]})),
        ),
        ("has no field colour", command(json!({"colour": 1}))),
        ("twice", json!([{"name": "a", "description": "d"}, {"name": "a", "description": "d"}])),
        ("no list", json!({"name": "ask"})),
    ]
}

#[test]
fn bad_commands_are_refused() {
    let server = Setup::with_cast().without_rate_limits().start();
    let raw = Raw::new(&server);
    let path = format!("/applications/{}/guilds/{}/commands", server.application_id(), server.guild_id());
    let mut missed = Vec::new();
    for (problem, body) in bad_commands() {
        let (status, answer) = raw.call("PUT", &path, &body);
        let complaints = server.take_complaints();
        if status != 400 || !complaints.iter().any(|one| one.contains(problem)) {
            missed.push(format!("{problem}: {status} {answer} {complaints:?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    assert_eq!(server.command_counts(), (0, 0));
}

#[test]
fn bad_callbacks_are_refused() {
    let server = Setup::with_cast().without_rate_limits().start();
    let raw = Raw::new(&server);
    super::rest::register(&raw);
    let interaction = server.slash("ana", server.channel("ops"), "ask", &[("question", json!("why"))]);
    let path = format!("/interactions/{}/{}/callback", interaction.id, interaction.asked().token);
    let input = json!({"type": 4, "custom_id": "i", "style": 1, "label": "Reason"});
    let modal = |title: &str, rows: &[Value]| json!({"type": 9, "data": {"custom_id": "m", "title": title, "components": rows}});
    let changed = |name: &str, value: &str| {
        let mut input = input.clone();
        input[name] = json!(value);
        modal("t", &[row(&[input])])
    };
    let bad = [
        ("is no callback", json!({"type": 99})),
        ("allowed_mentions", json!({"type": 4, "data": {"content": "text"}})),
        ("empty message", json!({"type": 4, "data": {"allowed_mentions": {"parse": []}}})),
        ("type 5 has flags only", json!({"type": 5, "data": {"content": "text"}})),
        ("title: 46 characters", modal(&text(46), &[row(std::slice::from_ref(&input))])),
        ("2 inputs in a row", modal("t", &[row(&[input.clone(), input.clone()])])),
        ("0 rows", modal("t", &[])),
        ("6 rows", modal("t", &vec![row(std::slice::from_ref(&input)); 6])),
        ("label: 46 characters", changed("label", &text(46))),
        ("placeholder: 101 characters", changed("placeholder", &text(101))),
        ("value: 4001 characters", changed("value", &text(4001))),
        ("custom_id: 101 characters", changed("custom_id", &text(101))),
        ("0 inputs in a row", modal("t", &[json!({"type": 18, "label": "l", "component": input})])),
        ("answer an autocompletion only", json!({"type": 8, "data": {"choices": []}})),
        ("no message of a component", json!({"type": 6})),
    ];
    let mut missed = Vec::new();
    for (problem, body) in bad {
        let (status, answer) = raw.post(&path, &body);
        let complaints = server.take_complaints();
        if status != 400 || !complaints.iter().any(|one| one.contains(problem)) {
            missed.push(format!("{problem}: {status} {answer} {complaints:?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    assert_eq!(interaction.ack(), None);
}

//! The gateway, by hand.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::raw::Raw;
use crate::discord_server::{DispatchFault, Setup};

const GUILDS: u64 = 1;
const GUILD_MESSAGES: u64 = 1 << 9;
const MESSAGE_CONTENT: u64 = 1 << 15;
const INTENTS: u64 = GUILDS | GUILD_MESSAGES;

#[test]
fn who_may_not_is_told_so() {
    let server = Setup::with_cast().start();
    let raw = Raw::new(&server);
    let closed_with = |token: &str, intents: u64| {
        let mut socket = raw.socket();
        socket.identify(token, intents);
        socket.next().unwrap_err()
    };
    assert_eq!(closed_with("another", INTENTS), 4004);
    assert_eq!(closed_with(server.token(), INTENTS | MESSAGE_CONTENT), 4014);
    assert_eq!(closed_with(server.token(), INTENTS | 1 << 1), 4014);
    let mut socket = raw.socket();
    socket.send(&json!({"op": 3, "d": {}}));
    assert_eq!(socket.next().unwrap_err(), 4003);
    assert!(!server.is_connected());
}

#[test]
fn a_session_begins_with_the_guild() {
    let server = Setup::with_cast().closed_channel("board").start();
    let raw = Raw::new(&server);
    let mut socket = raw.socket();
    socket.identify(server.token(), INTENTS);
    let ready = socket.next().unwrap();
    assert_eq!((&ready["t"], &ready["s"]), (&json!("READY"), &json!(1)));
    assert_eq!(ready["d"]["application"]["id"], server.application_id().to_string());
    let guild = socket.next().unwrap();
    assert_eq!(guild["t"], "GUILD_CREATE");
    let channels: Vec<_> =
        guild["d"]["channels"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(channels, ["ops"]);
    socket.send(&json!({"op": 1, "d": 2}));
    assert_eq!(socket.next().unwrap(), json!({"op": 11}));
    socket.identify(server.token(), INTENTS);
    assert_eq!(socket.next().unwrap_err(), 4005);
}

#[test]
fn payloads_are_packed_for_who_wants_it_also_after_a_resume() {
    let server = Setup::with_cast().start();
    let raw = Raw::new(&server);
    let mut socket = raw.socket();
    let data = json!({"token": server.token(), "intents": INTENTS, "properties": {}, "compress": true});
    socket.send(&json!({"op": 2, "d": data}));
    let session = socket.next().unwrap()["d"]["session_id"].as_str().unwrap().to_owned();
    socket.skip(1);
    assert_eq!(socket.packed, 2);
    server.cut();
    server.mention("ana", server.channel("ops"), "packed");
    let mut socket = raw.socket();
    socket.resume(server.token(), &session, 2);
    socket.skip(2);
    assert_eq!(socket.packed, 2);
}

#[test]
fn text_is_hidden_from_a_bot_that_is_not_mentioned() {
    let server = Setup::with_cast().start();
    let raw = Raw::new(&server);
    let mut socket = raw.socket();
    socket.identify(server.token(), INTENTS);
    socket.skip(2);
    let ops = server.channel("ops");
    let plain = server.say("ana", ops, "not for you");
    assert_eq!(socket.next().unwrap()["d"]["content"], "");
    assert_eq!(raw.get(&format!("/channels/{ops}/messages/{plain}")).1["content"], "");
    server.mention("ana", ops, "for you");
    let heard = socket.next().unwrap()["d"].clone();
    assert_eq!(heard["content"], format!("<@{}> for you", server.bot_id()));
    assert_eq!(heard["member"]["roles"], json!([server.role("responder").to_string()]));
    let own = raw.say(ops, "I say");
    assert_eq!(socket.next().unwrap()["d"]["content"], "I say");
    server.reply("ben", own, "and I reply");
    let reply = socket.next().unwrap()["d"].clone();
    assert_eq!(
        (&reply["content"], &reply["referenced_message"]["content"]),
        (&json!("and I reply"), &json!("I say"))
    );
}

#[test]
fn a_bot_with_the_intent_reads_everything() {
    let server = Setup::with_cast().message_content().start();
    let raw = Raw::new(&server);
    let mut socket = raw.socket();
    socket.identify(server.token(), INTENTS | MESSAGE_CONTENT);
    socket.skip(2);
    server.say("ana", server.channel("ops"), "for all");
    assert_eq!(socket.next().unwrap()["d"]["content"], "for all");
}

#[test]
fn a_resume_brings_all_that_was_missed() {
    let server = Setup::with_cast().start();
    let raw = Raw::new(&server);
    let ops = server.channel("ops");
    let mut socket = raw.socket();
    socket.identify(server.token(), INTENTS);
    let session = socket.next().unwrap()["d"]["session_id"].as_str().unwrap().to_owned();
    socket.dispatch();
    server.mention("ana", ops, "one");
    assert_eq!(socket.dispatch().1, 3);
    server.cut();
    assert_eq!(socket.next().unwrap_err(), 1006);
    server.mention("ana", ops, "two");
    server.mention("ana", ops, "three");

    let mut socket = raw.socket();
    socket.resume(server.token(), &session, 2);
    let numbers: Vec<_> = (0..3).map(|_| socket.dispatch().1).collect();
    assert_eq!(numbers, [3, 4, 5]);
    assert_eq!(socket.dispatch(), ("RESUMED".into(), 6));
    assert_eq!((server.resumes(), server.replayed(), server.lost().len()), (1, 3, 0));

    server.forget_session();
    let mut socket = raw.socket();
    socket.resume(server.token(), &session, 6);
    assert_eq!(socket.next().unwrap(), json!({"op": 9, "d": false}));
    let mut socket = raw.socket();
    socket.resume("another", &session, 6);
    assert_eq!(socket.next().unwrap_err(), 4004);
}

#[test]
fn a_new_session_has_lost_what_the_old_one_missed() {
    let server = Setup::with_cast().start();
    let raw = Raw::new(&server);
    let ops = server.channel("ops");
    server.mention("ana", ops, "nobody is there");
    let mut socket = raw.socket();
    socket.identify(server.token(), INTENTS);
    socket.skip(2);
    server.close(4000);
    assert_eq!(socket.next().unwrap_err(), 4000);
    server.mention("ana", ops, "missed");
    let mut socket = raw.socket();
    socket.identify(server.token(), INTENTS);
    assert_eq!(socket.dispatch(), ("READY".into(), 1));
    let lost: Vec<_> = server.lost().into_iter().map(|(_, data)| data["content"].clone()).collect();
    let expected = ["nobody is there", "missed"].map(|text| format!("<@{}> {text}", server.bot_id()));
    assert_eq!(lost, expected);
}

#[test]
fn silence_ends_a_connection() {
    let server = Setup::with_cast().heartbeat(Duration::from_millis(500)).start();
    let raw = Raw::new(&server);
    let begin = Instant::now();
    let mut socket = raw.socket();
    socket.identify(server.token(), INTENTS);
    socket.skip(2);
    assert_eq!(socket.next().unwrap_err(), 4009);
    assert!(begin.elapsed() >= Duration::from_secs(1));
}

#[test]
fn dispatches_go_wrong_as_ordered() {
    let server = Setup::with_cast().start();
    let raw = Raw::new(&server);
    let ops = server.channel("ops");
    let mut socket = raw.socket();
    socket.identify(server.token(), INTENTS);
    let session = socket.next().unwrap()["d"]["session_id"].as_str().unwrap().to_owned();
    socket.dispatch();
    let event = "MESSAGE_CREATE";
    let heard = |payload: Result<Value, u16>| {
        let text = payload.unwrap()["d"]["content"].as_str().unwrap().to_owned();
        text.rsplit(' ').next().unwrap().to_owned()
    };
    server.fail_dispatch(event, DispatchFault::Duplicate);
    server.mention("ana", ops, "twice");
    assert_eq!((heard(socket.next()), heard(socket.next())), ("twice".into(), "twice".into()));

    server.fail_dispatch(event, DispatchFault::Swap);
    server.mention("ana", ops, "first");
    server.mention("ana", ops, "second");
    assert_eq!((heard(socket.next()), heard(socket.next())), ("second".into(), "first".into()));

    server.fail_dispatch(event, DispatchFault::Swap);
    server.mention("ana", ops, "alone");
    assert_eq!(heard(socket.next()), "alone");

    server.fail_dispatch(event, DispatchFault::Delay(Duration::from_millis(600)));
    server.mention("ana", ops, "slow");
    server.mention("ana", ops, "quick");
    assert_eq!((heard(socket.next()), heard(socket.next())), ("quick".into(), "slow".into()));

    server.fail_dispatch(event, DispatchFault::ReconnectAfter);
    server.mention("ana", ops, "then");
    socket.skip(1);
    assert_eq!(socket.next().unwrap()["op"], 7);
    server.send_text_to_bot("{");

    server.fail_dispatch(event, DispatchFault::CutInstead);
    server.mention("ana", ops, "kept");
    let mut socket = raw.socket();
    socket.resume(server.token(), &session, 9);
    assert_eq!(heard(socket.next()), "kept");
    assert!(server.faults_are_spent());
}

#[test]
fn an_outage_ends_by_itself() {
    let server = Setup::with_cast().start();
    let raw = Raw::new(&server);
    server.outage(Duration::from_millis(300));
    assert_eq!(raw.get("/gateway").0, 0);
    server.wait_until("the end of the outage", || raw.get("/gateway").0 == 200);
    drop(raw.socket());
}

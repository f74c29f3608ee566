//! What people say in their own words: what is answered, what is left alone.

use std::time::Duration;

use super::scene::{count, slash, thread};
use super::serving::Serving;
use crate::discord_server::Setup;
use crate::discord_server::model::Message;

const QUESTION: &str = "how do I stop a virtual machine on ESX?";
const ANSWER: &str = "vm-power-off-unresponsive.md";
/// In time for anything that is going to be said.
const A_WHILE: Duration = Duration::from_millis(1500);
/// The privileged intent, as Discord counts it.
const MESSAGE_CONTENT: u64 = 1 << 15;

/// A bot that reads what is said in its threads, and the thread of an incident.
fn listening() -> (Serving, u64) {
    let mut serving = Serving::stopped(Setup::with_cast().message_content(), "message_content = true");
    serving.start();
    let ops = serving.server.channel("ops");
    slash(&serving, "ana", ops, "incident open", &[("title", "mail is slow")]).wait_answer();
    let thread = thread(&serving, 1);
    (serving, thread)
}

#[test]
fn a_mention_is_a_question_where_the_bot_listens() {
    let serving = Serving::with(Setup::with_cast().channel("random"));
    let (server, ops) = (&serving.server, serving.server.channel("ops"));
    let asked = server.mention("ana", ops, QUESTION);
    let answer = server.wait_for_text(ops, ANSWER);
    assert_eq!(answer.reply_to, Some(asked), "it answers the message");
    // Nothing but the mention.
    server.mention("ana", ops, "");
    server.wait_for_text(ops, "what I understand");
    // A reply that pings the bot; one to somebody else does not.
    server.reply("ben", answer.id, "and how do I find its process?");
    server.wait_until("a second answer", || count(&serving, ops, "source:") == 2);
    server.reply("ben", asked, QUESTION);
    // Nobody asked the bot, or nobody asked here.
    server.say("ana", ops, QUESTION);
    let random = server.channel("random");
    server.mention("ana", random, QUESTION);
    std::thread::sleep(A_WHILE);
    assert_eq!((server.said(ops).len(), server.said(random).len()), (3, 0));
    serving.is_clean();
}

#[test]
fn a_mention_can_be_a_command() {
    let serving = Serving::new();
    let (server, ops) = (&serving.server, serving.server.channel("ops"));
    server.mention("dia", ops, "/hosts");
    server.wait_for_text(ops, "3 hosts");
    server.mention("ana", ops, "/run esx-vm-list on esx");
    server.wait_for_text(ops, "r1 succeeded");
    server.mention("ana", ops, "/hosst");
    server.wait_for_text(ops, "Did you mean");
    server.mention("ana", ops, "/incident open sev2 mail is slow");
    let thread = thread(&serving, 1);
    server.wait_for_text(thread, "mail is slow");
    serving.is_clean();
}

#[test]
fn a_mention_that_was_answered_is_not_answered_again_after_a_restart() {
    let mut serving = Serving::with(Setup::with_cast().person("fay", &[]));
    let ops = serving.server.channel("ops");
    for (who, text, answer) in [
        ("dia", "/hosst", "Did you mean"),
        ("dia", "/incident", "expected"),
        ("dia", "", "what I understand"),
        ("fay", QUESTION, "needs the role viewer"),
        ("dia", QUESTION, ANSWER),
    ] {
        serving.server.mention(who, ops, text);
        serving.server.wait_for_text(ops, answer);
    }
    serving.restart();
    serving.server.mention("dia", ops, "/hosts");
    serving.server.wait_for_text(ops, "3 hosts");
    std::thread::sleep(A_WHILE);
    let said: Vec<_> = serving.server.said(ops).iter().map(Message::text).collect();
    assert_eq!(said.len(), 6, "{said:#?}");
    serving.is_clean();
}

#[test]
fn threads_of_a_channel_belong_to_it() {
    let mut serving = Serving::with(Setup::with_cast().channel("random"));
    let (ops, incidents) = (serving.server.channel("ops"), serving.server.channel("incidents"));
    let theirs = serving.server.open_thread(ops, "what we do about mail");
    let elsewhere = serving.server.open_thread(serving.server.channel("random"), "lunch");
    slash(&serving, "ana", ops, "incident open", &[("title", "mail is slow")]).wait_answer();
    let thread = thread(&serving, 1);
    serving.server.mention("ana", thread, QUESTION);
    serving.server.wait_for_text(thread, ANSWER);
    serving.server.mention("ana", elsewhere, QUESTION);
    serving.server.mention("ana", theirs, QUESTION);
    serving.server.wait_for_text(theirs, ANSWER);
    serving.restart();
    serving.server.mention("ana", elsewhere, QUESTION);
    serving.server.mention("ana", theirs, "how do I delete an ISO image?");
    serving.server.wait_for_text(theirs, "service-console-disk-full.md");
    serving.server.mention("ana", thread, "how do I delete an ISO image?");
    serving.server.wait_for_text(thread, "service-console-disk-full.md");
    assert_eq!(serving.server.said(incidents).len(), 1, "the card of the incident");
    assert_eq!(serving.server.said(elsewhere).len(), 0);
    serving.is_clean();
}

#[test]
fn without_the_intent_nothing_is_read_that_is_not_said_to_the_bot() {
    let serving = Serving::new();
    assert_eq!(serving.server.intents().unwrap() & MESSAGE_CONTENT, 0);
    let (server, ops) = (&serving.server, serving.server.channel("ops"));
    slash(&serving, "ana", ops, "incident open", &[("title", "mail is slow")]).wait_answer();
    let thread = thread(&serving, 1);
    server.say("ana", thread, QUESTION);
    std::thread::sleep(A_WHILE);
    assert_eq!(count(&serving, thread, "source:"), 0);
    serving.is_clean();
}

#[test]
fn a_question_in_an_incident_is_answered_once_and_talk_is_not() {
    let (mut serving, thread) = listening();
    assert_eq!(serving.server.intents().unwrap() & MESSAGE_CONTENT, MESSAGE_CONTENT);
    for talk in [
        "ok",
        "ben, can you take over?",
        "I restarted it",
        "really?",
        "it is slow, isn't it",
        "!x how why what?",
    ] {
        serving.server.say("ana", thread, talk);
    }
    serving.server.say("ana", serving.server.channel("ops"), QUESTION);
    serving.server.say("ana", thread, QUESTION);
    serving.server.wait_for_text(thread, ANSWER);
    serving.server.say("ben", thread, "How do I stop a virtual machine on ESX?");
    // Where there is no answer, whoever did not ask is not told so.
    serving.server.say("ben", thread, "what is the weather in Lisbon today?");
    std::thread::sleep(A_WHILE);
    assert_eq!(count(&serving, thread, "source:"), 1);
    assert_eq!(count(&serving, thread, "I don't know"), 0);
    serving.restart();
    serving.server.say("ben", thread, QUESTION);
    std::thread::sleep(A_WHILE);
    assert_eq!(count(&serving, thread, "source:"), 1, "it remembers what it has answered");
    assert_eq!(serving.server.said(serving.server.channel("ops")).len(), 0);
    serving.is_clean();
}

#[test]
fn quiet_leaves_a_conversation_alone_until_it_is_over() {
    let (mut serving, thread) = listening();
    slash(&serving, "ana", thread, "quiet", &[]).wait_for_text("only when I am mentioned");
    serving.restart();
    let server = &serving.server;
    server.say("ana", thread, QUESTION);
    server.mention("ana", thread, "how do I delete an ISO image?");
    server.wait_for_text(thread, "service-console-disk-full.md");
    std::thread::sleep(A_WHILE);
    assert_eq!(count(&serving, thread, "source:"), 1, "a mention is answered all the same");
    slash(&serving, "ana", thread, "quiet", &[("setting", "off")]).wait_for_text("looks like a question");
    server.say("ana", thread, QUESTION);
    server.wait_for_text(thread, ANSWER);
    serving.is_clean();
}

#[test]
fn an_intent_that_is_not_granted_ends_the_bot_with_what_to_do() {
    let mut serving = Serving::stopped(Setup::with_cast(), "message_content = true");
    serving.begin();
    assert_eq!(serving.ended().code(), Some(2));
    let said = serving.logged();
    assert!(said.contains("MESSAGE CONTENT INTENT") && said.contains("message_content = false"), "{said}");
    serving.is_clean();
}

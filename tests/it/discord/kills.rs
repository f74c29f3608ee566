//! kill -9 while something is being said: what was not delivered is delivered, what was delivered is
//! not said again.

use std::time::Duration;

use super::serving::Serving;
use super::story::{Between, nothing_lost_nothing_doubled, story};
use crate::bot::two_at_a_time;
use crate::chance::Chance;
use crate::discord_server::{Operation, RestFault, Setup};
use serde_json::json;

/// Stories in which the bot is killed.
const STORIES: u64 = 4;

/// Kills the bot at a moment when a request of this kind is on its way, before or after it was done.
fn killed_on_the_way(operation: Operation, done: bool) {
    println!("killed with {operation:?} on its way, done: {done}");
    let mut serving = Serving::new();
    let slow = Duration::from_millis(1500);
    let fault = if done { RestFault::SlowAfter(slow) } else { RestFault::SlowBefore(slow) };
    serving.server.fail_request(operation, fault);
    let ops = serving.server.channel("ops");
    serving.server.slash(
        "ana",
        ops,
        "incident open",
        &[("title", json!("db01 hangs")), ("severity", json!("sev2"))],
    );
    serving.server.wait_until("the request is on its way", || serving.server.faults_are_spent());
    std::thread::sleep(Duration::from_millis(500));
    serving.restart();
    let incidents = serving.server.channel("incidents");
    let server = &serving.server;
    let thread = server.wait_for("the thread", || server.threads(incidents).first().map(|thread| thread.id));
    server.wait_for_text(thread, "incident i1 (sev2) is open");
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(server.threads(incidents).len(), 1, "one thread");
    assert_eq!(server.said(incidents).len(), 1, "one message of the incident: {:?}", server.said(incidents));
    assert_eq!(server.said(thread).len(), 1, "said once: {:?}", server.said(thread));
    assert_eq!(server.complaints(), Vec::<String>::new());
}

#[test]
fn what_was_on_its_way_at_a_kill_arrives_once() {
    let operations = [Operation::CreateMessage, Operation::CreateThread];
    let cases =
        operations.into_iter().flat_map(|operation| [(operation, false), (operation, true)]).collect();
    two_at_a_time(cases, |(operation, done)| killed_on_the_way(operation, done));
}

#[test]
fn a_card_that_arrived_before_a_kill_shows_what_has_happened_since() {
    let mut serving = Serving::new();
    let (ops, incidents) = (serving.server.channel("ops"), serving.server.channel("incidents"));
    // The bot dies before it hears that the card of the incident has arrived.
    serving.server.fail_request(Operation::CreateMessage, RestFault::SlowAfter(Duration::from_secs(5)));
    serving.server.slash("ana", ops, "incident open", &[("title", json!("db01 hangs"))]);
    let card = serving.server.wait_for_text(incidents, "open").id;
    let resolve = [("incident", json!("i1")), ("text", json!("it was the disk"))];
    serving.server.slash("ana", ops, "incident resolve", &resolve).wait_ack();
    serving.restart();
    serving.server.wait_for_edit(card, "resolved");
    serving.server.wait_for_text(incidents, "the record has come to event");
    assert_eq!(serving.server.said(incidents).len(), 2, "{:?}", serving.server.said(incidents));
    assert_eq!(serving.server.complaints(), Vec::<String>::new());
}

#[test]
fn a_question_whose_answer_was_on_its_way_at_a_kill_is_answered_once() {
    two_at_a_time(vec![false, true], |done| {
        let mut serving = Serving::new();
        let slow = Duration::from_millis(1500);
        let fault = if done { RestFault::SlowAfter(slow) } else { RestFault::SlowBefore(slow) };
        serving.server.fail_request(Operation::CreateMessage, fault);
        let ops = serving.server.channel("ops");
        serving.server.mention("ana", ops, "the service console has no space left");
        serving.server.wait_until("the request is on its way", || serving.server.faults_are_spent());
        serving.restart();
        serving.server.wait_until("the answer", || !serving.server.said(ops).is_empty());
        std::thread::sleep(Duration::from_secs(1));
        assert_eq!(serving.server.said(ops).len(), 1, "{:?}", serving.server.said(ops));
        serving.is_clean();
    });
}

#[test]
fn the_story_with_kills_at_any_moment() {
    let mut chance = Chance::new();
    let seeds: Vec<_> = (0..STORIES).map(|_| chance.below(u64::MAX)).collect();
    two_at_a_time(seeds, |seed| {
        println!("kills from seed {seed}");
        let mut moments = Chance::from_seed(seed);
        let mut serving = Serving::with(Setup::with_cast().seed(seed));
        let mut between = |serving: &mut Serving| {
            // Somewhere in what still follows from the last step: cards, reports, the record.
            std::thread::sleep(Duration::from_millis(moments.below(400)));
            serving.restart();
            if moments.below(3) == 0 {
                std::thread::sleep(Duration::from_millis(moments.below(150)));
                serving.restart();
            }
        };
        let between: Between<'_> = &mut between;
        story(&mut serving, between);
        nothing_lost_nothing_doubled(&serving);
        serving.is_clean();
    });
}

#[test]
fn two_that_say_the_same_are_both_said() {
    let mut serving = Serving::new();
    let ops = serving.server.channel("ops");
    let question = "the service console has no space left";
    serving.server.mention("ana", ops, question);
    serving.server.wait_until("the first answer", || serving.server.said(ops).len() == 1);
    serving.server.fail_request(Operation::CreateMessage, RestFault::SlowBefore(Duration::from_secs(3)));
    serving.server.mention("ben", ops, question);
    serving.server.wait_until("the second is on its way", || serving.server.faults_are_spent());
    serving.restart();
    serving.server.wait_until("the second answer", || serving.server.said(ops).len() == 2);
    serving.is_clean();
}

#[test]
fn an_answer_whose_arrival_nobody_confirms_is_not_said_again() {
    let serving = Serving::new();
    let ops = serving.server.channel("ops");
    for _ in 0..6 {
        serving.server.fail_request(Operation::Callback, RestFault::ResetAfter);
    }
    let question = ("question", json!("the service console has no space left"));
    serving.server.slash("ana", ops, "ask", &[question]).wait_ack();
    std::thread::sleep(Duration::from_secs(5));
    assert_eq!(serving.server.said(ops).len(), 1, "{:?}", serving.server.said(ops));
}

#[test]
fn an_export_of_any_length_ends_nothing() {
    let serving = Serving::new();
    let server = &serving.server;
    server.slash(
        "ana",
        server.channel("ops"),
        "incident open",
        &[("title", json!("long")), ("severity", json!("sev3"))],
    );
    let incidents = server.channel("incidents");
    let thread = server.wait_for("the thread", || server.threads(incidents).first().map(|thread| thread.id));
    let note = "\u{1f525}".repeat(1900);
    for n in 0..160 {
        server.slash("ana", thread, "incident note", &[("text", json!(note))]).wait_ack();
        if n % 40 == 0 {
            server.wait_until("it is connected", || server.is_connected());
        }
    }
    server.slash("dia", thread, "incident export", &[("incident", json!("i1"))]).wait_ack();
    assert_eq!(server.wait_for_text(thread, "i1 as a document").attachments.len(), 1);
    server.slash("dia", thread, "help", &[]).wait_for_text("what I understand");
}

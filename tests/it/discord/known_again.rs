//! A message that arrived before a kill is known again, whatever the bot would say by now: it is changed,
//! and not said a second time.

use std::time::Duration;

use dogwatch::app::outbox::{Post, Shown};
use dogwatch::chat::discord::delivery::{CardNow, Destination, Job, Root, deliver};
use dogwatch::chat::discord::ids::conversation_of;
use dogwatch::chat::discord::layout;
use dogwatch::chat::discord::rest::{Rest, Secret};
use dogwatch::chat::discord::wire::Wire;
use dogwatch::domain::id::{Digest, IncidentId, RequestId};
use dogwatch::domain::say::Say;
use dogwatch::domain::say::address::To;
use dogwatch::domain::say::card::CardId;
use dogwatch::domain::say::line::Line;
use dogwatch::domain::say::reply::{Reply, Tone};
use serde_json::json;

use super::scene::{WELL, change, count, read, run, said, thread, with_button};
use super::serving::Serving;
use crate::discord_server::{Operation, RestFault, Server, Setup};

/// Longer than any test waits for the bot to die.
const NEVER_CONFIRMED: RestFault = RestFault::SlowAfter(Duration::from_secs(30));

/// One `[[person]]` more than before: texts that name people change.
fn one_person_more(serving: &mut Serving, who: &str, name: &str, role: &str) {
    let actor = serving.server.person(who);
    let person =
        format!("[[person]]\nname = \"{name}\"\nactors = [\"discord:{actor}\"]\nrole = \"{role}\"\n");
    serving.sections.push_str(&person);
}

/// Kills the bot, lets Discord forget its nonces, starts it again.
fn restart_much_later(serving: &mut Serving) {
    serving.kill();
    serving.server.forget_nonces();
    serving.start();
}

#[test]
fn the_card_of_a_request_is_known_again_after_a_change_of_the_configuration() {
    let mut serving = Serving::new();
    let ops = serving.server.channel("ops");
    let modal = run(&serving, "esx-vm-stop", "esx");
    modal.wait_modal();
    // The message of the incident arrives and is confirmed, the card arrives and is not.
    serving.server.fail_request(Operation::CreateMessage, RestFault::SlowAfter(Duration::ZERO));
    serving.server.fail_request(Operation::CreateMessage, NEVER_CONFIRMED);
    modal.submit(&[("vmx", WELL), ("reason", "it hangs")]);
    let thread = thread(&serving, 1);
    let card = with_button(&serving, thread, "r1 waits for approval", "Approve");
    assert!(!read(&serving.server.message(card)).contains("Ben"));
    serving.kill();
    one_person_more(&mut serving, "ben", "Ben", "approver");
    restart(&mut serving);
    let server = &serving.server;
    server.wait_until("it is brought up to date", || read(&server.message(card)).contains("Ben"));
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(count(&serving, thread, "r1 waits for approval"), 1, "{:?}", server.said(thread));
    assert_eq!(server.said(ops).len(), 0);
    serving.is_clean();
}

/// The same as [`restart_much_later`] for a bot that was killed.
fn restart(serving: &mut Serving) {
    serving.server.forget_nonces();
    serving.start();
}

#[test]
fn the_card_of_a_run_is_known_again_though_the_run_has_moved_on() {
    let mut serving = Serving::new();
    let (thread, card) = change(&serving);
    // What is said of the approval is confirmed, the card of the run is not.
    serving.server.fail_request(Operation::CreateMessage, RestFault::SlowAfter(Duration::ZERO));
    serving.server.fail_request(Operation::CreateMessage, NEVER_CONFIRMED);
    serving.server.press("ben", card, "Approve").wait_ack();
    let run = said(&serving, thread, "run of r1").id;
    restart_much_later(&mut serving);
    let server = &serving.server;
    server.wait_until("the run is over", || {
        count(&serving, thread, "r1 succeeded") + count(&serving, thread, "r1 failed") > 0
    });
    server.wait_until("its card shows that", || {
        let message = server.message(run);
        // Of two steps one may not have begun.
        message.buttons().is_empty() && ["succeeded", "failed"].iter().any(|end| read(&message).contains(end))
    });
    assert_eq!(count(&serving, thread, "run of r1"), 1, "{:?}", server.said(thread));
    serving.is_clean();
}

#[test]
fn the_message_of_an_incident_is_known_again_though_its_opener_has_a_name_now() {
    let mut serving = Serving::new();
    let (ops, incidents) = (serving.server.channel("ops"), serving.server.channel("incidents"));
    serving.server.fail_request(Operation::CreateMessage, NEVER_CONFIRMED);
    serving.server.slash("ana", ops, "incident open", &[("title", json!("db01 hangs"))]);
    let root = serving.server.wait_for_text(incidents, "db01 hangs").id;
    serving.kill();
    one_person_more(&mut serving, "ana", "Ana Anders", "responder");
    restart(&mut serving);
    let server = &serving.server;
    server.wait_until("it is brought up to date", || read(&server.message(root)).contains("Ana Anders"));
    said(&serving, thread(&serving, 1), "incident i1 (sev3) is open");
    assert_eq!(server.said(incidents).len(), 1, "{:?}", server.said(incidents));
    serving.is_clean();
}

/// A bot's way to a server, as a record with this id has it.
fn wire(server: &Server, record: &str) -> Wire {
    let rest = Rest::new(&server.api(), &Secret::new(server.token())).unwrap();
    let wire = Wire::new(rest, server.channel("incidents"), record);
    wire.is_ready(server.application_id(), server.bot_id());
    wire
}

fn reply(text: &str) -> Reply {
    Reply::new(Tone::Wait, Line::plain(text)).line(Line::plain("with a plan"))
}

/// A card as it says this, and the post that says it first.
fn card(wire: &Wire, id: CardId, text: &str) -> CardNow {
    let outgoing = layout::card(&reply(text)).marked(&wire.mark(id));
    (id, outgoing, Digest::of(text.as_bytes()), false)
}

fn job(id: CardId, number: u64, channel: u64, again: bool) -> Job {
    let say = Say { to: To::Room(conversation_of(channel)), reply: reply("first"), card: Some(id) };
    // Old enough to be told by what it says, were it told by that.
    let at_ms = dogwatch::app::wall_ms() - 600_000;
    Job { post: Post { number, at_ms, say }, destination: Destination::Channel(channel), about: None, again }
}

#[test]
fn whatever_a_card_has_come_to_say_its_message_is_found_and_no_other() {
    let server = Setup::with_cast().channel("incidents").start();
    let ops = server.channel("ops");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (ours, theirs) = (wire(&server, "1111aaaa22"), wire(&server, "2222bbbb33"));
    let cards = [CardId::Request(RequestId(1)), CardId::Run(RequestId(1)), CardId::Request(RequestId(11))];
    let post = |wire: &Wire, id, text: &str, again| {
        let number = cards.iter().position(|one| *one == id).unwrap() as u64 + 1;
        let card = card(wire, id, text);
        let delivered = runtime.block_on(deliver(wire, job(id, number, ops, again), None, Some(card)));
        delivered.card.unwrap().1
    };
    let first: Vec<Shown> = cards.map(|id| post(&ours, id, "it waits", false)).to_vec();
    assert_eq!(server.said(ops).len(), 3);
    // Somebody quotes a card, and a hundred others talk.
    server.say("ana", ops, "r1 \u{b7} record 1111aaaa");
    for n in 0..130 {
        server.say("ben", ops, &format!("{n}"));
    }
    server.forget_nonces();
    for (id, before) in cards.into_iter().zip(&first) {
        let found = post(&ours, id, "it is expired", true);
        assert_eq!(found.message, before.message, "{id:?}");
        assert_ne!(found.state, Digest::of(b"it is expired"), "it has to be changed");
    }
    assert_eq!(server.said(ops).len(), 3, "nothing is said twice");
    // What another record has said is not ours.
    server.forget_nonces();
    let other = post(&theirs, cards[0], "it waits", true);
    assert!(first.iter().all(|shown| shown.message != other.message));
    assert_eq!(server.said(ops).len(), 4);
    assert_eq!(server.complaints(), Vec::<String>::new());
}

#[test]
fn the_message_of_an_incident_is_not_said_again_while_its_thread_is_waited_for() {
    let server = Setup::with_cast().channel("incidents").start();
    let incidents = server.channel("incidents");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let wire = wire(&server, "1111aaaa22");
    let (_, outgoing, state, last) = card(&wire, CardId::Incident(IncidentId(1)), "i1 sev3 open");
    let root = Root { outgoing, state, last, message: None };
    let to = To::Incident(IncidentId(1), conversation_of(incidents));
    let say = Say { to, reply: reply("x"), card: None };
    let post = Post { number: 7, at_ms: dogwatch::app::wall_ms(), say };
    let destination = Destination::Incident(IncidentId(1));
    let job = Job { post, destination, about: None, again: false };
    // What stands for a Discord that is away for longer than a call is repeated.
    server.fail_request(Operation::CreateThread, RestFault::Before(401));
    let delivering = runtime.spawn(async move { deliver(&wire, job, Some(root), None).await });
    server.wait_until("the thread is refused", || server.faults_are_spent());
    server.forget_nonces();
    let delivered = runtime.block_on(delivering).unwrap();
    assert!(delivered.root.is_some() && delivered.thread.is_some());
    assert_eq!((server.said(incidents).len(), server.threads(incidents).len()), (1, 1));
}

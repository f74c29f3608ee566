//! Nobody goes unheard: not in a busy channel while the bot was away, not for an odd value in a profile.

use std::time::Duration;

use serde_json::json;

use super::scene::{count, privately, read, said, slash};
use super::serving::Serving;
use crate::discord_server::Operation;
use crate::discord_server::Setup;
use crate::discord_server::faults::RestFault;

const QUESTION: &str = "how do I stop a virtual machine on ESX?";
const ANSWER: &str = "vm-power-off-unresponsive.md";

/// So many messages of others.
fn talk(serving: &Serving, channel: u64, count: usize) {
    for n in 0..count {
        serving.server.say("ben", channel, &format!("message {n}"));
    }
}

/// The bot is away while somebody asks among many messages; `newest` says which end of a page Discord
/// gives.
fn asked_in_a_busy_channel(newest: bool, before: usize, after: usize) {
    let mut serving = Serving::new();
    if newest {
        serving.server.give_newest_after();
    }
    let ops = serving.server.channel("ops");
    serving.kill();
    talk(&serving, ops, before);
    let asked = serving.server.mention("dia", ops, QUESTION);
    talk(&serving, ops, after);
    serving.start();
    let answer = serving.server.wait_for_text(ops, ANSWER);
    assert_eq!(answer.reply_to, Some(asked));
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(serving.server.said(ops).len(), 1, "once");
    serving.is_clean();
}

#[test]
fn a_missed_mention_is_answered_however_much_was_said_before_and_after_it() {
    for (newest, before, after) in [(false, 99, 0), (false, 100, 150), (true, 150, 130), (true, 0, 250)] {
        println!("newest first: {newest}, {before} before and {after} after");
        asked_in_a_busy_channel(newest, before, after);
    }
}

#[test]
fn a_thread_in_which_nothing_was_said_is_not_looked_through() {
    let mut serving = Serving::new();
    let (ops, incidents) = (serving.server.channel("ops"), serving.server.channel("incidents"));
    slash(&serving, "ana", ops, "incident open", &[("title", "mail is slow")]).wait_answer();
    let thread = super::scene::thread(&serving, 1);
    let people = serving.server.open_thread(ops, "of people");
    serving.kill();
    serving.server.mention("dia", thread, QUESTION);
    serving.server.mention("dia", people, QUESTION);
    serving.start();
    for channel in [thread, people] {
        serving.server.wait_for_text(channel, ANSWER);
    }
    assert_eq!(count(&serving, incidents, ANSWER), 0);
    serving.is_clean();
}

#[test]
fn whose_roles_are_not_known_is_not_taken_for_a_stranger() {
    let mut serving = Serving::new();
    let ops = serving.server.channel("ops");
    serving.kill();
    serving.server.mention("dia", ops, QUESTION);
    for _ in 0..3 {
        serving.server.fail_request(Operation::Member, RestFault::Before(500));
    }
    serving.start();
    serving.server.wait_for_text(ops, ANSWER);
    assert_eq!(count(&serving, ops, "refused"), 0);
    serving.is_clean();
}

#[test]
fn an_odd_value_in_a_profile_silences_nobody() {
    let serving = Serving::new();
    let (server, ops) = (&serving.server, serving.server.channel("ops"));
    let decoration = json!({ "asset": "v2_a_d3da", "sku_id": "1" });
    for kind in ["MESSAGE_CREATE", "INTERACTION_CREATE"] {
        let decoration = decoration.clone();
        server.distort(kind, move |data| {
            if data["member"].is_object() {
                data["member"]["avatar_decoration_data"] = decoration.clone();
                data["member"]["avatar"] = json!("not a hash");
            }
            if data["author"].is_object() {
                data["author"]["avatar"] = json!({ "new": "kind" });
            }
            data["type"] = match data["type"].as_u64() {
                Some(0) => json!(99),
                _ => data["type"].clone(),
            };
        });
    }
    let asked = server.mention("dia", ops, QUESTION);
    assert_eq!(server.wait_for_text(ops, ANSWER).reply_to, Some(asked));
    privately(&slash(&serving, "dia", ops, "hosts", &[]), "3 hosts");
    privately(&slash(&serving, "ana", ops, "kb report", &[]), "question");
    let form = super::scene::run(&serving, "esx-vm-stop", "esx");
    form.submit(&[("vmx", super::scene::WELL), ("reason", "it hangs")]).wait_answer();
    let thread = super::scene::thread(&serving, 1);
    let card = super::scene::with_button(&serving, thread, "r1 waits for approval", "Approve");
    server.press("ben", card, "Approve").wait_ack();
    said(&serving, thread, "r1 succeeded");
    let offered = server.autocomplete("ana", ops, "run", &[], ("action", "stop"));
    assert!(!offered.unwrap().is_empty());
    assert!(!serving.logged().contains("could not be read"), "{}", serving.logged());
    serving.is_clean();
}

#[test]
fn a_server_with_odd_roles_is_caught_up_with_all_the_same() {
    let mut serving = Serving::new();
    let (ops, incidents) = (serving.server.channel("ops"), serving.server.channel("incidents"));
    slash(&serving, "ana", ops, "incident open", &[("title", "mail is slow")]).wait_answer();
    let thread = super::scene::thread(&serving, 1);
    serving.kill();
    serving.server.distort("GUILD_CREATE", |guild| {
        guild["roles"][0] = json!({ "id": "1", "name": "odd", "icon": "no hash", "position": "first" });
        guild["threads"][0]["thread_metadata"] = json!("odd");
    });
    serving.server.distort("READY", |ready| ready["user"]["avatar"] = json!({ "new": "kind" }));
    serving.server.mention("dia", thread, QUESTION);
    serving.server.mention("dia", ops, QUESTION);
    serving.start();
    for channel in [thread, ops] {
        serving.server.wait_for_text(channel, ANSWER);
    }
    assert_eq!(count(&serving, incidents, ANSWER), 0);
    assert!(!serving.logged().contains("could not be read"), "{}", serving.logged());
    serving.is_clean();
}

#[test]
fn a_mention_of_the_bots_role_is_a_mention_or_told_what_would_be_one() {
    let serving = Serving::new();
    let (server, ops) = (&serving.server, serving.server.channel("ops"));
    server.mention_role("dia", ops, QUESTION);
    server.wait_until("a word about it", || count(&serving, ops, "that mentions my role") == 1);
    let mut reading = Serving::stopped(Setup::with_cast().message_content(), "message_content = true");
    reading.start();
    let ops = reading.server.channel("ops");
    let asked = reading.server.mention_role("dia", ops, QUESTION);
    let answer = reading.server.wait_for_text(ops, ANSWER);
    assert_eq!(answer.reply_to, Some(asked));
    // Missed, it is found as well.
    reading.kill();
    reading.server.mention_role("dia", ops, "the service console has no space left");
    reading.start();
    reading.server.wait_until("the answer", || count(&reading, ops, "source:") == 2);
    for one in [&serving, &reading] {
        one.is_clean();
    }
}

#[test]
fn an_answer_after_a_restart_is_a_reply_to_its_question() {
    for (fault, what) in [
        (RestFault::SlowBefore(Duration::from_secs(30)), "not sent"),
        (RestFault::SlowAfter(Duration::from_secs(30)), "sent, not confirmed"),
    ] {
        println!("{what}");
        let mut serving = Serving::new();
        let ops = serving.server.channel("ops");
        serving.server.fail_request(Operation::CreateMessage, fault);
        let asked = serving.server.mention("dia", ops, QUESTION);
        serving.server.wait_until("the answer is on its way", || serving.server.faults_are_spent());
        std::thread::sleep(Duration::from_millis(200));
        serving.restart();
        let answer = serving.server.wait_for_text(ops, ANSWER);
        assert_eq!(answer.reply_to, Some(asked), "{what}: {}", read(&answer));
        std::thread::sleep(Duration::from_millis(500));
        assert_eq!(serving.server.said(ops).len(), 1, "{what}");
        serving.is_clean();
    }
}

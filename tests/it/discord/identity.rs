//! Who somebody is: persons, accounts, roles of this moment, and everybody who is nobody.

use std::time::Duration;

use super::scene::{change, privately, removal, slash};
use super::serving::Serving;
use crate::discord_server::{Operation, RestFault, Setup};

/// ben and ana have two accounts each, and may approve with any of them.
fn two_accounts() -> Serving {
    let setup = Setup::with_cast().person("ben2", &["approver"]).person("ana2", &["approver"]);
    let mut serving = Serving::stopped(setup, "");
    let person = |name: &str, accounts: [&str; 2]| {
        let actors = accounts.map(|account| format!("\"discord:{}\"", serving.server.person(account)));
        format!("[[person]]\nname = \"{name}\"\nactors = [{}]\n", actors.join(", "))
    };
    serving.sections = [person("Ben", ["ben", "ben2"]), person("Ana", ["ana", "ana2"])].join("\n");
    serving.start();
    serving
}

#[test]
fn two_accounts_of_one_person_count_once_and_never_for_themselves() {
    let serving = two_accounts();
    let (thread, card) = removal(&serving);
    let server = &serving.server;
    privately(&server.press("ana", card, "Approve"), "own request");
    privately(&server.press("ana2", card, "Approve"), "own request");
    server.set_roles("ana", &["admin"]);
    privately(&server.press("ana", card, "Approve"), "own request");
    server.press("ben", card, "Approve").wait_ack();
    server.wait_for_text(thread, "1 of 2");
    privately(&server.press("ben2", card, "Approve"), "Ben has approved r1 already");
    assert_eq!(serving.place.plays("lab-esx"), []);
    server.press("cem", card, "Approve").wait_ack();
    server.wait_for_text(thread, "r1 succeeded");
    serving.is_clean();
}

#[test]
fn roles_are_those_of_the_moment_of_the_press() {
    let serving = Serving::new();
    let (thread, card) = change(&serving);
    let server = &serving.server;
    server.set_roles("ben", &["responder"]);
    privately(&server.press("ben", card, "Approve"), "needs the role approver");
    server.set_roles("ben", &[]);
    privately(&server.press("ben", card, "Approve"), "needs the role approver");
    server.set_roles("ben", &["approver"]);
    server.press("ben", card, "Approve").wait_ack();
    server.wait_for_text(thread, "r1 succeeded");
    serving.is_clean();
}

#[test]
fn an_approval_of_somebody_who_has_lost_the_role_since_counts_no_longer() {
    let serving = Serving::new();
    let (thread, card) = removal(&serving);
    let server = &serving.server;
    server.press("ben", card, "Approve").wait_ack();
    server.wait_for_text(thread, "1 of 2");
    server.set_roles("ben", &[]);
    privately(&server.press("ben", card, "Approve"), "needs the role approver");
    privately(&slash(&serving, "ben", thread, "withdraw", &[("request", "r1")]), "needs the role approver");
    server.press("cem", card, "Approve").wait_ack();
    server.wait_for_text(thread, "counts no longer: they have lost the role of an approver");
    server.wait_for_text(thread, "1 of 2 approvals count now");
    server.wait_for_edit(card, "counts no longer, the role is gone");
    assert_eq!(serving.place.plays("lab-esx"), []);
    server.press("eve", card, "Approve").wait_ack();
    server.wait_for_text(thread, "r1 succeeded");
    serving.is_clean();
}

#[test]
fn a_requester_who_has_lost_the_role_since_ends_the_request() {
    let serving = Serving::new();
    let (thread, card) = change(&serving);
    let server = &serving.server;
    server.set_roles("ana", &["viewer"]);
    server.press("ben", card, "Approve").wait_ack();
    server.wait_for_text(thread, "has lost the role of a responder");
    server.wait_for_edit(card, "r1 was not started");
    assert_eq!(serving.place.plays("lab-esx"), []);
    serving.is_clean();
}

#[test]
fn while_discord_does_not_say_who_has_which_role_the_start_waits() {
    let serving = Serving::new();
    let (thread, card) = change(&serving);
    let server = &serving.server;
    for _ in 0..100 {
        server.fail_request(Operation::Member, RestFault::Before(500));
    }
    server.press("ben", card, "Approve").wait_ack();
    server.wait_for_text(thread, "r1 waits: whether these still have their roles can't be asked");
    assert_eq!(serving.place.plays("lab-esx"), []);
    server.heal();
    server.wait_for_text(thread, "r1 succeeded");
    assert_eq!(server.said(thread).iter().filter(|one| one.text().contains("can't be asked")).count(), 1);
    serving.is_clean();
}

#[test]
fn whoever_has_no_role_is_told_which_one_is_missing_and_nobody_else_sees_it() {
    let serving = Serving::with(Setup::with_cast().person("fay", &[]));
    let (thread, card) = change(&serving);
    let (server, ops) = (&serving.server, serving.server.channel("ops"));
    let told = privately(&slash(&serving, "fay", ops, "help", &[]), "needs the role viewer");
    let fay = format!("<@{}>", server.person("fay"));
    assert!(
        told.text().contains(&fay) && told.text().contains("is nobody this bot knows"),
        "{}",
        told.text()
    );
    privately(&slash(&serving, "fay", ops, "incident list", &[]), "needs the role viewer");
    privately(&slash(&serving, "fay", ops, "incident open", &[("title", "x")]), "needs the role responder");
    let run = slash(&serving, "fay", ops, "run", &[("action", "esx-vm-list"), ("host", "esx")]);
    privately(&run, "needs the role responder");
    for button in ["Approve", "Deny", "Show plan", "Cancel"] {
        privately(&server.press("fay", card, button), "needs the role");
    }
    assert_eq!(server.autocomplete("fay", ops, "run", &[], ("action", "esx")), Some(vec![]));
    // A mention is answered where it stands, by a refusal.
    server.mention("fay", ops, "how do I stop a virtual machine on ESX?");
    server.wait_for_text(ops, "needs the role viewer");
    assert_eq!(server.messages(thread).iter().filter(|one| one.text().contains("refused")).count(), 0);
    serving.is_clean();
}

#[test]
fn a_viewer_looks_and_does_nothing() {
    let serving = Serving::new();
    let (_, card) = change(&serving);
    let (server, ops) = (&serving.server, serving.server.channel("ops"));
    privately(&slash(&serving, "dia", ops, "hosts", &[]), "3 hosts");
    let told =
        privately(&slash(&serving, "dia", ops, "check", &[("host", "esx")]), "needs the role responder");
    assert!(told.text().contains("`/help` says") && !told.text().contains("\\`"), "{}", told.text());
    privately(&slash(&serving, "dia", ops, "show", &[("request", "r1")]), "r1 is waiting for approval");
    privately(&server.press("dia", card, "Show plan"), "r1 is waiting for approval");
    slash(&serving, "dia", ops, "ask", &[("question", "how do I stop a virtual machine on ESX?")])
        .wait_for_text("vm-power-off-unresponsive.md");
    for (command, options) in [
        ("run", vec![("action", "esx-vm-list"), ("host", "esx")]),
        ("cancel", vec![("request", "r1")]),
        ("check", vec![("host", "esx")]),
        ("quiet", vec![]),
        ("incident note", vec![("text", "x")]),
    ] {
        privately(&slash(&serving, "dia", ops, command, &options), "needs the role responder");
    }
    for (command, options) in
        [("deny", vec![("request", "r1"), ("reason", "no")]), ("approve", vec![("request", "r1")])]
    {
        privately(&slash(&serving, "dia", ops, command, &options), "needs the role approver");
    }
    assert_eq!(serving.place.plays("lab-esx"), []);
    serving.is_clean();
}

#[test]
fn a_role_taken_out_of_the_configuration_ends_what_rested_on_it() {
    let mut serving = Serving::new();
    let (thread, card) = removal(&serving);
    serving.server.press("ben", card, "Approve").wait_ack();
    serving.server.wait_for_text(thread, "1 of 2");
    serving.kill();
    serving.roles.retain(|(role, _)| *role != "approver");
    serving.start();
    let server = &serving.server;
    privately(&server.press("cem", card, "Approve"), "needs the role approver");
    privately(&server.press("eve", card, "Approve"), "has changed since it was opened: policy");
    assert_eq!(serving.place.plays("lab-esx"), []);
    serving.is_clean();
}

#[test]
fn everyone_of_the_server_can_be_made_a_viewer_and_nothing_more() {
    let mut serving = Serving::stopped(Setup::with_cast().person("fay", &[]), "");
    serving.roles = vec![("@everyone", "approver")];
    serving.begin();
    assert_eq!(serving.ended().code(), Some(2));
    assert!(serving.logged().contains("is @everyone"), "{}", serving.logged());
    serving.roles = vec![("@everyone", "viewer")];
    serving.start();
    let ops = serving.server.channel("ops");
    privately(&slash(&serving, "fay", ops, "hosts", &[]), "3 hosts");
    privately(&slash(&serving, "fay", ops, "check", &[("host", "esx")]), "needs the role responder");
    serving.is_clean();
}

#[test]
fn other_servers_direct_messages_bots_and_webhooks_get_nothing() {
    let serving = Serving::new();
    let (server, ops) = (&serving.server, serving.server.channel("ops"));
    for guild in [Some(100_000_000_000_009_999), None] {
        privately(&server.slash_elsewhere("eve", ops, "hosts", guild), "another server");
    }
    let question = "how do I stop a virtual machine on ESX?";
    server.mention_by_machine(ops, question, true);
    server.mention_by_machine(ops, question, false);
    server.mention("dia", ops, question);
    server.wait_for_text(ops, "vm-power-off-unresponsive.md");
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(server.said(ops).len(), 1);
    serving.is_clean();
}

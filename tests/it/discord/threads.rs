//! Incidents have threads: what goes there, what becomes of long output, and of threads that are gone.

use std::fs;

use super::scene::{WELL, change, count, privately, read, removal, run, said, slash, thread, with_button};
use super::serving::Serving;
use crate::discord_server::{Operation, RestFault};

#[test]
fn every_incident_has_one_thread_with_its_name() {
    let serving = Serving::new();
    let (server, ops) = (&serving.server, serving.server.channel("ops"));
    let titles = ["mail is slow", "disk full on web03", "nobody can log in"];
    let opened = titles.map(|title| slash(&serving, "ana", ops, "incident open", &[("title", title)]));
    let told: Vec<_> = opened.iter().map(|one| read(&one.wait_answer())).collect();
    let threads = server.threads(server.channel("incidents"));
    assert_eq!(threads.len(), 3);
    for title in titles {
        let of: Vec<_> = threads.iter().filter(|thread| thread.name.contains(title)).collect();
        assert_eq!(of.len(), 1, "{title}: {threads:?}");
        said(&serving, of[0].id, title);
        assert!(told.iter().any(|told| told.contains(&format!("<#{}>", of[0].id))), "{told:?}");
    }
    serving.is_clean();
}

#[test]
fn what_happens_is_told_in_the_thread_and_whoever_did_it_is_told_where() {
    let mut serving = Serving::new();
    let ops = serving.server.channel("ops");
    let (thread, _) = removal(&serving);
    let here = format!("<#{thread}>");
    let server = &serving.server;
    for who in ["ben", "cem"] {
        privately(&slash(&serving, who, ops, "approve", &[("request", "r1")]), &here);
    }
    said(&serving, thread, "1 of 2");
    said(&serving, thread, "run of r1");
    said(&serving, thread, "r1 succeeded");
    slash(&serving, "ana", ops, "incident use", &[("incident", "i1")]).wait_ack();
    privately(&slash(&serving, "ana", ops, "incident note", &[("text", "the disk has room")]), &here);
    said(&serving, thread, "the disk has room");
    // From now on what is asked for in this channel is part of that incident.
    let modal = run(&serving, "esx-vm-stop", "esx");
    privately(&modal.submit(&[("vmx", WELL), ("reason", "x")]), &here);
    with_button(&serving, thread, "r2 waits for approval", "Approve");
    assert_eq!(server.threads(server.channel("incidents")).len(), 1);
    // Inside the thread nobody needs to be sent there.
    let note = slash(&serving, "ana", thread, "incident note", &[("text", "done")]);
    assert!(!read(&privately(&note, "done")).contains('#'));
    serving.restart();
    let ben = slash(&serving, "ben", ops, "approve", &[("request", "r2")]);
    privately(&ben, &here);
    said(&serving, thread, "r2 succeeded");
    serving.is_clean();
}

#[test]
fn the_card_of_an_incident_says_where_it_stands() {
    let serving = Serving::new();
    let (server, ops) = (&serving.server, serving.server.channel("ops"));
    slash(&serving, "ana", ops, "incident open", &[("title", "mail is slow")]).wait_answer();
    let thread = thread(&serving, 1);
    let card = server.messages(server.channel("incidents"))[0].id;
    assert!(server.message(card).text().contains("i1 sev3 open: mail is slow"));
    slash(&serving, "ana", thread, "incident severity", &[("severity", "sev1")]).wait_ack();
    server.wait_for_edit(card, "sev1 open");
    let ben = server.person("ben").to_string();
    slash(&serving, "ana", thread, "incident assign", &[("person", &ben)]).wait_ack();
    server.wait_for_edit(card, &format!("given to <@{ben}>"));
    slash(&serving, "ana", thread, "incident resolve", &[("text", "a queue was full")]).wait_ack();
    server.wait_for_edit(card, "sev1 resolved");
    // Beside the card stands the head of the record, for whoever keeps it.
    server.wait_for_text(server.channel("incidents"), "the record has come to event");
    assert_eq!(server.said(server.channel("incidents")).len(), 2);
    serving.is_clean();
}

#[test]
fn a_long_output_is_a_file_with_its_ends_in_the_message() {
    let serving = Serving::new();
    let ops = serving.server.channel("ops");
    let folder = serving.place.on_host("lab-esx", "/vmimages/many");
    fs::create_dir(&folder).unwrap();
    for number in 0..2000 {
        fs::write(folder.join(format!("image-{number:04}.iso")), "").unwrap();
    }
    run(&serving, "esx-iso-list", "esx").wait_ack();
    let ended = said(&serving, ops, "r1 succeeded");
    let (shown, file) = (ended.text(), ended.attachments[0].text());
    assert!(shown.contains("lines between, whole in `r1-esx-step-1.txt`"), "{shown}");
    assert!(shown.len() < 4000 && shown.contains("/vmimages:"), "{shown}");
    let last = file.trim_end().lines().last().unwrap();
    assert!(shown.contains(last), "the end is shown: {last:?} in {shown}");
    let first = file.lines().next().unwrap();
    assert!(shown.contains(first), "the beginning is shown: {first:?} in {shown}");
    // Shown again it is the same, for whoever asks.
    let again = privately(&slash(&serving, "dia", ops, "show", &[("request", "r1")]), "r1 succeeded");
    assert!(!again.attachments.is_empty());
    serving.is_clean();
}

#[test]
fn an_archived_thread_is_written_to_all_the_same() {
    let serving = Serving::new();
    let (thread, card) = change(&serving);
    let server = &serving.server;
    server.archive(thread, true, false);
    slash(&serving, "ben", server.channel("ops"), "approve", &[("request", "r1")]).wait_ack();
    said(&serving, thread, "r1 succeeded");
    server.wait_for_edit(card, "r1 succeeded");
    serving.is_clean();
}

#[test]
fn a_card_in_a_thread_that_was_folded_away_is_still_changed() {
    let serving = Serving::new();
    let ops = serving.server.channel("ops");
    slash(&serving, "ana", ops, "incident open", &[("title", "mail is slow")]).wait_answer();
    let (server, thread) = (&serving.server, thread(&serving, 1));
    // The card of a request changes after everything has been said about it.
    run(&serving, "esx-vm-stop", "esx").submit(&[("vmx", WELL), ("reason", "x")]).wait_answer();
    let second = super::scene::thread(&serving, 2);
    let card = with_button(&serving, second, "r1 waits for approval", "Cancel");
    slash(&serving, "ana", ops, "cancel", &[("request", "r1")]).wait_ack();
    said(&serving, second, "r1 cancelled by");
    for one in [thread, second] {
        server.archive(one, true, false);
    }
    server.wait_for_edit(card, "r1 was cancelled");
    serving.is_clean();
}

#[test]
fn what_can_no_longer_be_said_in_the_thread_is_said_in_its_channel() {
    let mut serving = Serving::new();
    let incidents = serving.server.channel("incidents");
    let (thread, _) = change(&serving);
    serving.server.delete_thread(thread);
    slash(&serving, "ben", serving.server.channel("ops"), "approve", &[("request", "r1")]).wait_ack();
    said(&serving, incidents, "r1 succeeded");
    // A locked one as well.
    run(&serving, "esx-vm-start", "esx").submit(&[("vmx", WELL), ("reason", "it is off")]).wait_answer();
    let second = super::scene::thread(&serving, 1);
    with_button(&serving, second, "r2 waits for approval", "Approve");
    serving.server.archive(second, true, true);
    serving.restart();
    slash(&serving, "ben", serving.server.channel("ops"), "approve", &[("request", "r2")]).wait_ack();
    said(&serving, incidents, "r2 succeeded");
    assert_eq!(count(&serving, incidents, "r2 succeeded"), 1);
    serving.is_clean();
}

#[test]
fn where_no_thread_may_be_made_the_channel_is_used() {
    let serving = Serving::new();
    let (server, ops) = (&serving.server, serving.server.channel("ops"));
    server.fail_request(Operation::CreateThread, RestFault::Before(403));
    let opened = slash(&serving, "ana", ops, "incident open", &[("title", "mail is slow")]);
    let incidents = server.channel("incidents");
    privately(&opened, &format!("<#{incidents}>"));
    said(&serving, incidents, "incident i1 (sev3) is open");
    // The next time it may.
    slash(&serving, "ana", ops, "incident use", &[("incident", "i1")]).wait_ack();
    slash(&serving, "ana", ops, "incident note", &[("text", "since nine")]).wait_answer();
    said(&serving, thread(&serving, 1), "since nine");
    serving.is_clean();
}

#[test]
fn a_thread_that_was_deleted_is_neither_pointed_to_nor_tried_again() {
    let mut serving = Serving::new();
    let (ops, incidents) = (serving.server.channel("ops"), serving.server.channel("incidents"));
    slash(&serving, "ana", ops, "incident open", &[("title", "mail is slow")]).wait_answer();
    let dead = thread(&serving, 1);
    let tried = |serving: &Serving| {
        serving.server.count_in_transcript(&["POST", &format!("/channels/{dead}/messages")])
    };
    serving.server.delete_thread(dead);
    slash(&serving, "ana", ops, "incident use", &[("incident", "i1")]).wait_answer();
    let before = tried(&serving);
    for note in ["since nine", "a queue is full"] {
        let told = slash(&serving, "ana", ops, "incident note", &[("text", note)]);
        privately(&told, &format!("<#{incidents}>"));
        said(&serving, incidents, note);
    }
    assert_eq!(tried(&serving), before, "the dead thread is not tried");
    // A new life does not know it yet: it finds out once.
    serving.restart();
    for note in ["it is better", "it is well"] {
        slash(&serving, "ana", ops, "incident note", &[("text", note)]).wait_ack();
        said(&serving, incidents, note);
    }
    assert_eq!(tried(&serving), before + 1);
    serving.is_clean();
}

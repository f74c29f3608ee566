//! Every slash command once, and how Discord is told of them.

use super::scene::{
    ISO, WELL, change, count, privately, read, removal, run, said, slash, thread, with_button,
};
use super::serving::Serving;

#[test]
fn commands_are_registered_once_and_all_together() {
    let serving = Serving::new();
    let server = &serving.server;
    let names: Vec<_> =
        server.commands().iter().map(|command| command["name"].as_str().unwrap().to_owned()).collect();
    let expected = [
        "ask",
        "run",
        "approve",
        "deny",
        "withdraw",
        "cancel",
        "settle",
        "show",
        "approvals",
        "check",
        "hosts",
        "incident",
        "kb",
        "quiet",
        "audit",
        "clock",
        "help",
    ];
    assert_eq!(names, expected);
    assert_eq!(server.command_counts(), (17, 1));
    let before = server.identifies();
    server.invalidate_session(false);
    server.wait_until("another READY", || server.identifies() > before && server.is_connected());
    // What comes after READY is answered, so READY has been dealt with.
    privately(&slash(&serving, "dia", server.channel("ops"), "hosts", &[]), "3 hosts");
    assert_eq!(server.command_counts().1, 1);
    serving.is_clean();
}

#[test]
fn an_incident_from_its_opening_to_the_document() {
    let serving = Serving::new();
    let (server, ops) = (&serving.server, serving.server.channel("ops"));
    privately(&slash(&serving, "ana", ops, "incident note", &[("text", "x")]), "no open incident is in use");
    privately(
        &slash(&serving, "ana", ops, "incident show", &[("incident", "i7")]),
        "there is no incident i7",
    );
    privately(&slash(&serving, "ana", ops, "incident show", &[("incident", "seven")]), "Expected");
    let opened =
        slash(&serving, "ana", ops, "incident open", &[("title", "mail is slow"), ("severity", "sev1")]);
    let thread = thread(&serving, 1);
    privately(&opened, &format!("<#{thread}>"));
    server.wait_for_text(thread, "mail is slow");
    privately(&slash(&serving, "dia", ops, "incident list", &[]), "mail is slow");
    // The channel stays free for the next problem until somebody turns it to this one.
    privately(&slash(&serving, "ana", ops, "incident note", &[("text", "x")]), "/incident use i1");
    let used = slash(&serving, "ana", ops, "incident use", &[("incident", "i1")]);
    assert!(!used.wait_for_text("i1 is in use here").is_ephemeral(), "everybody sees what is in use");
    slash(&serving, "ana", ops, "incident note", &[("text", "since nine")]).wait_answer();
    server.wait_for_text(thread, "since nine");
    slash(&serving, "ana", thread, "incident severity", &[("severity", "sev2")]).wait_ack();
    server.wait_for_text(thread, "i1 is sev2 now");
    let ben = server.person("ben").to_string();
    slash(&serving, "ana", ops, "incident assign", &[("person", &ben), ("incident", "i1")]).wait_ack();
    said(&serving, thread, &format!("i1 is given to <@{ben}>"));
    let shown = privately(&slash(&serving, "dia", thread, "incident show", &[]), "i1 sev2 open");
    for text in ["opened the incident", "noted: since nine", "made it sev2", "gave it to"] {
        assert!(read(&shown).contains(text), "no {text:?} in {}", read(&shown));
    }
    let export = slash(&serving, "dia", thread, "incident export", &[]);
    let document = export.wait_for_text("i1 as a document").attachments[0].text();
    assert!(document.contains("since nine"), "{document}");
    slash(&serving, "ana", ops, "incident resolve", &[("incident", "i1"), ("text", "a full disk")])
        .wait_ack();
    server.wait_for_text(thread, "i1 is resolved");
    privately(&slash(&serving, "ana", ops, "incident resolve", &[("incident", "i1")]), "resolved already");
    privately(&slash(&serving, "ana", ops, "incident use", &[("incident", "i1")]), "is resolved");
    serving.is_clean();
}

#[test]
fn a_request_by_commands_alone() {
    let serving = Serving::new();
    let (server, ops) = (&serving.server, serving.server.channel("ops"));
    let (thread, _) = removal(&serving);
    privately(&slash(&serving, "ana", ops, "approvals", &[]), "nothing waits for you");
    let waits = privately(&slash(&serving, "cem", ops, "approvals", &[]), "1 waiting for you");
    // The list itself has a button for it.
    server.press("cem", waits.id, "Approve r1").wait_ack();
    server.wait_for_text(thread, "1 of 2");
    privately(&slash(&serving, "ben", ops, "approvals", &[]), "1 waiting for you");
    slash(&serving, "cem", ops, "withdraw", &[("request", "r1")]).wait_ack();
    server.wait_for_text(thread, "took the approval of r1 back");
    slash(&serving, "ben", ops, "approve", &[("request", "r1")]).wait_ack();
    server.wait_until("one approval again", || count(&serving, thread, "1 of 2") == 2);
    let shown = privately(&slash(&serving, "dia", ops, "show", &[("request", "r1")]), "r1 is waiting");
    assert!(read(&shown).contains(ISO) && read(&shown).contains("approved by"), "{}", read(&shown));
    slash(&serving, "cem", ops, "deny", &[("request", "r1"), ("reason", "keep it")]).wait_ack();
    server.wait_for_text(thread, "keep it");
    privately(&slash(&serving, "ben", ops, "withdraw", &[("request", "r1")]), "r1 was denied");
    run(&serving, "esx-vm-stop", "esx").submit(&[("vmx", WELL), ("reason", "x")]).wait_answer();
    let second = super::scene::thread(&serving, 2);
    with_button(&serving, second, "r2 waits for approval", "Approve");
    slash(&serving, "ana", ops, "cancel", &[("request", "r2")]).wait_ack();
    server.wait_for_text(second, "r2 cancelled by");
    let settle = [("request", "r2"), ("outcome", "failed"), ("reason", "x")];
    privately(&slash(&serving, "ben", ops, "settle", &settle), "only an unknown outcome");
    privately(&slash(&serving, "ben", ops, "approve", &[("request", "r9")]), "there is no request r9");
    assert_eq!(serving.place.plays("lab-esx"), []);
    serving.is_clean();
}

#[test]
fn what_only_looks_answers_whoever_asked() {
    let serving = Serving::new();
    let (server, ops) = (&serving.server, serving.server.channel("ops"));
    let help = read(&privately(&slash(&serving, "dia", ops, "help", &[]), "what I understand"));
    for command in ["/run ", "/incident open", "/kb search", "/approvals", "/quiet", "/audit verify"] {
        assert!(help.contains(command), "no {command:?} in {help}");
    }
    let hosts = read(&privately(&slash(&serving, "dia", ops, "hosts", &[]), "3 hosts"));
    assert!(hosts.contains("esx3") && hosts.contains("kvm"), "{hosts}");
    privately(&slash(&serving, "dia", ops, "kb search", &[("words", "disk full")]), "source:");
    let shown = slash(&serving, "dia", ops, "kb show", &[("article", "vm-kill-process")]);
    privately(&shown, "vm-kill-process.md");
    privately(&slash(&serving, "dia", ops, "kb show", &[("article", "vm-kill-proces")]), "Did you mean");
    privately(&slash(&serving, "dia", ops, "kb report", &[]), "0 questions asked");
    slash(&serving, "dia", ops, "ask", &[("question", "what is the weather in Lisbon?")])
        .wait_for_text("I don't know");
    privately(&slash(&serving, "dia", ops, "kb report", &[]), "1 without an answer");
    slash(&serving, "ana", ops, "check", &[("host", "esx")]).wait_for_text("is ready");
    privately(&slash(&serving, "ana", ops, "check", &[("host", "exs")]), "esx");
    slash(&serving, "dia", ops, "audit verify", &[]).wait_for_text("the record holds");
    for setting in ["on", "off"] {
        let quiet = slash(&serving, "ana", ops, "quiet", &[("setting", setting)]);
        privately(&quiet, "only when I am mentioned, whatever");
    }
    assert_eq!(server.threads(server.channel("incidents")).len(), 0);
    serving.is_clean();
}

#[test]
fn ids_are_suggested_with_what_they_are_about() {
    let serving = Serving::new();
    let (_, _) = change(&serving);
    let (server, ops) = (&serving.server, serving.server.channel("ops"));
    let requests = server.autocomplete("cem", ops, "show", &[], ("request", "")).unwrap();
    assert_eq!(requests.len(), 1);
    assert!(requests[0].0.contains("esx-vm-stop") && requests[0].1 == "r1", "{requests:?}");
    let incidents = server.autocomplete("cem", ops, "incident show", &[], ("incident", "done")).unwrap();
    assert!(
        incidents.iter().any(|(name, id)| name.contains("it has to be done") && id == "i1"),
        "{incidents:?}"
    );
    let articles = server.autocomplete("cem", ops, "kb show", &[], ("article", "corrupted")).unwrap();
    assert_eq!(articles[0].1, "vconverter-disk-corrupted");
    serving.is_clean();
}

//! Text of people and hosts that would ping, link, format or hide: it is shown and does nothing.

use std::fs;

use super::scene::{privately, run, said, slash, thread, with_button};
use super::serving::Serving;
use crate::discord_server::model::Message;

/// Everything that acts, in one line. `A` and `Z` show where it stands.
const HOSTILE: &str = "A @everyone @here <@1> <@&2> <#3> `code` ```block``` [link](https://evil.example/x) \
                       **bold** discord.gg/abc <t:1> :smile: \u{202e}txet\u{202c} \u{1b}[31m \u{200b} # head Z";

/// Fails unless everything of this text stands there without its effect.
fn is_harmless(text: &str) {
    assert!(text.contains("link"), "it is there: {text}");
    // Outside of code nothing of it acts.
    let mut prose = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('`') {
        let escaped = rest[..at].ends_with('\\');
        prose.push_str(&rest[..at]);
        rest = &rest[at..];
        if escaped {
            prose.push('`');
            rest = &rest[1..];
            continue;
        }
        let fence: String = rest.chars().take_while(|c| *c == '`').collect();
        let after = &rest[fence.len()..];
        let end = after.find(&fence).unwrap_or_else(|| panic!("code is not closed in {text}"));
        prose.push(' ');
        rest = &after[end + fence.len()..];
    }
    prose.push_str(rest);
    for live in ["@everyone", "@here"] {
        assert!(!prose.contains(live), "{live:?} in {prose:?}");
    }
    let opened: Vec<_> = prose.match_indices(['<', '[']).map(|(at, _)| at).collect();
    for at in opened {
        let ours = ["<@1000", "<#1000", "<#15"].iter().any(|begin| prose[at..].starts_with(begin));
        assert!(ours || prose[..at].ends_with('\\'), "a live {:?} in {prose:?}", &prose[at..]);
    }
    assert!(!prose.contains("https://"), "a live link in {prose:?}");
    for hidden in ['\u{202e}', '\u{202c}', '\u{1b}', '\u{200b}'] {
        assert!(!text.contains(hidden), "{hidden:?} in {text:?}");
    }
}

/// Every message with this text in it, of every channel.
fn are_harmless(messages: &[Message]) -> usize {
    let with = messages.iter().filter(|message| message.text().contains("evil"));
    with.map(|message| is_harmless(&message.text())).count()
}

/// Every body that the bot sent had to allow nobody to be pinged.
fn nobody_is_pinged(serving: &Serving) {
    for line in serving.server.transcript().lines() {
        let body = line.split(" -> ").next().unwrap_or_default();
        let says = body.contains("REST: ") && body.contains("\"content\":");
        assert!(!says || body.contains("\"allowed_mentions\":{\"parse\":[]}"), "{line}");
    }
    assert!(serving.server.count_in_transcript(&["REST: ", "\"content\":"]) > 0);
}

#[test]
fn titles_notes_reasons_and_outcomes_do_nothing() {
    let serving = Serving::new();
    let (server, ops) = (&serving.server, serving.server.channel("ops"));
    slash(&serving, "ana", ops, "incident open", &[("title", HOSTILE)]).wait_answer();
    let first = thread(&serving, 1);
    slash(&serving, "ana", first, "incident note", &[("text", HOSTILE)]).wait_ack();
    said(&serving, first, "noted in i1");
    let modal = slash(&serving, "ana", first, "run", &[("action", "esx-iso-remove"), ("host", "esx")]);
    modal.submit(&[("path", super::scene::ISO), ("reason", HOSTILE)]).wait_ack();
    let card = with_button(&serving, first, "r1 waits for approval", "Deny");
    server.press("ben", card, "Deny").submit(&[("reason", HOSTILE)]).wait_ack();
    said(&serving, first, "r1 denied by");
    let list = privately(&slash(&serving, "dia", ops, "incident list", &[]), "1 incident");
    let shown = privately(&slash(&serving, "dia", first, "incident show", &[]), "denied");
    slash(&serving, "ana", first, "incident resolve", &[("text", HOSTILE)]).wait_ack();
    said(&serving, first, "i1 is resolved");
    let incidents = server.channel("incidents");
    server.wait_for_edit(server.messages(incidents)[0].id, "resolved");
    assert!(are_harmless(&server.said(first)) >= 3);
    assert_eq!(are_harmless(&server.said(incidents)), 1);
    assert_eq!(are_harmless(&[list, shown]), 2);
    let name = server.channel_by_id(first).name;
    assert!(!name.contains(['\u{202e}', '\u{1b}', '\u{200b}']), "{name:?}");
    let export = slash(&serving, "dia", first, "incident export", &[]).wait_for_text("i1 as a document");
    let document = export.attachments[0].text();
    assert!(
        document.contains("evil") && !document.contains(['\u{202e}', '\u{1b}', '\u{200b}']),
        "{document}"
    );
    nobody_is_pinged(&serving);
    serving.is_clean();
}

#[test]
fn questions_parameters_and_names_do_nothing() {
    let serving = Serving::new();
    let (server, ops) = (&serving.server, serving.server.channel("ops"));
    slash(&serving, "ana", ops, "ask", &[("question", HOSTILE)]).wait_answer();
    server.mention("ana", ops, &format!("zzz {HOSTILE}"));
    server.wait_until("an answer", || server.said(ops).len() == 2);
    let report = privately(&slash(&serving, "dia", ops, "kb report", &[]), "2 questions asked");
    let mut said = vec![report];
    for (command, option) in [
        ("kb show", "article"),
        ("kb search", "words"),
        ("check", "host"),
        ("show", "request"),
        ("incident show", "incident"),
    ] {
        let who = "ana";
        said.push(slash(&serving, who, ops, command, &[(option, HOSTILE)]).wait_answer());
    }
    said.push(slash(&serving, "ana", ops, "run", &[("action", HOSTILE), ("host", "esx")]).wait_answer());
    said.push(run(&serving, HOSTILE, "esx").wait_answer());
    let modal = run(&serving, "esx-vm-stop", "esx");
    said.push(modal.submit(&[("vmx", HOSTILE)]).wait_answer());
    said.push(modal.submit(&[("vmx", super::scene::WELL), ("host", HOSTILE)]).wait_answer());
    let modal = run(&serving, "esx-vm-create", "esx");
    said.push(modal.submit(&[("datastore", "s"), ("name", "n"), ("more", HOSTILE)]).wait_answer());
    said.extend(server.said(ops));
    are_harmless(&said);
    // What is refused names what was wrong with it, so most of it has come back.
    assert!(said.iter().filter(|message| message.text().contains("evil")).count() >= 4);
    nobody_is_pinged(&serving);
    serving.is_clean();
}

#[test]
fn what_a_host_prints_does_nothing() {
    let serving = Serving::new();
    let ops = serving.server.channel("ops");
    let folder = serving.place.on_host("lab-esx", "/vmimages/odd");
    fs::create_dir(&folder).unwrap();
    // Few enough lines to be shown whole.
    fs::remove_dir_all(serving.place.on_host("lab-esx", "/vmimages/floppies")).unwrap();
    for image in ["freebsd.iso", "netware.iso", "windows.iso", "RHEL4.7-X86_64-ES-DVD.iso"] {
        fs::remove_file(serving.place.on_host("lab-esx", "/vmimages/tools-isoimages").join(image)).unwrap();
    }
    // No slash in a name of a file.
    let name = HOSTILE.replace('/', "|");
    fs::write(folder.join(&name), "").unwrap();
    fs::write(folder.join("\n```\n@everyone https:"), "").unwrap();
    run(&serving, "esx-iso-list", "esx").wait_ack();
    let ended = said(&serving, ops, "r1 succeeded");
    let shown = ended.text();
    assert!(shown.contains("evil"), "{shown}");
    is_harmless(&shown);
    assert!(ended.attachments.iter().all(|file| !file.text().contains(['\u{202e}', '\u{1b}'])));
    nobody_is_pinged(&serving);
    let (_, card) = removal_after_reading(&serving);
    assert!(!serving.server.message(card).text().contains("@everyone"));
    serving.is_clean();
}

/// A request whose thread is the first one.
fn removal_after_reading(serving: &Serving) -> (u64, u64) {
    let modal = run(serving, "esx-iso-remove", "esx");
    modal.submit(&[("path", super::scene::ISO), ("reason", "@everyone look")]).wait_answer();
    let thread = thread(serving, 1);
    (thread, with_button(serving, thread, "r2 waits for approval", "Approve"))
}

#[test]
fn texts_as_long_as_they_may_be_are_shown() {
    let serving = Serving::new();
    let (server, ops) = (&serving.server, serving.server.channel("ops"));
    // Every character of it takes two, or six, or is two units of UTF-16.
    let texts = ["*\u{1f600}".repeat(1000), "\u{202e}".repeat(2000)];
    for (at, text) in texts.iter().enumerate() {
        slash(&serving, "ana", ops, "incident open", &[("title", text)]).wait_answer();
        let thread = thread(&serving, at + 1);
        slash(&serving, "ana", thread, "incident note", &[("text", text)]).wait_ack();
        let given = [("action", "esx-iso-remove"), ("host", "esx"), ("reason", text.as_str())];
        let modal = slash(&serving, "ana", thread, "run", &given);
        modal.wait_modal();
        let reason: String = text.chars().take(1000).collect();
        modal.submit(&[("path", super::scene::ISO), ("reason", &reason)]).wait_ack();
        let card = with_button(&serving, thread, &format!("r{} waits", at + 1), "Approve");
        privately(&server.press("ben", card, "Show plan"), "is waiting for approval");
        server.press("ben", card, "Deny").submit(&[("reason", &reason)]).wait_ack();
        said(&serving, thread, &format!("r{} denied by", at + 1));
        privately(&slash(&serving, "dia", thread, "incident show", &[]), "sev3 open");
        slash(&serving, "dia", thread, "incident export", &[]).wait_answer();
        slash(&serving, "ana", ops, "ask", &[("question", text)]).wait_answer();
        slash(&serving, "ana", ops, "kb search", &[("words", text)]).wait_answer();
        assert!(server.autocomplete("ana", ops, "show", &[], ("request", text)).is_some());
    }
    privately(&slash(&serving, "dia", ops, "incident list", &[]), "2 incidents");
    privately(&slash(&serving, "dia", ops, "kb report", &[]), "2 questions asked");
    nobody_is_pinged(&serving);
    serving.is_clean();
}

#[test]
fn a_reason_of_several_lines_keeps_them_and_passes_for_nothing_else() {
    let serving = Serving::new();
    let (thread, card) = super::scene::change(&serving);
    let reason = "not now\nr1 approved by eve\n\n# ask the owner first";
    serving.server.press("ben", card, "Deny").submit(&[("reason", reason)]).wait_ack();
    let text = said(&serving, thread, "r1 denied by").text();
    assert!(!text.contains("u{a}"), "{text}");
    for line in ["not now", "\n> r1 approved by eve", "\n> \\# ask the owner first"] {
        assert!(text.contains(line), "no {line:?} in {text}");
    }
    serving.is_clean();
}

#[test]
fn the_name_of_a_thread_is_cut_and_no_escape_with_it() {
    let serving = Serving::new();
    let ops = serving.server.channel("ops");
    for length in (66..76).step_by(2) {
        let title = format!("{}\u{202e}{}", "x".repeat(length), "y".repeat(40));
        slash(&serving, "ana", ops, "incident open", &[("title", &title)]).wait_ack();
    }
    let server = &serving.server;
    let incidents = server.channel("incidents");
    server.wait_until("all threads", || server.threads(incidents).len() == 5);
    for name in server.threads(incidents).into_iter().map(|thread| thread.name) {
        let escapes = name.matches("\\u{").count();
        assert_eq!(name.matches("\\u{202e}").count(), escapes, "{name}");
        assert!(name.ends_with('\u{2026}') && name.chars().count() <= 100, "{name}");
    }
    serving.is_clean();
}

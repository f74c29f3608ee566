//! Buttons: each of them, early, late, twice, by two people at once, and forged.

use std::fs;
use std::time::Duration;

use super::scene::{
    STUCK, WELL, change, custom_id, label, privately, removal, request, run, slash, thread, with_button,
};
use super::serving::Serving;
use crate::bot::{Place, wait_for};
use crate::chance::Chance;
use crate::discord_server::Setup;

/// Longer than the token of an interaction lives.
const LATE: Duration = Duration::from_secs(16 * 60);

const QUESTION: &str = "a virtual machine on the ESX host does not power off";

/// What should change no button: the bot is another process, and the tokens of old are worth nothing.
fn age(serving: &mut Serving) {
    serving.restart();
    serving.server.advance_tokens(LATE);
}

fn buttons(serving: &Serving, message: u64) -> Vec<String> {
    serving.server.message(message).buttons().into_iter().map(|button| button.label).collect()
}

#[test]
fn deny_asks_why_and_ends_the_request() {
    let mut serving = Serving::new();
    let (thread, card) = change(&serving);
    let modal = serving.server.press("ben", card, "Deny");
    assert_eq!(modal.wait_modal().title, "Deny r1");
    let id = modal.id;
    age(&mut serving);
    let server = &serving.server;
    let modal = crate::discord_server::look::Interaction::new(server, id);
    // A form that was opened before the restart, and another that somebody opens meanwhile.
    let other = server.press("cem", card, "Deny");
    other.wait_modal();
    modal.submit(&[("reason", "not during the day")]).wait_ack();
    server.wait_for_text(thread, "not during the day");
    let late = other.submit(&[("reason", "me too")]);
    privately(&late, "r1 was denied");
    assert!(late.wait_answer().text().contains("not during the day"), "{}", late.wait_answer().text());
    server.wait_for_edit(card, "r1 was denied");
    assert_eq!(buttons(&serving, card), ["Show plan"]);
    assert_eq!(serving.place.plays("lab-esx"), []);
    serving.is_clean();
}

#[test]
fn a_button_whose_request_has_moved_on_says_what_has_happened_since() {
    let mut serving = Serving::new();
    let (thread, card) = change(&serving);
    let old: Vec<_> = ["Approve", "Deny", "Show plan", "Cancel"]
        .map(|label| (label, custom_id(&serving, card, label)))
        .to_vec();
    serving.server.press("ben", card, "Approve").wait_ack();
    serving.server.wait_for_text(thread, "r1 succeeded");
    serving.server.wait_for_edit(card, "r1 succeeded");
    age(&mut serving);
    let server = &serving.server;
    for (label, id) in &old {
        let pressed = server.press_outdated("cem", card, id);
        let said = privately(&pressed, "r1").text();
        assert!(said.contains("succeeded"), "{label}: {said}");
        assert!(*label == "Show plan" || said.contains("since then"), "{label}: {said}");
    }
    serving.is_clean();
}

#[test]
fn show_plan_attaches_what_does_not_fit() {
    let place = Place::with_own_kb();
    let word = "word".repeat(150);
    let step = |step: u8| format!("[[steps]]\nrun = [\"ls\", \"--\", \"/{word}{step}\"]\ntimeout_s = 10\n");
    let steps = (0..16).map(step).collect::<Vec<_>>().concat();
    let article = fs::read_to_string(place.kb().join("linux-disk-full.md")).unwrap();
    let action = format!(
        "\n```action\nid = \"long-plan\"\ntitle = \"A long plan\"\nplatforms = [\"kvm\"]\nrisk = \"change\"\n\
         {steps}[verify]\nrun = [\"ls\", \"--\", \"/\"]\n[rollback]\nnone = \"nothing\"\n```\n"
    );
    fs::write(place.kb().join("linux-disk-full.md"), article + &action).unwrap();
    let mut serving = Serving::stopped_at(place, Setup::with_cast(), "");
    serving.start();
    run(&serving, "long-plan", "kvm").submit(&[("reason", "to see it")]).wait_answer();
    let thread = thread(&serving, 1);
    let card = with_button(&serving, thread, "r1 waits for approval", "Show plan");
    let on_card = &serving.server.message(card).attachments;
    assert!(on_card[0].text().contains("word15"), "the card has all of it: {on_card:?}");
    age(&mut serving);
    let shown = privately(&serving.server.press("ben", card, "Show plan"), "r1 is waiting");
    let plan = shown.attachments[0].text();
    for step in 0..16 {
        assert!(plan.contains(&format!("{}{step}", "word".repeat(150))), "no step {step} in {plan}");
    }
    serving.is_clean();
}

#[test]
fn cancel_before_the_start_ends_the_request() {
    let mut serving = Serving::new();
    let (thread, card) = removal(&serving);
    serving.server.press("ben", card, "Approve").wait_ack();
    serving.server.wait_for_text(thread, "1 of 2");
    age(&mut serving);
    let server = &serving.server;
    let (first, second) = (server.press("ana", card, "Cancel"), server.press("eve", card, "Cancel"));
    first.wait_ack();
    privately(&second, "r1 was cancelled");
    server.wait_for_text(thread, "r1 cancelled by");
    server.wait_for_edit(card, "r1 was cancelled");
    assert_eq!(buttons(&serving, card), ["Show plan"]);
    assert_eq!(serving.place.plays("lab-esx"), []);
    serving.is_clean();
}

#[test]
fn cancel_during_a_run_stops_it() {
    let mut serving = Serving::new();
    serving.place.slow("lab-esx", &["vmware-cmd"], Duration::from_secs(8));
    let (thread, card) = change(&serving);
    serving.server.press("ben", card, "Approve").wait_ack();
    let running = with_button(&serving, thread, "run of r1", "Cancel");
    // The first is the verification before.
    wait_for("the step to begin", || serving.place.plays("lab-esx").len() > 1);
    age(&mut serving);
    let server = &serving.server;
    // Somebody else's run is no responder's affair, but an approver's.
    server.set_roles("dia", &["responder"]);
    privately(&server.press("dia", running, "Cancel"), "not discord:").text();
    server.press("cem", running, "Cancel").wait_ack();
    server.wait_for_text(thread, "r1 is being stopped");
    server.wait_for_text(thread, "r1 cancelled");
    server.wait_until("the card to lose its button", || buttons(&serving, running).is_empty());
    serving.is_clean();
}

#[test]
fn an_answer_can_be_judged_and_asked_for_more() {
    let mut serving = Serving::new();
    let ops = serving.server.channel("ops");
    serving.server.mention("ana", ops, QUESTION);
    let answer = with_button(&serving, ops, "A hung virtual machine", "More");
    age(&mut serving);
    let server = &serving.server;
    privately(&server.press("dia", answer, "Right"), "this answer was right");
    privately(&server.press("dia", answer, "Right"), "this answer was right");
    privately(&server.press("ben", answer, "Wrong"), "this answer was wrong");
    let more = privately(&server.press("dia", answer, "More"), "source:").text();
    assert!(more.matches("source:").count() > 1, "{more}");
    let report = slash(&serving, "dia", ops, "kb report", &[]);
    let report = privately(&report, "1 question asked").text();
    assert!(report.contains("1 called right, 1 called wrong"), "{report}");
    assert!(report.contains("3: wrong in 1 of 2 judgements"), "{report}");
    serving.is_clean();
}

#[test]
fn the_next_rung_and_what_it_needs_first() {
    let mut serving = Serving::new();
    let (thread, card) = request(&serving, "esx-vm-stop-hard", ("vmx", STUCK), 1);
    for who in ["ben", "cem"] {
        serving.server.press(who, card, "Approve").wait_ack();
    }
    let failed = with_button(&serving, thread, "r1 failed", "First: esx-world-list");
    age(&mut serving);
    let server = &serving.server;
    let first = label(&serving, failed, "First");
    server.press("ana", failed, &first).wait_ack();
    server.wait_for_text(thread, "r2 succeeded");
    let next = label(&serving, failed, "Next rung");
    let modal = server.press("ana", failed, &next);
    let fields = modal.wait_modal().fields;
    assert!(fields.iter().any(|field| field.value.as_deref() == Some(STUCK)), "{fields:?}");
    serving.is_clean();
}

#[test]
fn what_nobody_knows_is_settled_by_a_person_once() {
    let mut serving = Serving::new();
    serving.place.slow("lab-esx", &["vmware-cmd"], Duration::from_secs(8));
    let (thread, card) = change(&serving);
    serving.server.press("ben", card, "Approve").wait_ack();
    // The first is the verification before.
    wait_for("the step to begin", || serving.place.plays("lab-esx").len() > 1);
    serving.place.kill_the_run("lab-esx");
    serving.place.slow("lab-esx", &["vmware-cmd"], Duration::ZERO);
    let unknown = with_button(&serving, thread, "r1 unknown", "Settle");
    age(&mut serving);
    let server = &serving.server;
    privately(&server.press("dia", unknown, "Settle"), "needs the role responder");
    let first = server.press("cem", unknown, "Settle");
    first.wait_modal();
    let second = server.press("ben", unknown, "Settle");
    second.wait_modal();
    privately(
        &first.submit(&[("outcome", "perhaps"), ("reason", "I looked")]),
        "succeeded, failed or cancelled",
    );
    let own = server.press("ana", unknown, "Settle");
    privately(&own.submit(&[("outcome", "failed"), ("reason", "I looked")]), "somebody else must say how");
    let first = server.press("cem", unknown, "Settle");
    first.submit(&[("outcome", "Cancelled"), ("reason", "I looked")]).wait_ack();
    server.wait_for_text(thread, "r1 is settled as cancelled");
    privately(&second.submit(&[("outcome", "failed"), ("reason", "I think")]), "r1 was cancelled");
    let late = server.press_outdated("cem", unknown, &custom_id(&serving, unknown, "Settle"));
    privately(&late, "since then");
    serving.is_clean();
}

#[test]
fn two_people_at_once_and_one_person_twice_do_it_once() {
    let serving = Serving::new();
    let (thread, card) = change(&serving);
    let server = &serving.server;
    let pressed = ["ben", "cem", "eve", "ben", "cem"].map(|who| server.press(who, card, "Approve"));
    for one in &pressed {
        one.wait_ack();
    }
    server.wait_for_text(thread, "r1 succeeded");
    let refused = pressed.iter().filter(|one| one.answers().iter().any(|it| it.text().contains("refused")));
    assert_eq!(refused.count(), 4);
    let stops =
        serving.place.plays("lab-esx").iter().filter(|play| play.args.contains(&"stop".to_owned())).count();
    assert_eq!(stops, 1);
    serving.is_clean();
}

#[test]
fn a_reference_that_is_forged_damaged_or_of_another_record_is_refused() {
    let mut serving = Serving::new();
    let (thread, card) = change(&serving);
    let approve = custom_id(&serving, card, "Approve");
    let answer = {
        let ops = serving.server.channel("ops");
        serving.server.mention("ana", ops, QUESTION);
        with_button(&serving, ops, "A hung virtual machine", "More")
    };
    let answer_ids = ["Right", "Wrong", "More", "Run"].map(|label| custom_id(&serving, answer, label));
    let server = &serving.server;
    let mut forged = vec![
        approve.replacen('1', "2", 1),
        approve.replace("r1", "r2"),
        approve.replace("r1", "r01"),
        format!("{approve}:"),
        format!("{}0", &approve[..approve.len() - 1]),
        "x".repeat(100),
        "1:run:no-such-action:000000000000".to_owned(),
        "1:approve:r18446744073709551616:000000000000".to_owned(),
        "\u{202e}@everyone `x` <@1>".to_owned(),
    ];
    let mut chance = Chance::from_seed(7);
    let letters: Vec<char> = "1:rundeyaplcv0f-\u{e9}\u{1f600} `*@<".chars().collect();
    for _ in 0..91 {
        let length = 1 + chance.below(99);
        let letter = |_| letters[usize::try_from(chance.below(letters.len() as u64)).unwrap()];
        forged.push((0..length).map(letter).collect());
    }
    for (at, id) in forged.iter().enumerate() {
        if *id == approve {
            continue;
        }
        let who = ["ana", "ben", "eve"][at % 3];
        let said = privately(&server.press_outdated(who, card, id), "refused").text();
        assert!(!said.contains("@everyone") && !said.contains('\u{202e}'), "{said}");
    }
    assert_eq!(serving.place.plays("lab-esx"), []);
    // The same buttons under a bot that has never heard of any of this.
    serving.kill();
    fs::remove_dir_all(serving.place.state()).unwrap();
    serving.start();
    let server = &serving.server;
    for button in ["Approve", "Deny", "Show plan", "Cancel"] {
        privately(&server.press("ben", card, button), "there is no request r1");
    }
    for id in &answer_ids[..3] {
        privately(&server.press_outdated("ben", answer, id), "there is no answer a1");
    }
    // Another r1 is not the one that was shown.
    run(&serving, "esx-vm-start", "esx").submit(&[("vmx", WELL), ("reason", "it is off")]).wait_answer();
    let other = super::scene::thread(&serving, 2);
    with_button(&serving, other, "r1 waits for approval", "Approve");
    privately(&server.press("ben", card, "Approve"), "another r1");
    assert_eq!(super::scene::count(&serving, thread, "approved by"), 0);
    assert_eq!(serving.place.plays("lab-esx"), []);
    serving.is_clean();
}

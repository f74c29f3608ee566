//! `kb report` on a record that the bot itself has written.

use std::fs;
use std::process::Command;

use dogwatch::domain::rules::upkeep::report::LET_DOWN_POINTS;
use serde_json::{Value, json};

use crate::BINARY;
use crate::bot::Place;
use crate::bot::place::change;

/// Stopped in order, it goes on running: then its verification fails.
const STOP_STUCK: &str =
    "/run esx-vm-stop vmx=/vmfs/volumes/storage1/mail01/mail01.vmx on lab-esx because it hangs";

struct Done {
    status: i32,
    out: String,
    err: String,
}

fn report(place: &Place, options: &[&str]) -> Done {
    let mut command = Command::new(BINARY);
    command.args(["kb", "report"]).args(options).arg("--kb").arg(place.kb());
    let done = command.arg("--state").arg(place.state()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Done { status: done.status.code().unwrap(), out: text(done.stdout), err: text(done.stderr) }
}

fn report_json(place: &Place) -> Value {
    let done = report(place, &["--json"]);
    assert_eq!(done.status, 0, "{}{}", done.out, done.err);
    serde_json::from_str(&done.out).unwrap()
}

#[test]
fn gaps_and_failures_of_a_real_record_are_ranked() {
    let place = Place::new();
    let said = place
        .bot()
        .line("what is the weather in Lisbon?")
        .line("who won the football match")
        .line("Lisbon weather, please")
        .line("a virtual machine on the ESX host does not power off")
        .line(STOP_STUCK)
        .by("ben")
        .line("/approve r1")
        .line("/kb report")
        .run()
        .with(&["r1 failed", "4 questions asked: 3 without an answer", "2 times: Lisbon weather, please"]);
    let found = report_json(&place);
    let gaps = json!([
        { "count": 2, "questions": ["Lisbon weather, please", "what is the weather in Lisbon?"] },
        { "count": 1, "questions": ["who won the football match"] },
    ]);
    assert_eq!((&found["v"], &found["gaps"]), (&json!(1), &gaps));
    let worst = &found["articles"][0];
    let reason = json!({ "kind": "verification_failed", "action": "esx-vm-stop", "count": 1, "of": 1 });
    assert_eq!(worst["reasons"][0], reason, "{worst}");
    assert!(worst["score"].as_u64().unwrap() >= LET_DOWN_POINTS, "{worst}");
    let article = worst["article"].as_str().unwrap();
    assert!(place.kb().join(format!("{article}.md")).exists(), "{article}");
    let printed = report(&place, &[]).out;
    for line in printed.lines() {
        assert!(said.out.contains(line), "the bot said something else than {line:?}: {}", said.out);
    }
    assert!(printed.contains("the verification of `esx-vm-stop` failed 1 of 1 times"), "{printed}");
}

#[test]
fn a_record_that_is_held_is_refused_with_who_holds_it() {
    let place = Place::new();
    let mut bot = place.bot().line("what is the weather in Lisbon?").start_open();
    bot.until("I don't know");
    let (plain, json) = (report(&place, &[]), report(&place, &["--json"]));
    assert_eq!((plain.status, json.status), (1, 1));
    let holder = format!("process {}", bot.pid());
    assert!(plain.err.contains("is held by") && plain.err.contains(&holder), "{}", plain.err);
    let error: Value = serde_json::from_str(&json.out).unwrap();
    assert!(error["error"]["message"].as_str().unwrap().contains(&holder), "{error}");
    bot.end().with(&[]);
    assert_eq!(report_json(&place)["asked"], 1);
}

#[test]
fn without_a_record_the_articles_speak_for_themselves_and_none_is_made() {
    let mut place = Place::without_lab();
    place.own_kb();
    change(&place.kb().join("linux-disk-full.md"), "reviewed = 2026", "reviewed = 2001");
    let done = report(&place, &["--json"]);
    let found: Value = serde_json::from_str(&done.out).unwrap();
    let worst = &found["articles"][0];
    assert_eq!((&found["asked"], &worst["article"]), (&json!(0), &json!("linux-disk-full")));
    assert_eq!(worst["reasons"][0]["kind"], "review_overdue");
    assert!(done.err.contains("there is no record in"), "{}", done.err);
    assert!(!place.state().exists());
    fs::create_dir(place.state()).unwrap();
    assert_eq!(report(&place, &[]).status, 0, "an empty folder holds no record either");
}

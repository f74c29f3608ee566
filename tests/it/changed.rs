//! What was approved is what runs, or nothing runs: one byte is changed between the approval and the
//! start, or between two approvals.

use std::fs;
use std::path::PathBuf;

use dogwatch::domain::record::request::Status;

use crate::bot::Place;
use crate::bot::place::change;

const ESX: &str = "lab-esx";
const CREATE: &str = "/run esx-vm-create datastore=storage1 name=web77 on lab-esx because we need it";
const REMOVE: &str = "/run esx-iso-remove path=/vmimages/tools-isoimages/RHEL4.7-X86_64-ES-DVD.iso on lab-esx because it is old";

/// Killed when the approval is durable and before the bot could say so or start anything: three syncs
/// each for making the record, for opening it, for the request and for the approval.
const APPROVED: u32 = 12;

fn approved_not_started() -> Place {
    let place = Place::with_own_kb();
    let script = place.bot().line(CREATE).by("ben").line("/approve r1");
    let killed = script.killed_after("fdatasync", APPROVED).run();
    assert!(killed.was_killed(), "{}{}", killed.out, killed.err);
    let left = place.record_as_left();
    assert!(matches!(left.status(1), Some(Status::Ready(_))), "{:?}", left.status(1));
    place
}

/// One byte of the article, in its prose.
fn change_article(place: &Place, name: &str) {
    change(&place.kb().join(name), "\n## Verify\n", "\n## verify\n");
}

fn inventory(place: &Place) -> PathBuf {
    place.lab().join("inventory.toml")
}

/// One byte of the pinned key of the first host.
fn change_key(place: &Place) {
    let text = fs::read_to_string(inventory(place)).unwrap();
    let at = text.find("SHA256:").unwrap() + 20;
    let other = if &text[at..=at] == "A" { "B" } else { "A" };
    let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
    fs::write(inventory(place), changed).unwrap();
}

fn change_address(place: &Place) {
    change(&inventory(place), "127.0.0.1", "127.0.0.2");
}

fn assert_nothing_reached(place: &Place) {
    assert_eq!(place.plays(ESX), []);
    assert_eq!(fs::read_dir(place.host(ESX).join("runs")).unwrap().count(), 0, "a run folder");
}

/// After the change the start is refused, the difference is named, and it stays refused.
fn assert_start_refused(place: &Place, difference: &str) {
    let said = place.bot().line("/show r1").by("ben").line("/approve r1").line("/audit verify").run();
    let said = said.with(&[
        "r1 is not started: it is not what was approved",
        &format!("differs: {difference}"),
        "r1 was not started, something had changed",
        "the record holds",
    ]);
    assert!(!said.out.contains("r1 starts"), "{}", said.out);
    assert_eq!(place.record().status(1), Some(Status::Refused));
    assert_nothing_reached(place);
}

#[test]
fn unchanged_it_starts_once() {
    let place = approved_not_started();
    place.bot().line("/show r1").run().with(&["r1 starts", "r1 succeeded"]);
    assert_eq!(place.plays(ESX).iter().filter(|play| play.tool == "mkdir").count(), 1);
}

#[test]
fn a_changed_article_is_not_started() {
    let place = approved_not_started();
    change_article(&place, "vm-create-cli.md");
    assert_start_refused(&place, "revision (was `");
}

#[test]
fn a_changed_address_is_not_started() {
    let place = approved_not_started();
    change_address(&place);
    assert_start_refused(&place, "hosts.0.address (was `127.0.0.1`, is `127.0.0.2`)");
}

#[test]
fn a_changed_host_key_is_not_started() {
    let place = approved_not_started();
    change_key(&place);
    assert_start_refused(&place, "hosts.0.host_key (was `SHA256:");
}

#[test]
fn an_action_that_is_gone_is_not_started() {
    let place = approved_not_started();
    fs::remove_file(place.kb().join("vm-create-cli.md")).unwrap();
    assert_start_refused(&place, "there is no action `esx-vm-create`");
}

#[test]
fn an_article_that_cannot_be_read_starts_nothing() {
    let place = approved_not_started();
    fs::rename(place.kb(), place.path("away")).unwrap();
    let said = place.bot().line("/show r1").run();
    assert_eq!(said.status.code(), Some(2), "{}{}", said.out, said.err);
    assert_nothing_reached(&place);
    fs::rename(place.path("away"), place.kb()).unwrap();
    place.bot().line("/show r1").run().with(&["r1 succeeded"]);
}

#[test]
fn a_changed_parameter_in_the_record_refuses_the_start_of_the_bot() {
    let place = approved_not_started();
    let data = place.state().join("record").join("db");
    let mut bytes = fs::read(&data).unwrap();
    // The parameter itself, in every copy: sled leaves old ones behind that nobody reads.
    let parameter = br#""name":"web77""#;
    let is_there = |at: &usize| bytes[*at..].starts_with(parameter);
    let places: Vec<_> = (0..bytes.len()).filter(is_there).collect();
    assert!(!places.is_empty(), "the request is in the data file");
    for at in places {
        bytes[at + parameter.len() - 2] = b'8';
    }
    fs::write(&data, &bytes).unwrap();
    let said = place.bot().line("/show r1").run();
    assert_eq!(said.status.code(), Some(1), "{}{}", said.out, said.err);
    assert!(said.err.contains("can't be trusted"), "{}", said.err);
    assert!(said.err.contains("dogwatch audit verify"), "{}", said.err);
    assert!(!said.out.contains("ana>"), "nobody can type: {}", said.out);
    assert_nothing_reached(&place);
    let (holds, printed) = place.dogwatch(&["audit", "verify"]);
    assert!(!holds, "{printed}");
}

/// Changed between the first and the second approval: the second is refused, with the difference;
/// changed back, it is what it was.
fn assert_approval_refused(change: fn(&Place), difference: &str) {
    let place = Place::with_own_kb();
    let article = place.kb().join("service-console-disk-full.md");
    let before = [&article, &inventory(&place)].map(|file| (file.clone(), fs::read(file).unwrap()));
    let mut running = place.bot().line(REMOVE).by("ben").line("/approve r1").start_open();
    running.until(": 1 of 2");
    change(&place);
    running.line("/as cem");
    running.line("/approve r1");
    running.until("what r1 would do has changed since it was opened: ");
    running.until(difference);
    assert_eq!(place.plays(ESX), []);
    for (file, bytes) in before {
        fs::write(file, bytes).unwrap();
    }
    running.line("/approve r1");
    running.until("r1 succeeded");
    running.end().with(&[]);
    assert!(matches!(place.record().status(1), Some(Status::Ended(_))));
}

#[test]
fn an_article_changed_between_two_approvals_refuses_the_second() {
    assert_approval_refused(|place| change_article(place, "service-console-disk-full.md"), "revision (was `");
}

#[test]
fn a_host_changed_between_two_approvals_refuses_the_second() {
    assert_approval_refused(change_address, "hosts.0.address (was `127.0.0.1`, is `127.0.0.2`)");
    assert_approval_refused(change_key, "hosts.0.host_key (was `SHA256:");
}

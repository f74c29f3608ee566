//! The bot lives and its host goes away in the middle of a step.

use std::time::Duration;

use dogwatch::domain::record::request::Status;
use dogwatch::domain::record::run::Outcome;
use dogwatch::lab::Power;
use rustix::process::Signal;

use super::ESX;
use crate::bot::life::Running;
use crate::bot::truth::{assert_agrees, assert_recorded};
use crate::bot::{Place, wait_for};

const START: &str =
    "/run esx-vm-start vmx=/vmfs/volumes/storage1/app01/app01.vmx on lab-esx because it is off";

/// A bot in the middle of the last step of r1, which takes so long.
fn in_the_middle(place: &Place, delay: Duration, more: &str) -> Running {
    place.slow(ESX, &["vmware-cmd"], delay);
    let running = place.bot().line(START).by("ben").line("/approve r1").lines(more).start();
    wait_for("the step to begin", || {
        place.plays(ESX).iter().any(|play| play.args.iter().any(|arg| arg == "start"))
    });
    running
}

#[test]
fn a_host_that_dies_and_comes_back_says_how_the_step_ended() {
    let mut place = Place::new();
    let running = in_the_middle(&place, Duration::from_secs(3), "/audit verify");
    place.kill_lab();
    std::thread::sleep(Duration::from_millis(500));
    place.start_lab();
    let said = running.end().with(&["r1 succeeded", "the record holds"]);
    let record = place.record();
    assert_recorded(&said.out, &record, "host killed");
    assert_eq!(assert_agrees(&place, &record, "host killed"), [Outcome::Succeeded]);
    assert_eq!(place.machine(ESX, "app01"), Some(Power::On));
}

#[test]
fn a_host_that_freezes_is_waited_for() {
    let place = Place::new();
    let running = in_the_middle(&place, Duration::from_secs(2), "/audit verify");
    place.signal_lab(Signal::STOP);
    std::thread::sleep(Duration::from_secs(6));
    place.signal_lab(Signal::CONT);
    let said = running.end().with(&["r1 succeeded", "the record holds"]);
    let record = place.record();
    assert_recorded(&said.out, &record, "host frozen");
    assert_eq!(assert_agrees(&place, &record, "host frozen"), [Outcome::Succeeded]);
}

#[test]
fn bot_and_host_die_together() {
    let mut place = Place::new();
    let running = in_the_middle(&place, Duration::from_secs(2), "");
    place.kill_lab();
    let killed = running.kill();
    place.start_lab();
    let said = place.bot().line("/show r1").line("/audit verify").run();
    let said = said.with(&["I was restarted while r1 ran", "r1 succeeded", "the record holds"]);
    let record = place.record();
    for out in [&killed.out, &said.out] {
        assert_recorded(out, &record, "both killed");
    }
    assert_eq!(assert_agrees(&place, &record, "both killed"), [Outcome::Succeeded]);
}

#[test]
fn an_unknown_end_blocks_its_host_until_a_person_settles_it() {
    let place = Place::new();
    let iso = "/run esx-iso-remove path=/vmimages/tools-isoimages/RHEL4.7-X86_64-ES-DVD.iso on lab-esx because full";
    // r2 is asked for before anybody knows that r1 will end in the unknown.
    let asked = place.bot().line(START).line(iso).run();
    asked.with(&["r2 waits for approval"]);
    place.slow(ESX, &["vmware-cmd"], Duration::from_secs(5));
    let running = place.bot().by("ben").line("/approve r1").start();
    // The first is the verification before.
    wait_for("the step to begin", || place.plays(ESX).len() > 1);
    place.kill_the_run(ESX);
    place.slow(ESX, &["vmware-cmd"], Duration::ZERO);
    let said = running.end().with(&["unknown how it ended: the host says", "? r1 unknown"]);
    let record = place.record();
    assert_recorded(&said.out, &record, "supervisor killed");
    assert_eq!(assert_agrees(&place, &record, "supervisor killed"), [Outcome::Unknown]);

    // Also after a restart; reading goes on, changing does not.
    let blocked = place
        .bot()
        .line("/run esx-vm-list on lab-esx")
        .line(START)
        .by("ben")
        .line("/approve r2")
        .by("cem")
        .line("/approve r2")
        .run();
    let blocked = blocked.with(&[
        "r3 succeeded",
        "how r1 ended on lab-esx is unknown, so nothing may change there",
        "Look at the host, then `/settle r1 OUTCOME because REASON`",
        "r2 waits: how r1 ended on its host is unknown",
    ]);
    assert!(!blocked.out.contains("r2 starts"), "{}", blocked.out);
    assert!(place.plays(ESX).iter().all(|play| play.tool != "rm"));

    // Settled, the host is free: what waited starts at once, and a new request is possible.
    let settled = place
        .bot()
        .by("dia")
        .line("/settle r1 failed because I looked")
        .by("ana")
        .line("/settle r1 failed because it is mine")
        .by("ben")
        .line("/settle r1 failed because app01 is still off")
        .by("ana")
        .line(START)
        .by("ben")
        .line("/approve r4")
        .line("/audit verify")
        .run();
    settled.with(&[
        "this needs the role responder; dia is viewer",
        "r1 is your own request: somebody else must say how it ended",
        "r1 is settled as failed; its hosts are free again",
        "r2 succeeded",
        "r4 succeeded",
        "the record holds",
    ]);
    let record = place.record();
    assert_eq!(record.status(1), Some(Status::Ended(Outcome::Failed)));
    assert_eq!(place.machine(ESX, "app01"), Some(Power::On));
    assert!(!place.on_host(ESX, super::ISO).exists());
}

//! The bot is killed, or a host is, wherever it hurts; afterwards what the bot recorded must be what
//! the hosts' own logs say: nothing twice, nothing lost, no outcome that is not true.

mod host;
mod moments;
mod points;
mod shared;
mod shells;

use dogwatch::domain::record::request::Status;
use dogwatch::domain::record::run::Outcome;
use dogwatch::lab::Power;

use crate::bot::Place;
use crate::bot::life::Said;
use crate::bot::truth::{assert_agrees, assert_recorded};

const ESX: &str = "lab-esx";
const ISO: &str = "/vmimages/tools-isoimages/RHEL4.7-X86_64-ES-DVD.iso";

/// Four steps with one approval, and one destructive step with two.
const SCRIPT: &str = "\
    /incident open sev2 web77 is needed
    /incident note before anything runs
    /run esx-vm-create datastore=storage1 name=web77 on lab-esx because we need it
    /as ben
    /approve r1
    /as ana
    /run esx-iso-remove path=/vmimages/tools-isoimages/RHEL4.7-X86_64-ES-DVD.iso on lab-esx because it is old
    /as ben
    /approve r2
    /as cem
    /approve r2
    /as ana
    /incident note after everything ran";

/// What is said changes: were an answer no longer recognised, nothing would be proved of it.
#[test]
fn every_answer_that_is_compared_with_the_record_is_given_by_the_script() {
    let place = Place::new();
    let said = place.bot().lines(SCRIPT).run().with(&["r1 succeeded", "r2 succeeded"]);
    let missing = assert_recorded(&said.out, &place.record(), "not killed");
    assert!(missing.is_empty(), "never said: {missing:?} in {}", said.out);
}

/// What the bot is asked after a kill. Before the first line it has recovered.
fn restarted(place: &Place) -> Said {
    place.bot().lines("/show r1\n/show r2\n/incident list\n/audit verify").run()
}

/// Restarts the bot after a kill and compares everything with everything. `killed` are the lives
/// that were killed, in order. Returns the outcomes.
fn assert_survived(place: &Place, killed: &[&Said], context: &str) -> Vec<Outcome> {
    let (outcomes, said) = assert_told(place, killed, context);
    let context = &format!("{context}\n{}\n---\n{said}", killed.last().map_or("", |said| &said.out));
    assert_state_reached(place, context);
    assert_unknown_blocks(place, &outcomes, context);
    outcomes
}

/// The same for hosts that are no lab's: without a look at what has become of them. Returns also what was
/// said after the restart.
fn assert_told(place: &Place, killed: &[&Said], context: &str) -> (Vec<Outcome>, String) {
    let left = place.record_as_left();
    let again = restarted(place);
    assert!(again.status.success(), "{context}: {}{}", again.out, again.err);
    let context = &format!("{context}\n{}\n---\n{}", killed.last().map_or("", |said| &said.out), again.out);
    assert!(again.out.contains("the record holds"), "{context}");
    let record = place.record();
    assert_eq!(record.events[..left.events.len()], left.events[..], "{context}: the past has changed");
    for said in killed.iter().copied().chain([&again]) {
        assert_recorded(&said.out, &record, context);
    }
    let outcomes = assert_agrees(place, &record, context);
    for request in record.state.requests.values() {
        let was = left.request(request.id.0).map(|request| &request.status);
        match (was, &request.status) {
            (Some(Status::Waiting), Status::Waiting)
            | (Some(Status::Running | Status::Ended(_)), Status::Ended(_)) => {}
            // Approved and not started: now it is, once, and not as a half of something.
            (Some(Status::Ready(_)), Status::Ended(Outcome::Succeeded)) => {
                let recovered = request.run.as_ref().is_some_and(|run| run.recovered);
                assert!(!recovered, "{context}: {} was taken for a recovered run", request.id);
            }
            (was, is) => panic!("{context}: {} was {was:?} and is {is:?}", request.id),
        }
    }
    let (holds, printed) = place.dogwatch(&["audit", "verify"]);
    assert!(holds, "{context}: {printed}");
    (outcomes, again.out)
}

/// The hosts are as their own logs say.
fn assert_state_reached(place: &Place, context: &str) {
    let plays = place.plays(ESX);
    let played = |tool: &str, word: &str| {
        plays.iter().any(|play| play.tool == tool && play.args.iter().any(|arg| arg == word))
    };
    let registered = place.machine(ESX, "web77");
    let expected = played("vmware-cmd", "register").then_some(Power::Off);
    assert_eq!(registered, expected, "{context}: the new machine");
    assert_eq!(place.on_host(ESX, ISO).exists(), !played("rm", ISO), "{context}: the image");
}

fn assert_unknown_blocks(place: &Place, outcomes: &[Outcome], context: &str) {
    if outcomes.contains(&Outcome::Unknown) {
        let line = "/run esx-vm-start vmx=/vmfs/volumes/storage1/app01/app01.vmx on lab-esx because x";
        let refused = place.bot().line(line).run();
        assert!(
            refused.out.contains("is unknown, so nothing may change there"),
            "{context}: {}",
            refused.out
        );
    }
}

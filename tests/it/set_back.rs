//! A record that was set back to an earlier state, by a backup or a snapshot: what ran since then does not
//! run again, and the bot says why.

use dogwatch::domain::record::request::Status;
use dogwatch::domain::record::run::Outcome;

use crate::bot::Place;
use crate::folder;

const ASKED: &str = "/run esx-vm-create datastore=storage1 name=web77 on lab-esx because we need it";
const APPROVED: &str = "/as ben\n/approve r1";

/// How often the first step was begun, by the host's own log.
fn begun(place: &Place) -> usize {
    place.plays("lab-esx").iter().filter(|play| play.tool == "mkdir").count()
}

#[test]
fn what_ran_before_a_record_was_set_back_does_not_run_again() {
    let place = Place::new();
    place.bot().lines(ASKED).run();
    let kept = place.path("kept");
    folder::copy(&place.state(), &kept);
    place.bot().lines(APPROVED).run().with(&["r1 succeeded"]);
    assert_eq!(begun(&place), 1);
    std::fs::remove_dir_all(place.state()).unwrap();
    std::fs::rename(&kept, place.state()).unwrap();
    let again = place.bot().lines(APPROVED).run();
    assert!(again.out.contains("has met this very run before"), "{}{}", again.out, again.err);
    assert!(again.out.contains("set back to an earlier state"), "{}", again.out);
    assert!(!again.out.contains("+ r1 succeeded"), "{}", again.out);
    assert_eq!(begun(&place), 1, "{}", again.out);
    let request = place.record().state.requests.into_values().next().unwrap();
    assert_eq!(request.status, Status::Ended(Outcome::Unknown));
    // The host is kept from other changes until somebody has looked.
    let blocked = place.bot().lines(ASKED).run();
    assert!(blocked.out.contains("is unknown, so nothing may change there"), "{}", blocked.out);
}

#[test]
fn another_record_meets_no_ids_of_an_earlier_one() {
    let place = Place::new();
    let check = "/run esx-vm-list on lab-esx";
    let runs = |place: &Place| place.host("lab-esx").join("runs/ids").read_dir().unwrap().count();
    place.bot().lines(check).run().with(&["r1 succeeded"]);
    let before = runs(&place);
    std::fs::remove_dir_all(place.state()).unwrap();
    place.bot().lines(check).run().with(&["r1 succeeded"]);
    assert!(runs(&place) > before);
}

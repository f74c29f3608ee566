#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

use super::*;
use crate::domain::testing::{R1, World};

/// The events of a request that was approved and started, as they stand in envelopes.
fn events() -> Vec<Value> {
    let world = World::running("vm-start", &["kvm1"]);
    let events = world.moments.iter().map(|moment| serde_json::to_value(&moment.event).unwrap());
    events.collect()
}

fn followed(events: &[Value]) -> Result<(), ChainBreak> {
    let mut plans = Plans::default();
    events.iter().try_for_each(|event| plans.follow(&canonical(event).unwrap()))
}

#[test]
fn a_plan_that_was_rewritten_does_not_have_its_digest() {
    let mut events = events();
    assert_eq!(followed(&events), Ok(()));
    let opened = events.iter_mut().find(|event| event["kind"] == "request_opened").unwrap();
    opened["body"]["plan"]["reason"] = json!("another one");
    assert_eq!(followed(&events), Err(ChainBreak::Plan(R1)));
}

#[test]
fn approvals_and_starts_name_the_plan_that_was_asked_for() {
    for kind in ["approval_given", "run_started"] {
        let mut events = events();
        let event = events.iter_mut().find(|event| event["kind"] == kind).unwrap();
        event["body"]["digest"] = json!(Digest::of(b"another plan"));
        assert_eq!(followed(&events), Err(ChainBreak::PlanOfAnother(R1)), "{kind}");
    }
    let without = events().into_iter().filter(|event| event["kind"] != "request_opened");
    assert_eq!(followed(&without.collect::<Vec<_>>()), Err(ChainBreak::PlanOfAnother(R1)));
}

#[test]
fn what_is_not_known_here_is_left_to_whoever_knows_it() {
    let later = [
        json!({ "kind": "request_moved", "body": { "request": "r1", "digest": "?" } }),
        json!({ "kind": "approval_given", "body": { "request": "x1", "digest": "?" } }),
        json!({ "kind": "run_started", "body": [] }),
    ];
    assert_eq!(followed(&later), Ok(()));
}

#[test]
fn a_plan_with_something_of_a_later_version_is_no_damage() {
    let mut events = events();
    let opened = events.iter_mut().find(|event| event["kind"] == "request_opened").unwrap();
    opened["body"]["plan"]["later"] = json!("something");
    assert_eq!(followed(&events), Ok(()));
}

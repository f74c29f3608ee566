//! The plan digest against the published vector: what anybody can compute from a plan's JSON.

use dogwatch::domain::id::{Digest, HostName, RunId, StoreId};
use dogwatch::domain::plan::run_id::run_id;
use dogwatch::domain::plan::{Plan, plan_digest};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vector {
    plan: serde_json::Value,
    canonical: String,
    digest: String,
}

fn vector() -> Vector {
    serde_json::from_str(include_str!("../vectors/plan.json")).unwrap()
}

#[test]
fn canonical_bytes_and_digest_are_the_published_ones() {
    let Vector { plan, canonical, digest } = vector();
    let plan: Plan = serde_json::from_value(plan).unwrap();
    assert_eq!(String::from_utf8(plan.canonical().unwrap()).unwrap(), canonical);
    assert_eq!(plan.digest().unwrap().to_string(), digest);
    assert_eq!(plan_digest(canonical.as_bytes()).to_string(), digest);
}

#[test]
fn plan_has_the_published_fields_and_no_others() {
    let Vector { plan, canonical, .. } = vector();
    let read: Plan = serde_json::from_str(&canonical).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), plan);
    let mut more = plan;
    more["hosts"][0]["extra"] = true.into();
    assert!(serde_json::from_value::<Plan>(more).is_err());
}

#[derive(Deserialize)]
struct RunVector {
    store: StoreId,
    plan: Digest,
    host: HostName,
    step: usize,
    attempt: u32,
    run: RunId,
}

#[test]
fn run_id_is_the_published_one() {
    let RunVector { store, plan, host, step, attempt, run } =
        serde_json::from_str(include_str!("../vectors/run.json")).unwrap();
    assert_eq!(run_id(store, plan, &host, step, attempt), run);
}

#[test]
fn run_id_differs_with_each_part() {
    let RunVector { store, plan, host, step, attempt, run } =
        serde_json::from_str(include_str!("../vectors/run.json")).unwrap();
    for other in [
        run_id(StoreId([7; 16]), plan, &host, step, attempt),
        run_id(store, Digest([7; 32]), &host, step, attempt),
        run_id(store, plan, &HostName::from("lab-kvm"), step, attempt),
        run_id(store, plan, &host, step + 1, attempt),
        run_id(store, plan, &host, step, attempt + 1),
    ] {
        assert_ne!(other, run);
    }
}

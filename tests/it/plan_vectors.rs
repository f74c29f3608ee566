//! The plan digest against the published vector: what anybody can compute from a plan's JSON.

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

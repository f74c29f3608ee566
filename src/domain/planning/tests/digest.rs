//! The digest covers every field, and a difference is told by its name.

use serde_json::Value;

use crate::domain::id::Digest;
use crate::domain::plan::Plan;
use crate::domain::planning::planner::plan;
use crate::domain::planning::tests::{start_wish, wish};
use crate::domain::policy::catalogue::Catalogue;
use crate::domain::testing::{catalogue, step};
use crate::domain::world::action::{Rollback, Verify, VerifyBefore};

/// A plan in which every optional field is there.
fn whole() -> Plan {
    let mut catalogue = catalogue();
    let action = catalogue.action_mut("vm-start");
    action.steps[0].stdin = Some("y\n".to_owned());
    action.steps[0].expect_stdout = Some("started".to_owned());
    action.steps[0].expect_no_stdout = Some("failed".to_owned());
    action.verify_before = VerifyBefore::MayHold;
    action.verify = vec![Verify { step: step(&["virsh", "domstate", "{domain}"]), within_s: 5 }];
    action.rollback = Some(Rollback::Step { step: step(&["virsh", "destroy", "{domain}"]), from_step: None });
    plan(&catalogue, &wish("vm-start", &[("domain", "web01")], &["kvm1", "kvm2"])).unwrap()
}

/// Every way to change one leaf, or the length of one list, of a JSON value.
fn mutations(value: &Value) -> Vec<Value> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(key, inner)| {
                let put = |changed| {
                    let mut fields = fields.clone();
                    fields.insert(key.clone(), changed);
                    Value::Object(fields)
                };
                mutations(inner).into_iter().map(put).collect::<Vec<_>>()
            })
            .collect(),
        Value::Array(items) => {
            let put = |at: usize, changed| {
                let mut items = items.clone();
                items[at] = changed;
                Value::Array(items)
            };
            let mut all: Vec<_> = items
                .iter()
                .enumerate()
                .flat_map(|(at, inner)| mutations(inner).into_iter().map(move |changed| (at, changed)))
                .map(|(at, changed)| put(at, changed))
                .collect();
            all.push(Value::Array(items.iter().skip(1).cloned().collect()));
            all.push(Value::Array(items.iter().chain(items.last()).cloned().collect()));
            all.retain(|changed| changed != value);
            all
        }
        Value::String(text) => vec![other_string(text)],
        Value::Number(number) => vec![Value::from(number.as_u64().unwrap_or_default() + 1)],
        Value::Bool(set) => vec![Value::Bool(!set)],
        Value::Null => vec![Value::from("x")],
    }
}

/// Another string of the same kind, so that digests, ids, risks and roles can still be read.
fn other_string(text: &str) -> Value {
    let is_hex = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match text {
        "r1" => "r2".into(),
        "change" => "destructive".into(),
        "may hold" => "must not hold".into(),
        _ if is_hex => Digest::of(text.as_bytes()).to_string().into(),
        _ => format!("{text}x").into(),
    }
}

#[test]
fn digest_changes_with_every_single_field() {
    let plan = whole();
    let (digest, mut seen) = (plan.digest().unwrap(), 0);
    for changed in mutations(&serde_json::to_value(&plan).unwrap()) {
        let changed: Plan = serde_json::from_value(changed).unwrap();
        assert_ne!(changed, plan);
        assert_ne!(changed.digest().unwrap(), digest, "{:?}", plan.differences(&changed));
        assert!(!plan.differences(&changed).is_empty());
        seen += 1;
    }
    // 10 fields of the plan, about 35 of each host.
    assert!(seen > 75, "only {seen} mutations");
}

#[test]
fn plan_that_was_recorded_reads_back_with_the_same_digest() {
    let plan = whole();
    let read: Plan = serde_json::from_slice(&plan.canonical().unwrap()).unwrap();
    assert_eq!((&read, read.digest().unwrap()), (&plan, plan.digest().unwrap()));
}

#[test]
fn verifications_are_nothing_one_or_a_list_in_the_bytes() {
    let mut plan = whole();
    let check = plan.hosts[0].verify[0].clone();
    for (verify, kind) in [(vec![], "null"), (vec![check.clone()], "{"), (vec![check.clone(), check], "[{")] {
        plan.hosts[0].verify = verify;
        let bytes = String::from_utf8(plan.canonical().unwrap()).unwrap();
        assert!(bytes.contains(&format!("\"verify\":{kind}")), "{bytes}");
        assert_eq!(serde_json::from_str::<Plan>(&bytes).unwrap(), plan);
    }
}

#[test]
fn planning_again_gives_the_same_digest() {
    let digest = |catalogue: &Catalogue| plan(catalogue, &start_wish()).unwrap().digest().unwrap();
    assert_eq!(digest(&catalogue()), digest(&catalogue()));
}

/// What is told after a change of the catalogue.
fn told(change: impl FnOnce(&mut Catalogue)) -> String {
    let before = plan(&catalogue(), &start_wish()).unwrap();
    let mut changed = catalogue();
    change(&mut changed);
    let after = plan(&changed, &start_wish()).unwrap();
    assert_ne!(before.digest().unwrap(), after.digest().unwrap());
    before.differences(&after).join("; ")
}

#[test]
fn difference_names_the_field_with_before_and_after() {
    assert_eq!(
        told(|catalogue| catalogue.host_mut("kvm1").address = "198.51.100.9".to_owned()),
        "hosts.0.address (was `192.0.2.1`, is `198.51.100.9`)"
    );
    assert_eq!(
        told(|catalogue| catalogue.host_mut("kvm1").host_key = Some("SHA256:other".to_owned())),
        "hosts.0.host_key (was `SHA256:key-of-kvm1`, is `SHA256:other`)"
    );
    assert_eq!(told(|catalogue| catalogue.host_mut("kvm1").port = 2222), "hosts.0.port");
    assert_eq!(told(|catalogue| catalogue.host_mut("kvm1").sudo = true), "hosts.0.sudo");
}

#[test]
fn difference_names_article_policy_wrapper_and_steps() {
    assert!(
        told(|catalogue| catalogue.article_mut().revision = Digest::of(b"new")).starts_with("revision (was")
    );
    assert!(told(|catalogue| catalogue.wrapper = Digest::of(b"new")).starts_with("hosts.0.wrapper (was"));
    assert!(told(|catalogue| catalogue.policy.destructive = 3).starts_with("policy (was"));
    let steps = told(|catalogue| catalogue.action_mut("vm-start").steps.push(step(&["uptime"])));
    assert_eq!(steps, "hosts.0.steps");
}

#[test]
fn difference_names_the_parameter() {
    let plan_of = |value| plan(&catalogue(), &wish("vm-start", &[("domain", value)], &["kvm1"])).unwrap();
    let found = plan_of("web01").differences(&plan_of("web02"));
    assert!(found.contains(&"params.domain (was `web01`, is `web02`)".to_owned()), "{found:?}");
}

#[test]
fn equal_plans_do_not_differ() {
    assert_eq!(whole().differences(&whole()), Vec::<String>::new());
}

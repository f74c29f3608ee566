//! What the planner refuses, and what it writes into a plan.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use super::planner::plan;
use super::usage::usage;
use super::values::mismatch;
use super::wish::Wish;
use crate::domain::id::{ActionId, HostName};
use crate::domain::plan::{HOSTS_MAX, PLAN_LEN_MAX, Plan};
use crate::domain::policy::basis::Basis;
use crate::domain::policy::catalogue::Catalogue;
use crate::domain::refusal::Refusal;
use crate::domain::say::line::Line;
use crate::domain::say::replies;
use crate::domain::say::reply::{Reply, Tone};
use crate::domain::testing::{R1, World, action, actor, catalogue, step, text_of, text_param};
use crate::domain::world::action::{
    Action, PARAM_LEN_MAX, Param, ParamType, Program, Risk, Rollback, Step, Verify,
};

mod commands;
mod digest;
mod powershell;

fn wish(action: &str, values: &[(&str, &str)], hosts: &[&str]) -> Wish {
    Wish {
        request: R1,
        requester: actor("ana"),
        reason: "it hangs".to_owned(),
        action: ActionId::from(action),
        params: values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        hosts: hosts.iter().map(|name| HostName::from(*name)).collect(),
    }
}

fn started(catalogue: &Catalogue, value: &str) -> Result<Plan, &'static str> {
    plan(catalogue, &wish("vm-start", &[("domain", value)], &["kvm1"])).map_err(|refusal| refusal.code)
}

fn code(catalogue: &Catalogue, wish: &Wish) -> &'static str {
    plan(catalogue, wish).unwrap_err().code
}

fn start_wish() -> Wish {
    wish("vm-start", &[("domain", "web01")], &["kvm1"])
}

/// The code of the refusal after a change of the action `vm-start`.
fn code_after(change: impl FnOnce(&mut Action)) -> &'static str {
    let mut catalogue = catalogue();
    change(catalogue.action_mut("vm-start"));
    code(&catalogue, &start_wish())
}

#[test]
fn unknown_action_is_refused_with_the_nearest_one() {
    let refusal = plan(&catalogue(), &wish("vm-strat", &[], &["kvm1"])).unwrap_err();
    assert_eq!((refusal.code, refusal.hint.as_str()), ("unknown_action", "Did you mean `vm-start`?"));
}

#[test]
fn missing_parameter_is_told_with_its_prompt_and_an_example() {
    let refusal = plan(&catalogue(), &wish("vm-start", &[], &["kvm1"])).unwrap_err();
    assert_eq!(refusal.code, "missing_parameter");
    assert_eq!(refusal.message, "`vm-start` needs domain: Name of the domain");
    assert_eq!(refusal.hint, "Expected: /run vm-start domain=web01 on HOST because REASON");
}

#[test]
fn unknown_parameter_is_refused() {
    let values = [("domain", "web01"), ("force", "yes")];
    assert_eq!(code(&catalogue(), &wish("vm-start", &values, &["kvm1"])), "unknown_parameter");
}

#[test]
fn value_that_fails_its_pattern_is_refused_with_the_pattern_and_an_example() {
    let refusal = plan(&catalogue(), &wish("vm-start", &[("domain", "Web01")], &["kvm1"])).unwrap_err();
    assert_eq!(refusal.code, "bad_parameter");
    assert!(refusal.message.contains("^[a-z]"), "{}", refusal.message);
    assert!(refusal.hint.contains("domain=web01"), "{}", refusal.hint);
}

#[test]
fn pattern_matches_the_whole_value_or_nothing() {
    for (pattern, value) in [("[a-z]+", "ab1"), ("a|b", "ab"), ("a|b", "xb"), ("(?m)^a$", "b a")] {
        assert!(mismatch(&text_param(Some(pattern)), value).is_some(), "{pattern} took {value}");
    }
    assert_eq!(mismatch(&text_param(Some("a|bc")), "bc"), None);
}

#[test]
fn pattern_that_breaks_out_of_its_anchors_accepts_nothing() {
    for value in ["a", "b", "-rf b", "a)|(?:b"] {
        assert!(mismatch(&text_param(Some("a)|(?:b")), value).is_some(), "took {value}");
    }
}

#[test]
fn control_and_invisible_characters_are_in_no_value() {
    for c in ['\0', '\n', '\u{1b}', '\u{85}', '\u{202e}', '\u{200b}', '\u{3164}', '\u{fe0f}', '\u{e0061}'] {
        assert!(mismatch(&text_param(None), &format!("a{c}b")).is_some(), "took {c:?}");
    }
}

#[test]
fn value_has_a_limit_in_characters() {
    assert_eq!(mismatch(&text_param(None), &"ä".repeat(PARAM_LEN_MAX)), None);
    assert!(mismatch(&text_param(None), &"ä".repeat(PARAM_LEN_MAX + 1)).is_some());
}

#[test]
fn types_take_what_they_say() {
    let param = |kind| Param { kind, choices: vec!["soft".into(), "hard".into()], ..text_param(None) };
    let cases = [
        (ParamType::Path, "/a/b c", true),
        (ParamType::Path, "a/b", false),
        (ParamType::Path, "", false),
        (ParamType::Path, "/a/../b", false),
        (ParamType::Path, "/a/..", false),
        (ParamType::Path, "/a/..b", true),
        (ParamType::Integer, "007", true),
        (ParamType::Integer, "-1", false),
        (ParamType::Integer, "", false),
        (ParamType::Integer, "٣", false),
        (ParamType::Choice, "soft", true),
        (ParamType::Choice, "Soft", false),
        (ParamType::Choice, "soft hard", false),
    ];
    for (kind, value, taken) in cases {
        assert_eq!(mismatch(&param(kind), value).is_none(), taken, "{kind:?} {value:?}");
    }
}

#[test]
fn default_is_filled_in_and_checked_like_a_value() {
    let mut catalogue = catalogue();
    let param = catalogue.action_mut("vm-start").params.get_mut("domain").unwrap();
    param.default = Some("web09".to_owned());
    let wish = wish("vm-start", &[], &["kvm1"]);
    assert_eq!(plan(&catalogue, &wish).unwrap().params["domain"], "web09");
    catalogue.action_mut("vm-start").params.get_mut("domain").unwrap().default = Some("-x".to_owned());
    assert_eq!(code(&catalogue, &wish), "bad_parameter");
}

#[test]
fn hosts_that_are_missing_unknown_twice_or_too_many_are_refused() {
    let on = |hosts: &[&str]| code(&catalogue(), &wish("vm-start", &[("domain", "web01")], hosts));
    assert_eq!(on(&[]), "no_host");
    assert_eq!(on(&["kvm1", "kvm1"]), "host_twice");
    assert_eq!(on(&["kvm9"]), "unknown_host");
    assert_eq!(on(&["kvm1"; HOSTS_MAX + 1]), "too_many_hosts");
}

#[test]
fn one_machine_under_two_names_is_refused_with_both() {
    let refusal = |change: &dyn Fn(&mut Catalogue)| {
        let mut catalogue = catalogue();
        change(&mut catalogue);
        plan(&catalogue, &wish("vm-start", &[("domain", "web01")], &["kvm1", "kvm2"])).unwrap_err()
    };
    let place = refusal(&|catalogue| {
        catalogue.host_mut("kvm1").address = "kvm.example".to_owned();
        catalogue.host_mut("kvm2").address = "KVM.example".to_owned();
    });
    let key = refusal(&|catalogue| {
        catalogue.host_mut("kvm2").host_key = catalogue.host_mut("kvm1").host_key.clone();
    });
    for refusal in [&place, &key] {
        assert_eq!(refusal.code, "machine_twice");
        assert!(refusal.message.contains("`kvm1` and `kvm2`"), "{refusal:?}");
    }
    assert!(key.hint.contains("cloned"), "{key:?}");
    // Another port of one address may be another machine behind it.
    let mut apart = catalogue();
    apart.host_mut("kvm2").address = apart.host_mut("kvm1").address.clone();
    apart.host_mut("kvm2").port = 2222;
    plan(&apart, &wish("vm-start", &[("domain", "web01")], &["kvm1", "kvm2"])).unwrap();
}

#[test]
fn unknown_host_is_told_with_the_nearest_one() {
    let refusal = plan(&catalogue(), &wish("vm-start", &[("domain", "web01")], &["vkm1"])).unwrap_err();
    assert_eq!(refusal.hint, "Did you mean `kvm1`?");
}

#[test]
fn host_of_another_platform_is_refused() {
    assert_eq!(code(&catalogue(), &wish("vm-start", &[("domain", "web01")], &["win1"])), "wrong_platform");
}

#[test]
fn host_without_a_pinned_key_is_refused() {
    assert_eq!(code(&catalogue(), &wish("vm-start", &[("domain", "web01")], &["bare"])), "no_host_key");
}

#[test]
fn action_without_steps_is_refused() {
    assert_eq!(code_after(|action| action.steps.clear()), "no_steps");
}

#[test]
fn steps_and_the_way_back_may_use_no_interpreter_and_no_placeholder_as_program() {
    for program in ["sh", "python3.11", "env", "{domain}", "x{domain}", "/bin/ls", "-ls", "ls -l", ""] {
        assert_eq!(
            code_after(|action| action.steps = vec![step(&[program])]),
            "program_refused",
            "{program}"
        );
        let way_back = Some(Rollback::Step { step: step(&[program]), from_step: None });
        assert_eq!(code_after(|action| action.rollback = way_back), "program_refused", "{program}");
    }
    assert_eq!(code_after(|action| action.steps = vec![step(&[])]), "program_refused");
}

#[test]
fn verification_reads_or_the_action_is_refused() {
    let verify = vec![Verify { step: step(&["virsh", "start", "{domain}"]), within_s: 0 }];
    assert_eq!(code_after(|action| action.verify = verify), "verify_not_reading");
}

#[test]
fn argument_with_nul_is_refused() {
    assert_eq!(code_after(|action| action.steps = vec![step(&["virsh", "a\0b"])]), "argument_with_nul");
}

#[test]
fn plan_that_fits_into_no_event_is_refused() {
    let long = "x".repeat(PLAN_LEN_MAX);
    assert_eq!(code_after(|action| action.steps = vec![step(&["virsh", &long])]), "plan_too_large");
}

#[test]
fn reading_action_with_a_verification_is_refused() {
    let mut catalogue = catalogue();
    let verify = catalogue.action_mut("vm-start").verify.clone();
    catalogue.action_mut("vm-state").verify = verify;
    assert_eq!(code(&catalogue, &wish("vm-state", &[("domain", "web01")], &["kvm1"])), "read_with_verify");
}

#[test]
fn parameters_reach_argv_byte_for_byte() {
    for value in ["a b", "it's", "a  b ", "a{domain}b", "a{x}", "a' rm -rf '", "a'' 'b"] {
        let plan = started(&catalogue(), value).unwrap();
        assert_eq!(plan.hosts[0].steps[0].argv, ["virsh", "start", value]);
        assert_eq!(plan.params["domain"], value);
    }
}

#[test]
fn every_byte_that_a_text_may_hold_stays_as_it_is() {
    let mut catalogue = catalogue();
    catalogue.action_mut("vm-folder").params = BTreeMap::from([("domain".to_owned(), text_param(None))]);
    let value = "$HOME `id` $(id) \\ \" ' ; & | < > * ? ~ ! # {a,b} {domain} -x ümläut 🦀";
    let plan = plan(&catalogue, &wish("vm-folder", &[("domain", value)], &["kvm1"])).unwrap();
    assert_eq!(plan.hosts[0].steps[0].argv, ["mkdir", "--", &format!("/srv/{value}")]);
}

#[test]
fn stdin_takes_values_as_they_are_and_expectations_take_them_escaped() {
    let mut catalogue = catalogue();
    let with = |step: &mut Step| {
        step.stdin = Some("name={domain}\n".to_owned());
        step.expect_stdout = Some("^{domain}{2,3}$".to_owned());
    };
    with(&mut catalogue.action_mut("vm-start").steps[0]);
    let plan = started(&catalogue, "a.b-c").unwrap();
    let step = &plan.hosts[0].steps[0];
    assert_eq!(step.stdin.as_deref(), Some("name=a.b-c\n"));
    assert_eq!(step.expect_stdout.as_deref(), Some(r"^a\.b\-c{2,3}$"));
}

#[test]
fn plan_holds_every_host_in_the_order_of_the_wish() {
    let plan = plan(&catalogue(), &wish("vm-start", &[("domain", "web01")], &["kvm2", "kvm1"])).unwrap();
    let names: Vec<_> = plan.hosts.iter().map(|host| host.name.as_str()).collect();
    assert_eq!(names, ["kvm2", "kvm1"]);
    assert!(plan.hosts.iter().all(|host| !host.verify.is_empty() && host.rollback.is_some()));
}

#[test]
fn read_is_believed_only_if_every_step_is_on_the_list() {
    let mut catalogue = catalogue();
    let planned = |catalogue: &Catalogue| {
        plan(catalogue, &wish("vm-state", &[("domain", "web01")], &["kvm1"])).unwrap()
    };
    assert_eq!((planned(&catalogue).risk, planned(&catalogue).basis), (Risk::Read, Basis::NoneNeeded));
    catalogue.action_mut("vm-state").steps.push(step(&["virsh", "destroy", "{domain}"]));
    assert_eq!((planned(&catalogue).risk, planned(&catalogue).basis), (Risk::Change, Basis::Quorum(1)));
}

#[test]
fn declared_risk_is_never_lowered() {
    let mut catalogue = catalogue();
    catalogue.action_mut("vm-destroy").steps = vec![step(&["virsh", "list"])];
    let plan = plan(&catalogue, &wish("vm-destroy", &[("domain", "web01")], &["kvm1"])).unwrap();
    assert_eq!((plan.risk, plan.basis), (Risk::Destructive, Basis::Quorum(2)));
}

#[test]
fn powershell_on_another_platform_is_refused_wherever_it_stands() {
    let script = Step { program: Program::PowerShell("Get-Service".to_owned()), ..step(&[]) };
    let verify = Verify { step: script.clone(), within_s: 0 };
    let elsewhere = "powershell_elsewhere";
    assert_eq!(code_after(|action| action.steps.push(script.clone())), elsewhere);
    assert_eq!(code_after(|action| action.verify = vec![verify]), elsewhere);
    assert_eq!(
        code_after(|action| action.rollback = Some(Rollback::Step { step: script, from_step: None })),
        elsewhere
    );
}

#[test]
fn usage_quotes_what_a_shell_word_needs() {
    let mut action = action("vm-x", Risk::Read, Vec::new());
    action.params.get_mut("domain").unwrap().example = Some("my vm".to_owned());
    assert_eq!(usage(&action), "/run vm-x domain='my vm' on HOST");
}

#[test]
fn names_are_found_whatever_their_case_and_the_exact_one_first() {
    let mut world = World::new();
    let planned = |catalogue: &Catalogue, action: &str, name: &str, host: &str| {
        plan(catalogue, &wish(action, &[(name, "web01")], &[host]))
    };
    let exact = planned(&world.catalogue, "vm-start", "domain", "kvm1").unwrap();
    assert_eq!(planned(&world.catalogue, "VM-Start", "Domain", "KVM1").unwrap(), exact);
    let twice = wish("vm-start", &[("domain", "a"), ("DOMAIN", "b")], &["kvm1"]);
    assert_eq!(code(&world.catalogue, &twice), "bad_command");

    let mut other = world.catalogue.host_mut("kvm2").clone();
    other.name = HostName::from("KVM1");
    world.catalogue.inventory.insert(other.name.clone(), other);
    assert_eq!(planned(&world.catalogue, "vm-start", "domain", "kvm1").unwrap(), exact);
    let upper = planned(&world.catalogue, "vm-start", "domain", "KVM1").unwrap();
    assert_eq!(upper.hosts[0].name, HostName::from("KVM1"));
    let refusal = planned(&world.catalogue, "vm-start", "domain", "Kvm1").unwrap_err();
    assert_eq!(refusal.code, "ambiguous_name");
    assert!(refusal.hint.contains("`KVM1` or `kvm1`"), "{refusal:?}");
    let near = |action: &str, host: &str| planned(&world.catalogue, action, "domain", host).unwrap_err().hint;
    assert_eq!(near("VM-STRT", "kvm3"), "Did you mean `vm-start`?");
    assert_eq!(near("vm-start", "KVM4"), near("vm-start", "kvm4"));
}

#[test]
fn a_space_that_is_another_than_it_looks_is_refused_and_spelled_out() {
    let mut world = World::new();
    world.catalogue.action_mut("vm-start").params.insert("domain".to_owned(), text_param(Some("^[a-z].*$")));
    let refused = |value: &str| plan(&world.catalogue, &wish("vm-start", &[("domain", value)], &["kvm1"]));
    assert!(refused("two words").is_ok());
    for (space, spelled) in [
        ('\u{a0}', "\\u{a0}"),
        ('\u{3000}', "\\u{3000}"),
        ('\u{202f}', "\\u{202f}"),
        ('\u{2003}', "\\u{2003}"),
        ('\u{2800}', "\\u{2800}"),
    ] {
        let refusal = refused(&format!("two{space}words")).unwrap_err();
        assert_eq!(refusal.code, "bad_parameter");
        assert!(refusal.message.contains("no other space than the plain one"), "{refusal:?}");
        assert!(refusal.message.contains(&format!("two{spelled}words")), "{refusal:?}");
        let shown = text_of(&replies::refusal(&Refusal::new("x", format!("`a{space}b`"))));
        assert!(shown.contains(&format!("`a{spelled}b`")), "{shown}");
        let line = Line::default().code(format!("a{space}b")).untrusted(format!("{space}"));
        let reply = Reply::new(Tone::Info, line);
        assert_eq!(text_of(&reply), format!("a{spelled}b{space}"), "what people write stays readable");
    }
}

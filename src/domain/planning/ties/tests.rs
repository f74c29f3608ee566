//! What is loose in an action, and what is not.

use std::collections::BTreeMap;

use super::{Loose, loose};
use crate::domain::policy::reads::ReadList;
use crate::domain::testing::{action, step, text_param};
use crate::domain::world::action::{Action, ParamType, Risk, Rollback, Step, Verify, VerifyBefore};

fn of(names: &[&str], steps: Vec<Step>, verify: &[&str]) -> Action {
    let params: BTreeMap<_, _> = names.iter().map(|name| ((*name).to_owned(), text_param(None))).collect();
    let verify = vec![Verify { step: step(verify), within_s: 5 }];
    Action { params, verify, ..action("kill", Risk::Destructive, steps) }
}

fn found(action: &Action) -> Vec<Loose> {
    loose(action, &ReadList::default())
}

fn untied(step: usize, name: &str) -> Loose {
    Loose::Untied(step, name.to_owned())
}

fn apart(one: &str, other: &str) -> Loose {
    Loose::Apart(one.to_owned(), other.to_owned())
}

#[test]
fn a_number_that_nobody_compares_with_the_machine_is_loose() {
    let kill = || step(&["kill", "-9", "{pid}"]);
    let state = ["vmware-cmd", "{vmx}", "getstate"];
    let bare = of(&["vmx", "pid"], vec![kill()], &state);
    assert_eq!(found(&bare), [untied(0, "pid"), apart("pid", "vmx")]);
    let guard = step(&["grep", "-r", "-o", "--include=status", "{vmx}{pid}", "/proc/vmware/vm"]);
    assert_eq!(found(&of(&["vmx", "pid"], vec![guard, kill()], &state)), []);
    let of_another = step(&["ps", "-p", "{pid}"]);
    assert_eq!(found(&of(&["vmx", "pid"], vec![of_another, kill()], &state)), [apart("pid", "vmx")]);
    let guard_after = vec![kill(), step(&["ls", "--", "/proc/{pid}/{vmx}"])];
    assert!(found(&of(&["vmx", "pid"], guard_after, &state)).contains(&untied(0, "pid")));
}

#[test]
fn a_verification_that_looks_past_what_was_done_is_none() {
    assert_eq!(found(&of(&["pid"], vec![step(&["kill", "{pid}"])], &["ps", "-e"])), [untied(0, "pid")]);
    assert_eq!(found(&of(&["pid"], vec![step(&["kill", "{pid}"])], &["ps", "-p", "{pid}"])), []);
    let mut shown = of(&["pid"], vec![step(&["kill", "{pid}"])], &["ps", "-e"]);
    shown.verify[0].step.expect_no_stdout = Some("(?m)^{pid} ".to_owned());
    assert_eq!(found(&shown), []);
}

#[test]
fn a_guard_that_cannot_fail_is_none() {
    let kill = || step(&["kill", "-9", "{pid}"]);
    let mut guard = step(&["grep", "-r", "-o", "--include=status", "{vmx}{pid}", "/proc/vmware/vm"]);
    guard.expect_exit = vec![0, 1, 2];
    let of_guard = |guard: &Step| {
        found(&of(&["vmx", "pid"], vec![guard.clone(), kill()], &["vmware-cmd", "{vmx}", "getstate"]))
    };
    assert_eq!(of_guard(&guard), [untied(1, "pid"), apart("pid", "vmx")]);
    guard.expect_no_stdout = Some("other".to_owned());
    assert_eq!(of_guard(&guard), []);
}

#[test]
fn the_way_back_names_nothing_that_nobody_compared() {
    let mut kill = of(&["pid", "other"], vec![step(&["kill", "{pid}"])], &["ps", "-p", "{pid}"]);
    assert_eq!(found(&kill), []);
    kill.rollback = Some(Rollback::Step { step: step(&["virsh", "undefine", "{other}"]), from_step: None });
    assert_eq!(found(&kill), [apart("other", "pid")]);
}

#[test]
fn details_of_what_is_looked_at_are_free_and_a_choice_may_name_a_thing_too() {
    let resize = step(&["virsh", "setmem", "{domain}", "{mb}"]);
    assert_eq!(found(&of(&["domain", "mb"], vec![resize], &["virsh", "dominfo", "{domain}"])), []);
    let kill = of(&["world", "mode"], vec![step(&["kill", "{mode}", "{world}"])], &["ps", "-p", "{world}"]);
    assert_eq!(found(&kill), []);
    let mut victim =
        of(&["domain", "victim"], vec![step(&["kill", "{victim}"])], &["virsh", "dominfo", "{domain}"]);
    if let Some(victim) = victim.params.get_mut("victim") {
        victim.kind = ParamType::Choice;
    }
    assert_eq!(found(&victim), [untied(0, "victim"), apart("domain", "victim")]);
}

#[test]
fn what_only_reads_is_never_loose() {
    let look = vec![step(&["ls", "--", "/proc/{pid}"]), step(&["virsh", "dominfo", "{domain}"])];
    assert_eq!(found(&of(&["pid", "domain"], look, &["ps", "-e"])), []);
}

#[test]
fn where_the_verification_may_hold_before_a_step_must_show_its_work() {
    let mut clean = of(&["path"], vec![step(&["tool", "{path}"])], &["ls", "--", "{path}"]);
    clean.verify_before = VerifyBefore::MayHold;
    assert_eq!(found(&clean), [Loose::Unproven]);
    clean.steps[0].expect_stdout = Some("freed".to_owned());
    assert_eq!(found(&clean), []);
    for silent in [".*", "^(freed)?", "x|"] {
        clean.steps[0].expect_stdout = Some(silent.to_owned());
        assert_eq!(found(&clean), [Loose::Unproven], "{silent} is what a tool prints that does nothing");
    }
    clean.steps[0].expect_stdout = None;
    clean.steps[0].expect_no_stdout = Some("error".to_owned());
    assert_eq!(found(&clean), [Loose::Unproven]);
    clean.steps[0].expect_no_stdout = None;
    clean.steps.insert(0, Step { expect_stdout: Some("full".to_owned()), ..step(&["df", "-h", "{path}"]) });
    assert_eq!(found(&clean), [Loose::Unproven], "a step that only looks shows nothing");
}

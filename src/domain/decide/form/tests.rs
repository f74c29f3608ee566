#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;

use crate::domain::command::Command;
use crate::domain::decide::effect::Effect;
use crate::domain::decide::form::{deny, settle};
use crate::domain::decide::input::Input;
use crate::domain::id::{ActionId, Digest, GroupId, HostName, RequestId};
use crate::domain::record::origin::Origin;
use crate::domain::record::request::Status;
use crate::domain::record::run::{Outcome, StepEnd};
use crate::domain::say::button::{Press, RequestPress};
use crate::domain::say::form::{Form, Submit};
use crate::domain::say::line::Untrusted;
use crate::domain::testing::{self, R1, World, actor};
use crate::domain::world::actor::Role;

/// The form that a command leads to.
fn form(world: &mut World, who: &str, command: Command) -> Form {
    world.says(who, command).unwrap();
    match world.asked.pop().unwrap() {
        Effect::Form(_, form) => form,
        other => panic!("{other:?}"),
    }
}

fn text(text: &Untrusted) -> String {
    text.escape_with(str::to_owned)
}

fn run_button(world: &World, action: &str) -> Command {
    let id = ActionId::from(action);
    let revision = world.catalogue.action(&id).unwrap().0.revision.prefix();
    Command::Press(Press::Run(id, revision))
}

fn on_request(world: &World, press: RequestPress) -> Command {
    Command::Press(Press::Request(press, R1, world.request(R1).digest.prefix()))
}

fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn the_form_of_an_action_asks_for_hosts_parameters_and_a_reason() {
    let mut world = World::new();
    let button = run_button(&world, "vm-start");
    let form = form(&mut world, "ana", button);
    let names: Vec<_> = form.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["host", "domain", "reason"]);
    assert!(text(&form.fields[1].label).contains("Name of the domain"));
    let filled = values(&[("host", "kvm1, kvm2"), ("domain", "web01"), ("reason", "it is down")]);
    world.says("ana", Command::Submitted(form.submit, filled)).unwrap();
    let plan = &world.request(R1).plan;
    assert_eq!((plan.hosts.len(), plan.reason.as_str()), (2, "it is down"));
    assert_eq!(plan.params["domain"], "web01");
}

#[test]
fn a_form_needs_the_role_of_what_it_is_for() {
    let mut world = World::new();
    let button = run_button(&world, "vm-start");
    assert_eq!(world.says("dia", button.clone()).unwrap_err(), "role_too_low");
    assert_eq!(world.says("mallory", button).unwrap_err(), "unknown_actor");
}

#[test]
fn a_button_of_an_article_that_has_changed_is_refused_before_and_after_its_form() {
    let mut world = World::new();
    let button = run_button(&world, "vm-start");
    let submit = form(&mut world, "ana", button.clone()).submit;
    world.catalogue.article_mut().revision = Digest::of(b"edited");
    assert_eq!(world.says("ana", button).unwrap_err(), "article_changed");
    let filled = values(&[("host", "kvm1"), ("domain", "web01")]);
    assert_eq!(world.says("ana", Command::Submitted(submit, filled)).unwrap_err(), "article_changed");
    assert!(world.moments.is_empty());
}

#[test]
fn what_is_given_whole_needs_no_form() {
    let mut world = World::new();
    let fill = |params: &[(&str, &str)], reason: &str| Command::Fill {
        action: ActionId::from("vm-start"),
        revision: None,
        params: values(params),
        hosts: vec![HostName::from("kvm1")],
        reason: reason.to_owned(),
    };
    let asks = form(&mut world, "ana", fill(&[("domain", "web01")], ""));
    assert_eq!(text(&asks.fields[1].value), "web01");
    world.says("ana", fill(&[("domain", "web01")], "it is down")).unwrap();
    assert_eq!(world.status(R1), &Status::Waiting);
}

#[test]
fn buttons_of_a_request_do_what_their_commands_do() {
    let mut world = World::opened("vm-start", &["kvm1"]);
    let deny = on_request(&world, RequestPress::Deny);
    let submit = form(&mut world, "ben", deny).submit;
    assert!(matches!(submit, Submit::Deny(R1, _)));
    let approve = on_request(&world, RequestPress::Approve);
    assert_eq!(world.says("ana", approve.clone()).unwrap_err(), "own_request");
    assert_eq!(world.says("discord:ana", approve.clone()).unwrap_err(), "own_request");
    world.says("ben", approve.clone()).unwrap();
    assert_eq!(world.status(R1), &Status::Running);
    world.said.clear();
    assert_eq!(world.says("cem", approve).unwrap_err(), "request_not_waiting");
    assert!(world.said.contains("ben approved r1"), "what has happened since: {}", world.said);
}

#[test]
fn a_button_of_another_plan_is_refused() {
    let mut world = World::opened("vm-start", &["kvm1"]);
    let other = Command::Press(Press::Request(RequestPress::Approve, R1, Digest::of(b"x").prefix()));
    assert_eq!(world.says("ben", other).unwrap_err(), "another_plan");
    assert_eq!(world.status(R1), &Status::Waiting);
}

#[test]
fn an_unknown_run_is_settled_with_its_form() {
    let mut world = World::running("vm-start", &["kvm1"]);
    world.step_ends(R1, StepEnd::Unknown("the link broke".to_owned()));
    world.verify_ends(R1, true);
    let settle = on_request(&world, RequestPress::Settle);
    let submit = form(&mut world, "ben", settle).submit;
    let filled = |outcome| values(&[("outcome", outcome), ("reason", "I looked")]);
    assert_eq!(
        world.says("ben", Command::Submitted(submit.clone(), filled("fine"))).unwrap_err(),
        "bad_outcome"
    );
    world.says("ben", Command::Submitted(submit, filled(" Succeeded"))).unwrap();
    assert_eq!(world.status(R1), &Status::Ended(Outcome::Succeeded));
}

fn by_group(account: &str, group: &str, command: Command) -> Input {
    let mut origin = Origin::typed(actor(account), "room".into());
    origin.groups = vec![GroupId::from(group)];
    Input::Command { origin, command }
}

#[test]
fn a_group_gives_a_role_and_two_accounts_of_one_person_count_once() {
    let mut world = World::opened("vm-destroy", &["kvm1"]);
    let groups = BTreeMap::from([(GroupId::from("discord:9"), Role::Approver)]);
    world.catalogue.people = world.catalogue.people.clone().with_groups(groups);
    // Who may approve is policy: what was opened before is not what would be planned now.
    let refused = |world: &mut World, input| world.input(input).unwrap();
    let events = refused(&mut world, by_group("discord:77", "discord:9", Command::Approve(R1)));
    assert!(format!("{events:?}").contains("plan_changed"));
    let mut opened = World::new();
    opened.catalogue.people = world.catalogue.people.clone();
    opened.says("ana", testing::run_command("vm-destroy", &["kvm1"])).unwrap();
    // ben is a viewer by no group, an approver by configuration; both of his accounts are him.
    opened.says("ben", Command::Approve(R1)).unwrap();
    assert_eq!(opened.says("discord:ben", Command::Approve(R1)).unwrap_err(), "already_approved");
    // Without the group a stranger stays one, and the requester's own group does not help.
    assert!(opened.input(by_group("discord:77", "discord:8", Command::Approve(R1))).is_err());
    let own = opened.input(by_group("discord:ana", "discord:9", Command::Approve(R1))).unwrap();
    assert!(format!("{own:?}").contains("own_request"));
    assert_eq!(opened.status(R1), &Status::Waiting);
    opened.groups.insert(actor("discord:77"), Ok(vec![GroupId::from("discord:9")]));
    opened.input(by_group("discord:77", "discord:9", Command::Approve(R1))).unwrap();
    assert_eq!(opened.status(R1), &Status::Running);
}

#[test]
fn whoever_has_no_role_is_told_that_and_nothing_of_what_a_button_or_a_form_is_about() {
    let mut world = World::opened("vm-start", &["kvm1"]);
    let (stale, id) = (Digest::of(b"another").prefix(), ActionId::from("no-such-action"));
    let filled = |submit| Command::Submitted(submit, values(&[("more", "no value"), ("outcome", "x")]));
    for command in [
        Command::Press(Press::Run(id.clone(), stale)),
        Command::Press(Press::Request(RequestPress::Deny, R1, stale)),
        Command::Press(Press::Request(RequestPress::Next, RequestId(77), stale)),
        filled(Submit::Run(id, stale)),
        filled(Submit::Deny(R1, stale)),
        filled(Submit::Settle(RequestId(77), stale)),
    ] {
        assert_eq!(world.says("mallory", command.clone()).unwrap_err(), "unknown_actor", "{command:?}");
        assert_ne!(world.says("eve", command.clone()).unwrap_err(), "unknown_actor", "{command:?}");
    }
}

#[test]
fn each_form_asks_for_its_own_reason() {
    let example = |form: Form| text(&form.fields.last().unwrap().example);
    let prefix = Digest::of(b"a").prefix();
    assert_eq!(example(deny(R1, prefix)), "why not");
    assert_eq!(example(settle(R1, prefix)), "how you know");
}

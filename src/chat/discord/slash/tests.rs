#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value, json};

use super::*;
use crate::chat::parse::parse;
use crate::domain::command::table::{self, Kind, Named};
use crate::domain::decide::role_for;
use crate::domain::record::run::Outcome;
use crate::domain::world::actor::Role;

fn slash(path: &str, options: &[(&str, &str)]) -> Slash {
    Slash {
        path: path.split(' ').map(str::to_owned).collect(),
        options: options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    }
}

fn asked(path: &str, options: &[(&str, &str)]) -> Command {
    command(&slash(path, options)).unwrap()
}

fn refused(path: &str, options: &[(&str, &str)]) -> Refusal {
    command(&slash(path, options)).unwrap_err()
}

fn arrived(data: &Value) -> Slash {
    Slash::of(data).unwrap()
}

/// The command with a value for each of its options.
fn whole(named: &Named) -> Slash {
    let options = named.leaf.options.iter().map(|option| {
        let value = match option.kind {
            Kind::Text => "some words",
            Kind::Choice(words) => words[words.len() - 2],
            Kind::Action => "vm-stop",
            Kind::Host | Kind::Hosts => "kvm1",
            Kind::Incident => "i2",
            Kind::Request => "r3",
            Kind::Article => "kvm-vm",
            Kind::Person => "4711",
        };
        (option.name, value)
    });
    slash(&named.path, &options.collect::<Vec<_>>())
}

#[test]
fn every_command_of_the_table_is_understood_and_needs_the_role_that_the_table_says() {
    for named in table::all() {
        let asked_first = if named.path == "approve" { Role::Viewer } else { named.leaf.role };
        assert_eq!(role_for(&command(&whole(&named)).unwrap()), asked_first, "{}", named.path);
    }
}

#[test]
fn every_option_of_the_table_matters_and_the_required_ones_are_required() {
    for named in table::all() {
        let whole = whole(&named);
        for option in named.leaf.options {
            let mut less = whole.clone();
            less.options.remove(option.name);
            let (whole, less) = (command(&whole), command(&less));
            assert!(whole.is_ok(), "{}", named.path);
            // The first of two words is the same as none.
            let is_default = named.path == "quiet";
            assert!(whole != less || is_default, "{} {}", named.path, option.name);
            assert_eq!(less.is_err(), option.required, "{} {}", named.path, option.name);
        }
    }
}

#[test]
fn run_asks_for_the_rest_and_takes_choices_and_hosts_in_a_list() {
    let given = [
        ("action", "vm-stop"),
        ("host", "kvm1, kvm2,"),
        ("mode", "soft"),
        ("empty", ""),
        ("reason", " it hangs "),
    ];
    let fill = Command::Fill {
        action: ActionId::from("vm-stop"),
        revision: None,
        params: BTreeMap::from([("mode".to_owned(), "soft".to_owned())]),
        hosts: vec![HostName::from("kvm1"), HostName::from("kvm2")],
        reason: "it hangs".to_owned(),
    };
    assert_eq!(asked("run", &given), fill);
}

#[test]
fn what_a_suggestion_shows_is_taken_for_what_it_sends() {
    assert_eq!(asked("show", &[("request", "r12 - vm-stop on kvm1")]), Command::Show(RequestId(12)));
    assert_eq!(asked("kb show", &[("article", "kvm-vm - VMs")]), Command::KbShow(ArticleId::from("kvm-vm")));
    assert_eq!(refused("show", &[("request", "r12 r13")]).code, "bad_id");
}

#[test]
fn an_account_is_given_an_incident_not_a_name() {
    let account = Assignee::Account(ActorId("discord:4711".to_owned()));
    assert_eq!(
        asked("incident assign", &[("person", "4711"), ("incident", "i2")]),
        Command::IncidentAssign(Some(IncidentId(2)), account)
    );
}

#[test]
fn what_is_not_given_means_what_it_means_in_the_terminal() {
    for (path, options, line) in [
        ("incident open", &[("title", "all down")][..], "/incident open all down"),
        ("incident resolve", &[], "/incident resolve"),
        ("incident export", &[], "/incident export"),
        ("quiet", &[], "/quiet"),
        ("quiet", &[("setting", "off")], "/quiet off"),
        (
            "settle",
            &[("request", "r1"), ("outcome", "failed"), ("reason", "x")],
            "/settle r1 failed because x",
        ),
    ] {
        assert_eq!(asked(path, options), parse(line).unwrap().unwrap(), "{line}");
    }
    let settled = asked("settle", &[("request", "r1"), ("outcome", "cancelled"), ("reason", "x")]);
    assert_eq!(settled, Command::Settle(RequestId(1), Outcome::Cancelled, "x".to_owned()));
}

#[test]
fn it_is_refused_in_the_words_of_the_terminal() {
    for (path, options, line) in [
        ("approve", &[("request", "12")][..], "/approve 12"),
        ("approve", &[], "/approve"),
        ("deny", &[("request", "r1"), ("reason", "  ")], "/deny r1"),
        ("settle", &[("request", "r1"), ("outcome", "fine"), ("reason", "x")], "/settle r1 fine because x"),
        ("incident show", &[("incident", "r1")], "/incident show r1"),
        ("incident severity", &[("severity", "bad")], "/incident severity bad"),
        ("incident use", &[], "/incident use i"),
        ("quiet", &[("setting", "x")], "/quiet x"),
        ("frobnicate", &[], "/frobnicate"),
        ("run", &[("host", "kvm1")], "/run"),
    ] {
        let (here, there) = (refused(path, options), parse(line).unwrap_err());
        let same = here == there || (path == "incident use" && here.message.contains(&table::usage(path)));
        assert!(same, "{here:?} {there:?}");
    }
    assert_eq!(refused("incident frob", &[]).code, "unknown_command");
    assert_eq!(command(&Slash::default()).unwrap_err().code, "unknown_command");
}

#[test]
fn what_discord_sends_is_read_with_its_subcommands_and_people() {
    let assign = arrived(&json!({"name": "incident", "options": [
        {"name": "assign", "type": 1, "options": [
            {"name": "person", "type": 6, "value": "4711"},
            {"name": "incident", "type": 3, "value": "i2"},
        ]},
    ]}));
    assert_eq!(assign, slash("incident assign", &[("person", "4711"), ("incident", "i2")]));
    let verify =
        arrived(&json!({"name": "audit", "options": [{"name": "verify", "type": 1, "options": []}]}));
    assert_eq!(command(&verify).unwrap(), Command::AuditVerify);
    assert_eq!(arrived(&json!({"name": "help", "options": []})), slash("help", &[]));
}

#[test]
fn what_is_still_being_typed_is_read_like_what_is_whole() {
    let typing = arrived(&json!({"name": "run", "options": [
        {"name": "action", "type": 3, "value": "vm-stop"},
        {"name": "host", "type": 3, "value": "kv", "focused": true},
    ]}));
    assert_eq!(typing, slash("run", &[("action", "vm-stop"), ("host", "kv")]));
}

#[test]
fn values_of_kinds_that_nobody_asked_for_are_left_out() {
    let odd = arrived(&json!({"name": "show", "options": [
        {"name": "request", "type": 5, "value": true},
        {"name": "channel", "type": 7, "value": "1"},
    ]}));
    assert_eq!(odd, slash("show", &[]));
}

proptest::proptest! {
    #[test]
    fn no_value_makes_a_panic(
        at in 0..table::all().count(),
        values in proptest::collection::vec("\\PC{0,12}|[ir][0-9]{0,22}|.{0,4} - .{0,4}", 4),
    ) {
        let named = table::all().nth(at).unwrap();
        let options = named.leaf.options.iter().zip(&values);
        let given: Vec<_> = options.map(|(option, value)| (option.name, value.as_str())).collect();
        let _ = command(&slash(&named.path, &given));
    }
}

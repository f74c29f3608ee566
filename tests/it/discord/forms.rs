//! Forms: what is suggested while somebody types, the form of every action, and what becomes of it.

use std::collections::BTreeSet;

use dogwatch::domain::say::form::FIELDS_MAX;
use serde_json::{Value, json};

use super::scene::{WELL, label, privately, read, run, slash, thread, with_button};
use super::serving::Serving;
use crate::bot::Place;
use crate::bot::place::change;
use crate::discord_server::Setup;

/// The values that are offered.
fn offered(serving: &Serving, given: &[(&str, Value)], typing: (&str, &str)) -> Vec<String> {
    let ops = serving.server.channel("ops");
    let offered = serving.server.autocomplete("ana", ops, "run", given, typing).unwrap();
    offered.into_iter().map(|(_, value)| value.as_str().unwrap().to_owned()).collect()
}

#[test]
fn actions_hosts_and_choices_are_suggested_as_they_are_typed() {
    let serving = Serving::new();
    let actions = offered(&serving, &[], ("action", "stop"));
    assert!(actions.contains(&"esx-vm-stop".to_owned()), "{actions:?}");
    assert_eq!(offered(&serving, &[], ("action", "")).len(), 25);
    assert_eq!(offered(&serving, &[], ("action", "esx-vm-stop-hard"))[0], "esx-vm-stop-hard");
    assert_eq!(offered(&serving, &[("action", json!("kvm-vm-list"))], ("host", "")), ["kvm"]);
    assert_eq!(
        offered(&serving, &[("action", json!("esxi-vm-kill"))], ("mode", "")),
        ["soft", "hard", "force"]
    );
    assert_eq!(offered(&serving, &[("action", json!("esx-vm-list"))], ("mode", "")), Vec::<String>::new());
    let hostile = "\u{202e}'\"`*[](){}\\".repeat(50);
    assert!(offered(&serving, &[], ("action", &hostile)).is_empty());
    serving.is_clean();
}

#[test]
fn every_action_of_the_articles_has_a_form_that_can_be_filled_in() {
    let serving = Serving::new();
    let mut actions = BTreeSet::new();
    for begin in ["esx-", "esxi-", "kvm-", "linux-", "windows-", "vc-"] {
        actions.extend(offered(&serving, &[], ("action", begin)));
    }
    assert_eq!(actions.len(), declared(), "{actions:?}");
    let ops = serving.server.channel("ops");
    // More than one person may ask for at once.
    let people = ["ana", "ben", "cem"].into_iter().cycle();
    let asked: Vec<_> =
        people.zip(&actions).map(|(who, id)| slash(&serving, who, ops, "run", &[("action", id)])).collect();
    for (id, asked) in actions.iter().zip(&asked) {
        let modal = asked.wait_modal();
        let names: Vec<_> = modal.fields.iter().map(|field| field.custom_id.as_str()).collect();
        assert!((2..=FIELDS_MAX).contains(&names.len()), "{id}: {names:?}");
        assert_eq!((names[0], names[names.len() - 1]), ("host", "reason"), "{id}");
        assert!(modal.fields[0].required, "{id}");
    }
    serving.is_clean();
}

/// How many actions the articles declare, by their own words.
fn declared() -> usize {
    let articles = std::fs::read_dir(crate::KB).unwrap().flatten();
    let texts = articles.filter_map(|entry| std::fs::read_to_string(entry.path()).ok());
    texts.map(|text| text.lines().filter(|line| *line == "```action").count()).sum()
}

#[test]
fn more_parameters_than_fields_share_one_field() {
    let serving = Serving::new();
    let modal = run(&serving, "esx-vm-create", "esx");
    let fields = modal.wait_modal().fields;
    let names: Vec<_> = fields.iter().map(|field| field.custom_id.as_str()).collect();
    assert_eq!(names, ["host", "datastore", "name", "more", "reason"]);
    let more = fields[3].value.clone().unwrap();
    assert_eq!(more, "disk_gb=10\niso=/vmimages/tools-isoimages/linux.iso\nmemory_mb=512");
    let given = [("datastore", "storage1"), ("name", "web77"), ("reason", "we need it")];
    let with = |more: &'static str| given.into_iter().chain([("more", more)]).collect::<Vec<_>>();
    privately(&modal.submit(&with("memory_mb")), "name=value");
    privately(&modal.submit(&with("memory=512")), "memory");
    privately(&modal.submit(&with("memory_mb=lots")), "memory_mb");
    privately(&modal.submit(&with("memory_mb=512\nmemory_mb=1024")), "twice");
    modal.submit(&with("memory_mb=1024\n\n disk_gb = 4 ")).wait_answer();
    let thread = thread(&serving, 1);
    let card = with_button(&serving, thread, "r1 waits for approval", "Approve");
    let plan = serving.server.message(card).text();
    assert!(plan.contains("memsize = \"1024\"") && plan.contains("4g"), "{plan}");
    serving.is_clean();
}

#[test]
fn a_wrong_value_is_refused_with_what_is_expected() {
    let serving = Serving::new();
    let server = &serving.server;
    let modal = run(&serving, "esx-vm-stop", "esx");
    let required: Vec<_> = modal.wait_modal().fields.iter().map(|field| field.required).collect();
    assert_eq!(required, [true, true, false]);
    for (vmx, expected) in [
        ("db01", "absolute"),
        ("/vmfs/volumes/../etc/passwd.vmx", ".."),
        ("/etc/passwd", "something that matches"),
        ("/vmfs/volumes/a/b.vmx; reboot", "something that matches"),
    ] {
        let said = read(&privately(&modal.submit(&[("vmx", vmx)]), "refused"));
        assert!(said.contains("vmx") && said.contains(expected), "{vmx}: {said}");
    }
    for (host, expected) in
        [("esxx", "esx"), ("kvm", "esx3"), ("esx,esx", "twice"), ("`@everyone`", "no host")]
    {
        let said = read(&privately(&modal.submit(&[("host", host), ("vmx", WELL)]), "refused"));
        assert!(said.contains(expected), "{host}: {said}");
    }
    let removal = run(&serving, "esx-iso-remove", "esx");
    assert!(removal.wait_modal().fields.iter().all(|field| field.required));
    privately(&removal.submit(&[("path", super::scene::ISO), ("reason", "   ")]), "reason");
    let ops = server.channel("ops");
    privately(&slash(&serving, "ana", ops, "run", &[("action", "esx-vm-stp")]), "esx-vm-stop");
    assert_eq!(server.threads(server.channel("incidents")).len(), 0);
    serving.is_clean();
}

#[test]
fn a_reading_action_with_all_it_needs_runs_at_once() {
    let serving = Serving::new();
    let (server, ops) = (&serving.server, serving.server.channel("ops"));
    let asked = run(&serving, "esx-vm-list", "esx");
    asked.wait_ack();
    let said = server.wait_for_text(ops, "r1 succeeded");
    assert!(said.text().contains("/web01/web01.vmx"), "{}", said.text());
    assert_eq!(server.threads(server.channel("incidents")).len(), 0, "reading is no incident");
    // What is missing is asked for, whatever is known stands in the form already.
    let given = [("action", "esxi-vm-kill"), ("mode", "hard"), ("reason", "it hangs")];
    let modal = slash(&serving, "ana", ops, "run", &given).wait_modal();
    let value = |name: &str| {
        let found = modal.fields.iter().find(|field| field.custom_id == name);
        found.unwrap().value.clone().unwrap_or_default()
    };
    assert_eq!(
        (value("host"), value("mode"), value("reason")),
        ("esxi".into(), "hard".into(), "it hangs".into())
    );
    serving.is_clean();
}

#[test]
fn an_article_that_has_changed_since_is_read_again_first() {
    let mut serving = Serving::stopped_at(Place::with_own_kb(), Setup::with_cast(), "");
    serving.start();
    let (server, ops) = (&serving.server, serving.server.channel("ops"));
    server.mention("ana", ops, "stop a virtual machine on the ESX host with vmware-cmd stop");
    let answer = with_button(&serving, ops, "A hung virtual machine", "Run: Stop a virtual machine");
    let button = label(&serving, answer, "Run: Stop a virtual machine");
    let modal = server.press("ana", answer, &button);
    modal.wait_modal();
    change(&serving.place.kb().join("vm-power-off-unresponsive.md"), "\n## Verify\n", "\n## verify\n");
    let told = modal.submit(&[("vmx", WELL), ("reason", "it hangs")]);
    let told = read(&privately(&told, "has changed since this was shown"));
    assert!(told.contains(&format!("`/run esx-vm-stop vmx={WELL} on esx because it hangs`")), "{told}");
    privately(&server.press("ana", answer, &button), "has changed since this was shown");
    run(&serving, "esx-vm-stop", "esx").submit(&[("vmx", WELL), ("reason", "it hangs")]).wait_answer();
    thread(&serving, 1);
    assert_eq!(serving.place.plays("lab-esx"), []);
    serving.is_clean();
}

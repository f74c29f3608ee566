use crate::domain::id::{ArticleId, Digest};
use crate::domain::policy::catalogue::Catalogue;
use crate::domain::rules::offers::{looks_like_a_host, offers};
use crate::domain::testing::{World, host};
use crate::domain::world::action::{Action, Risk};
use crate::domain::world::article::Quote;
use crate::domain::world::citation::{Candidate, Cited, Found};
use crate::domain::world::host::Platform;

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

fn near(id: &str, verbs: &[&str], objects: &[&str]) -> Candidate {
    Candidate { id: id.into(), is_near: true, verbs: words(verbs), objects: words(objects) }
}

fn far(id: &str) -> Candidate {
    Candidate { id: id.into(), ..Candidate::default() }
}

fn hit(actions: Vec<Candidate>) -> Cited {
    Cited {
        article: ArticleId::from("kvm-vm"),
        title: "Virtual machines".to_owned(),
        heading: Vec::new(),
        quotes: Vec::<Quote>::new(),
        file: "kvm-vm.md".to_owned(),
        lines: (1, 2),
        revision: Digest::of(b"article"),
        outdated: false,
        actions,
        elsewhere: Vec::new(),
        strange: Vec::new(),
    }
}

fn found(hit: Cited) -> Found {
    Found { hits: vec![hit], ..Found::default() }
}

fn offered(catalogue: &Catalogue, question: &str, found: &Found) -> Vec<String> {
    let offers = offers(catalogue, question, found, &found.hits[0]);
    offers.iter().map(|(_, action)| action.id.to_string()).collect()
}

fn of(actions: Vec<Candidate>) -> Vec<String> {
    offered(&World::new().catalogue, "q", &found(hit(actions)))
}

#[test]
fn a_change_stands_in_the_section_and_reading_comes_first() {
    assert_eq!(of(vec![near("vm-start", &[], &[]), far("vm-state")]), ["vm-state", "vm-start"]);
    assert_eq!(of(vec![far("vm-start"), far("vm-state")]), ["vm-state"]);
}

#[test]
fn what_destroys_is_not_offered_to_whoever_speaks_of_what_the_article_does_not_know() {
    let named = || hit(vec![near("vm-destroy", &["destroy"], &["vm"])]);
    let offered = |strange: &[&str]| {
        let hit = Cited { strange: words(strange), ..named() };
        offered(&World::new().catalogue, "q", &found(hit))
    };
    assert_eq!(offered(&[]), ["vm-destroy"]);
    assert_eq!(offered(&["kvm1", "web01"]), ["vm-destroy"], "hosts say where");
    assert!(offered(&["proxmox"]).is_empty());
}

#[test]
fn what_destroys_is_named_with_its_object_and_stands_in_the_section() {
    assert_eq!(of(vec![near("vm-destroy", &["destroy"], &["vm"])]), ["vm-destroy"]);
    assert!(of(vec![near("vm-destroy", &["destroy"], &[])]).is_empty());
    assert!(of(vec![near("vm-destroy", &[], &["vm"])]).is_empty());
    assert!(of(vec![Candidate { is_near: false, ..near("vm-destroy", &["destroy"], &["vm"]) }]).is_empty());
}

#[test]
fn a_host_is_no_word_for_anything() {
    for name in ["kvm1", "KVM1", "kill01", "web-02", "vm05.example.com", "192.0.2.1"] {
        assert!(of(vec![near("vm-destroy", &["destroy"], &[name])]).is_empty(), "{name}");
        assert!(of(vec![near("vm-destroy", &[name], &["vm"])]).is_empty(), "{name}");
        let hit = Cited { elsewhere: words(&[name]), ..hit(vec![far("vm-state")]) };
        assert_eq!(offered(&World::new().catalogue, "q", &found(hit)), ["vm-state"], "{name}");
    }
    assert!(!looks_like_a_host("-9") && !looks_like_a_host("97%") && !looks_like_a_host("vm"));
}

#[test]
fn the_section_comes_before_the_rest_of_the_article_and_three_are_enough() {
    let mut world = World::new();
    let read = world.catalogue.action_mut("vm-state").clone();
    for id in ["a-read", "b-read", "c-read"] {
        world.catalogue.article_mut().actions.push(Action { id: id.into(), ..read.clone() });
    }
    let actions = || {
        let destroy = near("vm-destroy", &["destroy"], &["vm"]);
        vec![destroy, near("vm-start", &[], &[]), far("a-read"), far("b-read"), far("c-read")]
    };
    let of = |actions| offered(&world.catalogue, "q", &found(hit(actions)));
    assert_eq!(of(actions()), ["a-read", "vm-start", "vm-destroy"]);
    assert_eq!(of(actions().split_off(2)), ["a-read", "b-read", "c-read"]);
}

#[test]
fn the_risk_is_what_the_planner_sees() {
    let mut world = World::new();
    world.catalogue.action_mut("vm-start").risk = Risk::Read;
    assert!(offered(&world.catalogue, "q", &found(hit(vec![far("vm-start")]))).is_empty());
}

#[test]
fn nothing_is_offered_on_what_may_be_no_answer() {
    let catalogue = World::new().catalogue;
    let sure = found(hit(vec![far("vm-state")]));
    assert_eq!(offered(&catalogue, "q", &sure), ["vm-state"]);
    let read_as = vec![("stat".to_owned(), "state".to_owned())];
    let outdated = Cited { outdated: true, ..hit(vec![far("vm-state")]) };
    let elsewhere = Cited { elsewhere: words(&["esx"]), ..hit(vec![far("vm-state")]) };
    for guessed in [
        Found { doubtful: true, ..sure.clone() },
        Found { mended: read_as, ..sure.clone() },
        found(outdated),
        found(elsewhere),
    ] {
        assert!(offered(&catalogue, "q", &guessed).is_empty(), "{guessed:?}");
    }
}

#[test]
fn under_another_hit_nothing_but_reading_is_offered() {
    let catalogue = World::new().catalogue;
    let all = || vec![near("vm-destroy", &["destroy"], &["vm"]), near("vm-start", &[], &[]), far("vm-state")];
    let second = Cited { file: "other.md".to_owned(), ..hit(all()) };
    let found = Found { hits: vec![hit(all()), second], ..Found::default() };
    let of = |hit| offers(&catalogue, "q", &found, hit).len();
    assert_eq!((of(&found.hits[0]), of(&found.hits[1])), (3, 1));
}

#[test]
fn an_action_that_the_host_cannot_run_is_not_offered() {
    let mut catalogue = World::new().catalogue;
    let result = found(hit(vec![far("vm-state")]));
    for (question, is_offered) in [
        ("the vm hangs", true),
        ("the vm hangs on kvm1", true),
        ("the vm on KVM2, hangs", true),
        ("what's win1's state?", false),
        ("the vm of win1 on kvm1", true),
    ] {
        assert_eq!(offered(&catalogue, question, &result).len(), usize::from(is_offered), "{question}");
    }
    catalogue.inventory.retain(|name, _| name.as_str() == "win1");
    assert!(offered(&catalogue, "the vm hangs", &result).is_empty());
    let linux = host("web01", Platform::Linux, 9);
    catalogue.inventory.insert(linux.name.clone(), linux);
    assert!(offered(&catalogue, "the root partition is full on web01", &result).is_empty());
    catalogue.inventory.clear();
    assert_eq!(offered(&catalogue, "the vm hangs", &result), ["vm-state"]);
}

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::domain::testing::catalogue as plain_catalogue;
use crate::domain::world::action::{Param, ParamType};

/// The world of the tests, with a choice to be made for one action.
fn catalogue() -> Catalogue {
    let mut catalogue = plain_catalogue();
    let actions = &mut catalogue.article_mut().actions;
    let start = actions.iter_mut().find(|action| action.id.as_str() == "vm-start").unwrap();
    start.title = "Start a virtual machine".to_owned();
    let choices = ["soft", "hard", "force", "so\u{202e}ft"].map(str::to_owned).to_vec();
    let mode = Param {
        prompt: "How".to_owned(),
        kind: ParamType::Choice,
        choices,
        default: None,
        pattern: None,
        example: None,
    };
    start.params.insert("mode".to_owned(), mode);
    catalogue
}

fn known() -> Known {
    let pair = |(id, about): &(&str, &str)| ((*id).to_owned(), (*about).to_owned());
    Known {
        incidents: [("i12", "mail is slow"), ("i1", "disk of\u{200b}\u{7} esx1 full")]
            .iter()
            .map(pair)
            .collect(),
        requests: [("r2", "vm-start on kvm1"), ("r1", "uptime on kvm2")].iter().map(pair).collect(),
    }
}

fn suggested(path: &str, options: &[(&str, &str)], focused: &str) -> Vec<(String, String)> {
    let slash = Slash {
        path: path.split(' ').map(str::to_owned).collect(),
        options: options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    };
    suggest(&catalogue(), &known(), &slash, focused)
}

fn values(path: &str, options: &[(&str, &str)], focused: &str) -> Vec<String> {
    suggested(path, options, focused).into_iter().map(|(_, value)| value).collect()
}

fn names(path: &str, options: &[(&str, &str)], focused: &str) -> Vec<String> {
    suggested(path, options, focused).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn an_action_shows_its_title_and_how_much_harm_it_can_do() {
    assert_eq!(
        names("run", &[("action", "vm-sta")], "action")[1],
        "vm-start - Start a virtual machine (change)"
    );
    assert_eq!(values("run", &[], "action").len(), 5);
}

#[test]
fn the_beginning_of_an_id_comes_before_a_word_of_a_title_and_that_before_a_slip() {
    let catalogue_order = ["vm-state", "vm-start", "vm-folder", "vm-destroy", "uptime"];
    assert_eq!(values("run", &[("action", "")], "action"), catalogue_order);
    assert_eq!(values("run", &[("action", "vm-stat")], "action"), ["vm-state", "vm-start"]);
    assert_eq!(values("run", &[("action", "VIRT machine")], "action"), ["vm-start"]);
    assert_eq!(values("run", &[("action", "destructive")], "action"), ["vm-destroy"]);
    assert_eq!(values("run", &[("action", "machnie")], "action"), ["vm-start"]);
    assert_eq!(values("run", &[("action", "xyzzy")], "action"), Vec::<String>::new());
    assert_eq!(values("run", &[("action", "?!")], "action"), Vec::<String>::new());
}

#[test]
fn what_was_picked_is_found_again_by_what_is_shown() {
    let shown = "vm-start - Start a virtual machine (change)";
    assert_eq!(values("run", &[("action", shown)], "action"), ["vm-start"]);
    assert_eq!(chosen(shown), "vm-start");
}

#[test]
fn hosts_fit_the_action_that_is_chosen() {
    assert_eq!(values("run", &[], "host"), ["bare", "kvm1", "kvm2", "kvm3", "win1"]);
    let chosen = [("action", "vm-start - Start it (change)")];
    assert_eq!(values("run", &chosen, "host"), ["bare", "kvm1", "kvm2", "kvm3"]);
    assert_eq!(values("check", &[("host", "windows")], "host"), ["win1"]);
}

#[test]
fn the_last_host_of_a_list_is_completed_and_none_comes_twice() {
    let given = [("host", "kvm2, kv")];
    let lists =
        [("kvm2,kvm1".to_owned(), "kvm2,kvm1".to_owned()), ("kvm2,kvm3".to_owned(), "kvm2,kvm3".to_owned())];
    assert_eq!(suggested("run", &given, "host")[..2], lists);
    assert!(!values("run", &given, "host").contains(&"kvm2,kvm2".to_owned()));
    let long = format!("{},k", "kvm1,".repeat(30));
    assert_eq!(values("run", &[("host", &long)], "host"), Vec::<String>::new());
}

#[test]
fn choices_belong_to_the_action_that_is_chosen() {
    assert_eq!(values("run", &[("action", "vm-start")], "mode"), ["soft", "hard", "force"]);
    assert_eq!(values("run", &[("action", "vm-start"), ("mode", "h")], "mode"), ["hard"]);
    for options in [&[("action", "vm-state")][..], &[("action", "nothing")], &[]] {
        assert_eq!(values("run", options, "mode"), Vec::<String>::new());
    }
    assert_eq!(values("run", &[("action", "vm-start")], "domain"), Vec::<String>::new());
}

#[test]
fn incidents_requests_and_articles_are_found_by_number_and_by_words() {
    assert_eq!(names("incident use", &[], "incident"), ["i12 - mail is slow", "i1 - disk of esx1 full"]);
    assert_eq!(values("incident use", &[("incident", "disk")], "incident"), ["i1"]);
    assert_eq!(values("approve", &[], "request"), ["r2", "r1"]);
    assert_eq!(values("approve", &[("request", "r1")], "request"), ["r1"]);
    assert_eq!(names("kb show", &[("article", "machines")], "article"), ["kvm-vm - Virtual machines"]);
}

#[test]
fn nothing_is_suggested_where_anything_can_be_typed() {
    for (path, option) in [("run", "reason"), ("incident assign", "person"), ("frob", "x"), ("hosts", "mode")]
    {
        assert_eq!(values(path, &[], option), Vec::<String>::new());
    }
}

#[test]
fn a_long_title_is_cut_before_the_harm() {
    let candidate = Candidate::titled("vm-start", &"wide \u{1f600}".repeat(60), "destructive");
    assert!(candidate.name.ends_with("... (destructive)"), "{}", candidate.name);
    assert!(length(&candidate.name) <= SUGGESTION_LEN_MAX);
    assert_eq!(shown("abcdef", 5), "ab...");
    assert_eq!(shown("abcdef", 3), "");
    assert_eq!(shown(" a\u{200b}\n b ", 5), "a b");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_typed_and_written_suggestions_are_few_short_and_visible(
        typed in "\\PC{0,20}|.{0,40}|[a-z0-9, -]{0,300}",
        title in ".{0,150}",
        id in "[a-z-]{1,120}|.{1,8}",
        focus in 0..5_usize,
    ) {
        let mut catalogue = catalogue();
        let article = catalogue.article_mut();
        let mut actions = Vec::new();
        for at in 0..40 {
            let mut action = article.actions[1].clone();
            action.id = ActionId(format!("{id}{at}"));
            action.title.clone_from(&title);
            actions.push(action);
        }
        article.actions.extend(actions);
        article.title.clone_from(&title);
        let known = Known { incidents: vec![(id.clone(), title.clone()); 40], requests: vec![(id, title)] };
        let (path, focused) = [
            ("run", "action"), ("run", "host"), ("run", "mode"), ("incident use", "incident"), ("kb show", "article"),
        ][focus];
        let options = BTreeMap::from([("action".to_owned(), "vm-start".to_owned()), (focused.to_owned(), typed)]);
        let slash = Slash { path: path.split(' ').map(str::to_owned).collect(), options };
        let found = suggest(&catalogue, &known, &slash, focused);
        prop_assert!(found.len() <= SUGGESTIONS_MAX);
        for text in found.iter().flat_map(|(name, value)| [name, value]) {
            prop_assert!((1..=100).contains(&text.encode_utf16().count()), "{text:?}");
            prop_assert!(!text.chars().any(|c| c.is_control() || is_invisible(c)), "{text:?}");
        }
        prop_assert_eq!(found, suggest(&catalogue, &known, &slash, focused));
    }
}

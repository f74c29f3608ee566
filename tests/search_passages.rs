//! What a tired reader gets to see of the project's own articles: the steps, not the sentence above them.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::path::Path;
use std::sync::LazyLock;

use dogwatch::search::{Hit, Search};

static SEARCH: LazyLock<Search> = LazyLock::new(|| {
    let kb = Path::new(env!("CARGO_MANIFEST_DIR")).join("kb");
    let loaded = dogwatch::kb::load(&kb).expect("the articles are part of the repository");
    Search::open(None, loaded.articles, &loaded.synonyms).unwrap()
});

fn hits(question: &str) -> Vec<Hit> {
    SEARCH.answer(question, 3).unwrap().hits
}

fn first(question: &str) -> Hit {
    hits(question).into_iter().next().expect(question)
}

#[test]
fn list_follows_the_sentence_that_leads_in_to_it() {
    let hit = first("conversion of a physical server stops at 97 percent");
    for step in ["Leave the new VM powered off", "choose Configure Machine", "go through the wizard"] {
        assert!(hit.passage.contains(step), "{}", hit.passage);
    }
}

#[test]
fn list_comes_with_the_commands_between_its_items() {
    let hit = first("web access unavailable, which port in proxy.properties and login.properties");
    for text in ["proxy.service.url = ", "login.webServiceUrl.defaultValue=", "Restart the web access"] {
        assert!(hit.passage.contains(text), "{}", hit.passage);
    }
}

#[test]
fn overview_yields_to_the_steps_below_it() {
    for question in ["remediation fails, insufficient space", "VI web access unavailable"] {
        let hit = first(question);
        assert!(hit.heading.len() > 1, "{question}: {:?}", hit.heading);
    }
}

#[test]
fn symptom_gets_what_to_do_and_why_gets_the_cause() {
    for question in ["esxi vm stuck", "kvm guest hung", "converter says disk corrupted"] {
        let hit = first(question);
        let top = hit.heading.first().map(String::as_str);
        assert!(!matches!(top, Some("Cause" | "Symptoms")), "{question}: {:?}", hit.heading);
    }
    assert_eq!(first("why does a conversion fail at 5 percent").heading[0], "Cause");
}

#[test]
fn where_no_platform_is_named_the_others_are_near() {
    let found = |question: &str| hits(question).iter().map(|hit| hit.article.to_string()).collect::<Vec<_>>();
    let create = found("create a vm");
    assert!(["kvm-vm-create", "vm-create-cli"].iter().all(|id| create.iter().any(|it| it == id)));
    let list = found("list vms");
    assert_eq!(list.iter().filter(|id| id.ends_with("vm-power-off-unresponsive")).count(), 3, "{list:?}");
}

#[test]
fn slips_of_the_finger_and_joined_words_are_mended_instead_of_refused() {
    for (question, article) in [
        ("remidiation fails", "service-console-disk-full"),
        ("how do I get the worldid", "vm-power-off-unresponsive"),
        ("vmkfstool", "vm-create-cli"),
    ] {
        assert!(hits(question).iter().any(|hit| hit.article.as_str() == article), "{question}");
    }
    for question in ["bridge networking", "grafana dashboards", "kvm nested virtualization"] {
        assert!(hits(question).is_empty(), "{question}");
    }
}

//! The search over small articles: ranking, passages, refusals, robustness.

mod answered;
mod cited;

use std::sync::LazyLock;

use dogwatch::domain::id::{ArticleId, Digest};
use dogwatch::domain::world::article::{Article, Block, BlockKind, Section, Synonyms};
use dogwatch::search::{HITS_MAX, Origin, Search};
use proptest::prelude::*;

fn section(heading: &[&str], line: usize, blocks: &[&str]) -> Section {
    let last = line + 2 * blocks.len();
    let block = |(index, text): (usize, &&str)| {
        let at = line + 2 + 2 * index;
        let kind = if text.starts_with("$ ") { BlockKind::Code } else { BlockKind::Text };
        Block { text: (*text).to_owned(), kind, lines: (at, at) }
    };
    Section {
        anchor: heading.last().unwrap_or(&"top").to_lowercase().replace(' ', "-"),
        heading: heading.iter().map(ToString::to_string).collect(),
        blocks: blocks.iter().enumerate().map(block).collect(),
        lines: (line, last),
    }
}

fn article(id: &str, title: &str, symptoms: &[&str], sections: Vec<Section>) -> Article {
    Article {
        id: id.into(),
        title: title.to_owned(),
        products: Vec::new(),
        tags: Vec::new(),
        symptoms: symptoms.iter().map(ToString::to_string).collect(),
        reviewed: "2026-11-01".to_owned(),
        revision: Digest::of(id.as_bytes()),
        file: format!("{id}.md"),
        sections,
        actions: Vec::new(),
    }
}

fn articles() -> Vec<Article> {
    vec![
        article(
            "ftp-slow",
            "FTP transfers are slow",
            &["uploads crawl"],
            vec![section(
                &["Resolution"],
                10,
                &["Set the passive port range in proxy.properties to 97% of it."],
            )],
        ),
        article(
            "disk-full",
            "A disk is full",
            &["the volume has run out of room"],
            vec![
                section(&["Symptoms"], 10, &["Writing to the disk fails."]),
                section(
                    &["Resolution", "Rotate the journal"],
                    20,
                    &[
                        "First look at how large it is.",
                        "Then shrink it:",
                        "$ journalctl --vacuum-size=1G",
                        "Unrelated last words.",
                    ],
                ),
                section(&["Verify"], 40, &["The disk has space again."]),
            ],
        ),
        article(
            "guest-frozen",
            "A frozen virtual machine",
            &["nobody can reach the machine"],
            vec![section(
                &["Resolution"],
                10,
                &["Run vmkload_app -k 9 with the number from /proc/vmware/vm."],
            )],
        ),
        article(
            "mention",
            "Notes on cables",
            &[],
            vec![section(
                &["Colours"],
                10,
                &["Cables are grey. One of them was near a disk that was full of toast."],
            )],
        ),
    ]
}

/// Those that come with the program.
fn synonyms() -> Synonyms {
    dogwatch::kb::load(std::path::Path::new(crate::KB)).unwrap().synonyms
}

fn search() -> &'static Search {
    static SEARCH: LazyLock<Search> = LazyLock::new(|| Search::of(articles(), &synonyms()).unwrap());
    &SEARCH
}

fn first(question: &str) -> Option<String> {
    search().answer(question, 3).unwrap().hits.first().map(|hit| hit.article.to_string())
}

#[test]
fn title_outranks_a_mention_in_the_text() {
    assert_eq!(first("disk full").as_deref(), Some("disk-full"));
}

#[test]
fn everyday_words_that_meet_by_chance_are_no_halves_of_a_word() {
    let steps = section(&["Resolution"], 10, &["Lower the bridge by hand.", "Set a limit for the world id."]);
    let articles = vec![article("bridge", "A bridge stays up", &[], vec![steps])];
    let search = Search::of(articles, &Synonyms::default()).unwrap();
    let mended = |question: &str| search.answer(question, 1).unwrap().mended;
    assert!(mended("handsets bridge limit").is_empty());
    assert_eq!(mended("worldid bridge limit")[0].read_as, "world id");
}

#[test]
fn what_a_question_says_twice_counts_twice() {
    let about = |word: &str| {
        let text = format!("Oil the {word}.");
        article(word, &format!("A {word}"), &[], vec![section(&["Resolution"], 10, &[&text])])
    };
    let search = Search::of(vec![about("pump"), about("valve")], &synonyms()).unwrap();
    for (question, expected) in [("a pump, a valve, a pump", "pump"), ("a valve, a pump, a valve", "valve")] {
        assert_eq!(search.rank(question, 2).unwrap()[0].as_str(), expected, "{question}");
    }
}

#[test]
fn words_that_stand_close_together_in_the_question_do_in_the_best_article() {
    let filler = "The operator reads it slowly before breakfast. ";
    // Each has the same words as often, at a length that is the same.
    let far = format!("The tape broke. {}A drive squeaks.", filler.repeat(2));
    let near = format!("{}A drive squeaks. The tape broke.", filler.repeat(2));
    let of = |id: &str, text: &str| article(id, "Notes", &[], vec![section(&["Cause"], 10, &[text])]);
    let search = Search::of(vec![of("far", &far), of("near", &near)], &Synonyms::default()).unwrap();
    for question in ["tape drive squeaks", "squeaks of the tape drive"] {
        let ranked = search.rank(question, 2).unwrap();
        assert_eq!(ranked.iter().map(ArticleId::as_str).collect::<Vec<_>>(), ["near", "far"], "{question}");
    }
}

#[test]
fn a_code_is_found_before_one_of_the_same_parts_in_another_order() {
    let numbers = (0..12).flat_map(|node| (0..12).map(move |port| (node, port)));
    let code = |(node, port)| format!("err_node{node}_port{port}");
    let of = |(node, port): (usize, usize)| {
        // Longer or shorter than that of the other order.
        let filler = "Look at the lamp of the card. ".repeat((3 * node + port) % 7);
        let text = format!("{filler}The log says {}.", code((node, port)));
        let id = format!("a{node}-{port}");
        article(&id, "A port is down", &[], vec![section(&["Cause"], 10, &[&text])])
    };
    let search = Search::of(numbers.clone().map(of).collect(), &Synonyms::default()).unwrap();
    for (node, port) in numbers {
        let ranked = search.rank(&format!("what is {}", code((node, port))), 1).unwrap();
        assert_eq!(ranked[0].as_str(), format!("a{node}-{port}"));
    }
}

#[test]
fn two_spellings_of_a_word_count_alike_in_either_order() {
    let one = article("one", "The vm-support tool", &[], vec![section(&["Use"], 10, &["Run vm-support."])]);
    let search = Search::of(vec![one], &Synonyms::default()).unwrap();
    let score = |question: &str| search.answer(question, 1).unwrap().hits[0].score;
    assert!((score("vm-support vmsupport") - score("vmsupport vm-support")).abs() < f32::EPSILON);
}

#[test]
fn symptoms_of_the_front_matter_are_found_and_a_real_section_is_cited() {
    let answer = search().answer("volume ran out of room", 3).unwrap();
    let hit = &answer.hits[0];
    assert_eq!((hit.article.as_str(), hit.section.as_str()), ("disk-full", "rotate-the-journal"));
}

#[test]
fn commands_paths_and_codes_are_found_whole_and_in_parts() {
    for question in ["vmkload", "vmkload_app", "/proc/vmware/vm", "vmkload_app -k 9", "VMKLOAD_APP?"] {
        assert_eq!(first(question).as_deref(), Some("guest-frozen"), "{question}");
    }
    for question in ["proxy.properties", "proxy properties 97 percent", "`proxy.properties`:"] {
        assert_eq!(first(question).as_deref(), Some("ftp-slow"), "{question}");
    }
}

#[test]
fn equivalent_expressions_find_each_other() {
    assert_eq!(first("hung vm").as_deref(), Some("guest-frozen"));
    assert_eq!(first("guest is not responding").as_deref(), Some("guest-frozen"));
}

#[test]
fn question_syntax_means_nothing() {
    for question in
        ["disk: full", "disk AND (full", "\"disk full", "-disk +full", "disk* full~ [", "text:disk full"]
    {
        assert_eq!(first(question).as_deref(), Some("disk-full"), "{question}");
    }
}

#[test]
fn passage_holds_the_command_with_its_lead_in_and_exact_lines() {
    let hit = search().answer("rotate the journal, disk full", 1).unwrap().hits.remove(0);
    assert_eq!(hit.section, "rotate-the-journal");
    assert!(hit.passage.contains("Then shrink it:\n$ journalctl --vacuum-size=1G"), "{}", hit.passage);
    assert!(hit.lines.0 <= 24 && hit.lines.1 >= 26, "{:?}", hit.lines);
}

#[test]
fn an_article_is_hit_at_most_once() {
    let hits = search().answer("disk full journal space", HITS_MAX).unwrap().hits;
    let mut ids: Vec<_> = hits.iter().map(|hit| hit.article.clone()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), hits.len());
}

#[test]
fn order_of_articles_changes_nothing() {
    let mut reversed = articles();
    reversed.reverse();
    let other = Search::of(reversed, &synonyms()).unwrap();
    for question in ["disk full", "hung vm", "proxy.properties", "cables"] {
        assert_eq!(search().answer(question, 9).unwrap(), other.answer(question, 9).unwrap());
    }
}

#[test]
fn many_equal_articles_answer_alike_whenever_they_are_indexed() {
    let of = |number: usize| {
        let text = format!("Turn the widget {}.", number % 7);
        article(&format!("a{number}"), "A widget", &["it is stuck"], vec![section(&["Do"], 10, &[&text])])
    };
    let build = || Search::of((0..600).map(of).collect(), &Synonyms::default()).unwrap();
    let (first, second) = (build(), build());
    assert!(first.chunks() > 1_000);
    for question in ["widget", "turn the widget 3", "stuck widget", "wigdet", "gibberish"] {
        assert_eq!(first.answer(question, 9).unwrap(), second.answer(question, 9).unwrap(), "{question}");
    }
}

#[test]
fn no_articles_is_no_answer_and_no_error() {
    let search = Search::of(Vec::new(), &synonyms()).unwrap();
    assert_eq!(search.origin(), &Origin::Memory);
    let answer = search.answer("disk full", 3).unwrap();
    assert!(!answer.answered && answer.nearest.is_empty());
}

#[test]
fn article_without_sections_or_text_is_harmless() {
    let empty = vec![
        article("a", "Lonely title", &["lonely"], Vec::new()),
        article("b", "Bare title", &["bare"], vec![section(&["Nothing"], 5, &[])]),
    ];
    let search = Search::of(empty, &synonyms()).unwrap();
    for (question, nearest) in [("lonely title", "a"), ("bare title", "b"), ("nothing", "b")] {
        let answer = search.answer(question, 3).unwrap();
        assert!(!answer.answered && answer.hits.is_empty(), "{question}");
        assert_eq!(answer.nearest[0].article.as_str(), nearest, "{question}");
    }
}

#[test]
fn very_long_questions_are_bounded() {
    let search = search();
    let all_different: Vec<String> = (0..20_000).map(|n| format!("w{n}")).collect();
    // Words of letters, of which none is known: each could be a slip.
    let letters =
        |n: u32| n.to_string().chars().map(|c| char::from(b'a' + c as u8 - b'0')).collect::<String>();
    let strange: Vec<String> = (0..20_000).map(|n| format!("disk{}", letters(n))).collect();
    let long = ["disk full ".repeat(10_000), "a".repeat(100_000), all_different.join(" "), strange.join(" ")];
    for question in long {
        let read: String = question.chars().take(4_000).collect();
        let answer = search.answer(&question, usize::MAX).unwrap();
        assert_eq!(answer, search.answer(&read, usize::MAX).unwrap());
        assert!(answer.mended.len() <= 8, "{:?}", answer.mended);
    }
    // What stands behind all that is not read.
    let far = |filler: &str| search.answer(&format!("{} {filler}", "disk full ".repeat(400)), 3).unwrap();
    assert_eq!(far("proxy.properties"), far(""));
}

#[test]
fn json_line_has_the_documented_fields() {
    let search = search();
    let answer = search.answer("disk full", 1).unwrap();
    let line = serde_json::to_value(answer.line("disk full", 7)).unwrap();
    let keys = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        keys(&line),
        ["answered", "certain", "hits", "mended", "nearest", "question", "revision", "took_us", "v"]
    );
    assert_eq!(
        keys(&line["hits"][0]),
        ["actions", "article", "file", "heading", "lines", "marks", "passage", "score", "section", "title"]
    );
    assert_eq!((&line["v"], &line["answered"]), (&1.into(), &true.into()));
    let refused = search.answer("xyzzy", 1).unwrap();
    let line = serde_json::to_value(refused.line("xyzzy", 7)).unwrap();
    assert_eq!(keys(&line["nearest"][0]), ["article", "title"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Bytes as they come from anywhere, with pieces of real questions among them.
    #[test]
    fn any_bytes_get_an_answer_or_a_refusal_within_the_limits(
        pieces in prop::collection::vec(
            prop_oneof![
                prop::collection::vec(any::<u8>(), 0..200),
                prop::sample::select(vec![
                    "disk full", "/proc/vmware", "-k 9", "97%", "why", "\"", "(", "AND NOT", "*:*", "\u{202e}", "v-",
                ]).prop_map(|text| text.as_bytes().to_vec()),
            ],
            0..40,
        ),
        limit in 0_usize..200,
    ) {
        let question = String::from_utf8_lossy(&pieces.concat()).into_owned();
        let search = search();
        let answer = search.answer(&question, limit).unwrap();
        prop_assert!(answer.hits.len() <= limit.clamp(1, HITS_MAX));
        prop_assert_eq!(answer.answered, !answer.hits.is_empty());
        prop_assert_eq!(answer.answered, answer.nearest.is_empty());
        prop_assert_eq!(&search.answer(&question, limit).unwrap(), &answer);
        for hit in &answer.hits {
            prop_assert!(!hit.passage.is_empty() && hit.lines.0 <= hit.lines.1);
        }
    }

    #[test]
    fn any_text_is_an_article(text in any::<String>(), heading in any::<String>()) {
        let made = article("x", &heading, &[&text], vec![section(&[&heading], 1, &[&text])]);
        let search = Search::of(vec![made], &synonyms()).unwrap();
        for hit in search.answer(&text, 3).unwrap().hits {
            prop_assert!(hit.lines.0 >= 1 && hit.lines.0 <= hit.lines.1);
        }
    }
}

//! What is enough for an answer, and for one without a word of doubt.

use dogwatch::domain::world::article::Synonyms;
use dogwatch::search::Search;

use super::{article, articles, first, search, section, synonyms};

#[test]
fn a_code_is_what_an_article_is_about_wherever_it_stands() {
    let text =
        "A store that is full answers 0xA700, and event 7031 is written. Nobody likes the colour mauve.";
    let pump = |n: usize| {
        article(
            &format!("pump-{n}"),
            "Pumps",
            &[],
            vec![section(&["Resolution"], 10, &["Grease the pump well."])],
        )
    };
    let store = article("store", "Pictures are not sent", &[], vec![section(&["Resolution"], 10, &[text])]);
    let search = Search::of((0..9).map(pump).chain([store]).collect(), &Synonyms::default()).unwrap();
    for question in ["0xA700", "event 7031", "0xa700 again and again"] {
        assert!(search.answer(question, 1).unwrap().certain, "{question}");
    }
    for question in ["mauve", "colour mauve"] {
        assert!(!search.answer(question, 1).unwrap().certain, "{question}");
    }
}

#[test]
fn foreign_questions_are_refused_and_name_the_nearest() {
    for question in
        ["reset my mail password", "book a flight to Lisbon", "xyzzy", "", "how is the", "🦀", "\u{7}"]
    {
        let answer = search().answer(question, 3).unwrap();
        assert!(!answer.answered && answer.hits.is_empty() && !answer.nearest.is_empty(), "{question:?}");
    }
}

#[test]
fn mentioning_a_word_is_no_answer_unless_it_is_rare_and_all_that_is_asked() {
    assert!(!search().answer("grey toast for breakfast in the canteen", 3).unwrap().answered);
    assert!(!search().answer("toast in the canteen", 3).unwrap().answered);
    assert_eq!(first("toast").as_deref(), Some("mention"));
}

#[test]
fn what_has_nothing_to_cite_lends_its_evidence_to_no_other() {
    let text = section(&["Resolution"], 10, &["It stands beside the printer."]);
    let coffee = article("coffee", "Coffee machine", &[], vec![text]);
    // No section, only the title's, one without text, an image without name, dots.
    let nothing = [
        Vec::new(),
        vec![section(&[], 8, &[])],
        vec![section(&["Resolution"], 8, &[])],
        vec![section(&[], 8, &[""])],
        vec![section(&["Resolution"], 8, &["..."])],
    ];
    for sections in nothing {
        let stub = article("stub", "The printer squeaks", &[], sections);
        let search = Search::of(vec![stub, coffee.clone()], &synonyms()).unwrap();
        let answer = search.answer("the printer squeaks", 3).unwrap();
        assert_eq!((answer.answered, answer.hits.len()), (false, 0));
        assert_eq!(answer.nearest[0].article.as_str(), "stub");
    }
}

#[test]
fn what_an_article_is_about_counts_beside_its_best_sections() {
    let best = section(&["Steps"], 10, &["Manifold leaks. Manifold leaks. Manifold leaks. Manifold leaks."]);
    let symptom = "rattles come out of an old and rusty machine, and the cellar with the pump floods";
    let about = article("tap", "Plumbing", &[symptom], vec![best; 4]);
    let mention = section(&["Notes"], 10, &["Far away from here a pump stands, and it rattles in the wind."]);
    let garden = article("garden", "Meadows", &[], vec![mention; 7]);
    let search = Search::of([vec![about, garden], articles()].concat(), &synonyms()).unwrap();
    let first =
        |question| search.answer(question, 3).unwrap().hits.first().map(|hit| hit.article.to_string());
    assert_eq!(first("manifold leaks, pump rattles").as_deref(), Some("tap"));
    assert_eq!(first("manifold leaks, printer jams"), None);
}

#[test]
fn one_word_that_says_nothing_by_itself_gets_no_certain_answer() {
    let pump = |n: usize| {
        let sections = vec![section(&["Resolution"], 10, &["Stop the pump with pump-ctl -x."])];
        article(&format!("pump-{n}"), &format!("Pump of kind {n} delivers nothing"), &[], sections)
    };
    let gasket =
        article("gasket", "A worn gasket", &[], vec![section(&["Resolution"], 10, &["Replace the gasket."])]);
    let search = Search::of((0..29).map(pump).chain([gasket]).collect(), &Synonyms::default()).unwrap();
    for (question, certain) in [
        ("gasket", true),
        ("pump-ctl", true),
        ("worn gasket", true),
        ("pump", false),
        ("x", false),
        ("how do I stop my pump please", true),
        ("please pump it all today", false),
    ] {
        let answer = search.answer(question, 1).unwrap();
        assert!(answer.certain == certain, "{question}: {answer:?}");
    }
}

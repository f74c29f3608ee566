//! The search with the model: what is meant is found though no word is shared, and what has a vector is
//! not encoded again.

use std::cell::RefCell;
use std::sync::{Arc, RwLock};

use dogwatch::domain::article::Synonyms;
use dogwatch::model::{Model, Vectors};
use dogwatch::search::Search;

use super::wheel;

fn article(id: &str, title: &str, text: &str) -> dogwatch::domain::article::Article {
    let page = format!(
        "+++\nid = \"{id}\"\ntitle = \"{title}\"\nproducts = [\"p\"]\ntags = [\"t\"]\nsymptoms = [\"{title}\"]\n\
         reviewed = 2026-11-01\n+++\n# {title}\n\n## Resolution\n\n{text}\n"
    );
    let (page, findings) = dogwatch::kb::read_page(&format!("{id}.md"), page.as_bytes());
    page.unwrap_or_else(|| unreachable!("{findings:?}")).article
}

fn articles(last: &str) -> Vec<dogwatch::domain::article::Article> {
    vec![
        article("bread", "Baking bread", "Knead the dough, let it rise, put it into a hot oven."),
        article("brakes", "Worn brake pads", "Replace the pads of both wheels of an axle."),
        article("cat", "Feeding a cat", last),
    ]
}

fn search(articles: Vec<dogwatch::domain::article::Article>) -> Search {
    Search::of(articles, &Synonyms::default()).unwrap()
}

#[test]
fn what_is_meant_is_found_though_no_word_is_shared() {
    let model = Arc::new(Model::open(&wheel::folder()).unwrap());
    let question = "my car squeals when it stops";
    let words = search(articles("Twice a day."));
    assert!(!words.answer(question, 3).unwrap().answered, "by words there is nothing");
    let (with_model, failed) = words.with_model(Arc::clone(&model), Arc::default(), &|_, _| {}).unwrap();
    assert!(failed.is_none());
    assert_eq!(with_model.rank(question, 1).unwrap()[0].as_str(), "brakes");
    assert!(!with_model.answer("how tall is the tower of Pisa", 3).unwrap().answered, "meaning refuses too");
    let answer = with_model.answer("how do I replace worn brake pads", 3).unwrap();
    assert_eq!((answer.hits[0].article.as_str(), answer.hits[0].section.as_str()), ("brakes", "resolution"));
}

#[test]
fn of_a_long_question_forty_words_are_compared() {
    let model = Arc::new(Model::open(&wheel::folder()).unwrap());
    let (search, _) = search(articles("Twice a day.")).with_model(model, Arc::default(), &|_, _| {}).unwrap();
    // Words that carry no information are nothing but a part of what is meant.
    let score = |the: usize, of: usize| {
        let question = format!("how do I replace worn brake pads {}{}", "the ".repeat(the), "of ".repeat(of));
        search.answer(&question, 1).unwrap().hits[0].score
    };
    let forty = score(33, 0);
    assert_eq!(score(33, 60).to_bits(), forty.to_bits());
    assert_ne!(score(32, 1).to_bits(), forty.to_bits());
}

#[test]
fn only_what_is_new_is_encoded() {
    let model = Arc::new(Model::open(&wheel::folder()).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vectors");
    let encoded = |last: &str| {
        let told = RefCell::new(Vec::new());
        let vectors = Vectors::open(&path).unwrap();
        let progress = |done, all| told.borrow_mut().push((done, all));
        let (_, failed) = search(articles(last))
            .with_model(Arc::clone(&model), Arc::new(RwLock::new(vectors)), &progress)
            .unwrap();
        assert!(failed.is_none());
        told.into_inner().last().copied().unwrap()
    };
    assert_eq!(encoded("Twice a day."), (6, 6), "a front and a section of each article");
    assert_eq!(encoded("Twice a day."), (0, 0));
    assert_eq!(encoded("Three times a day."), (1, 1));
}

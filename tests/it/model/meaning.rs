//! The search with the model: what is meant is found though no word is shared, and what has a vector is
//! not encoded again.

use std::cell::RefCell;
use std::sync::Arc;

use dogwatch::domain::world::article::Synonyms;
use dogwatch::model::{Model, Vectors};
use dogwatch::search::{Answer, Search};

use super::{page, wheel};

fn article(id: &str, title: &str, text: &str) -> dogwatch::domain::world::article::Article {
    let text = page(id, title, text);
    let (page, findings) = dogwatch::kb::read_page(&format!("{id}.md"), text.as_bytes());
    page.unwrap_or_else(|| unreachable!("{findings:?}")).article
}

fn articles(last: &str) -> Vec<dogwatch::domain::world::article::Article> {
    vec![
        article("bread", "Baking bread", "Knead the dough, let it rise, put it into a hot oven."),
        article("brakes", "Worn brake pads", "Replace the pads of both wheels of an axle."),
        article("cat", "Feeding a cat", last),
    ]
}

fn search(articles: Vec<dogwatch::domain::world::article::Article>) -> Search {
    Search::of(articles, &Synonyms::default()).unwrap()
}

/// A search of which the model has read everything.
fn read_whole(search: Search, model: &Arc<Model>) -> Search {
    let search = search.with_model(Arc::clone(model), Arc::default());
    assert!(search.encode(&|_, _| true).unwrap().is_none());
    search.renewed()
}

#[test]
fn what_is_meant_is_found_though_no_word_is_shared() {
    let model = Arc::new(Model::open(&wheel::folder()).unwrap());
    let question = "my car squeals when it stops";
    let words = search(articles("Twice a day."));
    assert!(!words.answer(question, 3).unwrap().answered, "by words there is nothing");
    let with_model = read_whole(words, &model);
    assert_eq!(with_model.rank(question, 1).unwrap()[0].as_str(), "brakes");
    assert!(!with_model.answer("how tall is the tower of Pisa", 3).unwrap().answered, "meaning refuses too");
    let answer = with_model.answer("how do I replace worn brake pads", 3).unwrap();
    assert_eq!((answer.hits[0].article.as_str(), answer.hits[0].section.as_str()), ("brakes", "resolution"));
}

#[test]
fn of_a_long_question_forty_words_are_compared() {
    let model = Arc::new(Model::open(&wheel::folder()).unwrap());
    let search = read_whole(search(articles("Twice a day.")), &model);
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
        let vectors = Arc::new(Vectors::open(&path).unwrap());
        let search = search(articles(last)).with_model(Arc::clone(&model), vectors);
        let failed = search.encode(&|done, all| {
            told.borrow_mut().push((done, all));
            true
        });
        assert!(failed.unwrap().is_none());
        let told = told.into_inner().last().copied().unwrap();
        assert_eq!((search.lacking(), search.renewed().lacking()), (told.1, 0));
        told
    };
    assert_eq!(encoded("Twice a day."), (6, 6), "a front and a section of each article");
    assert_eq!(encoded("Twice a day."), (0, 0));
    assert_eq!(encoded("Three times a day."), (1, 1));
}

#[test]
fn what_has_not_been_encoded_is_found_by_its_words_as_without_the_model() {
    let model = Arc::new(Model::open(&wheel::folder()).unwrap());
    let questions =
        ["how do I replace worn brake pads", "feeding a cat twice", "how tall is the tower of Pisa"];
    let words = search(articles("Twice a day."));
    let waiting = search(articles("Twice a day.")).with_model(Arc::clone(&model), Arc::default());
    for question in questions {
        let (by_words, so_far) = (words.answer(question, 3).unwrap(), waiting.answer(question, 3).unwrap());
        assert_eq!((by_words.answered, by_words.certain), (so_far.answered, so_far.certain), "{question}");
        let cited = |answer: &Answer| {
            answer.hits.iter().map(|hit| (hit.article.clone(), hit.lines)).collect::<Vec<_>>()
        };
        assert_eq!(cited(&by_words), cited(&so_far), "{question}");
    }
    // One that is new beside two that the model has read.
    let vectors = Arc::new(Vectors::default());
    let old = search(articles("").into_iter().filter(|it| it.id.as_str() != "cat").collect());
    old.with_model(Arc::clone(&model), Arc::clone(&vectors)).encode(&|_, _| true).unwrap();
    let mixed = search(articles("Twice a day.")).with_model(model, vectors);
    assert_eq!(mixed.lacking(), 2);
    let answer = mixed.answer("feeding a cat twice a day", 3).unwrap();
    assert!(answer.certain && answer.hits[0].article.as_str() == "cat", "{answer:?}");
    assert_eq!(mixed.answer(questions[0], 3).unwrap().hits[0].article.as_str(), "brakes");
}

#[test]
fn whoever_stops_keeps_what_has_been_encoded() {
    let model = Arc::new(Model::open(&wheel::folder()).unwrap());
    let vectors = Arc::new(Vectors::default());
    let many =
        |number| article(&format!("a{number}"), &format!("The pump number {number} leaks"), "Seal it.");
    let search = search((0..40).map(many).collect()).with_model(model, vectors);
    assert_eq!(search.lacking(), 80);
    search.encode(&|done, _| done == 0).unwrap();
    assert_eq!(search.renewed().lacking(), 80 - 32);
}

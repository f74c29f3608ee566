//! A bot with the model: what is new is found by its words at once, and encoded meanwhile.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dogwatch::articles::library::KbLibrary;
use dogwatch::articles::meaning::Meaning;
use dogwatch::model::{Model, Vectors};

use super::{page, wheel};

fn write(kb: &Path, id: &str, title: &str, text: &str) {
    fs::write(kb.join(format!("{id}.md")), page(id, title, text)).unwrap();
}

fn open(kb: &Path, index: &Path) -> Arc<KbLibrary> {
    let model = Arc::new(Model::open(&wheel::folder()).unwrap());
    let vectors = Vectors::open(&index.join("vectors")).unwrap();
    Arc::new(KbLibrary::open(kb, Some(index), Some(Meaning::new(model, vectors))).unwrap())
}

fn best(library: &KbLibrary, question: &str) -> Option<String> {
    let answer = library.current().answer(question, 1).unwrap();
    answer.hits.first().map(|hit| hit.article.to_string())
}

/// Waits until everything is encoded.
fn whole(library: &KbLibrary, articles: usize) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while library.current().lacking() > 0 || library.current().articles() < articles {
        assert!(Instant::now() < deadline, "{} texts have no vector", library.current().lacking());
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn what_is_new_is_found_by_its_words_until_it_is_encoded() {
    let (kb, index) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(kb.path(), "brakes", "Worn brake pads", "Replace the pads of both wheels of an axle.");
    write(kb.path(), "bread", "Baking bread", "Knead the dough, let it rise, put it into a hot oven.");
    let library = open(kb.path(), index.path());
    let (by_words, by_meaning) = ("how do I replace worn brake pads", "my car squeals when it stops");
    assert_eq!(library.current().lacking(), 4, "nobody waits for the model");
    assert_eq!(best(&library, by_words).as_deref(), Some("brakes"));
    assert_eq!(best(&library, by_meaning), None);

    let following = library.watch().unwrap();
    whole(&library, 2);
    assert_eq!(library.current().rank(by_meaning, 1).unwrap()[0].as_str(), "brakes");
    write(kb.path(), "cat", "Feeding a cat", "Give it a tin twice a day.");
    whole(&library, 3);
    assert_eq!(library.current().rank("my kitten is hungry", 1).unwrap()[0].as_str(), "cat");
    drop(following);

    assert_eq!(open(kb.path(), index.path()).current().lacking(), 0, "what was encoded is kept");
}

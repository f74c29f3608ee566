//! The index on disk: it follows the files, and whatever happens to it, questions are answered.

mod damage;
mod gone;
mod kept;
mod killed;
mod some;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use dogwatch::domain::id::Digest;
use dogwatch::domain::world::article::{Article, Block, BlockKind, Section, Synonyms};
use dogwatch::search::{Index, Origin, Reading, Search, Seen, Unusable};

fn article(file: &str, text: &str) -> Article {
    let block = Block { text: text.to_owned(), kind: BlockKind::Text, lines: (12, 12) };
    let section =
        Section { anchor: "fix".into(), heading: vec!["Fix".into()], blocks: vec![block], lines: (10, 12) };
    Article {
        id: file.trim_end_matches(".md").into(),
        title: format!("A {} is full", file.trim_end_matches("-full.md")),
        products: Vec::new(),
        tags: Vec::new(),
        symptoms: Vec::new(),
        reviewed: "2026-11-01".into(),
        revision: Digest::of(text.as_bytes()),
        file: file.into(),
        sections: vec![section],
        actions: Vec::new(),
    }
}

/// Files by name; an empty one can't be read.
type Files<'a> = BTreeMap<&'a str, &'a str>;

/// What was read, in any order.
type Looked = Mutex<Vec<String>>;

fn taken(looked: &Looked) -> Vec<String> {
    let mut looked = std::mem::take(&mut *looked.lock().unwrap());
    looked.sort();
    looked
}

/// Brings an index up to date. What was read is noted.
fn follow(index: &mut Index, files: &Files, looked: &Looked) -> Search {
    let stamp = |text: &str| Digest::of(text.as_bytes()).key();
    let seen: Vec<Seen> =
        files.iter().map(|(file, text)| Seen::new((*file).to_owned(), stamp(text))).collect();
    let read = |seen: &Seen| {
        looked.lock().unwrap().push(seen.file.clone());
        match files[seen.file.as_str()] {
            "" => Reading::Broken("it is empty".to_owned()),
            text => Reading::Article(Box::new(article(&seen.file, text))),
        }
    };
    index.follow(&seen, &[], Some(&Synonyms::default()), &read).unwrap();
    index.search().unwrap()
}

fn search_in(dir: &Path, text: &str) -> Search {
    let mut index = Index::open(Some(dir), Path::new("kb"));
    follow(&mut index, &Files::from([("disk-full.md", text)]), &Looked::default())
}

/// Opens the index and proves that it answers.
fn open(dir: &Path) -> Origin {
    let search = search_in(dir, "Remove old files.");
    assert_eq!(search.answer("the disk is full", 3).unwrap().hits[0].lines, (12, 12));
    search.origin().clone()
}

fn built() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(open(dir.path()), Origin::Rebuilt(Unusable::Missing));
    assert_eq!(open(dir.path()), Origin::Reused);
    dir
}

#[test]
fn missing_folder_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let deep = dir.path().join("a/b");
    assert_eq!(open(&deep), Origin::Rebuilt(Unusable::Missing));
    assert_eq!(open(&deep), Origin::Reused);
}

#[test]
fn only_what_has_changed_is_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let looked = Looked::default();
    let mut index = Index::open(Some(dir.path()), Path::new("kb"));
    let mut files = Files::from([("disk-full.md", "Remove files."), ("log-full.md", "Rotate it.")]);
    let first = follow(&mut index, &files, &looked).revision();
    assert_eq!(taken(&looked), ["disk-full.md", "log-full.md"]);

    files.insert("log-full.md", "Shorten it.");
    let mut index = Index::open(Some(dir.path()), Path::new("kb"));
    let search = follow(&mut index, &files, &looked);
    assert_eq!(taken(&looked), ["log-full.md"]);
    assert_eq!((search.origin(), search.articles()), (&Origin::Updated, 2));
    let answer = search.answer("log full", 1).unwrap();
    assert_eq!((answer.hits[0].passage.as_str(), answer.revision), ("Shorten it.", search.revision()));
    assert_ne!(search.revision(), first);

    files.insert("log-full.md", "Rotate it.");
    assert_eq!(follow(&mut index, &files, &looked).revision(), first, "equal articles, equal revision");
    files.remove("disk-full.md");
    let search = follow(&mut index, &files, &looked);
    assert_eq!((search.articles(), search.chunks()), (1, 1));
    assert!(!search.answer("disk full", 1).unwrap().hits.iter().any(|hit| hit.file == "disk-full.md"));
}

#[test]
fn scores_do_not_tell_what_the_articles_were_before() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let long = "Rotate the log, and look at what filled it. ".repeat(30);
    let all =
        Files::from([("disk-full.md", "Remove files."), ("log-full.md", &long), ("log-old.md", "Keep it.")]);
    let mut few = all.clone();
    few.remove("disk-full.md");
    let mut index = Index::open(Some(dir.path()), Path::new("kb"));
    for files in [&all, &few] {
        follow(&mut index, files, &Looked::default());
    }
    let again = follow(&mut index, &all, &Looked::default());
    let fresh = follow(&mut Index::open(Some(other.path()), Path::new("kb")), &all, &Looked::default());
    for question in ["disk full", "log full", "log old"] {
        assert_eq!(again.answer(question, 3).unwrap(), fresh.answer(question, 3).unwrap(), "{question}");
    }
}

#[test]
fn broken_article_leaves_its_last_good_version() {
    let dir = tempfile::tempdir().unwrap();
    let looked = Looked::default();
    let mut files = Files::from([("disk-full.md", "Remove files."), ("log-full.md", "Rotate it.")]);
    let before = follow(&mut Index::open(Some(dir.path()), Path::new("kb")), &files, &looked);
    assert_eq!(before.answer("disk full", 1).unwrap().hits[0].outdated, None);

    files.insert("disk-full.md", "");
    for _ in 0..2 {
        let mut index = Index::open(Some(dir.path()), Path::new("kb"));
        let search = follow(&mut index, &files, &looked);
        let hit = search.answer("disk full", 1).unwrap().hits.remove(0);
        assert_eq!((hit.passage.as_str(), hit.outdated.as_deref()), ("Remove files.", Some("it is empty")));
        assert_eq!(search.broken().map(|broken| broken.file.as_str()).collect::<Vec<_>>(), ["disk-full.md"]);
    }
    assert_eq!(taken(&looked).len(), 3, "a broken file is read once");

    files.insert("disk-full.md", "Remove old files.");
    let search = follow(&mut Index::open(Some(dir.path()), Path::new("kb")), &files, &looked);
    assert_eq!(search.answer("disk full", 1).unwrap().hits[0].outdated, None);
    assert_eq!(search.broken().count(), 0);
}

#[test]
fn renamed_article_is_found_under_its_new_name_and_a_copy_waits_until_the_first_is_gone() {
    let mut index = Index::open(None, Path::new("kb"));
    let twin = |seen: &Seen| {
        let mut article = article(&seen.file, "Remove files.");
        article.id = "disk-full".into();
        article.title = "A disk is full".into();
        Reading::Article(Box::new(article))
    };
    let mut found = |files: &[&str]| {
        let seen: Vec<Seen> = files.iter().map(|file| Seen::new((*file).to_owned(), 1)).collect();
        index.follow(&seen, &[], Some(&Synonyms::default()), &twin).unwrap();
        let search = index.search().unwrap();
        let broken: Vec<String> = search.broken().map(|broken| broken.why.clone()).collect();
        (
            search.answer("disk full", 5).unwrap().hits.into_iter().map(|hit| hit.file).collect::<Vec<_>>(),
            broken,
        )
    };
    assert_eq!(found(&["a.md"]), (vec!["a.md".to_owned()], vec![]));
    assert_eq!(found(&["b.md"]), (vec!["b.md".to_owned()], vec![]));
    let why = "a.md: the article id `disk-full` is also used in b.md".to_owned();
    assert_eq!(found(&["a.md", "b.md"]), (vec!["b.md".to_owned()], vec![why]));
    assert_eq!(found(&["a.md"]), (vec!["a.md".to_owned()], vec![]));
}

/// Files with the ids of articles and the text of each.
fn with_ids(index: &mut Index, files: &[(&str, &str, &str)], synonyms: Option<&Synonyms>) -> Search {
    let stamp = |id: &str, text: &str| Digest::of(format!("{id} {text}").as_bytes()).key();
    let seen: Vec<Seen> = files.iter().map(|(file, id, text)| Seen::new(*file, stamp(id, text))).collect();
    let read = |seen: &Seen| {
        let (file, id, text) = files.iter().find(|(file, ..)| *file == seen.file).unwrap();
        let mut article = article(file, text);
        article.id = (*id).into();
        article.revision = Digest::of(format!("{id} {text}").as_bytes());
        article.title = format!("About {id}");
        Reading::Article(Box::new(article))
    };
    index.follow(&seen, &[], synonyms, &read).unwrap();
    index.search().unwrap()
}

#[test]
fn ids_may_be_exchanged_and_moved_on_from_file_to_file() {
    let synonyms = Synonyms(vec![vec!["disk".to_owned(), "winchester".to_owned()]]);
    let before = [("0.md", "alpha", "one"), ("1.md", "bravo", "two"), ("2.md", "charlie", "three")];
    let moved: [&[(&str, &str, &str)]; 4] = [
        &[("0.md", "bravo", "one"), ("1.md", "alpha", "two"), ("2.md", "charlie", "four")],
        &[("0.md", "bravo", "two"), ("1.md", "charlie", "three")],
        &[("0.md", "charlie", "x"), ("1.md", "alpha", "y"), ("2.md", "bravo", "z")],
        &[("0.md", "bravo", "x"), ("1.md", "delta", "y"), ("2.md", "charlie", "three")],
    ];
    for after in moved {
        for synonyms in [None, Some(&synonyms)] {
            let mut index = Index::open(None, Path::new("kb"));
            with_ids(&mut index, &before, None);
            let search = with_ids(&mut index, after, synonyms);
            let fresh = with_ids(&mut Index::open(None, Path::new("kb")), after, synonyms);
            assert_eq!(search.broken().collect::<Vec<_>>(), Vec::<&dogwatch::search::Broken>::new());
            assert_eq!((search.revision(), search.articles()), (fresh.revision(), after.len()));
            for (file, id, text) in after {
                let hits = search.answer(&format!("about {id}"), 1).unwrap().hits;
                assert_eq!((hits[0].file.as_str(), hits[0].passage.as_str()), (*file, *text), "{id}");
            }
        }
    }
}

#[test]
fn the_last_good_version_gives_way_to_whoever_has_its_id_now() {
    let mut index = Index::open(None, Path::new("kb"));
    with_ids(&mut index, &[("0.md", "alpha", "one"), ("1.md", "bravo", "two"), ("2.md", "delta", "x")], None);
    // What 1.md wants belongs to 2.md, which stays; what it had goes to 0.md.
    let search = with_ids(
        &mut index,
        &[("0.md", "bravo", "one"), ("1.md", "delta", "two"), ("2.md", "delta", "x")],
        None,
    );
    assert_eq!((search.articles(), search.broken().count()), (2, 1));
    assert_eq!(search.answer("about bravo", 1).unwrap().hits[0].file, "0.md");
    assert_eq!(search.answer("about delta", 1).unwrap().hits[0].file, "2.md");
}

#[test]
fn without_synonyms_those_of_the_index_stay() {
    let synonyms = Synonyms(vec![vec!["disk".to_owned(), "winchester".to_owned()]]);
    let (dir, files) = (tempfile::tempdir().unwrap(), [("disk-full.md", "disk", "Remove files.")]);
    let open = || Index::open(Some(dir.path()), Path::new("kb"));
    with_ids(&mut open(), &files, Some(&synonyms));
    let search = with_ids(&mut open(), &files, None);
    assert_eq!(search.origin(), &Origin::Reused);
    assert!(search.answer("about a winchester", 1).unwrap().answered);
}

#[test]
fn index_of_other_articles_is_not_theirs() {
    let dir = built();
    let mut index = Index::open(Some(dir.path()), Path::new("another"));
    let search = follow(&mut index, &Files::from([("disk-full.md", "")]), &Looked::default());
    assert_eq!(search.origin(), &Origin::Rebuilt(Unusable::Stale));
    assert_eq!(search.articles(), 0, "the last good version is that of somebody else");
}

#[test]
fn other_synonyms_are_searched_with_at_once() {
    let dir = built();
    let mut index = Index::open(Some(dir.path()), Path::new("kb"));
    let seen = [Seen::new("disk-full.md".to_owned(), 1)];
    let read = |seen: &Seen| Reading::Article(Box::new(article(&seen.file, "Remove old files.")));
    let synonyms = Synonyms(vec![vec!["disk".to_owned(), "winchester".to_owned()]]);
    assert!(!search_in(dir.path(), "Remove old files.").answer("winchester full", 1).unwrap().answered);
    index.follow(&seen, &[], Some(&synonyms), &read).unwrap();
    assert!(index.search().unwrap().answer("winchester full", 1).unwrap().answered);
}

#[test]
fn folder_that_cannot_be_written_is_a_note_not_an_error() {
    let file = tempfile::NamedTempFile::new().unwrap();
    for dir in [file.path(), Path::new("/proc/dogwatch-index")] {
        let Origin::Unsaved(note) = open(dir) else { panic!("{}", dir.display()) };
        assert!(note.contains(&dir.display().to_string()), "{note}");
    }
}

#[test]
fn folder_that_can_be_written_again_is_used_again() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("index");
    fs::write(&place, "in the way").unwrap();
    let mut index = Index::open(Some(&place), Path::new("kb"));
    let mut files = Files::from([("disk-full.md", "Remove files.")]);
    let search = follow(&mut index, &files, &Looked::default());
    assert!(matches!(search.origin(), Origin::Unsaved(_)), "{:?}", search.origin());
    fs::remove_file(&place).unwrap();
    files.insert("disk-full.md", "Remove old files.");
    let search = follow(&mut index, &files, &Looked::default());
    assert_eq!(search.origin(), &Origin::Rebuilt(Unusable::Missing));
    assert_eq!(search.answer("disk full", 1).unwrap().hits[0].passage, "Remove old files.");
    assert_eq!(open(&place), Origin::Reused);
}

#[test]
fn many_builders_at_once_all_answer_and_leave_a_good_copy() {
    let dir = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..5 {
                    open(dir.path());
                }
            });
        }
    });
    assert_eq!(open(dir.path()), Origin::Reused);
}

#[test]
fn builders_of_different_articles_disturb_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path();
    std::thread::scope(|scope| {
        for text in ["one", "two", "three", "four"] {
            scope.spawn(move || {
                for _ in 0..8 {
                    let search = search_in(path, text);
                    assert_eq!(search.answer("disk full", 1).unwrap().hits[0].passage, text);
                }
            });
        }
    });
    open(dir.path());
    assert_eq!(open(dir.path()), Origin::Reused);
}

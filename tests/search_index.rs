//! The index on disk: it follows the files, and whatever happens to it, questions are answered.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use dogwatch::domain::article::{Article, Block, BlockKind, Section, Synonyms};
use dogwatch::domain::id::Digest;
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

/// Brings an index up to date. What was read is noted.
fn follow(index: &mut Index, files: &Files, looked: &RefCell<Vec<String>>) -> Search {
    let stamp = |text: &str| Digest::of(text.as_bytes()).key();
    let seen: Vec<Seen> =
        files.iter().map(|(file, text)| Seen::new((*file).to_owned(), stamp(text))).collect();
    let read = |seen: &Seen| {
        looked.borrow_mut().push(seen.file.clone());
        match files[seen.file.as_str()] {
            "" => Reading::Broken("it is empty".to_owned()),
            text => Reading::Article(Box::new(article(&seen.file, text))),
        }
    };
    index.follow(&seen, &Synonyms::default(), &read).unwrap();
    index.search().unwrap()
}

fn search_in(dir: &Path, text: &str) -> Search {
    let mut index = Index::open(Some(dir));
    follow(&mut index, &Files::from([("disk-full.md", text)]), &RefCell::default())
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

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(self::files(&path)) } else { files.push(path) }
    }
    files
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
    let looked = RefCell::default();
    let mut index = Index::open(Some(dir.path()));
    let mut files = Files::from([("disk-full.md", "Remove files."), ("log-full.md", "Rotate it.")]);
    let first = follow(&mut index, &files, &looked).revision();
    assert_eq!(looked.take(), ["disk-full.md", "log-full.md"]);

    files.insert("log-full.md", "Shorten it.");
    let mut index = Index::open(Some(dir.path()));
    let search = follow(&mut index, &files, &looked);
    assert_eq!(looked.take(), ["log-full.md"]);
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
fn broken_article_leaves_its_last_good_version() {
    let dir = tempfile::tempdir().unwrap();
    let looked = RefCell::default();
    let mut files = Files::from([("disk-full.md", "Remove files."), ("log-full.md", "Rotate it.")]);
    let before = follow(&mut Index::open(Some(dir.path())), &files, &looked);
    assert_eq!(before.answer("disk full", 1).unwrap().hits[0].outdated, None);

    files.insert("disk-full.md", "");
    for _ in 0..2 {
        let mut index = Index::open(Some(dir.path()));
        let search = follow(&mut index, &files, &looked);
        let hit = search.answer("disk full", 1).unwrap().hits.remove(0);
        assert_eq!((hit.passage.as_str(), hit.outdated.as_deref()), ("Remove files.", Some("it is empty")));
        assert_eq!(search.broken().map(|broken| broken.file.as_str()).collect::<Vec<_>>(), ["disk-full.md"]);
    }
    assert_eq!(looked.take().len(), 3, "a broken file is read once");

    files.insert("disk-full.md", "Remove old files.");
    let search = follow(&mut Index::open(Some(dir.path())), &files, &looked);
    assert_eq!(search.answer("disk full", 1).unwrap().hits[0].outdated, None);
    assert_eq!(search.broken().count(), 0);
}

#[test]
fn renamed_article_is_found_under_its_new_name_and_a_copy_waits_until_the_first_is_gone() {
    let mut index = Index::open(None);
    let twin = |seen: &Seen| {
        let mut article = article(&seen.file, "Remove files.");
        article.id = "disk-full".into();
        article.title = "A disk is full".into();
        Reading::Article(Box::new(article))
    };
    let mut found = |files: &[&str]| {
        let seen: Vec<Seen> = files.iter().map(|file| Seen::new((*file).to_owned(), 1)).collect();
        index.follow(&seen, &Synonyms::default(), &twin).unwrap();
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

#[test]
fn other_synonyms_are_searched_with_at_once() {
    let dir = built();
    let mut index = Index::open(Some(dir.path()));
    let seen = [Seen::new("disk-full.md".to_owned(), 1)];
    let read = |seen: &Seen| Reading::Article(Box::new(article(&seen.file, "Remove old files.")));
    let synonyms = Synonyms(vec![vec!["disk".to_owned(), "winchester".to_owned()]]);
    assert!(!search_in(dir.path(), "Remove old files.").answer("winchester full", 1).unwrap().answered);
    index.follow(&seen, &synonyms, &read).unwrap();
    assert!(index.search().unwrap().answer("winchester full", 1).unwrap().answered);
}

/// What tells a file of the index from the others of the same.
fn kind(path: &Path) -> String {
    let name = path.file_name().unwrap().to_str().unwrap();
    name.rsplit_once('.').filter(|(stem, _)| stem.len() == 32).map_or(name, |(_, kind)| kind).to_owned()
}

#[test]
fn every_file_may_be_flipped_cut_emptied_or_deleted() {
    let kinds: Vec<String> = files(built().path()).iter().map(|path| kind(path)).collect();
    assert!(kinds.len() > 8, "{kinds:?}");
    // Locks hold nothing, and a wrong list of what is to be tidied up does no harm.
    let needed = |kind: &&String| !kind.ends_with("lock") && *kind != ".managed.json";
    for name in kinds.iter().filter(needed) {
        for damage in 0..4 {
            let dir = built();
            let path = files(dir.path()).into_iter().find(|path| kind(path) == *name).unwrap();
            let mut bytes = fs::read(&path).unwrap();
            let middle = bytes.len() / 2;
            match damage {
                0 => bytes[middle] ^= 0x55,
                1 => bytes.truncate(middle),
                2 => bytes.clear(),
                _ => fs::remove_file(&path).unwrap(),
            }
            if damage < 3 {
                fs::write(&path, bytes).unwrap();
            }
            let origin = open(dir.path());
            assert_eq!(origin, Origin::Rebuilt(Unusable::Damaged), "{path:?} damage {damage}");
            assert_eq!(open(dir.path()), Origin::Reused, "{path:?} damage {damage}");
        }
    }
}

#[test]
fn foreign_files_are_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("meta.json"), "{}").unwrap();
    fs::write(dir.path().join("precious.txt"), "mine").unwrap();
    fs::create_dir(dir.path().join("passages-mine")).unwrap();
    assert_eq!(open(dir.path()), Origin::Rebuilt(Unusable::Missing));
    assert_eq!(fs::read_to_string(dir.path().join("precious.txt")).unwrap(), "mine");
    assert!(dir.path().join("passages-mine").is_dir() && dir.path().join("meta.json").is_file());
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

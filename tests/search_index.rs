//! The copy of the index on disk: whatever happens to it, questions are answered.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};

use dogwatch::domain::article::{Article, Block, BlockKind, Section, Synonyms};
use dogwatch::domain::id::Digest;
use dogwatch::search::{Origin, Search, Unusable};

fn articles(text: &str) -> Vec<Article> {
    let block = Block { text: text.to_owned(), kind: BlockKind::Text, lines: (12, 12) };
    let section =
        Section { anchor: "fix".into(), heading: vec!["Fix".into()], blocks: vec![block], lines: (10, 12) };
    vec![Article {
        id: "disk-full".into(),
        title: "A disk is full".into(),
        products: Vec::new(),
        tags: Vec::new(),
        symptoms: Vec::new(),
        reviewed: "2026-11-01".into(),
        revision: Digest::of(text.as_bytes()),
        file: "disk-full.md".into(),
        sections: vec![section],
        actions: Vec::new(),
    }]
}

/// Opens the index and proves that it answers.
fn open(dir: &Path) -> Origin {
    let search = Search::open(Some(dir), articles("Remove old files."), &Synonyms::default()).unwrap();
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
fn changed_article_makes_it_stale_and_one_copy_remains() {
    let dir = built();
    let search = Search::open(Some(dir.path()), articles("Something else."), &Synonyms::default()).unwrap();
    assert_eq!(search.origin(), &Origin::Rebuilt(Unusable::Stale));
    assert_eq!(open(dir.path()), Origin::Rebuilt(Unusable::Stale));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
}

#[test]
fn every_file_may_be_flipped_cut_emptied_or_deleted() {
    let names = files(built().path()).len();
    assert!(names > 5);
    for index in 0..names {
        for damage in 0..4 {
            let dir = built();
            let path = files(dir.path()).swap_remove(index);
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
            assert!(matches!(origin, Origin::Rebuilt(_)), "{path:?} damage {damage}: {origin:?}");
            assert_eq!(open(dir.path()), Origin::Reused, "{path:?} damage {damage}");
        }
    }
}

#[test]
fn index_of_a_newer_version_is_replaced() {
    let dir = built();
    let current = dir.path().join("current.json");
    let mut json: serde_json::Value = serde_json::from_slice(&fs::read(&current).unwrap()).unwrap();
    json["pipeline"] = 4_000_000_000_u32.into();
    fs::write(&current, json.to_string()).unwrap();
    assert_eq!(open(dir.path()), Origin::Rebuilt(Unusable::Stale));
}

#[test]
fn foreign_files_are_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("meta.json"), "{}").unwrap();
    fs::write(dir.path().join("precious.txt"), "mine").unwrap();
    fs::create_dir(dir.path().join("sections-mine")).unwrap();
    assert_eq!(open(dir.path()), Origin::Rebuilt(Unusable::Missing));
    assert_eq!(fs::read_to_string(dir.path().join("precious.txt")).unwrap(), "mine");
    assert!(dir.path().join("sections-mine").is_dir() && dir.path().join("meta.json").is_file());
}

#[test]
fn a_name_that_leads_out_of_the_folder_is_damage() {
    let dir = built();
    let current = dir.path().join("current.json");
    let mut json: serde_json::Value = serde_json::from_slice(&fs::read(&current).unwrap()).unwrap();
    json["folder"] = "../../etc".into();
    fs::write(&current, json.to_string()).unwrap();
    assert_eq!(open(dir.path()), Origin::Rebuilt(Unusable::Damaged));
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
fn folder_in_the_place_of_the_pointer_is_a_note() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("current.json/x")).unwrap();
    assert!(matches!(open(dir.path()), Origin::Unsaved(_)));
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
                    let search = Search::open(Some(path), articles(text), &Synonyms::default()).unwrap();
                    assert_eq!(search.answer("disk full", 1).unwrap().hits[0].passage, text);
                }
            });
        }
    });
    open(dir.path());
    assert_eq!(open(dir.path()), Origin::Reused);
}

//! A look at some files: enough where the index is known to be right for all others.

use std::fs;
use std::path::Path;

use dogwatch::search::{Index, Origin, Reading, Search, Seen};

use super::{Files, Looked, article, follow};

/// Brings an index up to date with some files: who is missing among `files` is gone.
fn follow_some(index: &mut Index, some: &[&str], files: &Files) -> Option<Search> {
    let some: Vec<Seen> = some.iter().map(|&file| Seen::new(file, 0)).collect();
    let read = |seen: &Seen| match files.get(seen.file.as_str()) {
        None => Reading::Gone,
        Some(&"") => Reading::Broken("it is empty".to_owned()),
        Some(text) => Reading::Article(Box::new(article(&seen.file, text))),
    };
    index.follow_some(&some, &read)?;
    index.search()
}

#[test]
fn look_at_some_files_ends_where_a_look_at_all_would() {
    let dir = tempfile::tempdir().unwrap();
    for dir in [Some(dir.path()), None] {
        let mut index = Index::open(dir, Path::new("kb"));
        let mut files = Files::from([("disk-full.md", "Remove files."), ("log-full.md", "Rotate it.")]);
        follow(&mut index, &files, &Looked::default());
        files.insert("log-full.md", "Shorten it.");
        files.insert("tape-full.md", "Take another.");
        files.remove("disk-full.md");
        let some = follow_some(&mut index, &["disk-full.md", "log-full.md", "tape-full.md"], &files).unwrap();
        let mut other = Index::open(None, Path::new("kb"));
        let all = follow(&mut other, &files, &Looked::default());
        assert_eq!((some.revision(), some.articles()), (all.revision(), 2));
        assert_eq!(some.answer("log full", 1).unwrap().hits[0].passage, "Shorten it.");

        files.insert("log-full.md", "");
        let broken = follow_some(&mut index, &["log-full.md"], &files).unwrap();
        assert_eq!(broken.revision(), all.revision(), "the last good version stays");
        assert_eq!(broken.broken().count(), 1);
        files.insert("log-full.md", "Shorten it.");
        let mended = follow_some(&mut index, &["log-full.md"], &files).unwrap();
        assert_eq!((mended.revision(), mended.broken().count()), (all.revision(), 0));
    }
}

#[test]
fn look_at_some_files_is_not_enough_where_the_others_are_not_known() {
    let files = Files::from([("disk-full.md", "Remove files.")]);
    let dir = tempfile::tempdir().unwrap();
    let mut index = Index::open(Some(dir.path()), Path::new("kb"));
    assert!(follow_some(&mut index, &["disk-full.md"], &files).is_none(), "there is no index yet");
    follow(&mut index, &files, &Looked::default());
    let passages = fs::read_dir(dir.path()).unwrap().map(|it| it.unwrap().path()).find(|it| it.is_dir());
    fs::remove_dir_all(passages.unwrap()).unwrap();
    let edited = Files::from([("disk-full.md", "Remove old files.")]);
    assert!(follow_some(&mut index, &["disk-full.md"], &edited).is_none(), "somebody has deleted it");
    assert_eq!(follow(&mut index, &edited, &Looked::default()).articles(), 1);
}

#[test]
fn look_at_some_files_does_not_make_do_with_what_another_process_has_written() {
    let dir = tempfile::tempdir().unwrap();
    let files = Files::from([("disk-full.md", "Remove files."), ("log-full.md", "Rotate it.")]);
    let [mut ours, mut theirs] = [(), ()].map(|()| Index::open(Some(dir.path()), Path::new("kb")));
    follow(&mut ours, &files, &Looked::default());
    // What they have seen is older: one article was not there yet.
    follow(&mut theirs, &Files::from([("disk-full.md", "Remove files.")]), &Looked::default());
    let edited = Files::from([("disk-full.md", "Remove old files."), ("log-full.md", "Rotate it.")]);
    assert!(follow_some(&mut ours, &["disk-full.md"], &edited).is_none());
    assert_eq!(follow(&mut ours, &edited, &Looked::default()).articles(), 2);
}

#[test]
fn look_at_some_files_does_not_go_back_to_a_folder_that_could_not_be_written() {
    let dir = tempfile::tempdir().unwrap();
    let mut index = Index::open(Some(dir.path()), Path::new("kb"));
    follow(&mut index, &Files::from([("disk-full.md", "Old."), ("log-full.md", "Old.")]), &Looked::default());
    let (lock, aside) = (dir.path().join("lock"), dir.path().join("aside"));
    fs::rename(&lock, &aside).unwrap();
    fs::create_dir(&lock).unwrap();
    let files = Files::from([("disk-full.md", "New."), ("log-full.md", "Old.")]);
    assert!(matches!(follow(&mut index, &files, &Looked::default()).origin(), Origin::Unsaved(_)));
    fs::remove_dir(&lock).unwrap();
    fs::rename(&aside, &lock).unwrap();
    let files = Files::from([("disk-full.md", "New."), ("log-full.md", "New.")]);
    assert!(follow_some(&mut index, &["log-full.md"], &files).is_none());
    let search = follow(&mut index, &files, &Looked::default());
    assert_eq!(search.answer("the disk is full", 1).unwrap().hits[0].passage, "New.");
}

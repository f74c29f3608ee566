//! What is answered stays, whatever becomes of the folder of the index meanwhile.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use dogwatch::search::{Index, Origin, Unusable};

use super::{Files, Looked, follow};
use crate::folder;

const GOOD: [(&str, &str); 2] = [("disk-full.md", "Remove old files."), ("log-full.md", "Rotate the log.")];
const BROKEN: [(&str, &str); 2] = [("disk-full.md", ""), ("log-full.md", "Rotate the log.")];
const EDITED: [(&str, &str); 2] = [("disk-full.md", ""), ("log-full.md", "Rotate and compress the log.")];

fn passages(dir: &Path) -> PathBuf {
    let folders = fs::read_dir(dir).unwrap().map(|it| it.unwrap().path());
    folders.into_iter().find(|path| path.is_dir()).unwrap()
}

fn rebuilt_by_another(dir: &Path) {
    fs::remove_dir_all(dir).unwrap();
    follow(&mut Index::open(Some(dir), Path::new("kb")), &Files::from(BROKEN), &Looked::default());
}

type Misfortune = (&'static str, fn(&Path));

/// What may happen to the folder of an index.
const MISFORTUNES: [Misfortune; 6] = [
    ("it is gone", |dir| fs::remove_dir_all(dir).unwrap()),
    ("it is a file", |dir| {
        fs::remove_dir_all(dir).unwrap();
        fs::write(dir, "").unwrap();
    }),
    ("its list is cut", |dir| fs::write(passages(dir).join("meta.json"), "{").unwrap()),
    ("its seal is gone", |dir| fs::remove_file(passages(dir).join("seal")).unwrap()),
    ("somebody else has written it anew", rebuilt_by_another),
    ("nothing", |_| ()),
];

#[test]
fn a_last_good_version_outlives_the_folder_of_the_index() {
    for (misfortune, befall) in MISFORTUNES {
        let outer = tempfile::tempdir().unwrap();
        let dir = outer.path().join("index");
        let mut index = Index::open(Some(&dir), Path::new("kb"));
        for (files, last) in [(GOOD, false), (BROKEN, true), (EDITED, false), (BROKEN, false)] {
            let search = follow(&mut index, &Files::from(files), &Looked::default());
            let hit = &search.answer("the disk is full", 3).unwrap().hits[0];
            assert_eq!(hit.passage, "Remove old files.", "{misfortune}");
            assert_eq!(hit.outdated.is_some(), files != GOOD, "{misfortune}");
            assert_eq!(search.articles(), 2, "{misfortune}");
            if last {
                befall(&dir);
            }
        }
    }
}

#[test]
fn a_last_good_version_in_memory_outlives_an_edit_of_another() {
    let mut index = Index::open(Some(Path::new("/proc/nowhere")), Path::new("kb"));
    for files in [GOOD, BROKEN, EDITED] {
        let looked = Looked::default();
        let search = follow(&mut index, &Files::from(files), &looked);
        assert!(matches!(search.origin(), Origin::Unsaved(_)));
        assert_eq!(search.answer("the disk is full", 3).unwrap().hits[0].passage, "Remove old files.");
        assert_eq!(search.articles(), 2);
    }
}

#[test]
fn what_a_killed_process_left_behind_is_in_nobodys_way() {
    let dir = tempfile::tempdir().unwrap();
    let [ours, copy] = ["ours", "copy"].map(|name| dir.path().join(name));
    let change = |dir: &Path, files| {
        let files = Files::from(files);
        let mut index = Index::open(Some(dir), Path::new("kb"));
        follow(&mut index, &files, &Looked::default()).origin().clone()
    };
    change(&ours, GOOD);
    folder::copy(&ours, &copy);
    // A change of the copy tells the name of the first file that the same change will write here.
    change(&copy, [GOOD[0], EDITED[1]]);
    let is_new = |path: &PathBuf| !ours.join(path.strip_prefix(&copy).unwrap()).exists();
    let written: Vec<PathBuf> = folder::files(&copy).into_iter().filter(is_new).collect();
    let deletes: Vec<&PathBuf> =
        written.iter().filter(|path| path.extension().is_some_and(|it| it == "del")).collect();
    assert_eq!(deletes.len(), 1, "{written:?}");
    let left = deletes[0].file_name().unwrap().to_str().unwrap();
    // The engine notes a file before it makes it; then it was killed.
    let managed = passages(&ours).join(".managed.json");
    let mut noted: Vec<String> = serde_json::from_slice(&fs::read(&managed).unwrap()).unwrap();
    noted.push(left.to_owned());
    fs::write(&managed, serde_json::to_string(&noted).unwrap()).unwrap();
    fs::write(passages(&ours).join(left), "").unwrap();
    assert_eq!(change(&ours, [GOOD[0], EDITED[1]]), Origin::Updated);
    assert_eq!(change(&ours, [GOOD[0], EDITED[1]]), Origin::Reused);
}

#[test]
fn an_index_of_no_articles_is_one() {
    let dir = tempfile::tempdir().unwrap();
    let follow = || {
        let mut index = Index::open(Some(dir.path()), Path::new("kb"));
        follow(&mut index, &Files::new(), &Looked::default()).origin().clone()
    };
    assert_eq!([follow(), follow()], [Origin::Rebuilt(Unusable::Missing), Origin::Reused]);
}

#[test]
fn a_folder_of_articles_may_have_any_name() {
    let dir = tempfile::tempdir().unwrap();
    let kb = Path::new(OsStr::from_bytes(b"/kb-\xff"));
    let files = Files::from(GOOD);
    follow(&mut Index::open(Some(dir.path()), kb), &files, &Looked::default());
    let search = follow(&mut Index::open(Some(dir.path()), kb), &files, &Looked::default());
    assert_eq!(search.origin(), &Origin::Reused);
}

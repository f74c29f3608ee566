//! Whatever happens to the files of an index, it is built again and answers.

use std::fs;
use std::path::{Path, PathBuf};

use dogwatch::search::{Origin, Unusable};

use super::{built, open};
use crate::folder::files;

/// What tells a file of the index from the others of the same.
fn kind(path: &Path) -> String {
    let name = path.file_name().unwrap().to_str().unwrap();
    name.rsplit_once('.').filter(|(stem, _)| stem.len() == 32).map_or(name, |(_, kind)| kind).to_owned()
}

/// The files without which an index is none.
fn kinds() -> Vec<String> {
    let kinds: Vec<String> = files(built().path()).iter().map(|path| kind(path)).collect();
    assert!(kinds.len() > 8, "{kinds:?}");
    // Locks hold nothing, and a wrong list of what is to be tidied up does no harm.
    kinds.into_iter().filter(|kind| !kind.ends_with("lock") && *kind != ".managed.json").collect()
}

fn file(dir: &Path, name: &str) -> PathBuf {
    files(dir).into_iter().find(|path| kind(path) == name).unwrap()
}

#[test]
fn every_file_may_be_flipped_cut_emptied_or_deleted() {
    for name in kinds() {
        for damage in 0..4 {
            let dir = built();
            let path = file(dir.path(), &name);
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
fn any_two_files_may_be_exchanged() {
    let kinds = kinds();
    for (at, one) in kinds.iter().enumerate() {
        for other in &kinds[at + 1..] {
            let dir = built();
            let (one, other) = (file(dir.path(), one), file(dir.path(), other));
            let (first, second) = (fs::read(&one).unwrap(), fs::read(&other).unwrap());
            fs::write(&one, second).unwrap();
            fs::write(&other, first).unwrap();
            assert_eq!(open(dir.path()), Origin::Rebuilt(Unusable::Damaged), "{one:?} and {other:?}");
            assert_eq!(open(dir.path()), Origin::Reused, "{one:?} and {other:?}");
        }
    }
}

#[test]
fn an_index_of_an_older_version_is_cleared_away_and_one_of_a_newer_is_not() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["passages-0", "passages-3", "passages-999"] {
        fs::create_dir_all(dir.path().join(name).join("deep")).unwrap();
    }
    assert_eq!(open(dir.path()), Origin::Rebuilt(Unusable::Missing));
    assert_eq!(open(dir.path()), Origin::Reused);
    let stands = ["passages-0", "passages-3", "passages-999"].map(|name| dir.path().join(name).exists());
    assert_eq!(stands, [false, false, true]);
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

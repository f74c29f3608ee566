#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

/// As a kill leaves it: all there, the mark unlocked.
fn killed(among: &Path, name: &str) -> PathBuf {
    let path = among.join(name);
    fs::create_dir(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    drop(mark(&path).unwrap());
    fs::create_dir_all(path.join("a/b")).unwrap();
    fs::write(path.join("a/b/c"), "x").unwrap();
    path
}

#[test]
fn what_a_kill_left_is_swept() {
    let among = tempfile::tempdir().unwrap();
    let left = killed(among.path(), "dogwatch-demo-1");
    let other_kind = killed(among.path(), "dogwatch-copy-1");
    let other_name = killed(among.path(), "demo");
    sweep(among.path(), "demo");
    assert!(!left.exists() && other_kind.exists() && other_name.exists());
}

#[test]
fn what_is_held_not_marked_open_to_others_or_not_there_stays() {
    let among = tempfile::tempdir().unwrap();
    let path = |name: &str| among.path().join(format!("dogwatch-demo-{name}"));
    let held = killed(among.path(), "dogwatch-demo-held");
    let lock = File::open(held.join(MARK)).unwrap();
    lock.lock().unwrap();
    let unmarked = killed(among.path(), "dogwatch-demo-unmarked");
    fs::remove_file(unmarked.join(MARK)).unwrap();
    let open = killed(among.path(), "dogwatch-demo-open");
    fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).unwrap();
    let linked_mark = killed(among.path(), "dogwatch-demo-linked-mark");
    fs::remove_file(linked_mark.join(MARK)).unwrap();
    symlink(open.join(MARK), linked_mark.join(MARK)).unwrap();
    let elsewhere = killed(among.path(), "elsewhere");
    symlink(&elsewhere, path("link")).unwrap();
    fs::write(path("file"), "x").unwrap();
    sweep(among.path(), "demo");
    for kept in [&held, &unmarked, &open, &linked_mark, &elsewhere, &path("link"), &path("file")] {
        assert!(kept.exists(), "{}", kept.display());
    }
    drop(lock);
    sweep(among.path(), "demo");
    assert!(!held.exists());
}

#[test]
fn a_removal_that_is_cut_off_goes_on_the_next_time() {
    let among = tempfile::tempdir().unwrap();
    let left = killed(among.path(), "dogwatch-demo-1");
    fs::remove_dir_all(left.join("a")).unwrap();
    sweep(among.path(), "demo");
    assert!(!left.exists());
}

#[test]
fn a_folder_in_use_is_private_marked_and_goes_away() {
    let used = Temporary::new("test-of-temporary").unwrap();
    let path = used.path().to_owned();
    fs::write(path.join("x"), "x").unwrap();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o700);
    assert!(left(&path).is_none(), "it is held");
    drop(used);
    assert!(!path.exists());
}

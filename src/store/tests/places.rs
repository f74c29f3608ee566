//! A record is made when somebody asks for it, and acknowledges only what stands at its path.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use super::refusals::files;
use super::*;

#[test]
fn a_record_is_made_once_and_never_by_opening() {
    let dir = TempDir::new().unwrap();
    for place in ["nothing/there", "empty"] {
        let path = dir.path().join(place);
        if place == "empty" {
            fs::create_dir(&path).unwrap();
        }
        let error = open(&path).unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, StoreError::Absent { .. }), "{text}");
        for part in [path.to_str().unwrap(), "dogwatch init", "emptied", "not mounted", "moved"] {
            assert!(text.contains(part), "no {part} in {text}");
        }
        assert!(!path.exists() || files(&path).is_empty(), "{place}: opening left something");
        made(&path);
        let before = files(&path);
        assert!(matches!(create(&path, NOW_MS), Err(StoreError::Exists { .. })));
        assert_eq!(files(&path), before);
    }
}

#[test]
fn what_is_no_file_of_its_own_is_neither_followed_nor_waited_for() {
    let target = TempDir::new().unwrap();
    let target = target.path().join("target");
    fs::write(&target, "somebody's").unwrap();
    fs::set_permissions(&target, fs::Permissions::from_mode(0o644)).unwrap();
    for name in ["holder", "mark", "record.jsonl", "record/db", "mark.new", "record.new"] {
        for pipe in [true, false] {
            let dir = with_events(2);
            let path = dir.path().join(name);
            let _ = fs::remove_file(&path);
            if pipe {
                let mode = rustix::fs::Mode::from_raw_mode(0o644);
                rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
            } else {
                std::os::unix::fs::symlink(&target, &path).unwrap();
            }
            let is_refused =
                |error: StoreError| matches!(&error, StoreError::NotPlain { path: at } if *at == path);
            assert!(is_refused(open(dir.path()).unwrap_err()), "{name}");
            assert!(is_refused(create(dir.path(), NOW_MS).unwrap_err()), "{name}");
            assert!(is_refused(verify(dir.path()).unwrap_err()), "{name}");
            assert!(is_refused(verify::read::<Event, _>(dir.path(), |_| Ok(())).unwrap_err()), "{name}");
        }
    }
    let metadata = fs::metadata(&target).unwrap();
    assert_eq!(
        (fs::read_to_string(&target).unwrap().as_str(), metadata.mode() & 0o777),
        ("somebody's", 0o644)
    );
}

#[test]
fn what_is_left_of_a_record_is_no_place_for_another() {
    for left in ["mark", "record"] {
        let dir = with_events(2);
        for name in ["mark", "record"] {
            let path = dir.path().join(name);
            match name == left {
                true => {}
                false if path.is_dir() => fs::remove_dir_all(path).unwrap(),
                false => fs::remove_file(path).unwrap(),
            }
        }
        assert!(matches!(create(dir.path(), NOW_MS), Err(StoreError::Exists { .. })), "{left}");
        assert!(matches!(open(dir.path()), Err(StoreError::Damaged { .. })), "{left}");
    }
}

/// What happens to the state folder under a running bot, and what no longer stands where it was.
type Moved = (fn(&Path), &'static str);

#[test]
fn nothing_is_acknowledged_once_the_open_files_are_not_the_ones_at_their_path() {
    let moves: [Moved; 6] = [
        (|state| fs::remove_dir_all(state).unwrap(), "holder"),
        (|state| fs::rename(state, state.with_extension("away")).unwrap(), "holder"),
        (
            |state| {
                let away = state.with_extension("away");
                fs::rename(state, &away).unwrap();
                folder::copy_tree(&away, state).unwrap();
            },
            "holder",
        ),
        (
            |state| {
                fs::rename(state, state.with_extension("away")).unwrap();
                create(state, NOW_MS).unwrap();
            },
            "holder",
        ),
        (
            |state| {
                let (db, copy) = (state.join("record/db"), state.join("copy"));
                fs::copy(&db, &copy).unwrap();
                fs::rename(copy, db).unwrap();
            },
            "record/db",
        ),
        (|state| fs::remove_file(state.join("mark")).unwrap(), "mark"),
    ];
    for (change, gone) in moves {
        let dir = TempDir::new().unwrap();
        let state = dir.path().join("state");
        let mut store = made(&state);
        store.append(NOW_MS, vec![noted("before")]).unwrap();
        change(&state);
        let entry = [("card/1".to_owned(), Some(b"1".to_vec()))];
        let error = store.append_with::<Event>(NOW_MS, Vec::new(), &entry).unwrap_err();
        let expected = state.join(gone);
        assert!(matches!(&error, StoreError::Replaced { path } if *path == expected), "{gone}: {error}");
        for part in ["emptied", "moved", "unmounted", expected.to_str().unwrap()] {
            assert!(error.to_string().contains(part), "{error}");
        }
        assert!(matches!(store.append(NOW_MS, vec![noted("after")]), Err(StoreError::Poisoned { .. })));
    }
}

/// Each file and folder of ours with the rights it gives.
fn modes(dir: &Path) -> Vec<(PathBuf, u32)> {
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
    let folders = [dir.to_owned(), dir.join("record")];
    let all = folders.into_iter().chain(files(dir).into_iter().map(|(path, _)| path));
    all.map(|path| (path.clone(), mode(&path))).collect()
}

#[track_caller]
fn assert_private(dir: &Path) {
    for (path, mode) in modes(dir) {
        assert_eq!(mode, if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
    }
}

#[test]
fn what_a_record_is_made_of_is_its_owners_alone_and_what_was_open_is_closed() {
    let dir = TempDir::new().unwrap();
    let state = dir.path().join("state");
    fs::create_dir(&state).unwrap();
    fs::set_permissions(&state, fs::Permissions::from_mode(0o755)).unwrap();
    drop(made(&state));
    assert_private(&state);
    for (path, _) in modes(&state) {
        let mode = if path.is_dir() { 0o755 } else { 0o644 };
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    open(&state).unwrap();
    assert_private(&state);
}

#[test]
fn a_folder_that_others_may_look_into_and_that_holds_more_is_refused_as_it_is() {
    let dir = with_events(1);
    fs::write(dir.path().join("notes"), "x").unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o750)).unwrap();
    let before = modes(dir.path());
    let error = open(dir.path()).unwrap_err();
    let command = format!("chmod -R go= {}", dir.path().display());
    assert!(error.to_string().contains(&command), "{error}");
    assert_eq!(modes(dir.path()), before);
    let other = TempDir::new().unwrap();
    fs::write(other.path().join("notes"), "x").unwrap();
    fs::set_permissions(other.path(), fs::Permissions::from_mode(0o755)).unwrap();
    assert!(matches!(create(other.path(), NOW_MS), Err(StoreError::OpenToOthers { .. })));
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
    open(dir.path()).unwrap();
}

#[test]
fn space_for_a_copy_is_asked_for_before_it_is_made() {
    let dir = with_events(1);
    let error = copy::ask_for_space(dir.path(), dir.path(), u64::MAX).unwrap_err();
    assert!(
        matches!(error, StoreError::NoSpace { needed: u64::MAX, .. }) && error.to_string().contains("TMPDIR")
    );
    copy::ask_for_space(dir.path(), dir.path(), 1).unwrap();
}

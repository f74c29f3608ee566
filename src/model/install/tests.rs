#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;

#[test]
fn what_stood_there_is_put_back_if_the_new_one_cannot_take_its_place() {
    let (draft, old) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // No folder can be moved into itself.
    let folder = draft.path().join("model");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("tokenizer.json"), "what stood there").unwrap();
    swap(draft.path(), old.path(), &folder).unwrap_err();
    assert_eq!(fs::read_to_string(folder.join("tokenizer.json")).unwrap(), "what stood there");
}

#[test]
fn drafts_of_killed_installations_are_removed_but_never_while_one_is_under_way() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("model");
    let names = || {
        let entries = fs::read_dir(parent.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = entries.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    };
    let left = parent.path().join(format!("{DRAFT}left"));
    let leave = || {
        fs::create_dir(&left).unwrap();
        fs::write(left.join("tokenizer.json"), "half").unwrap();
    };
    leave();
    fs::create_dir(parent.path().join(".model-of-somebody")).unwrap();
    let first = Drafts::beside(&folder).unwrap();
    assert!(!left.exists());

    leave();
    let second = Drafts::beside(&folder).unwrap();
    assert!(left.exists() && first.new.path().exists() && first.old.path().exists());
    drop(first);
    drop(Drafts::beside(&folder).unwrap());
    assert!(left.exists() && second.new.path().exists(), "the second one is still under way");
    drop(second);
    drop(Drafts::beside(&folder).unwrap());
    assert_eq!(names(), [".model-of-somebody"]);
}

//! Many articles go, and the index is not written anew.

use std::path::Path;

use dogwatch::search::Index;

use super::{Files, Looked, follow};

#[test]
fn what_every_article_has_is_found_and_what_is_gone_with_the_others_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..1_400).map(|number| format!("note-{number}.md")).collect();
    let text = |number| match number {
        ..230 => "Use vmware-cmd and a wheelbarrow.",
        230..1_000 => "Use vmware-cmd.",
        _ => "Use vmware-cmd and vm-crane.",
    };
    let files = |from: usize| -> Files<'_> {
        names.iter().enumerate().skip(from).map(|(number, name)| (name.as_str(), text(number))).collect()
    };
    let mut index = Index::open(Some(dir.path()), Path::new("kb"));
    for gone in [0, 230] {
        let search = follow(&mut index, &files(gone), &Looked::default());
        assert_eq!(search.articles(), names.len() - gone);
        assert!(search.answer("vmware-cmd", 1).unwrap().answered, "{gone} are gone");
        let slip = search.answer("whelbarrow vm-crane", 1).unwrap();
        assert_eq!(
            (slip.answered, slip.mended.len()),
            (gone == 0, usize::from(gone == 0)),
            "{gone} are gone"
        );
    }
}

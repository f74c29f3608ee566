//! The articles that ship.

use std::path::Path;

use dogwatch::kb::lint::lint;
use dogwatch::kb::{Severity, load};

use super::standards;

#[test]
fn the_articles_that_ship_have_no_errors_and_are_all_offered() {
    let folder = Path::new(crate::KB);
    if !folder.exists() {
        return;
    }
    let loaded = load(folder).unwrap();
    let errors: Vec<_> = lint(&loaded, &standards())
        .into_iter()
        .filter(|finding| finding.code.severity() == Severity::Error)
        .map(|finding| finding.render(Path::new("kb")))
        .collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    assert_eq!(loaded.articles.len(), loaded.pages.len());
    assert!(!loaded.articles.is_empty());
}

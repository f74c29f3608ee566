//! Links lead somewhere.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::policy::catalogue::nearest;
use crate::kb::finding::{Code, Finding};
use crate::kb::loaded::Loaded;
use crate::kb::outline::Link;
use crate::kb::page::Page;

/// Schemes that readers may follow.
const SCHEMES: &[&str] = &["http:", "https:", "mailto:"];

/// Checks every link of the knowledge base.
pub(super) fn check(loaded: &Loaded, findings: &mut Vec<Finding>) {
    let pages: BTreeMap<&str, &Page> =
        loaded.pages.iter().map(|page| (page.article.file.as_str(), page)).collect();
    // A file that can't be read is there all the same; it has a finding of its own.
    let unread: BTreeSet<&str> = loaded.findings.iter().map(|finding| finding.file.as_str()).collect();
    for page in &loaded.pages {
        for link in &page.links {
            findings.extend(broken(page, link, &pages, &unread));
        }
    }
}

fn broken(
    page: &Page,
    link: &Link,
    pages: &BTreeMap<&str, &Page>,
    unread: &BTreeSet<&str>,
) -> Option<Finding> {
    let find = |code, message: String, advice: String| {
        Some(Finding::new(&page.article.file, link.line, code, message, advice))
    };
    let target = link.target.as_str();
    let lower = target.to_ascii_lowercase();
    if SCHEMES.iter().any(|scheme| lower.starts_with(scheme)) {
        return None;
    }
    let before_path = target.split(['/', '#', '?']).next().unwrap_or_default();
    if before_path.contains(':') || target.starts_with('/') {
        let message = format!("the link to `{target}` is neither relative nor to the web");
        return find(
            Code::LinkScheme,
            message,
            "write other-id.md, other-id.md#anchor or https://".to_owned(),
        );
    }
    let (path, anchor) = target.split_once('#').map_or((target, None), |(path, anchor)| (path, Some(anchor)));
    let file = if path.is_empty() { page.article.file.clone() } else { resolved(&page.article.file, path) };
    let Some(other) = pages.get(file.as_str()) else {
        if unread.contains(file.as_str()) {
            return None;
        }
        let advice = match nearest(&file, pages.keys().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "link to the file of another article".to_owned(),
        };
        return find(Code::LinkUnknownArticle, format!("there is no article `{file}`"), advice);
    };
    let anchor = anchor?;
    let mut anchors = other.article.sections.iter().map(|section| section.anchor.as_str());
    if anchors.clone().any(|known| known == anchor) {
        return None;
    }
    let advice = match nearest(anchor, anchors.by_ref()) {
        Some(near) => format!("did you mean `#{near}`?"),
        None => "use the heading in lowercase with - for spaces".to_owned(),
    };
    find(Code::LinkUnknownAnchor, format!("`{file}` has no section `#{anchor}`"), advice)
}

/// A path relative to the folder of `file`; one that leaves the knowledge base names no article.
fn resolved(file: &str, path: &str) -> String {
    let mut names: Vec<&str> = file.split('/').collect();
    names.pop();
    for name in path.split('/') {
        match name {
            "." => {}
            ".." if names.last().is_some_and(|last| *last != "..") => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    names.join("/")
}

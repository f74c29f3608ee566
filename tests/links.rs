//! The documents lead where they say: links to files and headings, and paths of files in code spans.
//!
//! It looks at no address on the web. Links of `src/ARCHITECTURE.md` to items are looked at by rustdoc; that each
//! link there has both, an item and a file, is held here.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{BrokenLink, CowStr, Event, Options, Parser, Tag, TagEnd};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const DOCUMENTS: &[&str] = &[
    "README.md",
    "src/ARCHITECTURE.md",
    ".github/CHANGELOG.md",
    ".github/CONTRIBUTING.md",
    ".github/SECURITY.md",
    ".github/pull_request_template.md",
];
/// Endings of files that a code span names by their path.
const ENDINGS: &[&str] = &["json", "jsonl", "md", "rs", "sh", "toml"];

/// Links, code spans and anchors of a document.
#[derive(Default)]
struct Document {
    /// Destinations of links.
    links: Vec<String>,
    /// Code spans.
    code: Vec<String>,
    /// The anchors of its headings.
    anchors: BTreeSet<String>,
}

impl Document {
    fn read(text: &str) -> Self {
        let options = Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS;
        // Square brackets that are no link are shown as they are: nobody means that.
        let broken = |link: BrokenLink<'_>| Some((format!("[{}]", link.reference).into(), CowStr::from("")));
        let mut document = Self::default();
        let mut heading = None;
        for event in Parser::new_with_broken_link_callback(text, options, Some(broken)) {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    document.links.push(dest_url.into_string());
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => document.add_anchor(&heading.take().unwrap()),
                Event::Code(code) => {
                    heading = heading.map(|heading| heading + &code);
                    document.code.push(code.into_string());
                }
                Event::Text(text) => heading = heading.map(|heading| heading + &text),
                _ => {}
            }
        }
        document
    }

    /// The anchor that a forge makes of a heading; of equal ones the later are numbered.
    fn add_anchor(&mut self, heading: &str) {
        let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
        let anchor = heading.to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-");
        let numbered = (1..).map(|number| format!("{anchor}-{number}"));
        let free = std::iter::once(anchor.clone()).chain(numbered).find(|it| !self.anchors.contains(it));
        self.anchors.extend(free);
    }
}

/// Why a link of a document leads nowhere, if it does.
fn link_fault(document: &Document, folder: &Path, link: &str) -> Option<String> {
    if link.contains("://") {
        return None;
    }
    let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor)));
    let target = folder.join(path);
    if !path.is_empty() && !target.exists() {
        return Some(format!("`{link}`: there is no such file"));
    }
    let has = |anchor: &str| match path {
        "" => document.anchors.contains(anchor),
        _ => Document::read(&fs::read_to_string(&target).unwrap_or_default()).anchors.contains(anchor),
    };
    anchor.is_some_and(|anchor| !has(anchor)).then(|| format!("`{link}`: there is no such heading"))
}

/// Whether a code span is the path of a file below the root or the document's folder; capitals stand for a name.
fn is_path(code: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '/' | '.' | '_' | '-');
    let ending = Path::new(code).extension().and_then(|ending| ending.to_str());
    code.contains('/')
        && !code.starts_with('/')
        && code.chars().all(plain)
        && ending.is_some_and(|it| ENDINGS.contains(&it))
}

fn faults(text: &str, folder: &Path) -> Vec<String> {
    let document = Document::read(text);
    let links = document.links.iter().filter_map(|link| link_fault(&document, folder, link));
    let paths = document.code.iter().filter(|code| is_path(code));
    let gone =
        paths.filter(|path| ![folder, Path::new(ROOT)].iter().any(|folder| folder.join(path).exists()));
    links.chain(gone.map(|path| format!("`{path}`: there is no such file"))).collect()
}

#[test]
fn documents_lead_to_files_and_headings() {
    let mut all = Vec::new();
    for document in DOCUMENTS {
        let path = PathBuf::from(ROOT).join(document);
        let faults = faults(&fs::read_to_string(&path).unwrap(), path.parent().unwrap());
        all.extend(faults.iter().map(|fault| format!("{document}: {fault}")));
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn what_leads_nowhere_is_found() {
    let text = "# One `two`: three\n# One two three\n[a](#one-two-three), [b](#one-two-three-1), [c](README.md#limits), \
                [d](https://example.org/x), `src/lib.rs`, `kb/ID.md`, `/etc/x.sh`, `0.md`\n";
    assert_eq!(faults(text, Path::new(ROOT)), [""; 0]);
    for (text, fault) in [
        ("[a](#other)", "`#other`: there is no such heading"),
        ("[a](src/gone.rs)", "`src/gone.rs`: there is no such file"),
        ("[a](README.md#gone)", "`README.md#gone`: there is no such heading"),
        ("see [`decide`]", "`[`decide`]`: there is no such file"),
        ("`src/gone.rs`", "`src/gone.rs`: there is no such file"),
    ] {
        assert_eq!(faults(text, Path::new(ROOT)), [fault]);
    }
}

/// The labels of the links that a text defines.
fn labels<'a>(text: &'a str, before: &str) -> Vec<&'a str> {
    let lines = text.lines().filter_map(|line| line.strip_prefix(before)?.strip_prefix("[`"));
    lines.filter_map(|line| Some(line.split_once("`]: ")?.0)).collect()
}

#[test]
fn every_link_of_the_architecture_has_a_file_and_an_item() {
    let files = labels(include_str!("../src/ARCHITECTURE.md"), "");
    assert!(!files.is_empty());
    assert_eq!(files, labels(include_str!("../src/lib.rs"), "//! "));
}

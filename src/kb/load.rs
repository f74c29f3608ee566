//! A folder to articles.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use super::files::{KbError, Scan, Sight, read, scan};
use super::finding::{Code, Finding};
use super::loaded::Loaded;
use super::page::Page;
use super::reading::read_page;
use super::synonyms::synonyms;
use crate::domain::policy::catalogue::Articles;
use crate::domain::world::article::{Article, Synonyms};

/// What is offered of a knowledge base, and why the rest is not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offered {
    /// What is offered.
    pub articles: Articles,
    /// The first reason by file, in few words.
    pub left_out: BTreeMap<String, String>,
}

/// Reads every `*.md` below `folder`. What is wrong with single files is a finding; only a folder
/// that can't be listed is an error.
pub fn load(folder: &Path) -> Result<Loaded, KbError> {
    let Scan { files, mut findings, .. } = scan(folder)?;
    let mut pages = Vec::new();
    for Sight { file, .. } in files {
        let (page, found) = page(folder, &file);
        pages.extend(page);
        findings.extend(found);
    }
    let (synonyms, found) = synonyms(folder);
    findings.extend(found);
    Ok(Loaded { synonyms, ..assemble(pages, findings) })
}

/// The article in one file as it is now, if it can be offered by itself: whether its ids are its own only
/// the others can tell.
pub fn article(folder: &Path, file: &str) -> Result<Article, Finding> {
    let (page, findings) = page(folder, file);
    match (findings.into_iter().filter(|finding| finding.code.leaves_out()).min(), page) {
        (None, Some(page)) => Ok(page.article),
        (Some(finding), _) => Err(finding),
        (None, None) => {
            Err(Finding::new(file, 1, Code::Unreadable, "it holds no article", "write one, or remove it"))
        }
    }
}

pub(crate) fn page(folder: &Path, file: &str) -> (Option<Page>, Vec<Finding>) {
    match read(&folder.join(file), file) {
        Ok(bytes) => read_page(file, &bytes),
        Err(finding) => (None, vec![finding]),
    }
}

/// Puts pages together: ids must be unique, and no article is offered that has a finding which
/// leaves it out.
pub(super) fn assemble(pages: Vec<Page>, mut findings: Vec<Finding>) -> Loaded {
    let lines: Vec<_> = pages.iter().map(Page::id_lines).collect();
    findings
        .extend(repeated_ids(pages.iter().map(|page| &page.article).zip(lines.iter().map(Vec::as_slice))));
    findings.sort();
    findings.dedup();
    let left_out: HashSet<&str> =
        findings.iter().filter(|it| it.code.leaves_out()).map(|it| it.file.as_str()).collect();
    let offered = pages.iter().filter(|page| !left_out.contains(page.article.file.as_str()));
    let articles = offered.map(|page| page.article.clone()).collect();
    Loaded { articles, findings, pages, synonyms: Synonyms::default() }
}

impl From<Loaded> for Offered {
    fn from(loaded: Loaded) -> Self {
        let articles = loaded.articles.into_iter().map(Arc::new);
        Self {
            articles: articles.map(|article| (article.id.clone(), article)).collect(),
            left_out: left_out(&loaded.findings),
        }
    }
}

/// Why files are left out, if these are all findings in their order.
pub(crate) fn left_out<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> BTreeMap<String, String> {
    let mut left_out = BTreeMap::new();
    for finding in findings.into_iter().filter(|finding| finding.code.leaves_out()) {
        left_out.entry(finding.file.clone()).or_insert_with(|| finding.brief());
    }
    left_out
}

/// Whoever repeats an id makes it unclear what is meant: none of them is offered. With each article
/// come the lines of its own id and of those of its actions.
pub(crate) fn repeated_ids<'a>(pages: impl Iterator<Item = (&'a Article, &'a [usize])>) -> Vec<Finding> {
    let mut articles: BTreeMap<&str, Vec<(&str, usize)>> = BTreeMap::new();
    let mut actions: BTreeMap<&str, Vec<(&str, usize)>> = BTreeMap::new();
    for (article, lines) in pages {
        let (file, mut lines) = (article.file.as_str(), lines.iter());
        articles.entry(article.id.as_str()).or_default().extend(lines.next().map(|line| (file, *line)));
        for (action, line) in article.actions.iter().zip(lines) {
            actions.entry(action.id.as_str()).or_default().push((file, *line));
        }
    }
    let mut findings = repeated(&articles, Code::ArticleIdTwice, "article");
    findings.extend(repeated(&actions, Code::ActionIdTwice, "action"));
    findings
}

fn repeated(ids: &BTreeMap<&str, Vec<(&str, usize)>>, code: Code, what: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (id, places) in ids.iter().filter(|(_, places)| places.len() > 1) {
        for (i, (file, line)) in places.iter().enumerate() {
            let (other_file, other_line) = places[usize::from(i == 0)];
            let message = format!("the {what} id `{id}` is also used in {other_file}:{other_line}");
            findings.push(Finding::new(file, *line, code, message, "give each its own id"));
        }
    }
    findings
}

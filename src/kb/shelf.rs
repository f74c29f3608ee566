//! The articles of a folder, kept from one look to the next.
//!
//! Invariants: what is offered is what [`load`](super::load()) would offer. A file that looks different is read
//! again; what a decision is about is read again whatever its file looks like, and so is what that action
//! escalates to. Only there the text stays with the article: what is kept of others is small.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::files::{KbError, Scan, Sight, scan, sight};
use super::finding::Finding;
use super::load::{Offered, left_out, page, repeated_ids};
use super::page::Page;
use crate::domain::article::Article;
use crate::domain::catalogue::Subject;

/// A folder of articles with what was last read of it.
#[derive(Debug)]
pub struct Shelf {
    folder: PathBuf,
    /// By file.
    kept: BTreeMap<String, Kept>,
}

/// What stood in a file.
#[derive(Debug)]
struct Kept {
    /// What the file looked like; 0: look into it again.
    stamp: u64,
    /// There also where it is not offered: its ids are taken.
    article: Option<Arc<Article>>,
    /// The lines of its ids.
    id_lines: Vec<usize>,
    /// Why it is left out, whatever the others are.
    wrong: Option<Finding>,
}

impl Shelf {
    /// Nothing is read yet.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, kept: BTreeMap::new() }
    }

    /// What is offered now; what `about` names is read anew and comes with its text.
    pub fn look(&mut self, about: &[Subject]) -> Result<Offered, KbError> {
        let seen = scan(&self.folder)?;
        Ok(self.compare(seen, about))
    }

    /// What would be offered of a few files if there were no others.
    pub fn look_at(&mut self, files: &BTreeSet<&str>) -> Offered {
        for file in files {
            self.follow(sight(&self.folder, file));
        }
        offered(files.iter().filter_map(|file| self.kept.get(*file)), &[])
    }

    fn compare(&mut self, seen: Scan, about: &[Subject]) -> Offered {
        let files: HashSet<&str> = seen.files.iter().map(|sight| sight.file.as_str()).collect();
        self.kept.retain(|file, _| files.contains(file.as_str()));
        for sight in seen.files {
            self.follow(sight);
        }
        for subject in about {
            self.read_anew(subject);
            for rung in self.rungs(subject) {
                self.read_anew(&rung);
            }
        }
        offered(self.kept.values(), &seen.findings)
    }

    /// Reads a file unless it looks as it did.
    fn follow(&mut self, Sight { file, stamp }: Sight) {
        let looks_so = |kept: &Kept| stamp != 0 && kept.stamp == stamp;
        if !self.kept.get(&file).is_some_and(looks_so) {
            let kept = self.read(&file, stamp).without_text();
            self.kept.insert(file, kept);
        }
    }

    fn read(&self, file: &str, stamp: u64) -> Kept {
        let (page, findings) = page(&self.folder, file);
        let wrong = findings.into_iter().filter(|finding| finding.code.leaves_out()).min();
        let id_lines = page.iter().flat_map(Page::id_lines).collect();
        Kept { stamp, article: page.map(|page| Arc::new(page.article)), id_lines, wrong }
    }

    fn read_anew(&mut self, subject: &Subject) {
        let files =
            self.kept.iter().filter(|(_, kept)| kept.article.as_ref().is_some_and(|it| is(it, subject)));
        let files: Vec<String> = files.map(|(file, _)| file.clone()).collect();
        for file in files {
            // The next look goes without its text.
            let kept = self.read(&file, 0);
            self.kept.insert(file, kept);
        }
    }

    /// The actions that an action names: they may be asked for in its place.
    fn rungs(&self, subject: &Subject) -> Vec<Subject> {
        let Subject::Action(id) = subject else { return Vec::new() };
        let actions = self.kept.values().filter_map(|kept| kept.article.as_ref()).flat_map(|it| &it.actions);
        let named = actions.filter(|action| action.id == *id).filter_map(|it| it.escalates_to.as_ref());
        named
            .flat_map(|it| [Some(&it.action), it.find.as_ref()])
            .flatten()
            .cloned()
            .map(Subject::Action)
            .collect()
    }
}

fn offered<'a>(kept: impl Iterator<Item = &'a Kept> + Clone, findings: &[Finding]) -> Offered {
    let read = kept.clone().filter_map(|kept| Some((kept.article.as_ref()?, kept.id_lines.as_slice())));
    let twice = repeated_ids(read.clone().map(|(article, lines)| (&**article, lines)));
    let wrong = kept.filter_map(|kept| kept.wrong.as_ref());
    let mut findings: Vec<_> = findings.iter().chain(wrong).chain(&twice).collect();
    findings.sort();
    let left_out = left_out(findings);
    let articles = read.map(|(article, _)| article).filter(|it| !left_out.contains_key(&it.file));
    let articles = articles.map(|article| (article.id.clone(), Arc::clone(article))).collect();
    Offered { articles, left_out }
}

fn is(article: &Article, subject: &Subject) -> bool {
    match subject {
        Subject::Article(id) => article.id == *id,
        Subject::Action(id) => article.actions.iter().any(|action| action.id == *id),
    }
}

impl Kept {
    fn without_text(self) -> Self {
        let article = self.article.map(|article| {
            let article = Arc::unwrap_or_clone(article);
            Arc::new(Article { sections: Vec::new(), ..article })
        });
        Self { article, ..self }
    }
}

#[cfg(test)]
mod tests;

//! The articles of a folder, kept from one look to the next.
//!
//! Invariants: what is offered is what [`load`](crate::kb::load()) would offer. A file that looks different is read
//! again; what a decision is about is read again whatever its file looks like, and so is what that action
//! escalates to. Only there the text stays with the article: what is kept of others is small.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::id::ActionId;
use crate::domain::policy::catalogue::Subject;
use crate::domain::world::article::Article;
use crate::kb::{Finding, KbError, Offered, Page, Scan, Sight, left_out, page, repeated_ids, scan, sight};

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
        self.kept.values_mut().for_each(Kept::drop_text);
        let named = self.files_of(about);
        self.read_anew(&named);
        let rungs = self.files_of(&self.rungs(about));
        self.read_anew(&(&rungs - &named));
        offered(self.kept.values(), &seen.findings)
    }

    /// Reads a file unless it looks as it did.
    fn follow(&mut self, Sight { file, stamp, .. }: Sight) {
        let looks_so = |kept: &Kept| stamp != 0 && kept.stamp == stamp;
        if !self.kept.get(&file).is_some_and(looks_so) {
            let mut kept = self.read(&file, stamp);
            kept.drop_text();
            self.kept.insert(file, kept);
        }
    }

    fn read(&self, file: &str, stamp: u64) -> Kept {
        let (page, findings) = page(&self.folder, file);
        let wrong = findings.into_iter().filter(|finding| finding.code.leaves_out()).min();
        let id_lines = page.iter().flat_map(Page::id_lines).collect();
        Kept { stamp, article: page.map(|page| Arc::new(page.article)), id_lines, wrong }
    }

    /// The files of articles that any of these is about.
    fn files_of(&self, subjects: &[Subject]) -> BTreeSet<String> {
        let is_meant = |article: &Arc<Article>| subjects.iter().any(|subject| is(article, subject));
        let files = self.kept.iter().filter(|(_, kept)| kept.article.as_ref().is_some_and(is_meant));
        files.map(|(file, _)| file.clone()).collect()
    }

    /// Reads files whatever they look like.
    fn read_anew(&mut self, files: &BTreeSet<String>) {
        for file in files {
            let stamp = self.kept.get(file).map_or(0, |kept| kept.stamp);
            let kept = self.read(file, stamp);
            self.kept.insert(file.clone(), kept);
        }
    }

    /// The actions that actions name: they may be asked for in their place.
    fn rungs(&self, subjects: &[Subject]) -> Vec<Subject> {
        let is_meant = |id: &ActionId| {
            subjects.iter().any(|it| matches!(it, Subject::Action(it) if it.0.eq_ignore_ascii_case(&id.0)))
        };
        let actions = self.kept.values().filter_map(|kept| kept.article.as_ref()).flat_map(|it| &it.actions);
        let named = actions.filter(|it| is_meant(&it.id)).filter_map(|it| it.escalates_to.as_ref());
        let named = named.flat_map(|it| [Some(&it.action), it.find.as_ref()]).flatten();
        named.cloned().map(Subject::Action).collect()
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

/// Subjects come as they were typed, in whatever case.
fn is(article: &Article, subject: &Subject) -> bool {
    match subject {
        Subject::Article(id) => article.id.0.eq_ignore_ascii_case(&id.0),
        Subject::Action(id) => article.actions.iter().any(|action| action.id.0.eq_ignore_ascii_case(&id.0)),
    }
}

impl Kept {
    fn drop_text(&mut self) {
        if let Some(article) = self.article.as_mut().filter(|article| !article.sections.is_empty()) {
            Arc::make_mut(article).sections = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests;

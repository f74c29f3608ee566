//! Texts that exist already become drafts of articles.
//!
//! [`import`] reads files of plain text, HTML or Markdown and writes a draft of each into a folder
//! from which nobody is answered. A person edits it and moves it up among the articles; nothing
//! here does.
//!
//! Invariants: nothing is overwritten, and a draft is there as a whole or not at all. No draft holds
//! an action, whatever the text says. What was not imported is named with the reason; one bad file
//! stops no other.
//!
//! # Layout
//!
//! `source` finds files and reads them as text; `text`, `html` and `markdown` say what stands in
//! it, the first two as `block`s; `draft` makes an article of it; `likeness` finds what is there
//! already. `limits` says how much there may be, `error` what goes wrong.

mod block;
mod draft;
mod error;
mod html;
mod likeness;
mod limits;
mod markdown;
mod source;
mod text;

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

pub use error::{ImportError, Refused};

use draft::Draft;
use likeness::{Known, LIKENESS_MIN, words};
use limits::NUMBER_MAX;
use source::{Found, Kind, find};

use super::files::DRAFTS;
use super::finding::Finding;
use super::lint::{Standards, lint};
use super::load::{assemble, load};
use super::loaded::Loaded;
use super::page::Page;

/// What became of a text.
#[derive(Debug)]
pub enum Outcome {
    /// A draft was written.
    Drafted {
        /// Where.
        path: PathBuf,
        /// What its author should know about how it came about.
        notes: Vec<String>,
        /// What lint will say once it is moved up among the articles.
        findings: Vec<Finding>,
    },
    /// It is there already.
    Duplicate {
        /// The article or draft.
        of: PathBuf,
        /// What they have in common.
        why: String,
    },
    /// It was left alone.
    Skipped(&'static str),
    /// It can't be imported.
    Refused(Refused),
}

/// A text and what became of it.
#[derive(Debug)]
pub struct Imported {
    /// The file.
    pub source: PathBuf,
    /// What became of it.
    pub outcome: Outcome,
}

/// Imports a file, or every text below a folder, for the knowledge base `kb` into the folder `to`.
pub fn import(
    named: &Path,
    kb: &Path,
    to: &Path,
    standards: &Standards,
) -> Result<Vec<Imported>, ImportError> {
    let loaded = load(kb)?;
    make_folder(kb, to)?;
    let mut stock = Stock::new(kb, to, &loaded, &load(to)?);
    let imported = find(named).into_iter().map(|found| match found {
        Found::File(source, kind) => {
            let outcome = stock.file(&source, kind).unwrap_or_else(Outcome::Refused);
            Imported { source, outcome }
        }
        Found::Skipped(source, why) => Imported { source, outcome: Outcome::Skipped(why) },
        Found::Refused(source, why) => Imported { source, outcome: Outcome::Refused(why) },
    });
    let mut imported: Vec<_> = imported.collect();
    let drafted = stock.drafted;
    let Loaded { mut pages, findings, .. } = loaded;
    pages.extend(drafted);
    let findings = lint(&assemble(pages, findings), standards);
    for Imported { outcome, .. } in &mut imported {
        if let Outcome::Drafted { path, findings: found, .. } = outcome {
            let name = path.file_name().unwrap_or_default();
            let about = findings.iter().filter(|finding| name == finding.file.as_str());
            *found = about.cloned().collect();
        }
    }
    Ok(imported)
}

/// The folder for drafts of a knowledge base.
pub fn drafts_folder(kb: &Path) -> PathBuf {
    kb.join(DRAFTS)
}

/// Makes the folder, unless people would be answered from what is in it.
fn make_folder(kb: &Path, to: &Path) -> Result<(), ImportError> {
    let failed = |source| ImportError::Folder { path: to.to_owned(), source };
    // Looked at before anything is made: the nearest folder that is there already decides.
    let absolute = std::path::absolute(to).map_err(failed)?;
    let there = absolute.ancestors().find(|folder| folder.exists()).unwrap_or(&absolute);
    let rest = absolute.strip_prefix(there).unwrap_or(Path::new(""));
    let real = there.canonicalize().map_err(failed)?.join(rest);
    let kb_real = kb.canonicalize().map_err(failed)?;
    let goes_up = rest.components().any(|part| part == std::path::Component::ParentDir);
    if goes_up || (real.starts_with(&kb_real) && !real.starts_with(drafts_folder(&kb_real))) {
        return Err(ImportError::Published { path: to.to_owned(), drafts: drafts_folder(kb) });
    }
    fs::create_dir_all(to).map_err(failed)
}

/// The articles and drafts that are there, while texts are imported one after the other.
struct Stock<'a> {
    kb: &'a Path,
    to: &'a Path,
    articles: &'a [Page],
    ids: BTreeSet<String>,
    known: Known,
    drafted: Vec<Page>,
}

impl<'a> Stock<'a> {
    fn new(kb: &'a Path, to: &'a Path, loaded: &'a Loaded, drafts: &Loaded) -> Self {
        let mut known = Known::default();
        for (folder, pages) in [(kb, &loaded.pages), (to, &drafts.pages)] {
            for page in pages {
                known.add(folder.join(&page.article.file), page);
            }
        }
        let pages = loaded.pages.iter().chain(&drafts.pages);
        let ids = pages.map(|page| page.article.id.as_str().to_owned()).collect();
        Self { kb, to, articles: &loaded.pages, ids, known, drafted: Vec::new() }
    }

    fn file(&mut self, source: &Path, kind: Kind) -> Result<Outcome, Refused> {
        let text = source::read(source, kind)?;
        let name = source.file_stem().unwrap_or_default().to_string_lossy();
        let draft = Draft::new(&text, kind, &name.replace(['-', '_'], " "));
        let (_, page) = draft.page(&draft.id)?;
        if let Some(duplicate) = self.duplicate(&draft, &page) {
            return Ok(duplicate);
        }
        let (path, page) = self.write(&draft)?;
        self.ids.insert(page.article.id.as_str().to_owned());
        self.known.add(path.clone(), &page);
        self.drafted.push(page);
        Ok(Outcome::Drafted { path, notes: draft.notes, findings: Vec::new() })
    }

    fn duplicate(&self, draft: &Draft, page: &Page) -> Option<Outcome> {
        if let Some((of, likeness)) =
            self.known.nearest(page).filter(|(_, likeness)| *likeness >= LIKENESS_MIN)
        {
            let why = format!("{:.0} % of the runs of three words are the same", likeness * 100.0);
            return Some(Outcome::Duplicate { of: of.to_owned(), why });
        }
        let title: Vec<_> = words(&draft.title).collect();
        let same = self.articles.iter().find_map(|other| {
            let article = &other.article;
            if article.id.as_str() == draft.id {
                return Some((article, format!("the id `{}` is the same", draft.id)));
            }
            let same_title = !title.is_empty() && words(&article.title).eq(title.iter().cloned());
            same_title.then(|| (article, "the title is the same".to_owned()))
        });
        same.map(|(article, why)| Outcome::Duplicate { of: self.kb.join(&article.file), why })
    }

    /// Writes the draft under the first name that is free, also where it is to be moved.
    fn write(&self, draft: &Draft) -> Result<(PathBuf, Page), Refused> {
        for number in 1..=NUMBER_MAX {
            let id = if number == 1 { draft.id.clone() } else { format!("{}-{number}", draft.id) };
            let path = self.to.join(format!("{id}.md"));
            let is_there = |folder: &Path| fs::symlink_metadata(folder.join(format!("{id}.md"))).is_ok();
            if self.ids.contains(&id) || is_there(self.kb) || is_there(self.to) {
                continue;
            }
            let (text, page) = draft.page(&id)?;
            match write_new(self.to, &path, &text) {
                Ok(()) => return Ok((path, page)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(Refused::Write { path, source }),
            }
        }
        Err(Refused::Taken { id: draft.id.clone() })
    }
}

/// Writes a file that is not there yet, as a whole: it gets its name when its bytes are on disk.
fn write_new(folder: &Path, path: &Path, text: &str) -> io::Result<()> {
    let readable = Permissions::from_mode(0o666);
    let mut file = tempfile::Builder::new().prefix(".draft").permissions(readable).tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map(drop).map_err(|error| error.error)
}

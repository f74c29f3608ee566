//! Changes of articles on their way into the index, which sees all of them at once or none.

use std::collections::{HashMap, HashSet};

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use tantivy::{IndexWriter, Term};

use super::analysis::Analyzer;
use super::entry::Entry;
use super::held::Held;
use super::indexing;
use super::manifest::{Broken, Manifest};
use super::seen::{Reading, Seen};

/// Files that can't be read and are remembered by name; what is wrong with others is seen again.
const BROKEN_MAX: usize = 1_000;

/// Articles that are read and analysed at the same time.
pub(super) const AT_ONCE: usize = 64;
/// Bytes of their texts: what is written of an article is many times as long.
const LEN_AT_ONCE: usize = 1 << 20;

/// Changes that are not written yet.
pub(super) struct Update<'a> {
    held: &'a Held,
    /// What was held before that: it may have last good versions that are nowhere else.
    before: Option<&'a Held>,
    analyzer: &'a Analyzer,
    /// Whether all is to be written again.
    anew: bool,
    /// Articles that will be taken at the most.
    articles: usize,
    /// There as soon as there is something to write.
    writer: Option<IndexWriter>,
    pub manifest: Manifest,
    /// Files whose documents are no longer those of the index.
    replaced: HashSet<u64>,
    /// The ids that files are going to have.
    announced: HashMap<u64, Vec<String>>,
    /// Last good versions of files that are gone, by what those would still be known by under another name.
    orphans: HashMap<u64, (Entry, u64)>,
    /// The files of ids that were put in.
    claimed: HashMap<String, (u64, String)>,
    /// What was put in and is not analysed yet.
    waiting: Vec<Waiting>,
    /// The lengths of its texts together.
    waiting_len: usize,
}

/// An article, what its file is known by, and what that looked like.
struct Waiting {
    entry: Entry,
    file: u64,
    stamp: u64,
}

impl<'a> Update<'a> {
    pub fn new(
        held: &'a Held,
        before: Option<&'a Held>,
        analyzer: &'a Analyzer,
        anew: bool,
        articles: usize,
    ) -> Self {
        Self {
            held,
            before,
            analyzer,
            anew,
            articles,
            writer: None,
            manifest: Manifest::clone(&held.manifest),
            replaced: HashSet::new(),
            announced: HashMap::new(),
            orphans: HashMap::new(),
            claimed: HashMap::new(),
            waiting: Vec::new(),
            waiting_len: 0,
        }
    }

    /// Hears of what will be taken: an id that a file gives up is free for another.
    pub fn announce(&mut self, seen: &Seen, reading: &Reading) {
        let names = match reading {
            Reading::Article(article) => {
                let ids = article.actions.iter().map(|action| action.id.as_str());
                names(article.id.as_str(), ids)
            }
            Reading::Gone => Vec::new(),
            // Its last good version stays.
            Reading::Broken(_) => return,
        };
        self.announced.insert(seen.key, names);
    }

    /// Takes in what stands in a file; false if that is no article that can be put in.
    pub fn take(&mut self, seen: &Seen, reading: Reading) -> tantivy::Result<bool> {
        let why = match reading {
            Reading::Gone => {
                self.manifest.broken.remove(&seen.file);
                self.remove(seen.key)?;
                return Ok(true);
            }
            Reading::Article(article) => {
                let entry = Entry::from(*article);
                match self.holder(&entry, seen.key)? {
                    None => return self.put(entry, seen).map(|()| true),
                    Some(why) => why,
                }
            }
            Reading::Broken(why) => why,
        };
        let broken = Broken { file: seen.file.clone(), stamp: seen.stamp, identity: seen.identity, why };
        if self.manifest.broken.len() < BROKEN_MAX || self.manifest.broken.contains_key(&seen.file) {
            self.manifest.broken.insert(seen.file.clone(), broken);
        }
        Ok(false)
    }

    /// Takes out what the index holds of a file that is gone. If it could not be read any more, it may still
    /// be there under another name.
    pub fn lose(&mut self, key: u64) -> tantivy::Result<()> {
        if let Some((entry, stamp)) = self.indexed(key)?
            && let Some(broken) = self.manifest.broken.get(&entry.file).filter(|broken| broken.identity != 0)
        {
            self.orphans.insert(broken.identity, (entry, stamp));
        }
        self.remove(key)
    }

    /// Keeps the last good version of a file, unless an id of it is another's now. Call it when all is
    /// taken.
    pub fn keep(&mut self, seen: &Seen) -> tantivy::Result<()> {
        let Some((entry, stamp)) = self.indexed(seen.key)? else { return self.bring(seen) };
        let is_anothers =
            |name: &String| self.claimed.get(name).is_some_and(|(holder, _)| *holder != seen.key);
        if entry_names(&entry).iter().any(is_anothers) {
            self.remove(seen.key)
        } else if self.anew {
            self.remove(seen.key)?;
            self.add(entry, seen.key, stamp)
        } else {
            Ok(())
        }
    }

    /// Brings the last good version of a file along from what was held before, or from its other name.
    fn bring(&mut self, seen: &Seen) -> tantivy::Result<()> {
        let before = self.before.map(|before| before.article(seen.key)).transpose()?.flatten();
        let Some((entry, stamp)) = before.or_else(|| self.orphans.remove(&seen.identity)) else {
            return Ok(());
        };
        let entry = Entry { file: seen.file.clone(), ..entry };
        if self.holder(&entry, seen.key)?.is_none() { self.add(entry, seen.key, stamp) } else { Ok(()) }
    }

    fn put(&mut self, entry: Entry, seen: &Seen) -> tantivy::Result<()> {
        self.manifest.broken.remove(&seen.file);
        let indexed = self.indexed(seen.key)?;
        let same = indexed.is_some_and(|(old, stamp)| {
            old.revision == entry.revision && (seen.stamp == 0 || seen.stamp == stamp)
        });
        if same && !self.anew {
            return Ok(());
        }
        self.remove(seen.key)?;
        self.add(entry, seen.key, seen.stamp)
    }

    fn add(&mut self, entry: Entry, key: u64, stamp: u64) -> tantivy::Result<()> {
        self.manifest.toggle(&entry);
        self.manifest.articles += 1;
        for name in entry_names(&entry) {
            self.claimed.insert(name, (key, entry.file.clone()));
        }
        self.waiting_len += entry.len();
        self.waiting.push(Waiting { entry, file: key, stamp });
        let few = self.waiting.len() < AT_ONCE && self.waiting_len < LEN_AT_ONCE;
        if few { Ok(()) } else { self.flush() }
    }

    /// Analyses what waits, as much at a time as there are cores, and writes it in its order.
    fn flush(&mut self) -> tantivy::Result<()> {
        let (analyzer, fields) = (self.analyzer, self.held.segments.fields);
        let documents = |it: Waiting| indexing::documents(analyzer, fields, &it.entry, (it.file, it.stamp));
        self.waiting_len = 0;
        let waiting = std::mem::take(&mut self.waiting);
        let documents: Vec<_> = waiting.into_par_iter().map(documents).collect::<tantivy::Result<_>>()?;
        for article in documents {
            self.writer()?.run(article)?;
        }
        Ok(())
    }

    /// What the index will be, and a writer that only has to commit, if anything changes.
    pub fn finish(mut self) -> tantivy::Result<(Option<IndexWriter>, Manifest)> {
        self.flush()?;
        Ok((self.writer, self.manifest))
    }

    /// Takes out what the index holds of a file.
    pub fn remove(&mut self, key: u64) -> tantivy::Result<()> {
        if let Some((entry, _)) = self.indexed(key)? {
            self.manifest.toggle(&entry);
            self.manifest.articles -= 1;
            self.replaced.insert(key);
            let term = Term::from_field_u64(self.held.segments.fields.file, key);
            self.writer()?.delete_term(term);
        }
        Ok(())
    }

    fn writer(&mut self) -> tantivy::Result<&IndexWriter> {
        let writer = match self.writer.take() {
            Some(writer) => writer,
            None => indexing::writer(&self.held.engine, self.articles)?,
        };
        Ok(self.writer.insert(writer))
    }

    /// What the index holds of a file, and what the file looked like then.
    fn indexed(&self, key: u64) -> tantivy::Result<Option<(Entry, u64)>> {
        if self.replaced.contains(&key) { Ok(None) } else { self.held.article(key) }
    }

    /// Why an article can't be put in: an id of it is that of another file.
    fn holder(&self, entry: &Entry, key: u64) -> tantivy::Result<Option<String>> {
        let Held { segments, .. } = self.held;
        let article = (segments.fields.id, entry.id.as_str());
        let actions = entry.actions.iter().map(|it| (segments.fields.action, it.offer.id.as_str()));
        for ((field, id), name) in [article].into_iter().chain(actions).zip(entry_names(entry)) {
            let mut holder = self.claimed.get(&name).cloned();
            if holder.is_none()
                && let Some(at) = segments.first(field, &Term::from_field_text(field, id))?
                && !self.gives_up(segments.file(at), &name)
            {
                holder = Some((segments.file(at), segments.entry(at)?.file));
            }
            if let Some((_, file)) = holder.filter(|(holder, _)| *holder != key) {
                return Ok(Some(format!("{}: the {name} is also used in {file}", entry.file)));
            }
        }
        Ok(None)
    }

    /// Whether a file that has an id in the index will not have it any more.
    fn gives_up(&self, key: u64, name: &String) -> bool {
        self.replaced.contains(&key) || self.announced.get(&key).is_some_and(|names| !names.contains(name))
    }
}

fn entry_names(entry: &Entry) -> Vec<String> {
    names(entry.id.as_str(), entry.actions.iter().map(|action| action.offer.id.as_str()))
}

/// The ids of an article and its actions, as people are told of them.
fn names<'a>(article: &str, actions: impl Iterator<Item = &'a str>) -> Vec<String> {
    let actions = actions.map(|action| format!("action id `{action}`"));
    [format!("article id `{article}`")].into_iter().chain(actions).collect()
}

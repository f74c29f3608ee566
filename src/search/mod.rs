//! The search: a question in somebody's own words -> cited lines of articles, or "I don't know".
//!
//! Invariants: any text is a question (nothing is syntax, nothing fails for its content); equal articles
//! and equal questions give equal answers (where there are many, once what is gone has been cleared away:
//! until then its words count as frequent); the index is disposable, and no folder that is missing, damaged
//! or not writable keeps anybody from an answer.
//!
//! # Data flow
//!
//! `analysis` turns text into units (with the words of `vocabulary`), for articles and questions alike.
//! `entry` is what is kept of an article, `chunk` cuts it into what is ranked, `schema` says into which
//! fields, `indexing` writes them; `index` follows the files that there are (`due` says what that takes,
//! `update` does it, `manifest` is what it says of itself), `folder` keeps it on disk and `sealed` whole,
//! `segments` reads one state of it.
//!
//! `question` -> `ranking` with `proximity`, and `semantic` where there is a model -> `evidence` (is it an
//! answer? if not, once more with what `mend` makes of the question) -> `section` and `passage` (which
//! lines?) and `naming` (which of its actions does the question name?) -> `answer`, or `nearest`. `eval` measures the whole on our questions, `collection` the ranking on
//! public ones, beside the `bare` engine.
//!
//! It does not read articles (that is [`crate::kb`]) and knows nothing of chat. The API is synchronous:
//! call it where blocking is allowed.

mod analysis;
mod answer;
mod bare;
mod chunk;
mod collection;
mod due;
mod entry;
mod eval;
mod evidence;
mod folder;
mod held;
mod index;
mod indexing;
mod manifest;
mod mend;
mod naming;
mod nearest;
mod passage;
mod proximity;
mod question;
mod ranking;
mod schema;
mod sealed;
mod section;
mod seen;
mod segments;
mod semantic;
mod update;
mod vocabulary;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tantivy::{TantivyError, Term};

pub use answer::{Answer, AskLine, Hit, Mended, Nearest, Offer};
pub use collection::{Collection, Difference, Figures, Measured, Ranking, Split, measure};
pub use eval::{Miss, MissKind, Question, Report, eval, read_questions};
pub use folder::Unusable;
pub use index::Index;
pub use manifest::Broken;
pub use seen::{Reading, Seen};

use crate::domain::id::{ArticleId, Digest};
use crate::domain::world::article::{Article, Synonyms};
use crate::domain::world::citation::Candidate;
use crate::model::{Model, Vectors, VectorsError};
use analysis::{Analyzer, Unit};
use evidence::Evidence;
use manifest::Manifest;
use naming::Products;
use ranking::Ranked;
use segments::Segments;
use semantic::Semantic;

/// Hits of one answer, whatever was asked for.
pub const HITS_MAX: usize = 50;

/// What can go wrong although no question can.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The engine could not take in articles.
    #[error("could not build the search index of {articles} articles; is there enough memory?")]
    Build {
        /// How many articles there were.
        articles: usize,
        /// What the engine says.
        #[source]
        source: Box<tantivy::TantivyError>,
    },
    /// The engine failed while it searched.
    #[error("could not search the index; `dogwatch kb index` builds it again")]
    Search {
        /// What the engine says.
        #[source]
        source: Box<tantivy::TantivyError>,
    },
    /// A file of a collection can't be read.
    #[error("could not read {path}; a collection has corpus.jsonl, queries.jsonl and qrels.tsv", path = path.display())]
    CollectionUnreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A line of it is not as it should be.
    #[error("{path}:{line}: {problem}; a collection is in the format of BEIR", path = path.display())]
    Collection {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// A file of questions can't be read.
    #[error("could not read the questions in {path}; give a file of one JSON object a line", path = path.display())]
    QuestionsUnreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A line of it is not a question about these articles.
    #[error("{path}:{line}: {problem}; correct the line or choose the folder of articles that it is about", path = path.display())]
    Question {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
}

/// Where the index in use comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The one in the folder was good.
    Reused,
    /// The one in the folder was good, and has been brought up to date.
    Updated,
    /// It was built anew, for this reason.
    Rebuilt(Unusable),
    /// It was built and is in memory only, because no folder was given.
    Memory,
    /// It was built and is in memory only: what to tell people.
    Unsaved(String),
}

/// What was found for a question.
struct Found<'a> {
    question: question::Question<'a>,
    ranked: Vec<Ranked>,
    rarities: Vec<f32>,
    evidence: Evidence,
}

/// The articles as they can be found at one moment. Cheap to ask from many threads at once.
pub struct Search {
    analyzer: Arc<Analyzer>,
    segments: Arc<Segments>,
    manifest: Arc<Manifest>,
    origin: Origin,
    semantic: Option<Semantic>,
    /// Read when the first answer needs them.
    products: OnceLock<Products>,
}

impl Search {
    /// These articles, in memory. Of those with the same file or id there is one.
    pub fn of(articles: Vec<Article>, synonyms: &Synonyms) -> Result<Self, SearchError> {
        let seen: Vec<Seen> = articles.iter().map(|article| Seen::new(article.file.clone(), 0)).collect();
        let articles: HashMap<String, Article> =
            articles.into_iter().map(|article| (article.file.clone(), article)).collect();
        let articles = Mutex::new(articles);
        let taken = |file: &str| articles.lock().unwrap_or_else(PoisonError::into_inner).remove(file);
        let read = |seen: &Seen| match taken(&seen.file) {
            Some(article) => Reading::Article(Box::new(article)),
            None => Reading::Broken("it is named twice".to_owned()),
        };
        let mut index = Index::open(None, Path::new(""));
        index.follow(&seen, &[], Some(synonyms), &read)?;
        let empty = || SearchError::Build {
            articles: seen.len(),
            source: Box::new(TantivyError::InternalError("nothing was built".to_owned())),
        };
        index.search().ok_or_else(empty)
    }

    /// The same with a model of what texts mean, as far as there are vectors of them.
    #[must_use]
    pub fn with_model(self, model: Arc<Model>, vectors: Arc<Vectors>) -> Self {
        let semantic = Some(Semantic::new(model, vectors, &self.segments));
        Self { semantic, ..self }
    }

    /// How many texts have no vector although there is a model.
    pub fn lacking(&self) -> usize {
        self.semantic.as_ref().map_or(0, Semantic::lacking)
    }

    /// Encodes texts that have no vector, until `go_on`, which hears how many of how many are done, says no;
    /// [`Search::renewed`] knows them. What could not be kept is told.
    pub fn encode(&self, go_on: &dyn Fn(usize, usize) -> bool) -> Result<Option<VectorsError>, SearchError> {
        let Some(semantic) = &self.semantic else { return Ok(None) };
        semantic.encode((&self.analyzer, &self.segments), go_on).map_err(failed)
    }

    /// The same articles with what has been encoded since.
    #[must_use]
    pub fn renewed(&self) -> Self {
        Self {
            analyzer: Arc::clone(&self.analyzer),
            segments: Arc::clone(&self.segments),
            manifest: Arc::clone(&self.manifest),
            origin: self.origin.clone(),
            semantic: self.semantic.as_ref().map(|semantic| semantic.renewed(&self.segments)),
            products: OnceLock::new(),
        }
    }

    /// Where the index comes from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What answers name as the revision that they come from.
    pub fn revision(&self) -> Digest {
        self.manifest.revision()
    }

    /// How many articles there are.
    pub fn articles(&self) -> usize {
        self.manifest.articles
    }

    /// Files that hold no article as they are now; there may be a last good version of it.
    pub fn broken(&self) -> impl Iterator<Item = &Broken> {
        self.manifest.broken.values()
    }

    /// How many pieces of text are ranked.
    pub fn chunks(&self) -> usize {
        self.segments.len()
    }

    /// Whether there is an article with this id.
    pub fn has(&self, article: &ArticleId) -> Result<bool, SearchError> {
        let id = self.segments.fields.id;
        let found = self.segments.first(id, &Term::from_field_text(id, article.as_str()));
        Ok(found.map_err(failed)?.is_some())
    }

    /// Answers a question with at most `limit` hits (at least one, at most [`HITS_MAX`]).
    pub fn answer(&self, text: &str, limit: usize) -> Result<Answer, SearchError> {
        self.find(text, limit.clamp(1, HITS_MAX)).map_err(failed)
    }

    /// The articles that have something of a question, best first, good enough for an answer or not.
    pub fn rank(&self, text: &str, limit: usize) -> Result<Vec<ArticleId>, SearchError> {
        let id = |ranked: &Ranked| Ok(self.segments.entry(ranked.article)?.id);
        let ranked = self.look(text).map_err(failed)?.ranked;
        ranked.iter().take(limit).map(id).collect::<tantivy::Result<_>>().map_err(failed)
    }

    fn find(&self, text: &str, limit: usize) -> tantivy::Result<Answer> {
        let revision = self.revision();
        let (mut found, mut mended) = (self.look(text)?, Vec::new());
        if !found.evidence.is_certain()
            && let Some((text, words)) = mend::mended(&self.analyzer, &self.segments, text)?
        {
            let otherwise = self.look(&text)?;
            let is_better = otherwise.evidence.confidence() > found.evidence.confidence();
            if is_better && otherwise.evidence.suffices() {
                (found, mended) = (otherwise, words);
            }
        }
        let limit = if found.evidence.suffices() { limit } else { 0 };
        let best = found.ranked.iter().take(limit);
        let asked = self.analyzer.asked(question::cut(text));
        let hits = best.map(|ranked| self.hit(&found, &asked, ranked));
        let hits: Vec<Option<Hit>> = hits.collect::<tantivy::Result<_>>()?;
        // What has nothing to cite is no answer, and the evidence was for the best alone.
        if hits.first().is_none_or(Option::is_none) {
            let nearest = nearest::nearest(&self.analyzer, &self.segments, &found.ranked, text)?;
            return Ok(Answer {
                answered: false,
                certain: false,
                mended: Vec::new(),
                hits: Vec::new(),
                nearest,
                revision,
            });
        }
        let hits = hits.into_iter().flatten().collect();
        let certain = found.evidence.is_certain() && !evidence::is_vague(&found.question, &found.rarities);
        Ok(Answer { answered: true, certain, mended, hits, nearest: Vec::new(), revision })
    }

    /// What there is for a question, and how good the best of it is.
    fn look(&self, text: &str) -> tantivy::Result<Found<'_>> {
        let segments = &self.segments;
        let question = question::Question::read(&self.analyzer, text);
        let mut ranked = ranking::rank(segments, &question)?;
        let rarities = evidence::rarities(segments, &question)?;
        let mut cosine = None;
        if let Some(nearness) = self.semantic.as_ref().and_then(|semantic| semantic.nearness(text)) {
            ranked = nearness.fuse(ranked, evidence::full_score(&rarities));
            ranking::sort(segments, &mut ranked);
            cosine = ranked.first().and_then(|best| nearness.of(best.article));
        }
        let evidence = match ranked.first() {
            Some(best) => evidence::evidence(segments, &question, &rarities, best, cosine)?,
            None => Evidence::default(),
        };
        Ok(Found { question, ranked, rarities, evidence })
    }

    fn hit(&self, found: &Found<'_>, asked: &[Unit<'_>], ranked: &Ranked) -> tantivy::Result<Option<Hit>> {
        let Found { question, rarities, .. } = found;
        let entry = self.segments.entry(ranked.article)?;
        let found = (question, rarities.as_slice());
        let found = section::scored(&self.analyzer, &self.segments, found, &entry.title, ranked)?;
        let number = section::cited(&entry.sections, &found, question.asks_why);
        let Some(section) = entry.sections.get(number) else { return Ok(None) };
        let passage = passage::passage(&self.analyzer, question, rarities, (&entry.title, section));
        let Some(passage) = passage else { return Ok(None) };
        let (near, far): (Vec<_>, Vec<_>) =
            entry.actions.iter().partition(|action| entry.owns(number, action.line));
        let candidates = near.iter().map(|action| (action, true)).chain(far.iter().map(|it| (it, false)));
        let candidates: Vec<_> =
            candidates.map(|(action, near)| naming::candidate(&self.analyzer, asked, action, near)).collect();
        let strange = if candidates.iter().any(Candidate::is_named) {
            naming::strange(&self.analyzer, asked, &entry)
        } else {
            Vec::new()
        };
        Ok(Some(Hit {
            section: section.anchor.clone(),
            heading: section.heading.clone(),
            score: ranked.score,
            passage: passage.text(),
            marks: passage.marks(),
            lines: passage.lines,
            candidates,
            strange,
            elsewhere: self.products()?.elsewhere(&self.analyzer, asked, &entry),
            actions: near.into_iter().chain(far).map(|action| action.offer.clone()).collect(),
            quotes: passage.quotes,
            outdated: self.manifest.broken.get(&entry.file).map(|broken| broken.why.clone()),
            article: entry.id,
            title: entry.title,
            file: entry.file,
            revision: entry.revision,
        }))
    }

    fn products(&self) -> tantivy::Result<&Products> {
        if let Some(products) = self.products.get() {
            return Ok(products);
        }
        let products = Products::of(&self.analyzer, &self.segments)?;
        Ok(self.products.get_or_init(|| products))
    }
}

fn failed(source: TantivyError) -> SearchError {
    SearchError::Search { source: Box::new(source) }
}

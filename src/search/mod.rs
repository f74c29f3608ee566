//! The search: a question in somebody's own words -> cited lines of articles, or "I don't know".
//!
//! Invariants: any text is a question (nothing is syntax, nothing fails for its content); equal articles
//! and equal questions give equal answers; the index is disposable, and no folder that is missing,
//! damaged or not writable keeps anybody from an answer.
//!
//! # Data flow
//!
//! `analysis` turns text into units (with the words of `vocabulary`), for articles and questions alike.
//! `chunk` cuts articles into what is ranked, `schema` says into which fields, `indexing` builds the
//! index in memory, `folder` keeps a checked copy on disk. `question` -> `ranking`, and `semantic` where there is a model -> `evidence` (is it
//! an answer? if not, once more with what `mend` makes of the question) -> `section` and `passage` (which lines?) ->
//! `answer`, or `nearest`. `eval` measures the whole on our questions, `collection` the ranking on public
//! ones, beside the `bare` engine.
//!
//! It does not read articles (that is [`crate::kb`]) and knows nothing of chat. The API is synchronous:
//! call it where blocking is allowed.

mod analysis;
mod answer;
mod bare;
mod chunk;
mod collection;
mod eval;
mod evidence;
mod folder;
mod indexing;
mod mend;
mod nearest;
mod passage;
mod question;
mod ranking;
mod schema;
mod section;
mod semantic;
mod vocabulary;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tantivy::{IndexReader, Searcher};

pub use answer::{Answer, AskLine, Hit, Nearest, Offer};
pub use collection::{Collection, Difference, Figures, Measured, Ranking, Split, measure};
pub use eval::{Miss, MissKind, Question, Report, eval, read_questions};
pub use folder::Unusable;

use crate::domain::article::{Article, Synonyms};
use crate::domain::id::ArticleId;
use crate::model::{Model, Vectors, VectorsError};
use analysis::Analyzer;
use chunk::Place;
use evidence::Evidence;
use ranking::Ranked;
use schema::Fields;
use semantic::Semantic;

/// Hits of one answer, whatever was asked for.
pub const HITS_MAX: usize = 50;

/// What can go wrong although no question can.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The engine refused to build an index in memory.
    #[error("could not build the search index of {articles} articles in memory; is there enough of it?")]
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
    /// The copy in the folder was good.
    Reused,
    /// It was built, for this reason, and the copy was replaced.
    Rebuilt(Unusable),
    /// It was built and is in memory only, because no folder was given.
    Memory,
    /// It was built and is in memory only: what to tell people.
    Unsaved(String),
}

/// What was found for a question.
struct Found {
    question: question::Question,
    ranked: Vec<Ranked>,
    rarities: Vec<f32>,
    evidence: Evidence,
}

/// The articles and their index. Cheap to ask from many threads at once.
pub struct Search {
    synonyms: Synonyms,
    analyzer: Analyzer,
    articles: Vec<Article>,
    places: Vec<Place>,
    fields: Fields,
    reader: IndexReader,
    origin: Origin,
    semantic: Option<Semantic>,
}

impl Search {
    /// Opens the index of these articles, building it if the folder has no good copy.
    pub fn open(
        dir: Option<&Path>,
        mut articles: Vec<Article>,
        synonyms: &Synonyms,
    ) -> Result<Self, SearchError> {
        articles.sort_by(|a, b| a.id.cmp(&b.id));
        let build = |source| SearchError::Build { articles: articles.len(), source: Box::new(source) };
        let analyzer = Analyzer::new(synonyms);
        let (chunks, content) = chunk::chunks(&analyzer, &articles);
        let copy =
            dir.map(|dir| (dir, folder::load(dir, content).and_then(|index| checked(&index, chunks.len()))));
        let (reader, origin) = match copy {
            Some((_, Ok(reader))) => (reader, Origin::Reused),
            missing => {
                let (ram, index) = indexing::build(&chunks).map_err(build)?;
                let reader = indexing::reader(&index).map_err(build)?;
                let origin = match missing {
                    Some((dir, Err(reason))) => match folder::save(dir, content, &ram, &index) {
                        Ok(()) => Origin::Rebuilt(reason),
                        Err(error) => Origin::Unsaved(format!(
                            "the search index is in memory only, since {} is not writable ({error}); \
                             make it writable or choose another with --index",
                            dir.display()
                        )),
                    },
                    _ => Origin::Memory,
                };
                (reader, origin)
            }
        };
        let places = chunks.into_iter().map(|chunk| chunk.place).collect();
        let (_, fields) = schema::schema();
        Ok(Self {
            synonyms: synonyms.clone(),
            analyzer,
            articles,
            places,
            fields,
            reader,
            origin,
            semantic: None,
        })
    }

    /// The same with a model of what texts mean. Chunks without a vector are encoded, while `progress`
    /// hears how many of how many are done; what could not be kept in `vectors` is told.
    pub fn with_model(
        mut self,
        model: Arc<Model>,
        vectors: Vectors,
        progress: &dyn Fn(usize, usize),
    ) -> (Self, Option<VectorsError>) {
        let (chunks, _) = chunk::chunks(&self.analyzer, &self.articles);
        let (semantic, failed) = Semantic::new(model, vectors, &chunks, progress);
        self.semantic = Some(semantic);
        (self, failed)
    }

    /// Where the index comes from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The articles, by id.
    pub fn articles(&self) -> &[Article] {
        &self.articles
    }

    /// The expressions that find each other.
    pub fn synonyms(&self) -> &Synonyms {
        &self.synonyms
    }

    /// How many pieces of text are ranked.
    pub fn chunks(&self) -> usize {
        self.places.len()
    }

    /// Answers a question with at most `limit` hits (at least one, at most [`HITS_MAX`]).
    pub fn answer(&self, text: &str, limit: usize) -> Result<Answer, SearchError> {
        self.find(text, limit.clamp(1, HITS_MAX))
            .map_err(|source| SearchError::Search { source: Box::new(source) })
    }

    /// The articles that have something of a question, best first, good enough for an answer or not.
    pub fn rank(&self, text: &str, limit: usize) -> Result<Vec<ArticleId>, SearchError> {
        let found = self.look(&self.reader.searcher(), text);
        let found = found.map_err(|source| SearchError::Search { source: Box::new(source) })?;
        let best = found.ranked.iter().take(limit).filter_map(|ranked| self.articles.get(ranked.article));
        Ok(best.map(|article| article.id.clone()).collect())
    }

    fn find(&self, text: &str, limit: usize) -> tantivy::Result<Answer> {
        let searcher = self.reader.searcher();
        let mut found = self.look(&searcher, text)?;
        if !found.evidence.suffices()
            && let Some(mended) = mend::mended(&self.analyzer, &searcher, self.fields, text)?
        {
            found = self.look(&searcher, &mended)?;
        }
        if !found.evidence.suffices() {
            let nearest = nearest::nearest(&self.articles, &found.ranked, text);
            return Ok(Answer { answered: false, hits: Vec::new(), nearest });
        }
        let best = found.ranked.iter().take(limit);
        let hits = best.filter_map(|ranked| self.hit(&found.question, &found.rarities, ranked)).collect();
        Ok(Answer { answered: true, hits, nearest: Vec::new() })
    }

    /// What there is for a question, and how good the best of it is.
    fn look(&self, searcher: &Searcher, text: &str) -> tantivy::Result<Found> {
        let question = question::Question::read(&self.analyzer, text);
        let mut ranked = ranking::rank(searcher, self.fields, &self.places, &question)?;
        // What has nothing to cite is no answer.
        ranked.retain(|found| self.articles.get(found.article).is_some_and(|it| !it.sections.is_empty()));
        let rarities = evidence::rarities(searcher, self.fields, &question)?;
        let mut cosine = None;
        if let Some(semantic) = &self.semantic {
            let nearness = semantic.nearness(text);
            ranked = nearness.fuse(&self.places, ranked, evidence::full_score(&rarities));
            ranked.retain(|found| self.articles.get(found.article).is_some_and(|it| !it.sections.is_empty()));
            cosine = ranked.first().map(|best| nearness.of(best));
        }
        let mut evidence = match ranked.first() {
            Some(best) => evidence::evidence(searcher, self.fields, &question, &rarities, best)?,
            None => Evidence::default(),
        };
        evidence.cosine = cosine;
        Ok(Found { question, ranked, rarities, evidence })
    }

    fn hit(&self, question: &question::Question, rarities: &[f32], ranked: &Ranked) -> Option<Hit> {
        let article = self.articles.get(ranked.article)?;
        let found = ranked.chunks.iter();
        let found =
            found.filter_map(|(chunk, score)| Some((self.places.get(*chunk as usize)?.section?, *score)));
        let number = section::cited(&article.sections, &found.collect::<Vec<_>>(), question.asks_why);
        let section = article.sections.get(number)?;
        let passage = passage::passage(&self.analyzer, question, rarities, section);
        let here =
            |action: &&crate::domain::action::Action| chunk::owns(&article.sections, number, action.line);
        let (near, far): (Vec<_>, Vec<_>) = article.actions.iter().partition(here);
        Some(Hit {
            article: article.id.clone(),
            section: section.anchor.clone(),
            heading: section.heading.clone(),
            title: article.title.clone(),
            score: ranked.score,
            passage: passage.text(),
            marks: passage.marks(),
            file: article.file.clone(),
            lines: passage.lines,
            actions: near.into_iter().chain(far).map(Offer::from).collect(),
            quotes: passage.quotes,
            revision: article.revision,
        })
    }
}

/// A reader of an index from disk, if it is as many chunks in one segment as it must be.
fn checked(index: &tantivy::Index, chunks: usize) -> Result<IndexReader, Unusable> {
    let reader = indexing::reader(index).map_err(|_| Unusable::Damaged)?;
    let searcher = reader.searcher();
    let whole = searcher.num_docs() == chunks as u64 && searcher.segment_readers().len() <= 1;
    if whole { Ok(reader) } else { Err(Unusable::Damaged) }
}

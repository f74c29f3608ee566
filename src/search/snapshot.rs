//! One state of the index, and the way from a question to its answer there.
//!
//! Invariant: a snapshot never changes, so equal questions get equal answers; what changes later is in
//! another one. It does not follow files: that is `index`.

use std::sync::{Arc, OnceLock};

use tantivy::{TantivyError, Term};

use super::analysis::{Analyzer, Unit};
use super::answer::{Answer, HITS_MAX, Hit};
use super::error::SearchError;
use super::evidence::{self, Evidence};
use super::manifest::{Broken, Manifest};
use super::naming::{self, Products};
use super::origin::Origin;
use super::ranking::{self, Ranked};
use super::segments::Segments;
use super::semantic::Semantic;
use super::{mend, nearest, passage, question, section};
use crate::domain::id::{ArticleId, Digest};
use crate::domain::world::citation::Candidate;
use crate::model::{Model, Vectors, VectorsError};

/// What was found for a question.
struct Found<'a> {
    question: question::Question<'a>,
    ranked: Vec<Ranked>,
    rarities: Vec<f32>,
    evidence: Evidence,
}

/// The articles as they can be found at one moment. Cheap to ask from many threads at once.
pub struct Search {
    pub(super) analyzer: Arc<Analyzer>,
    pub(super) segments: Arc<Segments>,
    pub(super) manifest: Arc<Manifest>,
    pub(super) origin: Origin,
    pub(super) semantic: Option<Semantic>,
    /// Read when the first answer needs them.
    pub(super) products: OnceLock<Products>,
}

impl Search {
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

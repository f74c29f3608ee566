//! What texts mean, beside the words they use: a vector for every text of a chunk and for the question, and
//! the two rankings fused into one.
//!
//! # Fusion
//!
//! The weighted mean of the best cosine and of what the words are worth: their score as a part of what an
//! article with the words that count would score, where the first ones are worth most. Neither is stretched
//! to the best that was found: where no article has the words, meaning decides, and where one has them all,
//! names, codes and commands do, which mean nothing to the model. Looked at are the best [`FUSED_MAX`] of
//! each.
//!
//! Invariant: without the model, and of an article that has no vector yet, words decide alone; nobody waits
//! for a text to be encoded but who asks for that.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use tantivy::DocAddress;

use super::analysis::Analyzer;
use super::chunk::{chunks, text_key};
use super::ranking::Ranked;
use super::segments::Segments;
use crate::model::{Model, Query, Vectors, VectorsError};

/// Articles of each ranking that are fused.
const FUSED_MAX: usize = 100;
/// Weight of the words beside the meaning. Of .4 to .55 it ranks best on the choosing halves of three public
/// collections.
const WORDS_WEIGHT: f32 = 0.5;
/// Words of a question whose meaning is compared: encoding takes time, and with all of them nDCG@10 changes by
/// less than .01 on each of them.
const ASKED_WORDS_MAX: usize = 40;
/// Texts that are encoded before they are written.
const BATCH: usize = 32;

/// The model with the vectors that there are.
pub(super) struct Semantic {
    model: Arc<Model>,
    vectors: Arc<Vectors>,
    /// Of every text with a vector its chunk and the row of the vector, those of an article together, in the
    /// order of the index.
    rows: Vec<(DocAddress, usize)>,
    articles: Vec<Part>,
    /// How many texts have none.
    lacking: usize,
}

/// The texts of an article among all.
struct Part {
    article: DocAddress,
    texts: Range<usize>,
}

/// How near everything comes to a question, as cosines.
pub(super) struct Nearness<'a> {
    semantic: &'a Semantic,
    /// Of each text.
    texts: Vec<f32>,
    /// Of the best text of each article.
    articles: Vec<f32>,
}

impl Semantic {
    /// What has been encoded of these chunks.
    pub fn new(model: Arc<Model>, vectors: Arc<Vectors>, segments: &Segments) -> Self {
        let (mut rows, mut lacking) = (Vec::new(), 0);
        {
            let vectors = vectors.rows();
            for (key, chunk) in segments.chunks().flat_map(|chunk| keys(segments, chunk)) {
                match vectors.get(key) {
                    Some(row) => rows.push((chunk, row)),
                    None => lacking += 1,
                }
            }
        }
        let articles = parts(segments, &rows);
        Self { model, vectors, rows, articles, lacking }
    }

    /// The same with what has been encoded since.
    pub fn renewed(&self, segments: &Segments) -> Self {
        Self::new(Arc::clone(&self.model), Arc::clone(&self.vectors), segments)
    }

    /// How many texts have no vector.
    pub fn lacking(&self) -> usize {
        self.lacking
    }

    /// Encodes the texts that have no vector yet, until `go_on`, which hears how many of how many are done,
    /// says no. What could not be written is in memory all the same.
    pub fn encode(
        &self,
        (analyzer, segments): (&Analyzer, &Segments),
        go_on: &dyn Fn(usize, usize) -> bool,
    ) -> tantivy::Result<Option<VectorsError>> {
        let mut missing = missing(&self.vectors, segments);
        let articles: BTreeSet<DocAddress> = missing.values().map(|chunk| segments.article(*chunk)).collect();
        let (all, mut done, mut failed) = (missing.len(), 0, None);
        let mut articles = articles.into_iter();
        let mut waiting = Vec::new();
        while go_on(done, all) {
            while waiting.len() < BATCH
                && let Some(article) = articles.next()
            {
                let chunks = chunks(analyzer, &segments.entry(article)?);
                let texts = chunks.into_iter().flat_map(|chunk| chunk.texts);
                let texts = texts.map(|text| (text_key(&text), text));
                waiting.extend(texts.filter(|(key, _)| missing.remove(key).is_some()));
            }
            if waiting.is_empty() {
                break;
            }
            let batch: Vec<_> = waiting.drain(..BATCH.min(waiting.len())).collect();
            let encoded = encoded(&self.model, &batch);
            failed = self.vectors.add(&encoded).err().or(failed.take());
            done += batch.len();
        }
        Ok(failed)
    }

    /// How near everything comes to a question; none if it could not be encoded.
    pub fn nearness(&self, question: &str) -> Option<Nearness<'_>> {
        let words: Vec<&str> = question.split_whitespace().take(ASKED_WORDS_MAX).collect();
        let query = Query::new(&self.model.encode(&words.join(" "))?);
        let vectors = self.vectors.rows();
        let cosine = |(_, row): &(DocAddress, usize)| vectors.cosine(&query, *row).unwrap_or_default();
        let texts: Vec<f32> = self.rows.iter().map(cosine).collect();
        let best = |part: &Part| texts[part.texts.clone()].iter().copied().fold(0.0, f32::max);
        let articles = self.articles.iter().map(best).collect();
        Some(Nearness { semantic: self, texts, articles })
    }
}

fn parts(segments: &Segments, rows: &[(DocAddress, usize)]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for (at, (chunk, _)) in rows.iter().enumerate() {
        let article = segments.article(*chunk);
        match parts.last_mut() {
            Some(part) if part.article == article => part.texts.end = at + 1,
            _ => parts.push(Part { article, texts: at..at + 1 }),
        }
    }
    parts
}

/// The keys of texts without a vector, each with a chunk that has it.
fn missing(vectors: &Vectors, segments: &Segments) -> HashMap<u64, DocAddress> {
    let vectors = vectors.rows();
    let texts = segments.chunks().flat_map(|chunk| keys(segments, chunk));
    texts.filter(|(key, _)| vectors.get(*key).is_none()).collect()
}

/// What the texts of a chunk are known by, each with the chunk.
fn keys(segments: &Segments, chunk: DocAddress) -> impl Iterator<Item = (u64, DocAddress)> + '_ {
    segments.text_keys(chunk).map(move |key| (key, chunk))
}

/// The vectors of texts that could be encoded. One text fills one core, so it is two at a time.
fn encoded(model: &Model, texts: &[(u64, String)]) -> Vec<(u64, Vec<f32>)> {
    let encode = |texts: &[(u64, String)]| -> Vec<_> {
        texts.iter().filter_map(|(key, text)| Some((*key, model.encode(text)?))).collect()
    };
    let (first, second) = texts.split_at(texts.len() / 2);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| encode(first));
        let mut both = encode(second);
        both.extend(other.join().unwrap_or_default());
        both
    })
}

impl Nearness<'_> {
    /// The cosine of the best text of an article, if one of them has a vector.
    pub fn of(&self, article: DocAddress) -> Option<f32> {
        self.place(article).map(|place| self.articles[place])
    }

    fn place(&self, article: DocAddress) -> Option<usize> {
        self.semantic.articles.binary_search_by_key(&article, |part| part.article).ok()
    }

    /// The places of the articles that come nearest.
    fn nearest(&self) -> Vec<usize> {
        let mut places: Vec<usize> = (0..self.articles.len()).collect();
        let order = |a: &usize, b: &usize| self.articles[*b].total_cmp(&self.articles[*a]).then(a.cmp(b));
        if places.len() > FUSED_MAX {
            places.select_nth_unstable_by(FUSED_MAX, order);
            places.truncate(FUSED_MAX);
        }
        places
    }

    /// Both rankings as one, in no order. `full_score` is that of a chunk with all words that count.
    pub fn fuse(&self, ranked: Vec<Ranked>, full_score: f32) -> Vec<Ranked> {
        let nearest = self.nearest();
        let cosines = Span::of(nearest.iter().map(|place| self.articles[*place]));
        let best_chunk = ranked.iter().map(|ranked| ranked.strength).fold(f32::MIN_POSITIVE, f32::max);
        let mut candidates: BTreeMap<DocAddress, Option<Ranked>> =
            nearest.iter().map(|place| (self.semantic.articles[*place].article, None)).collect();
        candidates.extend(ranked.into_iter().take(FUSED_MAX).map(|ranked| (ranked.article, Some(ranked))));
        let mut fused = Vec::new();
        for (article, found) in candidates {
            let word = worth(found.as_ref().map_or(0.0, |found| found.score / full_score));
            // What has not been encoded comes as near as its words say.
            let cosine = self.of(article).unwrap_or(word * cosines.high.max(0.0));
            let score = (1.0 - WORDS_WEIGHT) * cosine + WORDS_WEIGHT * word;
            if score <= 0.0 {
                continue;
            }
            let strength = found.as_ref().map_or(0.0, |found| found.strength);
            let mut words: HashMap<DocAddress, f32> =
                found.into_iter().flat_map(|found| found.chunks).collect();
            let mut chunks = self.chunks_of(article);
            for (chunk, cosine) in &mut chunks {
                let word = words.remove(chunk).unwrap_or_default() / best_chunk;
                *cosine = f32::midpoint(cosines.part(*cosine), word);
            }
            // What has not been encoded is found by its words all the same.
            chunks.extend(
                words.into_iter().map(|(chunk, word)| (chunk, f32::midpoint(0.0, word / best_chunk))),
            );
            chunks.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            fused.push(Ranked { article, score, strength, chunks });
        }
        fused
    }

    /// The chunks of an article with the cosines of their best texts.
    fn chunks_of(&self, article: DocAddress) -> Vec<(DocAddress, f32)> {
        let part = self.place(article).map_or(0..0, |place| self.semantic.articles[place].texts.clone());
        let mut chunks: Vec<(DocAddress, f32)> = Vec::new();
        for ((chunk, _), cosine) in self.semantic.rows[part.clone()].iter().zip(&self.texts[part]) {
            match chunks.last_mut() {
                Some((last, best)) if last == chunk => *best = best.max(*cosine),
                _ => chunks.push((*chunk, *cosine)),
            }
        }
        chunks
    }
}

/// What words are worth that score so much of what those that count would: all of it is 1, half of it
/// two thirds. Long questions can have more; without that scifact loses .005 of nDCG@10.
fn worth(part: f32) -> f32 {
    (3.0 * part).ln_1p() / 4_f32.ln()
}

/// The least and the greatest of scores.
struct Span {
    low: f32,
    high: f32,
}

impl Span {
    fn of(scores: impl Iterator<Item = f32>) -> Self {
        let start = Self { low: f32::INFINITY, high: f32::NEG_INFINITY };
        scores.fold(start, |span, score| Self { low: span.low.min(score), high: span.high.max(score) })
    }

    /// Where a score lies, from 0 to 1; below the least it is 0.
    fn part(&self, score: f32) -> f32 {
        let width = self.high - self.low;
        if width > 0.0 { ((score - self.low) / width).clamp(0.0, 1.0) } else { f32::from(score >= self.high) }
    }
}

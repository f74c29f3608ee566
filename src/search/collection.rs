//! A public collection of documents, queries and judgements: how good the ranking is on text that is
//! not ours.
//!
//! # Format
//!
//! That of BEIR: `corpus.jsonl` of `{"id" or "_id", "title", "text"}`, `queries.jsonl` of
//! `{"id" or "_id", "text"}`, and `qrels.tsv` (or `qrels/test.tsv`) of query, document and score,
//! separated by tabs, mostly below a line of headings. Every document becomes an article of one section.
//!
//! # Figures
//!
//! Means over the queries that have a relevant document: `ndcg@10` (gain = score, discount log2 of
//! place + 1, Järvelin and Kekäläinen 2002), `mrr@10`, `recall@10`, `success@1`; `false_refusals` of the
//! same queries; `false_answers` of every second of them, asked of an index that lacks its relevant
//! documents. `p50_us` and `p95_us` are of whole answers, those of the bare engine of its ranking. An interval
//! is the 95 % percentile interval of the mean difference over paired bootstrap samples of the queries (Efron
//! and Tibshirani 1993), from a fixed seed.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::bare::Bare;
use super::error::SearchError;
use super::eval::fraction;
use super::snapshot::Search;
use crate::domain::id::{ArticleId, Digest};
use crate::domain::world::article::{Article, Block, BlockKind, Section, Synonyms};

/// What some editors begin a file with.
const BYTE_ORDER_MARK: char = '\u{feff}';
/// Places that are looked at.
const DEPTH: usize = 10;
/// Hits of an answer whose time is taken.
const HITS: usize = 3;
/// Samples of a bootstrap.
const SAMPLES: usize = 2_000;

/// Which queries are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// Those to choose settings with.
    Choose,
    /// Those to report with: the others.
    Report,
}

impl Split {
    fn holds(self, query: &str) -> bool {
        (digest(query)[0] & 1 == 0) == (self == Self::Choose)
    }
}

fn digest(query: &str) -> [u8; 32] {
    Sha256::digest(query).into()
}

/// Documents, queries and what is relevant to which.
#[derive(Debug)]
pub struct Collection {
    articles: Vec<Article>,
    queries: Vec<Query>,
}

#[derive(Debug)]
struct Query {
    id: String,
    text: String,
    /// The gain of each relevant document.
    relevant: BTreeMap<ArticleId, f64>,
}

#[derive(Deserialize)]
struct Line {
    #[serde(alias = "_id")]
    id: String,
    title: Option<String>,
    text: String,
}

impl Collection {
    /// Reads a collection with all queries or a half of them. Those without a relevant document are left out,
    /// as is usual; of one it must be there.
    pub fn read(folder: &Path, split: Option<Split>) -> Result<Self, SearchError> {
        let articles: Vec<Article> = lines(&folder.join("corpus.jsonl"))?.into_iter().map(article).collect();
        let known: BTreeSet<&ArticleId> = articles.iter().map(|article| &article.id).collect();
        let mut relevant = judgements(folder)?;
        let queries = lines(&folder.join("queries.jsonl"))?.into_iter().filter_map(|line| {
            let relevant = relevant.remove(&line.id)?;
            Some(Query { id: line.id, text: line.text, relevant })
        });
        let queries: Vec<Query> =
            queries.filter(|query| split.is_none_or(|split| split.holds(&query.id))).collect();
        if !queries.iter().flat_map(|query| query.relevant.keys()).any(|id| known.contains(id)) {
            let of = if split.is_some() { "this half of it" } else { "it" };
            let source = io::Error::other(format!("no query of {of} has a relevant document"));
            return Err(SearchError::CollectionUnreadable { path: folder.to_owned(), source });
        }
        Ok(Self { articles, queries })
    }
}

fn article(line: Line) -> Article {
    let block = Block { text: line.text, kind: BlockKind::Text, lines: (1, 1) };
    let section = Section { anchor: String::new(), heading: Vec::new(), blocks: vec![block], lines: (1, 1) };
    Article {
        revision: Digest::of(section.blocks[0].text.as_bytes()),
        file: line.id.clone(),
        id: ArticleId(line.id),
        title: line.title.unwrap_or_default(),
        products: Vec::new(),
        tags: Vec::new(),
        symptoms: Vec::new(),
        reviewed: String::new(),
        sections: vec![section],
        actions: Vec::new(),
    }
}

fn text(path: &Path) -> Result<String, SearchError> {
    let unreadable = |source| SearchError::CollectionUnreadable { path: path.to_owned(), source };
    let mut text = std::fs::read_to_string(path).map_err(unreadable)?;
    if text.starts_with(BYTE_ORDER_MARK) {
        text.remove(0);
    }
    Ok(text)
}

/// What stands in the lines of a file; of those with one id the first.
fn lines(path: &Path) -> Result<Vec<Line>, SearchError> {
    let text = text(path)?;
    let (mut ids, mut lines) = (BTreeSet::new(), Vec::new());
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let line: Line =
            serde_json::from_str(line).map_err(|error| damaged(path, at + 1, error.to_string()))?;
        if ids.insert(line.id.clone()) {
            lines.push(line);
        } else {
            tracing::warn!(
                "{}:{}: there is another `{}` above, which counts",
                path.display(),
                at + 1,
                line.id
            );
        }
    }
    Ok(lines)
}

fn damaged(path: &Path, line: usize, problem: String) -> SearchError {
    SearchError::Collection { path: PathBuf::from(path), line, problem }
}

fn judgements(folder: &Path) -> Result<BTreeMap<String, BTreeMap<ArticleId, f64>>, SearchError> {
    let nested = folder.join("qrels").join("test.tsv");
    let path = if nested.exists() { nested } else { folder.join("qrels.tsv") };
    let text = text(&path)?;
    let mut relevant: BTreeMap<String, BTreeMap<ArticleId, f64>> = BTreeMap::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let mut cells = line.split('\t').map(str::trim);
        let (Some(query), Some(document), Some(Ok(gain))) =
            (cells.next(), cells.next(), cells.next().map(str::parse::<f64>))
        else {
            if at == 0 {
                continue;
            }
            return Err(damaged(&path, at + 1, "not a query, a document and a score".to_owned()));
        };
        if !gain.is_finite() {
            return Err(damaged(&path, at + 1, "the score is no number".to_owned()));
        }
        if gain > 0.0 {
            relevant.entry(query.to_owned()).or_default().insert(ArticleId(document.to_owned()), gain);
        }
    }
    Ok(relevant)
}

/// Means over the queries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Figures {
    /// See the module.
    #[serde(rename = "ndcg@10")]
    pub ndcg_at_10: f64,
    /// See the module.
    #[serde(rename = "mrr@10")]
    pub mrr_at_10: f64,
    /// See the module.
    #[serde(rename = "recall@10")]
    pub recall_at_10: f64,
    /// See the module.
    #[serde(rename = "success@1")]
    pub success_at_1: f64,
    /// Queries.
    pub queries: usize,
    /// The median time of a query.
    pub p50_us: u64,
    /// What 95 of 100 queries do not exceed.
    pub p95_us: u64,
}

/// How much better ours is than the bare engine.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Difference {
    /// The mean.
    pub mean: f64,
    /// The interval around it.
    pub low: f64,
    /// The interval around it.
    pub high: f64,
}

/// How well a ranking does, beside the bare engine.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ranking {
    /// Its places.
    #[serde(flatten)]
    pub figures: Figures,
    /// Answerable queries that were refused.
    pub false_refusals: f64,
    /// Unanswerable queries that were answered.
    pub false_answers: f64,
    /// Of `ndcg@10`, less that of the bare engine.
    pub ndcg_difference: Difference,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measured {
    /// What the program does: with the model where there is one.
    #[serde(flatten)]
    pub ours: Ranking,
    /// The same by words alone, where there is a model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<Ranking>,
    /// The engine's own BM25 with its own tokens over title and text.
    pub bare: Figures,
}

/// One query's places.
struct Outcome {
    ndcg: f64,
    reciprocal: f64,
    recall: f64,
    first: f64,
    took: Duration,
}

/// Asks the queries of a collection.
pub fn measure(
    collection: Collection,
    synonyms: &Synonyms,
    with_model: Option<&dyn Fn(Search) -> Result<Search, SearchError>>,
) -> Result<Measured, SearchError> {
    let Collection { articles, queries } = collection;
    let bare = Bare::new(&articles)?;
    let mut plain = Vec::new();
    for query in &queries {
        let start = Instant::now();
        let ranked = bare.rank(&query.text, DEPTH)?;
        plain.push(outcome(query, &ranked, start.elapsed()));
    }
    let missing: Vec<_> = queries.iter().filter(|query| digest(&query.id)[1] & 1 == 0).collect();
    let gone: BTreeSet<_> = missing.iter().flat_map(|query| query.relevant.keys()).collect();
    let rest: Vec<_> = articles.iter().filter(|article| !gone.contains(&article.id)).cloned().collect();
    let mut whole = Search::of(articles, synonyms)?;
    let mut lacking = Search::of(rest, synonyms)?;
    let mut ours = ranking(&whole, &lacking, &queries, &missing, &plain)?;
    let mut words = None;
    if let Some(with_model) = with_model {
        (whole, lacking) = (with_model(whole)?, with_model(lacking)?);
        words = Some(std::mem::replace(&mut ours, ranking(&whole, &lacking, &queries, &missing, &plain)?));
    }
    Ok(Measured { ours, words, bare: figures(&plain) })
}

/// Asks all queries, and of an index without their documents those that are `missing`.
fn ranking(
    whole: &Search,
    lacking: &Search,
    queries: &[Query],
    missing: &[&Query],
    plain: &[Outcome],
) -> Result<Ranking, SearchError> {
    let (mut outcomes, mut refused, mut answered) = (Vec::new(), 0, 0);
    for query in queries {
        let ranked = whole.rank(&query.text, DEPTH)?;
        let start = Instant::now();
        let answer = whole.answer(&query.text, HITS)?;
        outcomes.push(outcome(query, &ranked, start.elapsed()));
        refused += usize::from(!answer.answered);
    }
    for query in missing {
        answered += usize::from(lacking.answer(&query.text, 1)?.answered);
    }
    let differences: Vec<f64> =
        outcomes.iter().zip(plain).map(|(ours, bare)| ours.ndcg - bare.ndcg).collect();
    Ok(Ranking {
        figures: figures(&outcomes),
        false_refusals: fraction(refused, queries.len()),
        false_answers: fraction(answered, missing.len()),
        ndcg_difference: bootstrap(&differences),
    })
}

fn outcome(query: &Query, ranked: &[ArticleId], took: Duration) -> Outcome {
    let discount = |place: usize| (real(place) + 2.0).log2();
    let gain = |id: &ArticleId| query.relevant.get(id).copied().unwrap_or_default();
    let found = ranked.iter().take(DEPTH).enumerate();
    let dcg: f64 = found.map(|(place, id)| gain(id) / discount(place)).sum();
    let mut best: Vec<f64> = query.relevant.values().copied().collect();
    best.sort_by(|a, b| b.total_cmp(a));
    let ideal: f64 = best.iter().take(DEPTH).enumerate().map(|(place, gain)| gain / discount(place)).sum();
    let first = ranked.iter().take(DEPTH).position(|id| query.relevant.contains_key(id));
    let hits = ranked.iter().take(DEPTH).filter(|id| query.relevant.contains_key(id)).count();
    Outcome {
        ndcg: dcg / ideal,
        reciprocal: first.map_or(0.0, |place| fraction(1, place + 1)),
        recall: fraction(hits, query.relevant.len()),
        first: f64::from(first == Some(0)),
        took,
    }
}

fn figures(outcomes: &[Outcome]) -> Figures {
    let average = |of: fn(&Outcome) -> f64| {
        let sum: f64 = outcomes.iter().map(of).sum();
        if outcomes.is_empty() { 0.0 } else { sum / real(outcomes.len()) }
    };
    let mut took: Vec<u64> =
        outcomes.iter().map(|it| u64::try_from(it.took.as_micros()).unwrap_or(u64::MAX)).collect();
    took.sort_unstable();
    let percentile = |percent: usize| took.get(took.len().saturating_sub(1) * percent / 100).copied();
    Figures {
        ndcg_at_10: average(|it| it.ndcg),
        mrr_at_10: average(|it| it.reciprocal),
        recall_at_10: average(|it| it.recall),
        success_at_1: average(|it| it.first),
        queries: outcomes.len(),
        p50_us: percentile(50).unwrap_or_default(),
        p95_us: percentile(95).unwrap_or_default(),
    }
}

/// The mean of paired differences and its interval.
fn bootstrap(differences: &[f64]) -> Difference {
    if differences.is_empty() {
        return Difference { mean: 0.0, low: 0.0, high: 0.0 };
    }
    let count = real(differences.len());
    let mut seed = 0;
    let mut draw = || {
        // SplitMix64, Steele et al. 2014.
        seed = u64::wrapping_add(seed, 0x9e37_79b9_7f4a_7c15);
        let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let at = (mixed ^ (mixed >> 31)) % differences.len() as u64;
        usize::try_from(at).map_or(0.0, |at| differences[at])
    };
    let sample = |_| (0..differences.len()).map(|_| draw()).sum::<f64>() / count;
    let mut means: Vec<f64> = (0..SAMPLES).map(sample).collect();
    means.sort_by(f64::total_cmp);
    let mean = differences.iter().sum::<f64>() / count;
    Difference { mean, low: means[SAMPLES / 40], high: means[SAMPLES - 1 - SAMPLES / 40] }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of queries are far below 2^52")]
fn real(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests;

//! A question and an index -> articles, best first.
//!
//! Chunks are scored by BM25 (k1 1.2, b .75, as tantivy has them) over the weighted text, plus equivalent
//! expressions; to the best of them is added what stands close together in them and in the question. What
//! the question says twice counts twice. An article counts by its best two chunks.

use std::collections::BTreeMap;

use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, BoostQuery, Occur, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocAddress, Term};

use super::analysis::{Unit, meaning_term};
use super::proximity;
use super::question::Question;
use super::segments::Segments;

/// The least weight of a word as a whole beside its parts: what a pair of words weighs.
const WHOLE_WEIGHT_MIN: f32 = 0.25;
/// Weight of an equivalent expression.
const MEANING_WEIGHT: f32 = 0.5;
/// What the best and the second chunk add to the score of their article. More for the second, or
/// something for the third, favours whatever is long: on scifact it costs .03 of nDCG@10.
const CHUNK_WEIGHTS: [f32; 2] = [1.0, 0.1];
/// Chunks that are looked at. Twice as many take a quarter more time and change nDCG@10 by less than .002
/// on each of three public collections.
const CHUNKS_MAX: usize = 100;

/// An article that has something of the question.
#[derive(Debug, Clone)]
pub(super) struct Ranked {
    /// Which article: its first chunk.
    pub article: DocAddress,
    /// What it counts.
    pub score: f32,
    /// The score of its best chunk by words.
    pub strength: f32,
    /// Its chunks among those looked at, best first, with their scores.
    pub chunks: Vec<(DocAddress, f32)>,
}

/// The articles that have something of the question, best first.
pub(super) fn rank(segments: &Segments, question: &Question<'_>) -> tantivy::Result<Vec<Ranked>> {
    if question.is_empty() {
        return Ok(Vec::new());
    }
    let query = query(segments, question)?;
    let best = TopDocs::with_limit(CHUNKS_MAX).order_by_score();
    let mut found = segments.searcher.search_with_statistics_provider(&query, &best, segments)?;
    proximity::add(segments, question, &mut found)?;
    let mut articles: Vec<Ranked> = Vec::new();
    for (score, chunk) in found {
        let article = segments.article(chunk);
        if let Some(ranked) = articles.iter_mut().find(|ranked| ranked.article == article) {
            ranked.chunks.push((chunk, score));
        } else {
            articles.push(Ranked { article, score: 0.0, strength: score, chunks: vec![(chunk, score)] });
        }
    }
    for ranked in &mut articles {
        let weighted = ranked.chunks.iter().zip(CHUNK_WEIGHTS).map(|((_, score), weight)| score * weight);
        ranked.score = weighted.sum();
    }
    sort(segments, &mut articles);
    Ok(articles)
}

/// The best first; equals always in the same order, whatever the index was before.
pub(super) fn sort(segments: &Segments, articles: &mut [Ranked]) {
    let place = |ranked: &Ranked| segments.file(ranked.article);
    articles.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| place(a).cmp(&place(b))));
}

fn query(segments: &Segments, question: &Question<'_>) -> tantivy::Result<BooleanQuery> {
    let fields = segments.fields;
    // Of what is asked for in two ways the greater weight counts, whichever comes first.
    let mut weights: BTreeMap<Term, f32> = BTreeMap::new();
    let mut add = |field: Field, text: &str, weight: f32| {
        let known = weights.entry(Term::from_field_text(field, text)).or_default();
        *known = known.max(weight);
    };
    for (unit, times) in question.units.iter().zip(&question.times) {
        for word in &unit.stems {
            add(fields.text, word, *times);
        }
        for word in &unit.wholes {
            add(fields.text, word, times * whole_weight(segments, unit, word)?);
        }
        for meaning in &unit.meanings {
            add(fields.meanings, &meaning_term(*meaning), times * MEANING_WEIGHT);
        }
    }
    let clause = |(term, weight)| -> (Occur, Box<dyn Query>) {
        let query = Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs));
        (Occur::Should, Box::new(BoostQuery::new(query, weight)))
    };
    Ok(BooleanQuery::new(weights.into_iter().map(clause).collect()))
}

/// A word as a whole counts for what it says beyond its parts: nothing but their order if one of them is as
/// rare, nearly all if they stand everywhere, all if one of them stands nowhere.
fn whole_weight(segments: &Segments, unit: &Unit<'_>, whole: &str) -> tantivy::Result<f32> {
    let text = segments.fields.text;
    let mut rarest: f32 = 0.0;
    for part in &unit.stems {
        let frequency = segments.frequency(text, part)?;
        if frequency == 0 {
            return Ok(1.0);
        }
        rarest = rarest.max(segments.rarity(frequency)?);
    }
    let whole = segments.rarity(segments.frequency(text, whole)?)?;
    Ok((1.0 - rarest / whole).max(WHOLE_WEIGHT_MIN))
}

//! A question and an index -> articles, best first.
//!
//! Chunks are scored by BM25 (k1 1.2, b .75, as tantivy has them) over the weighted text, plus pairs of
//! neighbouring words, plus equivalent expressions. An article counts by its best two chunks. Equal
//! scores stand in the order of the articles.

use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, BoostQuery, Occur, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Searcher, Term};

use super::analysis::meaning_term;
use super::chunk::Place;
use super::question::Question;
use super::schema::Fields;

/// Weight of a pair of neighbouring words beside the words themselves.
const PAIR_WEIGHT: f32 = 0.25;
/// Weight of an equivalent expression.
const MEANING_WEIGHT: f32 = 0.5;
/// What the best and the second chunk add to the score of their article. More for the second, or
/// something for the third, favours whatever is long: on scifact it costs .03 of nDCG@10.
const CHUNK_WEIGHTS: [f32; 2] = [1.0, 0.1];
/// Chunks that are looked at.
const CHUNKS_MAX: usize = 200;

/// An article that has something of the question.
#[derive(Debug, Clone)]
pub(super) struct Ranked {
    /// Which article.
    pub article: usize,
    /// What it counts.
    pub score: f32,
    /// The score of its best chunk by words.
    pub strength: f32,
    /// Its chunks among those looked at, best first, with their scores.
    pub chunks: Vec<(u32, f32)>,
}

/// The articles that have something of the question, best first.
pub(super) fn rank(
    searcher: &Searcher,
    fields: Fields,
    places: &[Place],
    question: &Question,
) -> tantivy::Result<Vec<Ranked>> {
    if question.is_empty() {
        return Ok(Vec::new());
    }
    let found =
        searcher.search(&query(fields, question), &TopDocs::with_limit(CHUNKS_MAX).order_by_score())?;
    let mut articles: Vec<Ranked> = Vec::new();
    for (score, address) in found {
        let Some(place) = places.get(address.doc_id as usize) else { continue };
        let found = (address.doc_id, score);
        if let Some(ranked) = articles.iter_mut().find(|ranked| ranked.article == place.article) {
            ranked.chunks.push(found);
        } else {
            articles.push(Ranked {
                article: place.article,
                score: 0.0,
                strength: score,
                chunks: vec![found],
            });
        }
    }
    for ranked in &mut articles {
        let weighted = ranked.chunks.iter().zip(CHUNK_WEIGHTS).map(|((_, score), weight)| score * weight);
        ranked.score = weighted.sum();
    }
    articles.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.article.cmp(&b.article)));
    Ok(articles)
}

fn query(fields: Fields, question: &Question) -> BooleanQuery {
    let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let mut add = |field: Field, text: &str, weight: f32| {
        let term = Term::from_field_text(field, text);
        if seen.insert(term.clone()) {
            let query = Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs));
            clauses.push((Occur::Should, Box::new(BoostQuery::new(query, weight))));
        }
    };
    for unit in &question.units {
        for word in unit.wholes.iter().chain(&unit.stems) {
            add(fields.text, word, 1.0);
        }
        for meaning in &unit.meanings {
            add(fields.meanings, &meaning_term(*meaning), MEANING_WEIGHT);
        }
    }
    for pair in &question.pairs {
        add(fields.pairs, pair, PAIR_WEIGHT);
    }
    BooleanQuery::new(clauses)
}

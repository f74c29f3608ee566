//! How much of a question an article really holds, and whether that is enough to answer.
//!
//! BM25 says which article is the best, not whether it is any good. For that, every informative word of
//! the question is weighed by its rarity and by how often it is said (a word that no article has is the
//! rarest of all, but everyday talk that the article does not name counts little), and two fractions are
//! taken: how much of that weight the article names as its topic (title, headings, symptoms, tags,
//! actions), and how near the best chunk comes to the highest score it could have had. Of a long question
//! only [`WORDS_COUNTED`] words must be covered, the weightiest: no article names every word of a story.
//! Their mean is the confidence; with a model, the mean of that mean and of the cosine between the question
//! and the best text of the article, which counts for less where the question is a code. Mentioning a word
//! somewhere is not enough: that is what separates an article about the question from one that only uses its
//! words. Where the model has a say in that, half of what the best chunk mentions counts; by words alone a
//! third, if it mentions all of the question and one word of that is so rare that the question is about
//! nothing else (`SERVFAIL`).

use std::collections::BTreeSet;

use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocAddress, Term};

use super::analysis::{Unit, meaning_term};
use super::question::Question;
use super::ranking::Ranked;
use super::segments::{Segments, stands_in};

/// Words of a question that must be covered for all of it. With all of them cacm, whose questions are
/// long, is refused .71 of what it has an answer to, with four .29 (`dogwatch kb eval --collection`, the
/// report half, by words).
const WORDS_COUNTED: usize = 4;
/// From which confidence there is an answer; below it is "I don't know".
///
/// Chosen on tests/data/questions-blind.jsonl, whose authors had not read the articles:
/// questions that are written beside an article are answered with more confidence than others.
const ENOUGH: f32 = 0.27;
/// The same where there is a model.
const ENOUGH_WITH_MODEL: f32 = 0.38;
/// From which confidence an answer is certain: on the same questions 9 of 10 such answers are right, of the
/// others 6 of 10. A question with such an answer is not looked at for slips.
const CERTAIN: f32 = 0.40;
/// The same where there is a model.
const CERTAIN_WITH_MODEL: f32 = 0.455;
/// What an everyday word counts for that the article does not name.
const EVERYDAY_WEIGHT: f32 = 0.2;
/// What a word counts for that the best chunk mentions, where there is a model.
const MENTIONED_COVER: f32 = 0.5;
/// The same by words alone, for a chunk that mentions all of a question with a rare word.
const ALL_MENTIONED_COVER: f32 = 0.3;
/// In so many chunks a rare word stands.
const RARE_CHUNKS_MAX: u64 = 3;
/// Characters of a word that says something by itself.
const ALONE_LEN_MIN: usize = 3;
/// Its rarity: that of a word that one chunk in ten has.
const ALONE_RARITY_MIN: f32 = 2.3;
/// The most that one term can add to a BM25 score, by its rarity: `k1 + 1`.
const SATURATION: f32 = 2.2;
/// Chunks of the article whose topics count.
const CHUNKS_CONSIDERED: usize = 3;

/// Fractions of the question, weighted by rarity, from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Evidence {
    /// What the article names as its topic.
    pub topic: f32,
    /// The score of the best chunk by the highest possible.
    pub strength: f32,
    /// How near the article comes in meaning, where there is a model.
    pub cosine: Option<f32>,
    /// What of the question is no code.
    pub plain: f32,
}

impl Evidence {
    /// The confidence that the article answers the question, from 0 to 1.
    pub fn confidence(self) -> f32 {
        let words = f32::midpoint(self.topic, self.strength);
        match self.cosine {
            // A code has no meaning that a model could know: its words count instead.
            Some(cosine) => {
                let coded = words + (cosine - words) * self.plain / 2.0;
                coded.max(f32::midpoint(words, cosine))
            }
            None => words,
        }
    }

    /// Whether that is enough to answer.
    pub fn suffices(self) -> bool {
        self.confidence() >= if self.cosine.is_some() { ENOUGH_WITH_MODEL } else { ENOUGH }
    }

    /// Whether that is enough to answer without a word of doubt.
    pub fn is_certain(self) -> bool {
        self.confidence() >= if self.cosine.is_some() { CERTAIN_WITH_MODEL } else { CERTAIN }
    }
}

/// The evidence that a ranked article answers the question; `rarities` are what its units weigh, `cosine` how
/// near the article comes in meaning.
pub(super) fn evidence(
    segments: &Segments,
    question: &Question<'_>,
    rarities: &[f32],
    ranked: &Ranked,
    cosine: Option<f32>,
) -> tantivy::Result<Evidence> {
    let fields = segments.fields;
    let best_chunks = ranked.chunks.iter().take(CHUNKS_CONSIDERED).map(|(chunk, _)| *chunk);
    // The first chunk says what all of the article is about.
    let chunks: BTreeSet<DocAddress> = best_chunks.chain([ranked.article]).collect();
    let best: BTreeSet<DocAddress> = ranked.chunks.iter().take(1).map(|(chunk, _)| *chunk).collect();
    let mentioned = |unit: &Unit<'_>| cover(segments, unit, (fields.text, fields.meanings), &best);
    let mention_cover = match cosine {
        Some(_) => MENTIONED_COVER,
        None if is_all_mentioned(segments, question, mentioned)? => ALL_MENTIONED_COVER,
        None => 0.0,
    };
    let mut topic = 0.0;
    let mut weights = Vec::new();
    for (unit, rarity) in question.units.iter().zip(rarities) {
        let mut named = cover(segments, unit, (fields.topic, fields.topic_meanings), &chunks)?;
        if named < mention_cover {
            named = named.max(mentioned(unit)? * mention_cover);
        }
        let lacked = if unit.everyday { EVERYDAY_WEIGHT } else { 1.0 };
        topic += rarity * named;
        weights.push(rarity * named.max(lacked));
    }
    let total = weightiest(weights);
    if total <= 0.0 {
        return Ok(Evidence::default());
    }
    let coded = question.units.iter().zip(rarities).filter(|(unit, _)| unit.is_code());
    let plain = 1.0 - coded.map(|(_, rarity)| rarity).sum::<f32>() / rarities.iter().sum::<f32>();
    let strength = (ranked.strength / (total * SATURATION)).min(1.0);
    Ok(Evidence { topic: (topic / total).min(1.0), strength, cosine, plain })
}

/// Whether every word is mentioned as it stands, and one of them is rare.
fn is_all_mentioned(
    segments: &Segments,
    question: &Question<'_>,
    mentioned: impl Fn(&Unit<'_>) -> tantivy::Result<f32>,
) -> tantivy::Result<bool> {
    let mut rare = false;
    for unit in &question.units {
        if mentioned(unit)? < 1.0 {
            return Ok(false);
        }
        for stem in &unit.stems {
            rare |= segments.frequency(segments.fields.text, stem)? <= RARE_CHUNKS_MAX;
        }
    }
    Ok(rare)
}

/// What the weightiest words of a question weigh together.
fn weightiest(mut weights: Vec<f32>) -> f32 {
    weights.sort_by(|a, b| b.total_cmp(a));
    weights.iter().take(WORDS_COUNTED).sum()
}

/// The score of a chunk that holds what counts of a question.
pub(super) fn full_score(rarities: &[f32]) -> f32 {
    weightiest(rarities.to_vec()) * SATURATION
}

/// Whether a question is one word that says nothing by itself: whoever types it is not sure of what they want, so
/// no answer is certain.
pub(super) fn is_vague(question: &Question<'_>, rarities: &[f32]) -> bool {
    let mut telling = question.units.iter().zip(rarities).filter(|(unit, _)| !unit.everyday);
    let (Some((unit, rarity)), None) = (telling.next(), telling.next()) else { return false };
    let is_name = unit.is_code() || !unit.wholes.is_empty();
    !is_name && (unit.written.chars().count() < ALONE_LEN_MIN || *rarity < ALONE_RARITY_MIN)
}

/// What every unit weighs: its inverse document frequency, as often as the question says it.
pub(super) fn rarities(segments: &Segments, question: &Question<'_>) -> tantivy::Result<Vec<f32>> {
    let weight = |(unit, times): (&Unit<'_>, &f32)| Ok(rarity(segments, unit)? * times);
    question.units.iter().zip(&question.times).map(weight).collect()
}

/// The rarity of a word; of a compound that is unknown as a whole, that of its rarest part.
fn rarity(segments: &Segments, unit: &Unit<'_>) -> tantivy::Result<f32> {
    let fields = segments.fields;
    for whole in &unit.wholes {
        let documents = segments.frequency(fields.text, whole)?;
        if documents > 0 {
            return segments.rarity(documents);
        }
    }
    let mut rarest: f32 = 0.0;
    for stem in &unit.stems {
        let mut documents = segments.frequency(fields.text, stem)?;
        if documents == 0 && unit.is_meant_whole() {
            for meaning in &unit.meanings {
                documents = documents.max(segments.frequency(fields.meanings, &meaning_term(*meaning))?);
            }
        }
        rarest = rarest.max(segments.rarity(documents)?);
    }
    Ok(rarest)
}

/// How much of a unit these fields of chunks have: its stems by their rarity, or an equivalent, which counts
/// for less. A command, a path or a code is a topic wherever it stands, since nobody mentions one by chance.
fn cover(
    segments: &Segments,
    unit: &Unit<'_>,
    (words, meanings): (Field, Field),
    chunks: &BTreeSet<DocAddress>,
) -> tantivy::Result<f32> {
    let code = unit.stems.iter().filter(|_| unit.is_code());
    for whole in unit.wholes.iter().chain(code) {
        if has(segments, segments.fields.text, whole, chunks)? {
            return Ok(1.0);
        }
    }
    let (mut found, mut all) = (0.0, 0.0);
    for stem in &unit.stems {
        let rarity = segments.rarity(segments.frequency(segments.fields.text, stem)?)?;
        all += rarity;
        if has(segments, words, stem, chunks)? {
            found += rarity;
        }
    }
    let mut cover: f32 = if all > 0.0 { found / all } else { 0.0 };
    for meaning in &unit.meanings {
        let equivalent = unit.equivalent_cover();
        if cover < equivalent && has(segments, meanings, &meaning_term(*meaning), chunks)? {
            cover = equivalent;
        }
    }
    Ok(cover)
}

fn has(
    segments: &Segments,
    field: Field,
    text: &str,
    chunks: &BTreeSet<DocAddress>,
) -> tantivy::Result<bool> {
    let term = Term::from_field_text(field, text);
    for chunk in chunks {
        let inverted = segments.searcher.segment_reader(chunk.segment_ord).inverted_index(field)?;
        let Some(mut postings) = inverted.read_postings(&term, IndexRecordOption::Basic)? else { continue };
        if stands_in(&mut postings, chunk.doc_id) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::Evidence;

    #[test]
    fn a_model_does_not_refuse_a_code() {
        let of = |plain, cosine| Evidence { topic: 0.9, strength: 0.4, cosine: Some(cosine), plain };
        assert!(!of(1.0, 0.1).suffices() && of(0.0, 0.1).suffices());
        assert!(of(0.0, 0.9).confidence() > of(0.0, 0.1).confidence(), "it may speak for one");
    }
}
